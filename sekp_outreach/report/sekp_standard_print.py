from hashlib import sha256

from odoo import api, models, tools

from ..models.sekp_standard_facts import COMMITTEE, LEAFLET

LEAFLET_REPORT = "sekp_outreach.report_standard_leaflet"


class SekpStandardLeaflet(models.AbstractModel):
    """The quality standard for citizens: short and in large type."""

    _name = "report.sekp_outreach.sekp_standard_leaflet"
    _description = "Leaflet of a Quality Standard"

    @api.model
    def _get_report_values(self, docids, data=None):
        return (
            self.env["sekp.standard"].browse(docids or [])._report_values(LEAFLET, data)
        )


class SekpStandardCommittee(models.AbstractModel):
    """The whole quality standard, for the committee that approves it."""

    _name = "report.sekp_outreach.sekp_standard_committee"
    _description = "Committee Version of a Quality Standard"

    @api.model
    def _get_report_values(self, docids, data=None):
        return (
            self.env["sekp.standard"]
            .browse(docids or [])
            ._report_values(COMMITTEE, data)
        )


class SekpStandard(models.Model):
    """What the prints of a quality standard say."""

    _inherit = "sekp.standard"

    # --- as a file --------------------------------------------------------------------
    @api.model
    def _makes_pdf(self):
        """Tell whether this server can make a PDF."""
        state = self.env["ir.actions.report"].get_wkhtmltopdf_state()
        return state in ("ok", "upgrade")

    def _leaflet_pdf(self):
        """Return the leaflet as a PDF, or nothing where none can be made."""
        self.ensure_one()
        if not self._makes_pdf():
            return None
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            LEAFLET_REPORT, self.ids, data={"report_type": "pdf"}
        )
        html = html.decode() if isinstance(html, bytes) else str(html)
        return self._pdf_of(sha256(html.encode()).hexdigest(), html)

    @tools.ormcache("self.id", "digest")
    def _pdf_of(self, digest, page):
        """Return a page as a PDF; made once, however often it is asked for.

        The page brings its own style: nothing is fetched while it is made.
        """
        return self.env["ir.actions.report"]._run_wkhtmltopdf(
            [page], report_ref=LEAFLET_REPORT
        )

    # --- as text ----------------------------------------------------------------------
    def _report_values(self, part, data=None):
        """Return the values of a print, in the municipality's language.

        :param str part: ``leaflet`` or ``committee``
        """
        lang = self.env["sekp.print.mixin"]._citizen_print_lang()
        standards = self.with_context(lang=lang)
        return {
            # Not "lang": QWeb puts the reader's own language there.
            "print_lang": lang,
            "html_lang": (lang or "en_US").split("_")[0],
            # Odoo shows this page itself where it cannot make a PDF.
            "on_screen": (data or {}).get("report_type") != "pdf",
            "part": part,
            "prints": [standard._print_values(part) for standard in standards],
        }

    def _print_values(self, part):
        """Return what one standard says in a print, as text and topics.

        :param str part: ``leaflet`` or ``committee``
        """
        self.ensure_one()
        whole = part == COMMITTEE
        before = self._version_before() if whole else self.browse()
        marks, changed = {}, {}
        if before:
            changed = self._change_values(before)
            marks = self._change_marks(self._changes_from(before))
        return {
            "id": self.id,
            "name": self.name,
            "scheme": self.scheme_name,
            "municipality": self.municipality,
            "status": self._print_status(),
            "emergency": self._public_emergency(on_paper=True),
            "topics": self._published_facts(part, marks),
            "approval": self._approval_lines(part, marks),
            "before": bool(before),
            **changed,
        }

    def _print_status(self):
        """Return what a print is marked with when it does not hold; else nothing."""
        return {
            "preset": self.env._("Example"),
            "draft": self.env._("Draft"),
            "coming": self.env._("Not in force yet"),
            "superseded": self.env._("No longer in force"),
        }.get(self.status, "")
