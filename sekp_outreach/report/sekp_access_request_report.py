from odoo import models


class SekpAccessRequestReport(models.AbstractModel):
    """The citizen's own print: what is kept, and who has looked."""

    _name = "report.sekp_outreach.sekp_access_request_print"
    _inherit = ["sekp.paper.mixin"]
    _description = "Print for the Citizen"

    _sekp_paper_model = "sekp.access.request"
    _sekp_paper_values = "_print_values"
