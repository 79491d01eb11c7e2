from odoo import api, models


class SekpWrittenStatus(models.AbstractModel):
    """The written status to the authority that a review ends in (R118)."""

    _name = "report.sekp_outreach.sekp_written_status"
    _description = "Written Status"

    @api.model
    def _get_report_values(self, docids, data=None):
        reviews = self.env["sekp.review"].browse(docids or [])
        lang = self.env["sekp.print.mixin"]._citizen_print_lang()
        return {
            "statuses": [
                review._status_values() for review in reviews.with_context(lang=lang)
            ]
        }
