from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from .sekp_standard_parts import DEADLINE_KINDS

# Choices, so that a reason can be given where no text may be stored.
NOTICE_REASONS = [
    ("busy", "More has come in than we could handle"),
    ("absence", "Illness or absence with us"),
    ("information", "We wait for information from others"),
    ("unreachable", "We have not been able to reach the person"),
    ("agreed", "It was agreed with the person"),
    ("other", "Other reason"),
]
OPEN = Domain("met_on", "=", False) & Domain("lapsed", "=", False)
# What is kept in the history: the acts, not what the system counts.
TOLD = frozenset({"new_due", "notice_reason", "notice_note", "paused_on"})


class SekpDeadline(models.Model):
    """One running clock of a referral, which follows it into the course.

    Clocks are run by the system from the standard in force; nobody edits them.
    """

    _name = "sekp.deadline"
    _inherit = ["sekp.confidential.mixin"]
    _description = "Deadline"
    _order = "due, id"
    _sekp_person_fields = {"notice_note": "alias"}
    _sekp_print_fields = (
        "kind", "started_on", "due", "met_on", "state", "notified_on", "new_due",
        "notice_reason", "notice_note",
    )  # fmt: skip
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

    # --- while information is missing ---------------------------------------------
    paused_on = fields.Date(
        readonly=True, help="Since when the clock stands still: information is missing."
    )
    days_left = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Days that are left when the clock goes on, counted as the promise is.",
    )
    stood_still = fields.Integer(
        string="Days Paused",
        readonly=True,
        aggregator=None,
        help="Days the clock stood still, counted as the promise is.",
    )
    by_completion = fields.Boolean(
        readonly=True,
        help="The clock started anew: it counts from the day the information was "
        "complete.",
    )

    # --- the written notice that a promise is not kept in time ----------------------
    new_due = fields.Date(
        string="New Date",
        readonly=True,
        help="Given in writing when the promise could not be kept in time. The first "
        "date stays what is measured.",
    )
    notice_reason = fields.Selection(NOTICE_REASONS, string="Reason", readonly=True)
    notice_note = fields.Char(string="Reason in Words", readonly=True)
    notified_on = fields.Date(string="Notice Given On", readonly=True)
    may_notify = fields.Boolean(compute="_compute_may_notify")

    # --- when somebody has to act ---------------------------------------------------
    falls_due = fields.Date(
        string="Due Now",
        compute="_compute_falls_due",
        store=True,
        compute_sudo=False,
        index="btree_not_null",
        help="The date that holds now: the new one where it was given.",
    )
    escalate_on = fields.Date(
        string="Supervisor Told",
        compute="_compute_escalate_on",
        store=True,
        compute_sudo=False,
        help="From this day on the supervisor is told that the deadline is near.",
    )
    state = fields.Selection(
        [
            ("waiting", "Not started"),
            ("running", "Running"),
            ("paused", "Paused"),
            ("overdue", "Overdue"),
            ("notified", "New date given"),
            ("met", "Kept"),
            ("late", "Kept late"),
            ("lapsed", "Lapsed"),
        ],
        compute="_compute_state",
    )

    _kind_once = models.Constraint(
        "UNIQUE (referral_id, kind)", "This clock already runs."
    )
    _at_risk_first = models.Index(
        "(escalate_on) WHERE met_on IS NULL AND lapsed IS NOT TRUE"
    )

    def _takes_own_reference(self):
        return False

    def _history_parent(self):
        # Beside the referral of a course nothing is told that only the course knows.
        if self.course_id:
            return {"course_id": self.course_id.id}
        return {"referral_id": self.referral_id.id}

    def _keep_history(self, kind):
        """Clocks come and go by themselves: only what is done to them is kept."""

    def _history_values(self, vals):
        return super()._history_values(
            {name: value for name, value in vals.items() if name in TOLD}
        )

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

    @api.depends("started_on", "paused_on", "due", "new_due")
    def _compute_falls_due(self):
        for deadline in self:
            runs = deadline.started_on and not deadline.paused_on
            dates = [day for day in (deadline.due, deadline.new_due) if day]
            deadline.falls_due = max(dates, default=False) if runs else False

    @api.depends("falls_due", "promise_id.standard_id.warning_days")
    def _compute_escalate_on(self):
        for deadline in self:
            lead = timedelta(days=deadline.promise_id.standard_id.warning_days)
            due = deadline.falls_due
            deadline.escalate_on = due and due - lead

    @api.depends(
        "started_on", "paused_on", "due", "new_due", "falls_due", "met_on", "lapsed",
        "company_id",
    )  # fmt: skip
    def _compute_state(self):
        for deadline in self:
            today = deadline.company_id._sekp_today() if deadline.company_id else None
            falls_due = deadline.falls_due
            if deadline.met_on:
                late = deadline.due and deadline.met_on > deadline.due
                deadline.state = "late" if late else "met"
            elif deadline.lapsed:
                deadline.state = "lapsed"
            elif not deadline.started_on:
                deadline.state = "waiting"
            elif deadline.paused_on:
                deadline.state = "paused"
            elif falls_due and falls_due < today:
                deadline.state = "overdue"
            elif deadline.new_due and falls_due == deadline.new_due:
                deadline.state = "notified"
            else:
                deadline.state = "running"

    @api.depends("falls_due", "met_on", "lapsed")
    def _compute_may_notify(self):
        for deadline in self:
            deadline.may_notify = bool(deadline.falls_due and deadline._open())

    def _own_courses(self):
        return self.course_id

    def _open_besides(self, user):
        return bool(self.referral_id) and self.referral_id._open_besides(user)

    def _registration_standard(self):
        # Superuser: the bound on what may be stored holds for every reader. The promise
        # may be of an earlier version than the one the course stands under.
        clock = self.sudo()
        return clock.course_id.standard_id or clock.promise_id.standard_id

    def _start(self, day):
        """Start the clock on ``day`` and let its activity appear.

        One that is paused stays so, with the days that are left from the new start.
        """
        for deadline in self:
            promise = deadline.promise_id
            due = promise._due_date(day, deadline.stood_still)
            vals = {"started_on": day, "due": due}
            if deadline.paused_on:
                left = due and promise._days_between(deadline.paused_on, due)
                vals.update(due=False, days_left=left or 0)
            deadline.write(vals)
        self._sync_activity()

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
            deadline._bearer()._set_obligation(
                deadline._activity_type(), deadline.falls_due
            )
        self._sync_escalation()

    def _sync_escalation(self):
        """Let the supervisors of what carries these clocks know, or have done with it.

        The referral has done with a clock that went along into the course.
        """
        self.course_id._sync_escalation()
        self.referral_id._sync_escalation()

    def _at_risk(self, today):
        """Return the open clocks that are overdue or soon will be."""
        return self._open().filtered(
            lambda clock: clock.escalate_on and clock.escalate_on <= today
        )

    @api.model
    def _at_risk_domain(self, today):
        return OPEN & Domain("escalate_on", "<=", today)

    # --- while information is missing -------------------------------------------------
    def _await_information(self, today):
        """Let the open clocks pause, wait again or run on, as their promise says.

        What is overdue is not healed by a pause: it runs on.
        """
        for deadline in self._open().filtered("started_on"):
            rule = deadline.promise_id.when_incomplete
            if rule == "restart":
                deadline.write(
                    {
                        "started_on": False,
                        "due": False,
                        "new_due": False,
                        "stood_still": 0,
                        "by_completion": True,
                    }
                )
            elif rule == "pause" and not deadline.paused_on:
                due = deadline.due
                if due and due < today:
                    continue
                left = due and deadline.promise_id._days_between(today, due)
                deadline.write(
                    {"paused_on": today, "days_left": left or 0, "due": False}
                )
        self._sync_activity()

    def _go_on(self, day):
        """Let paused clocks go on from ``day`` with the days that were left."""
        for deadline in self.filtered("paused_on"):
            promise = deadline.promise_id
            stood_still = deadline.stood_still + promise._days_between(
                deadline.paused_on, day
            )
            due = promise._due_date(deadline.started_on, stood_still)
            deadline.write(
                {
                    "paused_on": False,
                    "days_left": 0,
                    "stood_still": stood_still,
                    "due": due and max(due, day),
                }
            )

    def _complete_information(self, day, awaited):
        """Let the clocks that stood still or waited for information go on or start.

        :param date day: the day the information was complete
        :param bool awaited: whether it was missing until now; else a day is corrected
        """
        for deadline in self._open():
            waits = (
                deadline.promise_id.clock_start == "complete" or deadline.by_completion
            )
            runs_on = deadline.started_on and (awaited or deadline.stood_still)
            if deadline.paused_on:
                deadline._go_on(day)
            elif waits and not runs_on and deadline.started_on != day:
                deadline._start(day)
        self._sync_activity()

    # --- the written notice -----------------------------------------------------------
    def _check_may_notify(self):
        """Check that the user handles the record, and that a date is promised.

        :raises AccessError: for one who does not handle the referral or the course
        :raises UserError: for a clock without a date
        """
        self.ensure_one()
        self.check_access("read")
        self._bearer()._take_for_change()
        if not self.may_notify:
            raise UserError(
                self.env._("Notice is given of a deadline that runs and has a date.")
            )

    def action_give_notice(self):
        """Open the dialog in which a new date is given for what is not done in time."""
        self._check_may_notify()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Give Notice"),
            "res_model": "sekp.deadline.notice",
            "view_mode": "form",
            "target": "new",
            "context": {"default_deadline_id": self.id},
        }

    def _give_notice(self, new_due, reason, note=False):
        """Keep that a new date was given in writing, and let the obligation follow.

        :param date new_due: after today, and after the date that held until now
        :param str reason: a key of ``NOTICE_REASONS``
        :param note: the reason in words, or False
        :raises UserError: for a date that is too early
        """
        self._check_may_notify()
        today = self.company_id._sekp_today()
        if new_due <= max(today, self.falls_due):
            raise UserError(
                self.env._("The new date lies after today and after the one before it.")
            )
        # Superuser: clocks are run by the system; the act has been checked.
        deadline = self.sudo()
        deadline.write(
            {
                "new_due": new_due,
                "notice_reason": reason,
                "notice_note": note,
                "notified_on": today,
            }
        )
        deadline._sync_activity()

    def _notice_values(self):
        """Return what the notice on paper says, as texts for the reader.

        It bears the referral's code: a course is not told of on paper.

        :raises UserError: when no notice was given
        """
        self.ensure_one()
        self._check_notified()
        team = self.team_id
        return {
            "code": self.referral_id.reference,
            "notified_on": self._citizen_print_value("notified_on"),
            "received_on": self._citizen_print_date(self.referral_id._received_on()),
            "promise": self.promise_id.display_name,
            "due": self._citizen_print_value("due"),
            "reason": self._citizen_print_value("notice_reason"),
            "note": self.notice_note,
            "new_due": self._citizen_print_value("new_due"),
            "phone": team.phone,
            "team": team.name,
            "municipality": self.company_id.name,
        }

    def _check_notified(self):
        if not all(deadline.new_due for deadline in self):
            raise UserError(self.env._("No notice has been given yet."))

    def action_print_notice(self):
        """Open the notice on paper.

        :raises UserError: when none was given
        """
        self.ensure_one()
        self.check_access("read")
        self._check_notified()
        return self.env.ref("sekp_outreach.report_deadline_notice").report_action(
            self, config=False
        )

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
            deadline._go_on(day)
            deadline.write({"met_on": day, "started_on": deadline.started_on or day})
            deadline._bearer()._meet_obligation(deadline._activity_type())
        self._sync_escalation()

    def _lapse(self):
        """End what was still running: the matter came to an end."""
        for deadline in self._open():
            deadline.write({"lapsed": True})
            deadline._bearer()._set_obligation(deadline._activity_type(), False)
        self._sync_escalation()

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
        self._sync_activity()

    def _citizen_print_name(self):
        return self._citizen_print_value("kind")
