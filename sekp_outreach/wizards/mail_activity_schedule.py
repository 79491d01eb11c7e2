from odoo import api, models
from odoo.exceptions import UserError

WORDS = ("summary", "note")


class MailActivitySchedule(models.TransientModel):
    """Planning activities: what is typed is watched when it is about a person."""

    _inherit = "mail.activity.schedule"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            given = {**self.default_get(["res_model", *WORDS]), **vals}
            self._sekp_check_words(given.get("res_model"), given)
        return super().create(vals_list)

    def write(self, vals):
        for schedule in self:
            self._sekp_check_words(vals.get("res_model", schedule.res_model), vals)
        return super().write(vals)

    def _sekp_check_words(self, model_name, vals):
        """Refuse CPR numbers before they are kept in the dialog's row."""
        if self.env["sekp.confidential.mixin"]._is_confidential(model_name):
            self.env["mail.activity"]._sekp_check_words(vals)

    def action_schedule_plan(self):
        """Start a plan; the steps towards a person who is not seen end by themselves.

        :raises UserError: while such steps are under way on one of the courses
        """
        if self.res_model != "sekp.course":
            return super().action_schedule_plan()
        courses = self._get_applied_on_records()
        courses.check_access("read")
        if all(course._not_seen_plan() != self.plan_id for course in courses):
            return super().action_schedule_plan()
        if courses._find_steps():
            raise UserError(self.env._("These steps are already under way."))
        today = courses.company_id[:1]._sekp_today()
        marked = self.with_context(default_sekp_steps_since=today)
        return super(MailActivitySchedule, marked).action_schedule_plan()
