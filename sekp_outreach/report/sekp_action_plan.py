from odoo import models


class SekpActionPlanReport(models.AbstractModel):
    """The action plan, made with the citizen (R103, R121)."""

    _name = "report.sekp_outreach.action_plan"
    _inherit = ["sekp.paper.mixin"]
    _description = "Action Plan"

    _sekp_paper_model = "sekp.course"
    _sekp_paper_values = "_action_plan_values"

    def _paper_kind(self):
        return self.env._("plan")
