from odoo import models


class SekpReferralReceiptReport(models.AbstractModel):
    """The receipt for one who referred or phoned."""

    _name = "report.sekp_outreach.referral_receipt"
    _inherit = ["sekp.paper.mixin"]
    _description = "Receipt"

    _sekp_paper_model = "sekp.referral"
    _sekp_paper_values = "_receipt_values"

    def _paper_kind(self):
        return self.env._("receipt")
