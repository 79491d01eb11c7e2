from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .sekp_standard_parts import DEADLINE_KINDS


class SekpDeadline(models.Model):
    """One running clock of a referral, which follows it into the course.

    Clocks are run by the system from the standard in force; nobody edits them.
    """

    _name = "sekp.deadline"
    _inherit = ["sekp.confidential.mixin"]
    _description = "Deadline"
    _order = "due, id"
    _sekp_history = False
    _sekp_print_fields = ("kind", "started_on", "due", "met_on", "state")
    _sekp_print_when = "due"
    _sekp_print_sequence = 60

    referral_id = fields.Many2one(
        comodel_name="sekp.referral", required=True, index=True, ondelete="cascade"
    )
    course_id = fields.Many2one(
        comodel_name="sekp.course", index=True, ondelete="cascade"
    )
    reference = fields.Char(
        compute="_compute_reference", store=True, compute_sudo=False, index=False
    )
    company_id = fields.Many2one(
        related="referral_id.company_id",
        related_sudo=False,
        store=True,
        precompute=True,
        default=None,
    )
    team_id = fields.Many2one(
        comodel_name="sekp.team",
        compute="_compute_team_id",
        store=True,
        index=True,
        compute_sudo=False,
    )
    promise_id = fields.Many2one(
        comodel_name="sekp.standard.deadline",
        required=True,
        ondelete="restrict",
        help="The deadline of the quality standard that this clock measures.",
    )
    kind = fields.Selection(DEADLINE_KINDS, required=True, readonly=True)
    started_on = fields.Date(
        readonly=True, help="Empty while the clock waits for the event that starts it."
    )
    due = fields.Date(readonly=True, help="Empty when the promise is only worded.")
    met_on = fields.Date(string="Kept On", readonly=True)
    lapsed = fields.Boolean(
        readonly=True, help="The matter ended before the promise fell due."
    )
    state = fields.Selection(
        [
            ("waiting", "Not started"),
            ("running", "Running"),
            ("overdue", "Overdue"),
            ("met", "Kept"),
            ("late", "Kept late"),
            ("lapsed", "Lapsed"),
        ],
        compute="_compute_state",
    )

    _kind_once = models.Constraint(
        "UNIQUE (referral_id, kind)", "This clock already runs."
    )

    def _takes_own_reference(self):
        return False

    @api.depends("course_id.reference", "referral_id.reference")
    def _compute_reference(self):
        """A clock bears the code of the course once there is one."""
        for deadline in self:
            deadline.reference = (
                deadline.course_id.reference or deadline.referral_id.reference
            )

    @api.depends("course_id.team_id", "referral_id.team_id")
    def _compute_team_id(self):
        for deadline in self:
            deadline.team_id = (
                deadline.course_id.team_id or deadline.referral_id.team_id
            )

    @api.depends("started_on", "due", "met_on", "lapsed")
    def _compute_state(self):
        for deadline in self:
            today = deadline.company_id._sekp_today() if deadline.company_id else None
            if deadline.met_on:
                late = deadline.due and deadline.met_on > deadline.due
                deadline.state = "late" if late else "met"
            elif deadline.lapsed:
                deadline.state = "lapsed"
            elif not deadline.started_on:
                deadline.state = "waiting"
            elif deadline.due and deadline.due < today:
                deadline.state = "overdue"
            else:
                deadline.state = "running"

    def _own_courses(self):
        return self.course_id

    def _open_besides(self, user):
        return bool(self.referral_id) and self.referral_id._open_besides(user)

    def _registration_standard(self):
        # Superuser: the bound on what may be stored holds for every reader.
        return self.sudo().promise_id.standard_id

    def _start(self, day):
        """Start the clock on ``day`` and let its activity appear."""
        for deadline in self:
            deadline.write(
                {"started_on": day, "due": deadline.promise_id._due_date(day)}
            )
            deadline._sync_activity()

    def _open(self):
        """Return the clocks that are neither met nor lapsed."""
        return self.filtered(
            lambda deadline: not deadline.met_on and not deadline.lapsed
        )

    def _bearer(self):
        """Return what carries the obligation: the course once there is one."""
        self.ensure_one()
        return self.course_id or self.referral_id

    def _obligation_owner(self):
        # Superuser: who owns the obligation is asked whoever acts.
        return self.sudo()._bearer()._obligation_owner()

    def _activity_type(self):
        """Return the name of the activity type that stands for this clock."""
        self.ensure_one()
        return f"activity_{self._bearer()._name.removeprefix('sekp.')}_{self.kind}"

    def _sync_activity(self):
        for deadline in self._open():
            deadline._bearer()._set_obligation(deadline._activity_type(), deadline.due)

    def _meet(self, kinds, day):
        """Record that promises of these kinds were kept on ``day``.

        :param kinds: keys of ``DEADLINE_KINDS``
        :raises ValidationError: when the day lies before the clock started
        """
        for deadline in self._open().filtered(lambda deadline: deadline.kind in kinds):
            if deadline.started_on and day < deadline.started_on:
                raise ValidationError(
                    self.env._("A promise cannot be kept before its clock started.")
                )
            deadline.write({"met_on": day, "started_on": deadline.started_on or day})
            deadline._bearer()._meet_obligation(deadline._activity_type())

    def _lapse(self):
        """End what was still running: the matter came to an end."""
        for deadline in self._open():
            deadline.write({"lapsed": True})
            deadline._bearer()._set_obligation(deadline._activity_type(), False)

    def _resume(self):
        """Let lapsed clocks run on: the matter was taken up again."""
        lapsed = self.filtered("lapsed")
        lapsed.write({"lapsed": False})
        lapsed._sync_activity()

    def _follow_to_course(self, course):
        """Move clocks and their activities from the referral to its course."""
        for deadline in self:
            if deadline in deadline._open():
                deadline._bearer()._set_obligation(deadline._activity_type(), False)
            deadline.write({"course_id": course.id})
            deadline._sync_activity()

    def _citizen_print_name(self):
        return self._citizen_print_value("kind")
