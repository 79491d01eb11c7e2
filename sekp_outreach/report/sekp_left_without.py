from odoo import api, models


class SekpLeftWithoutReport(models.AbstractModel):
    """The print *No one was left without*: codes, colleagues and days (R120)."""

    _name = "report.sekp_outreach.sekp_left_without"
    _description = "No One Was Left Without"

    @api.model
    def _get_report_values(self, docids, data=None):
        dialogs = self.env["sekp.left.without"].browse(docids or [])
        return {
            "print_lang": (self.env.lang or "en_US").split("_")[0],
            "prints": [dialog._print_values() for dialog in dialogs],
        }
