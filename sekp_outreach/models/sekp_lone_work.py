import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import NO_ACCESS, Domain

_logger = logging.getLogger(__name__)

STATES = [
    ("out", "Out"),
    ("alarmed", "Missed"),
    ("back", "Back"),
    ("closed", "Found safe"),
]
OPEN = ("out", "alarmed")
TYPE = "activity_lone_work"
CRON = "sekp_outreach.cron_lone_work"
EXTENSION = timedelta(minutes=30)
LONGEST = timedelta(hours=24)
# Where the municipality has no standard in force.
GRACE_MINUTES = 15
ANSWER_MINUTES = 10
# Rows track where workers' time went: they are kept no longer than they are needed.
KEPT = timedelta(days=30)


class SekpLoneWork(models.Model):
    """That a worker is out alone, and when the worker is expected back.

    It is about the worker and tells of no citizen: no place, no course, no code of one.
    The worker reads it, the supervisors of the team, and those on duty from the moment
    the worker is missed. When the time is over without a sign, they are told at once.
    """

    _name = "sekp.lone.work"
    _inherit = ["sekp.confidential.mixin"]
    _description = "Lone Work"
    _order = "expected_back desc, id desc"
    # A trace of a trace: the row itself says it all, and goes after its days.
    _sekp_history = False

    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Worker",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    team_id = fields.Many2one(
        comodel_name="sekp.team",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    # Whoever may open the appointment gets there by it; it is told to nobody.
    appointment_id = fields.Many2one(
        comodel_name="sekp.appointment",
        groups=NO_ACCESS,
        index="btree_not_null",
        ondelete="set null",
    )
    state = fields.Selection(
        STATES, required=True, readonly=True, default="out", index=True
    )
    started_at = fields.Datetime(string="Out Since", required=True, readonly=True)
    expected_back = fields.Datetime(required=True, readonly=True)
    back_at = fields.Datetime(string="Back", readonly=True)
    alarmed_at = fields.Datetime(string="Missed Since", readonly=True)
    told_user_ids = fields.Many2many(
        comodel_name="res.users",
        relation="sekp_lone_work_told_rel",
        column1="lone_work_id",
        column2="user_id",
        string="Told",
        readonly=True,
    )
    next_told_at = fields.Datetime(
        string="Next Told at",
        readonly=True,
        help="When the next one is told, unless somebody answers before.",
    )
    looking_user_id = fields.Many2one(
        comodel_name="res.users", string="Is Looking", readonly=True
    )
    closed_at = fields.Datetime(string="Reached at", readonly=True)
    closed_by_id = fields.Many2one(
        comodel_name="res.users", string="Reached by", readonly=True
    )
    phone = fields.Char(compute="_compute_phone")
    other_phone = fields.Char(compute="_compute_phone")
    is_mine = fields.Boolean(compute="_compute_is_mine")
    has_visit = fields.Boolean(compute="_compute_has_visit")

    _once_out = models.UniqueIndex(
        "(user_id) WHERE state IN ('out', 'alarmed')", "You are out already."
    )
    _awaited = models.Index("(expected_back) WHERE state = 'out'")
    _unanswered = models.Index("(next_told_at) WHERE state = 'alarmed'")

    # --- computes -----------------------------------------------------------------
    @api.depends("user_id")
    def _compute_phone(self):
        """Show the number at work where there is one, and the worker's own."""
        for row in self:
            # Superuser: the number of a colleague, for those who look for them.
            user = row.user_id.sudo()
            names = [name for name in ("work_phone", "phone") if name in user._fields]
            numbers = [user[name] for name in names if user[name]]
            numbers = [*dict.fromkeys(numbers), False, False]
            # Each by itself: on a phone one tap calls it.
            row.phone, row.other_phone = numbers[:2]

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        for row in self:
            row.is_mine = row.user_id == self.env.user

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_has_visit(self):
        """Tell of a visit to those only who may open it anyway."""
        for row in self:
            row.has_visit = bool(row._visit())

    def _visit(self):
        """Return the appointment behind it, if the user may open that."""
        self.ensure_one()
        # Superuser: the link is nobody's to read; what it leads to has its own rules.
        linked = self.sudo().appointment_id.id
        return self.env["sekp.appointment"].browse(linked)._filtered_access("read")

    def _registration_standard(self):
        # Nothing here is about a citizen.
        return self.env["sekp.standard"]

    # --- going out and coming back --------------------------------------------------
    @api.model
    def _mine(self):
        """Return the row of the user who is out, if there is one."""
        return self.search(
            [("user_id", "=", self.env.uid), ("state", "in", OPEN)], limit=1
        )

    @api.model
    def _go_out(self, expected_back, appointment=None):
        """Note that the user is out alone, or until when the one who is out will be.

        :param datetime expected_back: UTC instant, within the next 24 hours
        :param appointment: where to; one that the user may open
        :raises UserError: for a user of no team: nobody would be told
        """
        self._check_expected(expected_back)
        row = self._mine()
        if row:
            row._expect(expected_back)
            return row
        appointment = appointment or self.env["sekp.appointment"]
        appointment.check_access("read")
        team = self._team_of(self.env.user, appointment)
        # Superuser: only acts make these rows; they are the user's own.
        row = self.sudo().create(
            {
                "user_id": self.env.uid,
                "team_id": team.id,
                "company_id": team.company_id.id,
                "appointment_id": appointment.id,
                "started_at": fields.Datetime.now(),
                "expected_back": expected_back,
            }
        )
        row._watch(expected_back)
        return row.sudo(False)

    @api.model
    def _team_of(self, user, appointment):
        """Return the team whose people on duty are told when a user is missed."""
        team = appointment.team_id
        if not team:
            seats = [("member_ids", "in", user.id), ("supervisor_ids", "in", user.id)]
            team = team.search(
                ["&", ("company_id", "=", self.env.company.id), "|", *seats], limit=1
            )
        if not team:
            raise UserError(
                self.env._(
                    "You belong to no team, so nobody would be told. Ask a supervisor "
                    "to take you into one."
                )
            )
        return team

    @api.model
    def _check_expected(self, expected_back):
        """Refuse a time that has passed, or one more than a day ahead.

        :raises ValidationError: telling what to choose
        """
        now = fields.Datetime.now()
        if not expected_back or not now < expected_back <= now + LONGEST:
            raise ValidationError(
                self.env._("Choose a time within the next 24 hours to be back by.")
            )

    @api.model
    def _default_expected_back(self, appointment=None):
        """Return when one is expected back by default: the end, and the grace."""
        now = fields.Datetime.now()
        company = appointment.company_id if appointment else self.env.company
        standard = (
            appointment.course_id.standard_id
            if appointment
            else self.env["sekp.standard"]._in_force(company, company._sekp_today())
        )
        grace = standard.lone_work_minutes if standard else GRACE_MINUTES
        end = appointment.ends_at if appointment else now + timedelta(hours=1)
        end = min(max(end, now) + timedelta(minutes=grace), now + LONGEST)
        end = end.replace(second=0, microsecond=0)
        # With no grace, after the end: just now lies in the past when it is saved.
        return end if end > now else now + EXTENSION

    def _expect(self, expected_back):
        """Let the user's own row wait until another time; a missed one is out again."""
        self.ensure_one()
        # Superuser: only acts change these rows; it is the user's own.
        row = self.sudo()
        row.write(
            {
                "state": "out",
                "expected_back": expected_back,
                "alarmed_at": False,
                "next_told_at": False,
                "looking_user_id": False,
            }
        )
        row._drop_obligations()
        row._watch(expected_back)

    def _watch(self, moment):
        """Let the alarm go off, or go on to the next, at the very time."""
        # Superuser: a job of the system.
        self.env.ref(CRON).sudo()._trigger(at=moment)

    def _take_mine(self):
        """Check that these are the user's own rows, and lock them.

        :raises AccessError: for those of a colleague
        """
        self.check_access("read")
        if any(row.user_id != self.env.user for row in self):
            raise AccessError(
                self.env._("Only the one who is out says when they are back.")
            )
        # Superuser: only acts change these rows.
        rows = self.sudo()
        rows._take_for_change()
        return rows

    def action_back(self):
        """Note that the user is back; again it changes nothing."""
        rows = self._take_mine().filtered(lambda row: row.state in OPEN)
        rows.write({"state": "back", "back_at": fields.Datetime.now()})
        rows._meet_obligation(TYPE)
        return {"type": "ir.actions.act_window_close"}

    def action_extend(self):
        """Expect the user 30 minutes later: later than was said, or than now."""
        for row in self._take_mine():
            if row.state not in OPEN:
                raise UserError(self.env._("You are back already."))
            now = fields.Datetime.now()
            until = max(row.expected_back, now) + EXTENSION
            self._check_expected(until)
            row._expect(until)
        return True

    # --- when somebody is missed ----------------------------------------------------
    def _next_told(self, told):
        """Return who is told next: one by one as the duty list says, and when it is
        at its end every supervisor at once.

        :param told: users who know already
        """
        self.ensure_one()
        team = self.team_id
        known = told | self.user_id
        on_duty = team._on_duty(self.company_id._sekp_today()) - known
        leaders = (team._supervisor() | team.supervisor_ids).filtered("active") - known
        people = on_duty[:1] or leaders
        if people or told:
            return people
        return team.responsible_id.filtered("active") - known

    def _obligation_owner(self):
        # Superuser: who is on duty is looked up whoever asks.
        row = self.sudo()
        return row._next_told(self.env["res.users"])[:1] or row.team_id._supervisor()

    @api.model
    def _to_tell(self):
        """Return the domain of those who are missed and nobody, or too few, know it."""
        now = fields.Datetime.now()
        missed = Domain("state", "=", "out") & Domain("expected_back", "<=", now)
        return missed | (
            Domain("state", "=", "alarmed") & Domain("next_told_at", "<=", now)
        )

    @api.model
    def _cron_alarm(self):
        """Tell of every worker who is missed: first who is on duty, and when nobody
        answers in time the next, up to every supervisor.

        Runs at the very times, and every hour in case a time was lost. Again, or twice
        at once, it does nothing more: what was told is no longer found, and after a
        long time one step is taken and not all at once.
        """
        progress = self.env["ir.cron"]
        missed = self.sudo().search(self._to_tell())  # Superuser: a job of the system.
        left = progress._commit_progress(remaining=len(missed))
        for row in missed:
            if not left:
                break
            row.try_lock_for_update(allow_referencing=True)._try_alarm()
            left = progress._commit_progress(1)

    def _try_alarm(self):
        """Raise the alarm; one that fails keeps no other back, and is tried again."""
        try:
            with self.env.cr.savepoint():
                self.filtered_domain(self._to_tell())._alarm()
                self.env.flush_all()
        except OperationalError:
            raise  # Odoo tries again what two did at once.
        except Exception as error:
            # The type only: a message could tell of a person.
            _logger.error("An alarm failed: %s", type(error).__name__)

    def _alarm(self):
        """Tell the next of these workers; who was told last is asked to look."""
        now = fields.Datetime.now()
        for row in self:
            first = row.state == "out"
            told = row.told_user_ids.browse() if first else row.told_user_ids
            people = row._next_told(told)
            told |= people
            vals = {"told_user_ids": [Command.set(told.ids)]}
            if first:
                vals |= {"state": "alarmed", "alarmed_at": now}
            row.write(vals)
            row._wait_for_answer()
            if people or first:
                today = row.company_id._sekp_today()
                row._set_obligation(TYPE, today, user=people[:1])
            people._sekp_notice(at_once=True)

    def _wait_for_answer(self):
        """Let the alarm go on in so many minutes, while somebody is left to tell."""
        for row in self:
            moment = False
            if row._next_told(row.told_user_ids):
                moment = fields.Datetime.now() + timedelta(
                    minutes=row._answer_minutes()
                )
                row._watch(moment)
            row.next_told_at = moment

    def _answer_minutes(self):
        standard = self.env["sekp.standard"]._in_force(
            self.company_id, self.company_id._sekp_today()
        )
        return standard.lone_work_answer_minutes if standard else ANSWER_MINUTES

    def action_look(self):
        """Note that the user is looking for the missed worker: the others wait as long
        as the standard says, and again after another tap.

        :raises UserError: when nobody is missed, or any more
        :raises AccessError: for the worker, who says “I Am Back”
        """
        rows = self._take_missed()
        if any(row.state != "alarmed" for row in rows):
            raise UserError(self.env._("The worker is not missed."))
        rows.write({"looking_user_id": self.env.uid})
        rows._wait_for_answer()
        for row in rows:
            today = row.company_id._sekp_today()
            row._set_obligation(TYPE, today, user=self.env.user)
        return True

    def _take_missed(self):
        """Check that these are workers whom the user may look for, and lock the rows.

        :raises AccessError: for the worker, who says “I Am Back”
        """
        self.check_access("read")
        if any(row.user_id == self.env.user for row in self):
            raise AccessError(
                self.env._("A colleague notes that you were reached. Say “I Am Back”.")
            )
        # Superuser: only acts change these rows.
        rows = self.sudo()
        rows._take_for_change()
        return rows

    def action_reached(self):
        """Note that the missed worker was reached and is safe; again it does nothing.

        :raises AccessError: for the worker, who says “I Am Back”
        """
        rows = self._take_missed()
        if any(row.state == "out" for row in rows):
            raise UserError(self.env._("The worker is not missed yet."))
        rows = rows.filtered(lambda row: row.state == "alarmed")
        rows.write(
            {
                "state": "closed",
                "closed_at": fields.Datetime.now(),
                "closed_by_id": self.env.uid,
            }
        )
        rows._meet_obligation(TYPE)
        return True

    def action_open_visit(self):
        """Open the appointment the worker went to, for those who may open it."""
        self.ensure_one()
        self.check_access("read")
        visit = self._visit()
        if not visit:
            raise UserError(self.env._("There is no visit that you may open."))
        return visit._action_open()

    # --- how long it is kept ----------------------------------------------------------
    @api.autovacuum
    def _gc_lone_work(self):
        """Forget who was out, a month after they came back."""
        # Superuser: a job of the system.
        self.sudo().search(
            [
                ("state", "not in", OPEN),
                ("write_date", "<", fields.Datetime.now() - KEPT),
            ]
        ).unlink()
