from odoo import api, models


class SekpHomelessWeekReport(models.AbstractModel):
    """The worksheet for the national count of homelessness: codes and coarse facts."""

    _name = "report.sekp_outreach.sekp_homeless_week"
    _description = "Worksheet for Week 6"

    @api.model
    def _get_report_values(self, docids, data=None):
        lang = self.env["sekp.print.mixin"]._citizen_print_lang()
        dialogs = self.env["sekp.homeless.week"].with_context(lang=lang)
        dialogs = dialogs.browse(docids or [])
        return {
            # QWeb has a "lang" of its own: that of the one who prints.
            "reader_lang": lang,
            "html_lang": (lang or "en_US").split("_")[0],
            "prints": [dialog._print_values() for dialog in dialogs],
        }
