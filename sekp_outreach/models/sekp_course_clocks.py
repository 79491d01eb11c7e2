from odoo import api, models


class SekpCourse(models.Model):
    """The clocks that a course took over from its referral."""

    _inherit = "sekp.course"

    @api.model
    def _escalation_type(self):
        return "activity_course_escalation"

    def _carried_clocks(self):
        return self.deadline_ids

    def write(self, vals):
        result = super().write(vals)
        if "team_id" in vals:
            # Another supervisor is told of the same clocks.
            self._sync_escalation()
        return result

    def _bring_to_end(self, outcome):
        result = super()._bring_to_end(outcome)
        # Superuser: what was awaited, or was to be renewed, is owed no more.
        course = self.sudo()
        course.referral_id._drop_awaited()
        course.consent_ids._drop_obligations()
        return result
