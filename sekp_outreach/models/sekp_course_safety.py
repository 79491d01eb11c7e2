from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

REVIEW = "activity_safety_review"
HINTS = ("safety_dog", "safety_two")
# A hint holds for a quarter of a year and is looked at before it goes.
HINT_DAYS, REVIEW_DAYS = 90, 14


class SekpCourse(models.Model):
    """What those who visit have to know for their own safety, and for how long.

    Facts to choose from and no words: about the visit and not about the person. Each
    goes by itself unless somebody says that it still holds, and leaves no history.
    """

    _inherit = "sekp.course"

    safety_dog = fields.Boolean(
        string="A Dog", copy=False, help="There is a dog where the person is met."
    )
    safety_two = fields.Boolean(
        string="Two Together", copy=False, help="Visit two together."
    )
    safety_until = fields.Date(
        string="Holds until",
        compute="_compute_safety_until",
        store=True,
        index="btree_not_null",
        copy=False,
        help="Then the hints go by themselves, unless somebody says before that they "
        "still hold.",
    )
    safety_told = fields.Char(compute="_compute_safety_told")

    @api.depends(*HINTS)
    def _compute_safety_until(self):
        for course in self:
            hinted = any(course[name] for name in HINTS)
            lasts = course._today() + timedelta(days=HINT_DAYS) if hinted else False
            course.safety_until = lasts

    @api.depends(*HINTS)
    @api.depends_context("lang")
    def _compute_safety_told(self):
        for course in self:
            course.safety_told = ", ".join(course._safety_hints()) or False

    def _safety_hints(self):
        """Return in words what those who visit have to know."""
        self.ensure_one()
        words = {
            "safety_dog": self.env._("There is a dog"),
            "safety_two": self.env._("Go two together"),
        }
        return [words[name] for name in HINTS if self[name]]

    # --- as time passes -------------------------------------------------------------
    def action_safety_holds(self):
        """Say that the hints still hold: they are looked at again in a quarter."""
        self.check_access("write")
        for course in self.filtered("safety_until"):
            course._take_for_change()
            course._meet_obligation(REVIEW)
            # Superuser: only acts set this field; the act has been checked.
            course = course.sudo()
            course.safety_until = course._today() + timedelta(days=HINT_DAYS)
            course._sync_safety()

    def write(self, vals):
        result = super().write(vals)
        if set(HINTS) & set(vals):
            self._sync_safety()
        return result

    def _sync_safety(self):
        """Let somebody look at the hints before they go, and at no others."""
        for course in self:
            until = course.safety_until
            course._set_obligation(
                REVIEW, until and until - timedelta(days=REVIEW_DAYS)
            )

    @api.model
    def _sekp_to_follow_up(self, today):
        return super()._sekp_to_follow_up(today) | Domain("safety_until", "<", today)

    def _sekp_follow_up(self, today):
        gone = self.filtered(lambda one: one.safety_until and one.safety_until < today)
        gone.write(dict.fromkeys(HINTS, False))
        return super()._sekp_follow_up(today)

    def _bring_to_end(self, outcome):
        # Superuser: closing ends what nobody visits for any more.
        self.sudo().write(dict.fromkeys(HINTS, False))
        return super()._bring_to_end(outcome)


class SekpAppointment(models.Model):
    """What those who visit have to know, on the visit itself."""

    _inherit = "sekp.appointment"

    safety_told = fields.Char(related="course_id.safety_told", related_sudo=False)
