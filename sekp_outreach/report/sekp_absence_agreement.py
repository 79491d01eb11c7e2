from odoo import models


class SekpAbsenceAgreementReport(models.AbstractModel):
    """What was agreed for the days the contact person is away (R120)."""

    _name = "report.sekp_outreach.absence_agreement"
    _inherit = ["sekp.paper.mixin"]
    _description = "Absence Agreement"

    _sekp_paper_model = "sekp.absence.agreement"
    _sekp_paper_values = "_paper_values"

    def _paper_kind(self):
        return self.env._("absence")
