from odoo import api, models


class SekpAccessRequestReport(models.AbstractModel):
    """The citizen's own print: what is kept, and who has looked."""

    _name = "report.sekp_outreach.sekp_access_request_print"
    _description = "Print for the Citizen"

    @api.model
    def _get_report_values(self, docids, data=None):
        requests = self.env["sekp.access.request"].browse(docids or [])
        lang = self.env["sekp.print.mixin"]._citizen_print_lang()
        return {
            "prints": [
                request._print_values() for request in requests.with_context(lang=lang)
            ]
        }
