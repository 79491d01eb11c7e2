from ast import literal_eval
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..tools.policy import LIVE
from .sekp_citizen import AGE_BANDS

PHASES = [
    ("framing", "Framing"),
    ("finding", "Finding"),
    ("making_contact", "Making contact"),
    ("relation", "Relation"),
    ("bridging", "Bridging"),
    ("closed", "Closed"),
]
CLOSING_OUTCOMES = [
    ("bridged", "In contact with ordinary offers"),
    ("achieved", "Purpose achieved, no longer needs the support"),
    ("unused", "No longer uses the support"),
    ("declined", "Said no thanks"),
    ("moved", "Moved away"),
    ("not_found", "Not found"),
    ("died", "Died"),
    ("other", "Other"),
]
# What the form shows of the citizen, and lets be written there.
PERSON = ("alias", "district", "age_band")
LIVE_HANDOVERS = ("sent", "accepted")
LONGEST_RHYTHM = 366
TIMELINE_LENGTH = 200
# The access policy's own words for a row that is live by the clock.
LIVE_NOW = literal_eval(f"[{LIVE}]")


def domain_at(domain, instant):
    """Return a rule's domain as it holds at an instant instead of now."""

    def at(condition):
        value = condition.value
        if isinstance(value, str) and value == "now":
            value = instant
        elif isinstance(value, Domain):
            value = domain_at(value, instant)
        else:
            return condition
        return Domain(condition.field_expr, condition.operator, value)

    return domain.map_conditions(at)


