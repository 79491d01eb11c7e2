from odoo import models


class SekpHandoverLetterReport(models.AbstractModel):
    """What the receiver of a handover gets, on paper."""

    _name = "report.sekp_outreach.handover_letter_print"
    _inherit = ["sekp.paper.mixin"]
    _description = "What the Receiver Gets"

    _sekp_paper_model = "sekp.handover.letter"
    _sekp_paper_values = "_paper_values"

    def _paper_kind(self):
        return self.env._("handover")
