from odoo import api, models


class MailActivityPlan(models.Model):
    """Plans of steps on courses: a copy belongs to the municipality that made it."""

    _inherit = "mail.activity.plan"

    def copy_data(self, default=None):
        own = {"company_id": self.env.company.id}
        return [
            {**vals, **own} if plan.res_model == "sekp.course" else vals
            for plan, vals in zip(self, super().copy_data(default), strict=True)
        ]


class MailActivityPlanTemplate(models.Model):
    """One step of a plan."""

    _inherit = "mail.activity.plan.template"

    @api.constrains("activity_type_id", "plan_id")
    def _check_sekp_no_meeting(self):
        """Refuse a meeting as a step: the plan could never be started (C6)."""
        is_confidential = self.env["sekp.confidential.mixin"]._is_confidential
        for step in self:
            if (
                is_confidential(step.plan_id.res_model)
                and step.activity_type_id.category == "meeting"
            ):
                self.env["mail.activity"]._sekp_refuse_event()
