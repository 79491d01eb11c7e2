from odoo import models


class SekpWrittenStatus(models.AbstractModel):
    """The written status to the authority that a review ends in (R118)."""

    _name = "report.sekp_outreach.sekp_written_status"
    _inherit = ["sekp.paper.mixin"]
    _description = "Written Status"

    _sekp_paper_model = "sekp.review"
    _sekp_paper_values = "_status_values"

    def _paper_kind(self):
        return self.env._("status")
