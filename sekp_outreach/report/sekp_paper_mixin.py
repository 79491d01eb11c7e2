from odoo import api, models


class SekpPaperMixin(models.AbstractModel):
    """A print for a person: in the language of what citizens get, on the common page.

    Whoever prints is checked, and the print is logged, in ``ir.actions.report``.
    """

    _name = "sekp.paper.mixin"
    _description = "Print for a Person"

    # The model that is printed, and its method that returns what the print says, with
    # the code it bears.
    _sekp_paper_model = None
    _sekp_paper_values = None

    def _paper_kind(self):
        """Return what kind of print it is, for its title; nothing of a person."""
        return ""

    @api.model
    def _get_report_values(self, docids, data=None):
        lang = self.env["sekp.print.mixin"]._citizen_print_lang()
        records = self.env[self._sekp_paper_model].with_context(lang=lang)
        records = records.browse(docids or [])
        records.check_access("read")
        prints = [getattr(record, self._sekp_paper_values)() for record in records]
        title = [one["code"] for one in prints]
        title.append(self.with_context(lang=lang)._paper_kind())
        return {
            "lang": lang,
            "prints": prints,
            "print_lang": (lang or "en").replace("_", "-"),
            "print_title": "-".join(filter(None, title)),
        }
