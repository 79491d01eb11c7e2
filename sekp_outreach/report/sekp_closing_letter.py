from odoo import models


class SekpClosingLetterReport(models.AbstractModel):
    """What the person gets when the course is closed."""

    _name = "report.sekp_outreach.closing_letter"
    _inherit = ["sekp.paper.mixin"]
    _description = "Closing Letter"

    _sekp_paper_model = "sekp.course"
    _sekp_paper_values = "_closing_letter_values"

    def _paper_kind(self):
        return self.env._("closing")