class SekpCourse(models.Model):
    """A course of support: from allocation to closing, under one standard version.

    Access follows from live assignment rows and from supervision of the team; being
    assigned an activity, or being administrator, opens nothing.
    """

    _name = "sekp.course"
    _inherit = ["sekp.confidential.mixin"]
    _description = "Course of Support"
    _order = "id desc"
    _check_company_auto = True

    _sekp_person_fields = {"next_step": "alias"}

    _sekp_act_fields = frozenset(
        {
            "citizen_id", "standard_id", "referral_id", "previous_course_id",
            "contact_person_id", "date_start", "date_end", "closing_outcome",
            "next_contact_due", "contact_count", "attempt_count", "last_met_on",
            "last_outreach_on",
        }
    )  # fmt: skip

    citizen_id = fields.Many2one(
        comodel_name="sekp.citizen",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    team_id = fields.Many2one(
        comodel_name="sekp.team",
        required=True,
        index=True,
        check_company=True,
        domain="[('is_provider', '=', True), ('company_id', '=', company_id)]",
    )
    standard_id = fields.Many2one(
        comodel_name="sekp.standard",
        string="Quality Standard",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The version the course began under.",
    )
    referral_id = fields.Many2one(
        comodel_name="sekp.referral",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    previous_course_id = fields.Many2one(
        comodel_name="sekp.course",
        string="Earlier Course",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    phase = fields.Selection(
        PHASES,
        required=True,
        default="framing",
        copy=False,
        index=True,
        group_expand="_group_expand_phase",
    )
    contact_person_id = fields.Many2one(
        comodel_name="res.users", readonly=True, index=True, copy=False
    )
    date_start = fields.Date(string="Started", required=True, readonly=True)
    date_end = fields.Date(string="Closed On", readonly=True, copy=False)
    closing_outcome = fields.Selection(CLOSING_OUTCOMES, readonly=True, copy=False)
    expected_end = fields.Date(help="When the course is expected to end, if at all.")

    # --- rhythm -------------------------------------------------------------------
    rhythm_days = fields.Integer(
        string="Days between Contacts",
        help="The interval agreed for this course; 0 for none.",
    )
    last_outreach_on = fields.Date(
        string="Last Outreach", compute="_compute_rhythm", store=True
    )
    last_met_on = fields.Date(string="Last Met", compute="_compute_rhythm", store=True)
    contact_count = fields.Integer(
        string="Contacts", compute="_compute_rhythm", store=True
    )
    attempt_count = fields.Integer(
        string="Attempts", compute="_compute_rhythm", store=True
    )
    next_contact_due = fields.Date(
        string="Next Contact",
        compute="_compute_next_contact_due",
        store=True,
        index="btree_not_null",
    )
    next_step = fields.Char()
    next_step_on = fields.Date(string="Next Step by")

    # --- parts --------------------------------------------------------------------
    assignment_ids = fields.One2many(
        comodel_name="sekp.assignment", inverse_name="course_id", string="Access"
    )
    contact_ids = fields.One2many(
        comodel_name="sekp.contact",
        inverse_name="course_id",
        string="Contacts and Attempts",
        domain=[("is_current", "=", True)],
    )
    deadline_ids = fields.One2many(
        comodel_name="sekp.deadline", inverse_name="course_id", string="Deadlines"
    )
    appointment_ids = fields.One2many(
        comodel_name="sekp.appointment",
        inverse_name="course_id",
        string="Appointments",
    )
    goal_ids = fields.One2many(
        comodel_name="sekp.goal", inverse_name="course_id", string="Goals"
    )
    grant_ids = fields.One2many(
        comodel_name="sekp.grant", inverse_name="course_id", string="Grants"
    )
    review_ids = fields.One2many(
        comodel_name="sekp.review", inverse_name="course_id", string="Reviews"
    )
    handover_ids = fields.One2many(
        comodel_name="sekp.handover", inverse_name="course_id", string="Handovers"
    )
    document_ids = fields.One2many(
        comodel_name="sekp.document", inverse_name="course_id", string="Documents"
    )

    timeline_ids = fields.One2many(
        comodel_name="sekp.history", string="Changes", compute="_compute_timeline_ids"
    )

    # --- what the form needs of citizen and standard ------------------------------
    alias = fields.Char(compute="_compute_person", inverse="_inverse_alias")
    district = fields.Char(compute="_compute_person", inverse="_inverse_district")
    age_band = fields.Selection(
        AGE_BANDS, compute="_compute_person", inverse="_inverse_age_band"
    )
    target_group_ids = fields.Many2many(
        comodel_name="sekp.target.group",
        string="Target Groups",
        compute="_compute_target_group_ids",
        inverse="_inverse_target_group_ids",
    )
    acute = fields.Boolean(related="referral_id.acute", related_sudo=False)
    place = fields.Char(related="referral_id.place", related_sudo=False)
    concern = fields.Text(related="referral_id.concern", related_sudo=False)
    registration_mode = fields.Selection(
        related="standard_id.registration_mode", related_sudo=False
    )
    emergency_until = fields.Datetime(
        string="Emergency Access until", compute="_compute_emergency_until"
    )
    has_emergency = fields.Boolean(compute="_compute_has_emergency")
    emergency_told = fields.Text(compute="_compute_has_emergency")
    uses_grant = fields.Boolean(compute="_compute_uses")
    uses_goals = fields.Boolean(compute="_compute_uses")
    uses_assessment = fields.Boolean(compute="_compute_uses")
    missing = fields.Text(
        compute="_compute_missing", help="What the standard asks for and is not there."
    )

    _referral_once = models.UniqueIndex(
        "(referral_id) WHERE referral_id IS NOT NULL",
        "This referral already led to a course.",
    )
    _team_board = models.Index("(team_id, phase, next_contact_due)")
    _closed_is_dated = models.Constraint(
        "CHECK ((phase = 'closed') = (date_end IS NOT NULL))",
        "A closed course has a day it was closed on, an open one has none.",
    )
    _rhythm_positive = models.Constraint(
        f"CHECK (rhythm_days >= 0 AND rhythm_days <= {LONGEST_RHYTHM})",
        f"The interval between contacts lies between 0 and {LONGEST_RHYTHM} days.",
    )

    # --- computes -----------------------------------------------------------------
    @api.model
    def _group_expand_phase(self, phases, domain):
        return [key for key, _label in PHASES]

    @api.depends(*(f"citizen_id.{name}" for name in PERSON))
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_person(self):
        """Show the person as known today to those who may open the person.

        Who supervises an earlier course only may still open that, not the person.
        """
        readable = self._readable_citizens(PERSON)
        for course in self:
            citizen = readable.get(course.citizen_id.id, readable[False])
            for name in PERSON:
                course[name] = citizen[name]

    @api.depends("citizen_id.target_group_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_target_group_ids(self):
        readable = self._readable_citizens(())
        for course in self:
            citizen = readable.get(course.citizen_id.id, readable[False])
            course.target_group_ids = citizen.target_group_ids

    def _readable_citizens(self, names):
        """Return the citizens the user may open, by id, and an empty one for False."""
        citizens = self.citizen_id.search_fetch(
            [("id", "in", self.citizen_id.ids)], names
        )
        return {False: citizens.browse(), **{one.id: one for one in citizens}}

    def _inverse_alias(self):
        self._tell_citizen("alias")

    def _inverse_district(self):
        self._tell_citizen("district")

    def _inverse_age_band(self):
        self._tell_citizen("age_band")

    def _inverse_target_group_ids(self):
        self._tell_citizen("target_group_ids")

    def _tell_citizen(self, name):
        for course in self:
            course.citizen_id[name] = course[name]

    @api.depends(
        "contact_ids.is_current", "contact_ids.started_at", "contact_ids.outcome"
    )
    def _compute_rhythm(self):
        groups = self.env["sekp.contact"]._read_group(
            [("course_id", "in", self.ids), ("is_current", "=", True)],
            ["course_id", "outcome"],
            ["__count", "started_at:max"],
        )
        by_course = {}
        for course, outcome, count, latest in groups:
            by_course.setdefault(course.id, []).append((outcome, count, latest))
        for course in self:
            rows = by_course.get(course.id, [])
            local = course.company_id._sekp_local if rows else None
            met = [row for row in rows if row[0] == "met"]
            course.contact_count = sum(count for _outcome, count, _at in met)
            course.attempt_count = (
                sum(count for _outcome, count, _at in rows) - course.contact_count
            )
            course.last_met_on = local(met[0][2]).date() if met else False
            course.last_outreach_on = (
                local(max(row[2] for row in rows)).date() if rows else False
            )

    @api.depends("phase", "assignment_ids", "next_step")
    def _compute_timeline_ids(self):
        """Show what was done on the course, its parts and the person, newest first."""
        for course in self:
            course.timeline_ids = self.env["sekp.history"].search(
                [
                    "|",
                    ("course_id", "=", course.id),
                    ("citizen_id", "=", course.citizen_id.id),
                ],
                limit=TIMELINE_LENGTH,
            )

    @api.depends("last_outreach_on", "date_start", "rhythm_days", "phase")
    def _compute_next_contact_due(self):
        """The first contact is due at once, the next ones by the agreed interval."""
        for course in self:
            latest, due = course.last_outreach_on, False
            if course.phase != "closed" and course.date_start:
                if latest and course.rhythm_days:
                    due = latest + timedelta(days=course.rhythm_days)
                elif not latest and course.referral_id.acute:
                    due = course.date_start
                elif not latest:
                    due = course.company_id._sekp_next_working_day(
                        course.date_start + timedelta(days=1)
                    )
            course.next_contact_due = due

    @api.depends("standard_id")
    def _compute_uses(self):
        for course in self:
            standard = course.standard_id
            course.uses_grant = standard.grant in ("required", "offered")
            course.uses_goals = standard.action_plan in ("required", "offered")
            course.uses_assessment = standard.ordinary_offer_assessment in (
                "required",
                "offered",
            )

    @api.depends("standard_id", "grant_ids", "goal_ids", "phase")
    def _compute_missing(self):
        for course in self:
            standard = course.standard_id
            lines = []
            if standard.grant == "required" and not course.grant_ids:
                lines.append(self.env._("The standard requires a grant."))
            if standard.action_plan == "required" and not course.goal_ids:
                lines.append(
                    self.env._("The standard requires goals, agreed with the citizen.")
                )
            if (
                standard.sub_goals == "required"
                and course.goal_ids
                and not (course.goal_ids.parent_id)
            ):
                lines.append(self.env._("The standard requires sub-goals."))
            course.missing = (
                "\n".join(lines) if lines and course.phase != "closed" else False
            )

    def _takes_own_reference(self):
        return False

    def _history_parent(self):
        return {"course_id": self.id}

    def _registration_standard(self):
        return self.standard_id

    # --- guards -------------------------------------------------------------------
    def write(self, vals):
        if not self.env.su:
            self._check_phase_change(vals)
            self._check_team_change(vals)
        self._check_rhythm(vals)
        result = super().write(vals)
        if "rhythm_days" in vals:
            self._sync_rhythm()
        if "team_id" in vals:
            self._move_obligations()
            self._hand_on_activities()
        return result

    def unlink(self):
        self.check_access("unlink")
        # Superuser: encrypted files go with the course; the database alone, which
        # takes the other parts away, does not know them.
        self.sudo().document_ids.unlink()
        return super().unlink()

    def _check_phase_change(self, vals):
        if "phase" in vals and (
            vals["phase"] == "closed"
            or any(course.phase == "closed" for course in self)
        ):
            raise UserError(
                self.env._(
                    "A course is closed and re-established with its buttons, so that "
                    "nothing is forgotten."
                )
            )

    def _check_team_change(self, vals):
        """Let only a supervisor of the team give a course to another team (C2)."""
        if "team_id" not in vals:
            return
        self.check_access("write")
        team = self.env["sekp.team"].browse(vals["team_id"])
        for course in self:
            if self.env.user not in course.team_id.supervisor_ids:
                raise AccessError(
                    self.env._("Only a supervisor of the team moves a course.")
                )
            if team.company_id != course.company_id or not team.is_provider:
                raise UserError(
                    self.env._("Choose a team of the municipality that gives support.")
                )

    def _check_rhythm(self, vals):
        days = vals.get("rhythm_days") or 0
        if not isinstance(days, int) or not 0 <= days <= LONGEST_RHYTHM:
            raise ValidationError(
                self.env._(
                    "The interval between contacts lies between 0 and %(days)s days.",
                    days=LONGEST_RHYTHM,
                )
            )

    @api.constrains("previous_course_id", "citizen_id")
    def _check_previous_course(self):
        for course in self:
            previous = course.previous_course_id
            if previous and previous.citizen_id != course.citizen_id:
                raise ValidationError(
                    self.env._("An earlier course must be of the same citizen.")
                )

    def _today(self):
        return self.company_id._sekp_today()

    # --- people -------------------------------------------------------------------
    def _obligation_owner(self):
        """Return the contact person, or the supervisor while none may open it."""
        self.ensure_one()
        person = self.contact_person_id
        if person and self._readable_by(person):
            return person
        return self.team_id._supervisor()

    def _assign(self, user, role, reason, date_from=None, date_to=None):
        """Open access for a user by an assignment row.

        A new contact person takes over from the one before, with open obligations.

        :param str role: a role of ``sekp.assignment``
        :param str reason: why, in neutral words
        :raises UserError: when the user already has access in these days
        """
        self.ensure_one()
        today = self._today()
        # Superuser: access rows are made by acts, never written by hand.
        # Activities move when it is clear who has access afterwards.
        course = self.sudo().with_context(sekp_more_access_follows=True)
        rows = course.assignment_ids
        vals = {
            "user_id": user.id,
            "role": role,
            "reason": reason,
            "date_from": date_from or today,
            "date_to": date_to,
            "granted_by_id": self.env.uid,
        }
        row = rows.browse()
        if role == "contact_person":
            course._live_assignments("contact_person")._end(today)
            row = rows._make_way(user, today)
        if row:
            rows._refuse_second_role({"course_id": self.id, **vals}, row=row)
            row.write(vals)
        else:
            row = rows.create({"course_id": self.id, **vals})
        if role == "contact_person":
            course.write({"contact_person_id": user.id})
            course._move_obligations()
        self._hand_on_activities()
        return row.with_env(self.sudo().env)

    def _live_assignments(self, role):
        return self.assignment_ids.filtered(
            lambda row: row.role == role and not row.date_to
        )

    def _move_obligations(self):
        """Give open automatic activities to the one who owns them now (C7)."""
        # Looking at an emergency access stays the supervisor's.
        seen = self.env.ref("sekp_outreach.activity_break_glass")
        for course in self:
            owner = course._obligation_owner()
            # Superuser: the former owner's activities move in the same transaction.
            activities = course.sudo().activity_ids.filtered("automated")
            activities |= course.sudo().handover_ids.activity_ids.filtered("automated")
            activities = activities.filtered(
                lambda activity: activity.activity_type_id != seen
            )
            activities.with_context(mail_activity_quick_update=True).write(
                {"user_id": owner.id}
            )
        self._settle_appointments()

    def _settle_appointments(self):
        """Take appointments from those whose access to the courses ended (C7)."""
        self.env["sekp.appointment"]._settle([("course_id", "in", self.ids)])

    def _entitles(self, user, instant):
        """Tell whether a user may work on the course at an instant.

        Asks the record rules for a moment that need not be now.
        """
        self.ensure_one()
        # Superuser: asks for a colleague, whose access the one who asks may not see.
        user = user.sudo()
        if not user.active or self.sudo().company_id not in user.company_ids:
            return False
        asking = self.with_user(user).with_context(
            allowed_company_ids=user.company_ids.ids
        )
        if not asking.browse().has_access("write"):
            return False
        domain = asking.env["ir.rule"]._compute_domain(self._name, "write")
        return bool(
            self.sudo().search_count(
                domain_at(domain, instant) & Domain("id", "=", self.id), limit=1
            )
        )

    # --- emergency access ---------------------------------------------------------
    def _own_courses(self):
        return self

    @api.depends_context("uid")
    def _compute_emergency_until(self):
        """Until when the user reads the course, where by emergency access only."""
        user = self.env.user
        emergency = (self & self._open_by_emergency(user))._only_by_emergency(user)
        # Superuser: reads the end of the user's own row.
        rows = emergency.sudo()._live_emergency()
        ends = {row.course_id.id: row.ends_at for row in rows if row.user_id == user}
        for course in self:
            course.emergency_until = ends.get(course.id)

    @api.depends("activity_ids")
    @api.depends_context("uid")
    def _compute_has_emergency(self):
        """Tell a supervisor of the team that an emergency access is to be looked at."""
        seen = self.env.ref("sekp_outreach.activity_break_glass")
        for course in self:
            course.has_emergency = (
                seen in course.activity_ids.activity_type_id
                and self.env.user in course.team_id.supervisor_ids
            )
            course.emergency_told = course.has_emergency and "\n".join(
                self.env._(
                    "%(who)s had emergency access from %(start)s to %(end)s: "
                    "%(reason)s",
                    who=row.user_id.name,
                    start=format_datetime(self.env, row.starts_at, dt_format="short"),
                    end=format_datetime(self.env, row.ends_at, dt_format="short"),
                    reason=row.reason,
                )
                for row in course.assignment_ids.filtered(
                    lambda row: row.role == "break_glass"
                )
            )

    def _live_emergency(self):
        now = fields.Datetime.now()
        return self.assignment_ids.filtered(
            lambda row: row.role == "break_glass" and row.starts_at <= now < row.ends_at
        )

    @api.model
    def _open_by_emergency(self, user):
        """Return the courses on which a user has live emergency access."""
        # Superuser: reads which rows the user has, and tells nothing of the courses.
        rows = (
            self.env["sekp.assignment"]
            .sudo()
            .search(
                [
                    ("user_id", "=", user.id),
                    ("role", "=", "break_glass"),
                    *LIVE_NOW,
                ]
            )
        )
        return self.browse(rows.course_id.ids)

    def _only_by_emergency(self, user):
        """Return those of the courses that a user opens by emergency access only."""
        # Superuser: reads which rows the user has, and tells nothing of the courses.
        courses = self.sudo()
        rows = courses.env["sekp.assignment"].search(
            [
                ("course_id", "in", courses.ids),
                ("user_id", "=", user.id),
                *LIVE_NOW,
            ]
        )
        own = rows.filtered(lambda row: row.role != "break_glass").course_id
        own |= courses.filtered(lambda course: user in course.team_id.supervisor_ids)
        return self.browse((rows.course_id - own).ids)

    def _break_glass(self, purpose, note):
        """Open the course for some hours, and tell those who answer for it.

        :param str purpose: a key of ``PURPOSES``
        :param str note: why, in the user's words; kept with the access row only
        """
        self.ensure_one()
        user, now = self.env.user, fields.Datetime.now()
        # Superuser: the course is not open to the user yet; that is what this does.
        course = self.sudo()
        until = now + timedelta(hours=course.standard_id.break_glass_hours)
        local = course.company_id._sekp_local
        course.assignment_ids.create(
            {
                "course_id": course.id,
                "user_id": user.id,
                "role": "break_glass",
                "date_from": local(now).date(),
                "date_to": local(until).date(),
                "opened_at": now,
                "closes_at": until,
                "reason": note,
                "granted_by_id": user.id,
            }
        )
        self.env["sekp.access.log"]._record("break_glass", self, purpose)
        course._set_obligation(
            "activity_break_glass", course._today(), user=course.team_id._supervisor()
        )
        (course.contact_person_id | course.team_id.supervisor_ids)._sekp_notice()

    def action_end_emergency(self):
        """End one's own emergency access before its time."""
        self.check_access("read")
        # Superuser: the user's own rows, which nobody writes by hand.
        rows = self.sudo()._live_emergency()
        rows.filtered(lambda row: row.user_id == self.env.user)._end_emergency()
        if self.has_access("read"):
            return True
        mine = self.env.user.has_group("sekp_outreach.group_contact_person")
        action = "sekp_course_action_mine" if mine else "sekp_referral_action"
        return {
            **self.env["ir.actions.actions"]._for_xml_id(f"sekp_outreach.{action}"),
            "target": "main",
        }

    def action_seen_emergency(self):
        """Mark that a supervisor of the team has looked at an emergency access."""
        self.check_access("read")
        if any(self.env.user not in course.team_id.supervisor_ids for course in self):
            raise AccessError(
                self.env._("A supervisor of the team looks at an emergency access.")
            )
        self._meet_obligation("activity_break_glass")

    def _hand_on_activities(self, users=None):
        """Give open activities to the responsible when their owner loses access (C7).

        Those on the course, its parts, its citizen and its referral that are due on a
        day on which their owner may not open the record; the others stay until then.

        :param users: owners to look at; all by default
        """
        # Superuser: activities move from colleagues to colleagues.
        courses = self.sudo()
        # A citizen's rows do not follow by themselves within a transaction.
        courses.citizen_id.invalidate_recordset(["assignment_ids"])
        bearers = {
            "sekp.course": Domain("res_id", "in", courses.ids),
            "sekp.citizen": Domain("res_id", "in", courses.citizen_id.ids),
            "sekp.referral": Domain("res_id", "in", courses.referral_id.ids),
        }
        part = self.pool["sekp.course.child.mixin"]
        for name in self.env["sekp.confidential.mixin"]._confidential_models():
            if issubclass(self.pool[name], part):
                query = courses.env[name]._search([("course_id", "in", courses.ids)])
                bearers[name] = Domain("res_id", "in", query)
        domain = Domain.OR(
            Domain("res_model", "=", name) & where for name, where in bearers.items()
        )
        if users is not None:
            domain &= Domain("user_id", "in", users.ids)
        courses.env["mail.activity"].search(domain)._sekp_hand_on()

    # --- beginning and rhythm -----------------------------------------------------
    def _begin(self):
        """Start what the standard asks of a course: rhythm, review, assessment."""
        for course in self:
            if not course.rhythm_days:
                course.rhythm_days = course.standard_id._rhythm_days()
            course._sync_rhythm()
            course._plan_review()
            course._plan_assessment()

    def _sync_rhythm(self):
        """Let the *next contact* activity follow the agreed interval (F3)."""
        for course in self:
            course._set_obligation(
                "activity_next_contact",
                course.next_contact_due if course.phase != "closed" else False,
            )

    def _contact_logged(self, contact):
        """Meet the obligations that a contact or an attempt meets."""
        self.ensure_one()
        day = self.company_id._sekp_local(contact.started_at).date()
        # Superuser: clocks are run by the system; the contact has been checked.
        course = self.sudo()
        kinds = ["response", "processing", "start"]
        if contact.form_id.is_visit:
            kinds.append("first_visit")
        course.deadline_ids._open().filtered(
            lambda clock: (
                clock.started_on <= day if clock.started_on else clock.kind != "start"
            )
        )._meet(kinds, day)
        vals = {}
        if contact.outcome == "met" and course.phase in ("framing", "finding"):
            vals["phase"] = "making_contact"
        elif course.phase == "framing":
            vals["phase"] = "finding"
        if course.phase != "closed" and contact == course._latest_contact():
            # Only the latest contact says what comes next.
            if contact.next_step:
                vals["next_step"] = contact.next_step
            if contact.next_step_on:
                vals["next_step_on"] = contact.next_step_on
        if vals:
            course.write(vals)
        course._sync_rhythm()

    def _latest_contact(self):
        return self.env["sekp.contact"].search(
            [("course_id", "=", self.id), ("is_current", "=", True)],
            order="started_at desc, id desc",
            limit=1,
        )

    # --- reviews ------------------------------------------------------------------
    def _review_due(self):
        """Return when the next review is due under the standard (R115).

        :return: a date or False, and the grant the review is of, if of any
        """
        self.ensure_one()
        standard = self.standard_id
        reviews = self.review_ids.filtered(lambda review: review.kind == "review")
        held = reviews.filtered("held_on")
        if standard.review_rule == "interval":
            latest = max(held.mapped("held_on"), default=self.date_start)
            months = relativedelta(months=standard.review_interval_months)
            return latest + months, self.env["sekp.grant"]
        # Each period is reviewed before it ends, also when the next is granted early.
        pending = self.grant_ids.filtered(
            lambda grant: (
                grant.decision == "granted"
                and grant.date_to
                and grant not in held.grant_id
            )
        ).sorted("date_from")
        if standard.review_rule == "before_grant_expiry" and pending:
            lead = timedelta(days=standard.review_lead_days)
            return pending[0].date_to - lead, pending[0]
        return False, self.env["sekp.grant"]

    def _plan(self, kind, due, type_xmlid, grant=None):
        vals = {"due": due, "grant_id": grant.id if grant else False}
        planned = self.review_ids.filtered(
            lambda review: review.kind == kind and not review.held_on
        )
        if not due:
            planned.unlink()
        elif planned:
            planned[0].write(vals)
        else:
            self.env["sekp.review"].create({"course_id": self.id, "kind": kind, **vals})
        self._set_obligation(type_xmlid, due)

    def _plan_review(self):
        """Keep one planned review where the standard wants one."""
        for course in self._open_as_superuser():
            if course.standard_id.review_rule in ("interval", "before_grant_expiry"):
                due, grant = course._review_due()
                course._plan("review", due, "activity_review", grant=grant)

    def _open_as_superuser(self):
        # Superuser: reviews are planned by the system, not by hand.
        return self.sudo().filtered(lambda course: course.phase != "closed")

    def _plan_assessment(self):
        """Keep the running assessment of an ordinary offer called for (R114)."""
        for course in self._open_as_superuser():
            standard = course.standard_id
            interval = standard.assessment_interval_days
            if standard.ordinary_offer_assessment != "required" or not interval:
                continue
            held = course.review_ids.filtered(
                lambda review: review.kind == "ordinary_offer" and review.held_on
            )
            latest = max(held.mapped("held_on"), default=course.date_start)
            course._plan(
                "ordinary_offer",
                latest + timedelta(days=interval),
                "activity_ordinary_offer",
            )

    # --- closing ------------------------------------------------------------------
    def _open_obligations(self):
        """Return what must be brought to an end before closing, as sentences."""
        self.ensure_one()
        lines = []
        handovers = self.handover_ids.filtered(lambda h: h.state in LIVE_HANDOVERS)
        if handovers:
            lines.append(
                self.env._(
                    "Handovers under way: %(count)s. Complete or return them.",
                    count=len(handovers),
                )
            )
        # Superuser: a colleague's open activity counts too; only their number shows.
        manual = self.sudo().activity_ids.filtered(lambda act: not act.automated)
        if manual:
            lines.append(
                self.env._(
                    "Open activities: %(count)s. Mark them done or cancel them.",
                    count=len(manual),
                )
            )
        return lines

    def _close(self, outcome):
        """Close the course: clocks lapse, obligations end, access ends after the grace.

        :param str outcome: a key of ``CLOSING_OUTCOMES``
        :raises UserError: while obligations are open
        """
        self.ensure_one()
        self._take_for_change()
        if self.phase == "closed":
            raise UserError(self.env._("The course is already closed."))
        people = self.contact_person_id | self.team_id.supervisor_ids
        if self.env.user not in people and not self.env.su:
            raise AccessError(
                self.env._("The contact person or a supervisor closes the course.")
            )
        obligations = self._open_obligations()
        if obligations:
            raise UserError(
                self.env._(
                    "The course cannot be closed yet:\n%(obligations)s",
                    obligations="\n".join(obligations),
                )
            )
        today = self._today()
        # Superuser: closing ends rows that nobody may write by hand.
        course = self.sudo()
        course.handover_ids.filtered(
            lambda h: h.state in ("proposed", "consented")
        )._withdraw()
        course.deadline_ids._lapse()
        course.appointment_ids.filtered(lambda a: a.state == "planned")._cancel()
        course.review_ids.filtered(lambda review: not review.held_on).unlink()
        course.write(
            {
                "phase": "closed",
                "date_end": today,
                "closing_outcome": outcome,
                "next_step": False,
                "next_step_on": False,
            }
        )
        course._drop_obligations()
        grace = timedelta(days=course.standard_id.closing_grace_days)
        course.assignment_ids.filtered(lambda row: row.date_from > today).unlink()
        course.assignment_ids.filtered(
            lambda row: not row.date_to or row.date_to > today + grace
        )._end(today + grace)

    def action_close(self):
        """Open the dialog that closes the course."""
        self.ensure_one()
        self.check_access("write")
        return self._dialog("sekp.close.course", self.env._("Close Course"))

    def action_log_contact(self):
        """Open the screen on which a contact or an attempt is logged."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self._dialog("sekp.contact", self.env._("Log Contact")),
            "views": self.env["sekp.contact"]._dialog_views(),
        }

    def action_plan_visit(self):
        """Open the dialog in which a visit, a call or a meeting is planned."""
        self.ensure_one()
        self.check_access("write")
        return {
            **self._dialog("sekp.appointment", self.env._("Plan Visit")),
            "views": self.env["sekp.appointment"]._dialog_views(),
        }

    def action_hand_over(self):
        """Open a new handover to an ordinary offer."""
        self.ensure_one()
        self.check_access("write")
        return {
            **self._dialog("sekp.handover", self.env._("Hand Over")),
            "target": "current",
        }

    def action_change_contact_person(self):
        """Open the dialog that gives the course to another contact person."""
        self.ensure_one()
        self.check_access("write")
        return self._dialog("sekp.assign", self.env._("Give Access"))

    def _dialog(self, model, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_course_id": self.id},
        }

    def action_assess_ordinary_offer(self):
        """Open the running assessment of whether an ordinary offer is possible."""
        self.ensure_one()
        self.check_access("write")
        planned = self.review_ids.filtered(
            lambda review: review.kind == "ordinary_offer" and not review.held_on
        )[:1]
        if planned:
            return {
                **planned._action_open(),
                "name": self.env._("Ordinary Offer"),
                "target": "new",
            }
        action = self._dialog("sekp.review", self.env._("Ordinary Offer"))
        action["context"]["default_kind"] = "ordinary_offer"
        return action

    # --- re-establishment ---------------------------------------------------------
    def action_reestablish(self):
        """Begin a new course for the same citizen, linked to this one (R112).

        It begins under the standard in force today, with the same contact person
        while that person is still in the team.
        """
        self.ensure_one()
        self._take_for_change()
        if self.phase != "closed":
            raise UserError(self.env._("The course is still open."))
        standard = self.env["sekp.standard"]._require_in_force(
            self.company_id, self._today()
        )
        if standard.reopening in ("off", "forbidden"):
            raise UserError(
                self.env._("The standard does not foresee re-establishing a course.")
            )
        if self.sudo().search_count(
            [("previous_course_id", "=", self.id), ("phase", "!=", "closed")], limit=1
        ):  # Superuser: a successor may be closed to the one who asks.
            raise UserError(self.env._("The course has already been re-established."))
        person = self.contact_person_id
        if not person.active or person not in self.team_id.member_ids:
            raise UserError(
                self.env._(
                    "The contact person has left the team. Register a referral and "
                    "allocate it with this course as the earlier one."
                )
            )
        # Superuser: the new course does not exist yet, no rule can admit to it.
        self.sudo().citizen_id._follow_standard(standard)
        course = self.sudo().create(
            {
                "citizen_id": self.citizen_id.id,
                "reference": self.reference,
                "company_id": self.company_id.id,
                "team_id": self.team_id.id,
                "standard_id": standard.id,
                "previous_course_id": self.id,
                "date_start": self._today(),
                "rhythm_days": self.rhythm_days,
                "phase": "making_contact",
            }
        )
        course._assign(person, "contact_person", self.env._("Re-establishment"))
        course._begin()
        return course.sudo(False)._action_open()
