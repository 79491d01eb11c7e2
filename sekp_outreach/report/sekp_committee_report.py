from odoo import api, models


class SekpCommitteeReport(models.AbstractModel):
    """The report to the committee: tables and plain pictures of the kept figures."""

    _name = "report.sekp_outreach.sekp_committee_report"
    _description = "Committee Report"

    @api.model
    def _get_report_values(self, docids, data=None):
        lang = self.env["sekp.print.mixin"]._citizen_print_lang()
        dialogs = self.env["sekp.committee.report.dialog"].with_context(lang=lang)
        dialogs = dialogs.browse(docids or [])
        return {
            # QWeb has a "lang" of its own: that of the one who prints.
            "reader_lang": lang,
            "html_lang": (lang or "en_US").split("_")[0],
            "prints": [dialog._print_values() for dialog in dialogs],
        }
