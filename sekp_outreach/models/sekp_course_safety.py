from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

REVIEW = "activity_safety_review"
HINTS = ("safety_dog", "safety_two")
# A hint holds for a quarter of a year and is looked at before it goes.
HINT_DAYS, REVIEW_DAYS = 90, 14


class SekpCourse(models.Model):
    """What those who visit have to know for their own safety, and for how long.

    Facts to choose from and no words: about the visit and not about the person. They
    go by themselves unless somebody says that they still hold, and leave no history.
    A new one renews what stands beside it; to take one away renews nothing.
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
        readonly=True,
        index="btree_not_null",
        copy=False,
        help="Then the hints go by themselves, unless somebody says before that they "
        "still hold.",
    )
    safety_told = fields.Char(compute="_compute_safety_told")

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
            course._renew_safety()

    @api.model_create_multi
    def create(self, vals_list):
        courses = super().create(vals_list)
        courses.filtered(lambda one: one._safety_hints())._renew_safety()
        return courses

    def write(self, vals):
        given = [name for name in HINTS if vals.get(name)]
        if given and any(course.phase == "closed" for course in self):
            raise UserError(self.env._("Nobody visits any more: the course is closed."))
        new = self.filtered(lambda one: not all(one[name] for name in given))
        result = super().write(vals)
        if set(HINTS) & set(vals):
            new._renew_safety()
            gone = self.filtered(lambda one: not any(one[name] for name in HINTS))
            gone._renew_safety(False)
        return result

    def _renew_safety(self, holds=True):
        """Let the hints hold for a quarter from today, or not at all any more.

        The question whether they still hold is moved, and never done: a done one would
        tell of the hint after it has gone.
        """
        # Superuser: only acts set this field, and the act has been checked.
        for course in self.sudo():
            until = holds and course._today() + timedelta(days=HINT_DAYS)
            course.safety_until = until
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
