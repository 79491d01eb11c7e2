from ast import literal_eval
from datetime import timedelta

from markupsafe import escape

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..tools.policy import LIVE
from .sekp_citizen import AGE_BANDS, IDENTITY_LEVELS
from .sekp_read_at_once_mixin import forget

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
SHOWN = (*PERSON, "identity_level")
LIVE_HANDOVERS = ("sent", "accepted")
# States in which the person is still to be told of the referral.
UNTOLD = ("due", "postponed")
INFORM_STATES = [
    ("not_needed", "Not needed"),
    ("due", "To be told"),
    ("told", "Told"),
    ("postponed", "Postponed"),
]
POSTPONED_GROUNDS = [
    ("purpose", "It would seriously harm the purpose"),
    ("unreachable", "The person cannot be reached"),
    ("disproportionate", "It would take a disproportionate effort"),
    ("other", "Other ground"),
]
# What is owed also when the course has come to its end.
LASTING = (
    "activity_break_glass", "activity_access_request", "activity_colleague_asks",
    "activity_dialogue_answer",
)  # fmt: skip
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
    _inherit = [
        "sekp.archive.hold.mixin",
        "sekp.clock.mixin",
        "sekp.confidential.mixin",
    ]
    _description = "Course of Support"
    _order = "id desc"
    _check_company_auto = True

    _sekp_person_fields = {"next_step": "alias", "inform_postponed_note": "alias"}

    _sekp_act_fields = frozenset(
        {
            "citizen_id", "standard_id", "referral_id", "previous_course_id",
            "contact_person_id", "date_start", "date_end", "closing_outcome",
            "next_contact_due", "contact_count", "attempt_count", "last_met_on",
            "last_outreach_on", "last_seen_on", "usual_days", "attempts_since_met",
            "gap_since", "workload", "archive_hold", "archive_hold_reason",
            "inform_state", "inform_due", "informed_on",
            "informed_at_contact", "inform_postponed_ground", "inform_postponed_note",
            "stop_wished_on", "standard_since", "former_standard_ids", "replan",
            "safety_until",
        }
    )  # fmt: skip

    _sekp_print_fields = (
        "date_start", "phase", "contact_person_id", "team_id", "rhythm_days",
        "next_contact_due", "next_step", "next_step_on", "expected_end", "date_end",
        "closing_outcome", "inform_state", "inform_due", "informed_on",
        "informed_at_contact", "inform_postponed_ground", "inform_postponed_note",
        "archive_hold_reason", "stop_wished_on", "safety_dog", "safety_two",
        "safety_until",
    )  # fmt: skip
    # What is told once, or by something that is told; hints leave no history.
    _sekp_unhistoric = frozenset(
        {
            "standard_since", "former_standard_ids", "replan", "safety_dog",
            "safety_two", "safety_until",
        }
    )  # fmt: skip

    _sekp_print_when = "date_start"
    _sekp_print_sequence = 30

    _sekp_supervised_types = ("activity_break_glass", "activity_course_escalation")

    _sekp_retention_class = "course"
    _sekp_retention_end = "date_end"
    _sekp_retention_outcome = "closing_outcome"

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
        help="The version that holds for the course: the one it began under, until it "
        "is moved to another.",
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
        # The earlier one may have to go while the later one is kept.
        ondelete="set null",
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

    # --- what comes next ----------------------------------------------------------
    next_step = fields.Char()
    next_step_on = fields.Date(string="Next Step by")

    # --- informing the person of a referral by others ------------------------------
    inform_state = fields.Selection(
        INFORM_STATES,
        string="Informing",
        required=True,
        readonly=True,
        default="not_needed",
        copy=False,
    )
    inform_due = fields.Date(string="To Be Told by", readonly=True, copy=False)
    informed_on = fields.Date(string="Told On", readonly=True, copy=False)
    informed_at_contact = fields.Integer(
        string="Told at Contact No.", readonly=True, copy=False, aggregator=None
    )
    inform_postponed_ground = fields.Selection(
        POSTPONED_GROUNDS,
        string="Ground of the Postponement",
        readonly=True,
        copy=False,
    )
    inform_postponed_note = fields.Text(
        string="The Postponement in Words", readonly=True, copy=False
    )
    inform_guidance = fields.Text(compute="_compute_inform_guidance")

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
    consent_ids = fields.One2many(
        comodel_name="sekp.consent", inverse_name="course_id", string="Consents"
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
    identity_level = fields.Selection(IDENTITY_LEVELS, compute="_compute_person")
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
    colleagues_asking = fields.Char(compute="_compute_colleagues_asking")
    has_emergency = fields.Boolean(compute="_compute_has_emergency")
    emergency_told = fields.Text(compute="_compute_has_emergency")
    uses_grant = fields.Boolean(compute="_compute_uses")
    must_be_kept = fields.Boolean(
        compute="_compute_must_be_kept", help="A decision obliges to keep the course."
    )
    uses_goals = fields.Boolean(compute="_compute_uses")
    uses_assessment = fields.Boolean(compute="_compute_uses")
    missing = fields.Text(
        compute="_compute_missing", help="What the standard asks for and is not there."
    )

    _referral_once = models.UniqueIndex(
        "(referral_id) WHERE referral_id IS NOT NULL",
        "This referral already led to a course.",
    )
    _closed_is_dated = models.Constraint(
        "CHECK ((phase = 'closed') = (date_end IS NOT NULL))",
        "A closed course has a day it was closed on, an open one has none.",
    )

    # --- computes -----------------------------------------------------------------
    @api.model
    def _group_expand_phase(self, phases, domain):
        return [key for key, _label in PHASES]

    @api.depends(*(f"citizen_id.{name}" for name in SHOWN))
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_person(self):
        """Show the person as known today to those who may open the person.

        Who supervises an earlier course only may still open that, not the person.
        """
        readable = self._readable_citizens((*SHOWN, "reference"))
        for course in self:
            citizen = readable.get(course.citizen_id.id, readable[False])
            for name in SHOWN:
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
        citizens = self.citizen_id
        if citizens._remembered().issuperset(citizens.ids):
            citizens.fetch(names)
        else:
            citizens = citizens.search_fetch([("id", "in", citizens.ids)], names)
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

    @api.depends("phase", "assignment_ids", "next_step")
    def _compute_timeline_ids(self):
        """Show what was done on the course, its parts and the person, newest first."""
        for course in self:
            course.timeline_ids = self.env["sekp.history"].search_fetch(
                [
                    "|",
                    ("course_id", "=", course.id),
                    ("citizen_id", "=", course.citizen_id.id),
                ],
                limit=TIMELINE_LENGTH,
            )

    @api.depends("standard_id", "grant_ids")
    def _compute_must_be_kept(self):
        for course in self:
            required = course.standard_id.grant == "required"
            course.must_be_kept = required or bool(course.grant_ids)

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
        result = super().write(vals)
        if "team_id" in vals:
            forget()
            self._move_obligations()
            self._hand_on_activities()
        return result

    def unlink(self):
        self.check_access("unlink")
        # Superuser: encrypted files go with the course, and what is open on its parts;
        # the database alone, which takes the parts away, does not know them.
        self.sudo().document_ids.unlink()
        part = self.pool["sekp.course.child.mixin"]
        parts = [
            name
            for name in self._confidential_models()
            if issubclass(self.pool[name], part)
        ]
        self._activities_around(Domain("res_model", "in", parts)).unlink()
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

    def _drop_obligations(self):
        """Take away what is open, except what is owed also after the end."""
        lasting = [self.env.ref(f"sekp_outreach.{name}") for name in LASTING]
        for course in self._with_obligations():
            course.activity_ids.filtered(
                lambda activity: (
                    activity.automated and activity.activity_type_id not in lasting
                )
            ).unlink()

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
        for course in self._with_obligations():
            owner = course._obligation_owner()
            activities = course.activity_ids.filtered("automated")
            activities |= course.handover_ids.activity_ids.filtered("automated")
            activities |= course.consent_ids.activity_ids.filtered("automated")
            activities -= course._supervised(activities)
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
        seen = self._activity_type_id("activity_break_glass")
        for course in self:
            course.has_emergency = (
                seen in course.activity_ids.activity_type_id.ids
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

    # --- colleagues who ask ---------------------------------------------------------
    def _asked(self, **context):
        """Return the activities of colleagues who ask to be contacted."""
        # Superuser: reads who asks, for those who may open the course.
        Activity = self.env["mail.activity"].sudo().with_context(**context)
        return Activity.search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                (
                    "activity_type_id",
                    "=",
                    self._activity_type_id("activity_colleague_asks"),
                ),
            ]
        )

    @api.depends("activity_ids")
    def _compute_colleagues_asking(self):
        """Name the colleagues whom somebody who may open the course should contact."""
        kind = self._activity_type_id("activity_colleague_asks")
        for course in self:
            # Superuser: the names of colleagues.
            rows = course.activity_ids.sudo().filtered(
                lambda row: row.active and row.activity_type_id.id == kind
            )
            course.colleagues_asking = ", ".join(rows.create_uid.mapped("name"))

    def _colleague_asks(self):
        """Let who answers for the course know that the user asks to be contacted.

        Once a day for each who asks. The note names the one who asks and nobody else.
        """
        # Superuser: who asks may not open the course, and learns nothing of it.
        for course in self.sudo():
            start = course.company_id._sekp_start_of_day(course._today())
            asked = course.citizen_id.course_ids._asked(active_test=False)
            if any(
                row.create_uid == self.env.user
                and (row.active or row.create_date >= start)
                for row in asked
            ):
                continue
            today = course._today()
            due = course.company_id._sekp_next_working_day(today + timedelta(days=1))
            owner = course.team_id._supervisor()
            if course.phase != "closed":
                owner = course._obligation_owner()
            if not course._readable_by(owner):
                owner = course._next_owner(owner, due)
            xmlid = "sekp_outreach.activity_colleague_asks"
            # The owner's language, and nothing else of what the caller had in hand.
            context = {"lang": owner.lang, "mail_activity_quick_update": True}
            course = course.with_env(course.env(context=context))
            note = course.env._("%(who)s asks to be contacted.", who=self.env.user.name)
            course.activity_schedule(
                xmlid,
                date_deadline=due,
                user_id=owner.id,
                summary=course.env.ref(xmlid).name,
                note=escape(note),
            )
            owner._sekp_notice()

    def action_answer_colleagues(self):
        """Mark that the colleagues who asked were answered, whatever was decided."""
        self._take_for_change()
        self._meet_obligation("activity_colleague_asks")

    def _activities_around(self, narrowed=Domain.TRUE):
        """Return the open activities on courses, their parts, citizens and referrals.

        :param narrowed: domain of those looked for; all by default
        """
        # Superuser: activities of colleagues count too.
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
                link = Domain("course_id", "in", courses.ids)
            elif name not in bearers and "citizen_id" in self.pool[name]._fields:
                link = Domain("citizen_id", "in", courses.citizen_id.ids)
            else:
                continue
            query = courses.env[name]._search(link)
            bearers[name] = Domain("res_id", "in", query)
        return courses.env["mail.activity"].search(
            Domain.OR(
                Domain("res_model", "=", name) & where
                for name, where in bearers.items()
            )
            & narrowed
        )

    def _hand_on_activities(self, users=None):
        """Give open activities to the responsible when their owner loses access (C7).

        Those on the course, its parts, its citizen and its referral that are due on a
        day on which their owner may not open the record; the others stay until then.

        :param users: owners to look at; all by default
        """
        owned = Domain.TRUE if users is None else Domain("user_id", "in", users.ids)
        activities = self._activities_around(owned)
        activities._sekp_follow_team()
        activities._sekp_hand_on()

    # --- beginning ----------------------------------------------------------------
    def _begin(self):
        """Start what the standard asks of a course: rhythm, review, assessment."""
        for course in self:
            if not course.rhythm_days:
                course.rhythm_days = course.standard_id._rhythm_days()
            course._sync_rhythm()
            course._plan_review()
            course._plan_assessment()
            course._start_informing()

    def _contact_logged(self, contact, latest=None):
        """Meet the obligations that a contact or an attempt meets.

        :param latest: whether it is the latest of the course, or None to look
        """
        self.ensure_one()
        day = self.company_id._sekp_local(contact.started_at).date()
        # Superuser: clocks are run by the system; the contact has been checked.
        course = self.sudo()
        if clocks := course.deadline_ids._open():
            kinds = ["response", "processing", "start"]
            if contact.form_id.is_visit:
                kinds.append("first_visit")
            clocks.filtered(
                lambda clock: (
                    clock.started_on <= day
                    if clock.started_on
                    else clock.kind != "start"
                )
            )._meet(kinds, day)
        vals = {}
        if contact.outcome == "met" and course.phase in ("framing", "finding"):
            vals["phase"] = "making_contact"
        elif course.phase == "framing":
            vals["phase"] = "finding"
        steps = {
            name: contact[name]
            for name in ("next_step", "next_step_on")
            if contact[name]
        }
        # Only the latest contact says what comes next.
        if steps and course.phase != "closed":
            if latest is None:
                latest = contact == course._latest_contact()
            vals |= steps if latest else {}
        if vals:
            course.write(vals)
        course._sync_rhythm()
        if (
            contact.told_of_referral
            or contact.replaces_id
            or (contact.outcome == "met" and course.inform_state == "told")
        ):
            course._sync_informing()

    def _latest_contact(self):
        return self.env["sekp.contact"].search(
            [("course_id", "=", self.id), ("is_current", "=", True)],
            order="started_at desc, id desc",
            limit=1,
        )

    # --- informing the person of a referral by others -------------------------------
    @api.depends("inform_state", "referral_id")
    @api.depends_context("uid", "lang")
    def _compute_inform_guidance(self):
        """Say what is to be told of the one who reported, and never who it was."""
        for course in self:
            referral = course._told_referral()
            lines = []
            if course.inform_state in UNTOLD and referral.browse().has_access("read"):
                # Asked for and fetched with one query.
                readable = referral.search_fetch([("id", "=", referral.id)])
                lines = readable and course._list_inform_guidance(readable)
            course.inform_guidance = "\n".join(lines) or False

    def _list_inform_guidance(self, referral):
        lines = [
            self.env._(
                "Tell the person that somebody reported them, what is stored, what it "
                "is used for, and that they may see it and complain."
            )
        ]
        if referral.referrer_anonymous:
            lines.append(
                self.env._("Whoever reported wanted to be anonymous and is not noted.")
            )
        elif referral.referrer_name:
            lines.append(
                self.env._(
                    "The name of the one who reported is noted and can as a rule not "
                    "be kept from the person."
                )
            )
        else:
            lines.append(self.env._("No name of the one who reported is noted."))
        if referral.referrer_confidential:
            lines.append(
                self.env._(
                    "Whoever reported asked for confidentiality and gave a reason. "
                    "Let it be decided before you tell who it was."
                )
                if referral.referrer_confidential_reason
                else self.env._(
                    "Whoever reported asked for confidentiality and gave no reason."
                )
            )
        return lines

    def _told_referral(self):
        """Return the referral to tell of: this course's, or that of the course it goes
        on with."""
        self.ensure_one()
        # Superuser: an earlier course may be closed to the reader, the referral is
        # asked for whoever reads it.
        course = self.sudo()
        while not course.referral_id and course.previous_course_id:
            course = course.previous_course_id
        return course.referral_id.sudo(self.env.su)

    def _inform_by(self):
        """Return the day by which the person is to be told, as the standard says.

        Moved to a later version, the course does not tell later than before.
        """
        # Superuser: reads the day of receipt.
        received = self._told_referral().sudo()._received_on()
        versions = self.standard_id | self.former_standard_ids
        return received + timedelta(days=min(versions.mapped("inform_days")))

    def _start_informing(self):
        """Let the person be told that others reported, also by an earlier course."""
        for course in self.filtered(lambda one: one.inform_state == "not_needed"):
            referral, previous = course.referral_id, course.previous_course_id
            if referral.is_concern or (
                not referral and previous.inform_state in UNTOLD
            ):
                course.write({"inform_state": "due", "inform_due": course._inform_by()})
                course._sync_inform_activity()

    def _sync_informing(self):
        """Let the state of informing follow the contacts, and its activity the state.

        The first contact that told it counts; without one the person is to be told.
        """
        for course in self:
            if course.inform_state == "not_needed":
                continue
            told, number = course._telling_contact()
            vals = {"informed_on": False, "informed_at_contact": number}
            if told:
                local = course.company_id._sekp_local
                vals["inform_state"] = "told"
                vals["informed_on"] = local(told.started_at).date()
            elif course.inform_postponed_ground:
                vals["inform_state"] = "postponed"
            else:
                vals["inform_state"] = "due"
            if any(course[name] != value for name, value in vals.items()):
                course.write(vals)
                course._sync_inform_activity()

    def _telling_contact(self):
        """Return the first contact that told the person, and its number among those
        at which they met."""
        Contact = self.env["sekp.contact"]
        met = Domain("course_id", "=", self.id) & Domain("is_current", "=", True)
        met &= Domain("outcome", "=", "met")
        told = Contact.search(
            met & Domain("told_of_referral", "=", True), order="started_at, id", limit=1
        )
        if not told:
            return told, 0
        before = Domain("started_at", "<", told.started_at)
        at_once = Domain("started_at", "=", told.started_at)
        before |= at_once & Domain("id", "<=", told.id)
        return told, Contact.search_count(met & before)

    def _sync_inform_activity(self):
        for course in self:
            if course.inform_state == "told":
                course._meet_obligation("activity_inform")
            elif course.phase != "closed":
                course._set_obligation("activity_inform", course.inform_due)

    def _check_untold(self):
        if any(
            course.inform_state not in UNTOLD or course.phase == "closed"
            for course in self
        ):
            raise UserError(
                self.env._("There is nothing to tell the person on this course.")
            )

    def action_postpone_informing(self):
        """Open the dialog that postpones telling the person, with a ground."""
        self.ensure_one()
        self.check_access("write")
        self._check_untold()
        return self._dialog("sekp.postpone.informing", self.env._("Postpone Informing"))

    def _postpone_informing(self, ground, day, note=False):
        """Postpone telling the person, for the standard's days at most.

        :param str ground: a key of ``POSTPONED_GROUNDS``
        :param date day: by when the person is to be told then
        :param note: the ground in words, or False
        :raises UserError: when nothing is to be told, or the day is too far ahead
        """
        self.ensure_one()
        self._take_for_change()
        self._check_untold()
        today, days = self._today(), max(self.standard_id.inform_days, 1)
        if not day or not today < day <= today + timedelta(days=days):
            raise UserError(
                self.env._(
                    "Choose a day after today and within %(days)s days. Postpone again "
                    "then, if the ground still holds.",
                    days=days,
                )
            )
        # Superuser: only acts set these fields; the act has been checked.
        course = self.sudo()
        course.write(
            {
                "inform_due": day,
                "inform_postponed_ground": ground,
                "inform_postponed_note": note or False,
                "inform_state": "postponed",
            }
        )
        course._sync_inform_activity()

    def action_resume_informing(self):
        """Take a postponement back: the person is to be told by the first day again."""
        for course in self:
            course._take_for_change()
            course._check_untold()
            # Superuser: only acts set these fields; the act has been checked.
            course.sudo().write(
                {
                    "inform_due": course._inform_by(),
                    "inform_postponed_ground": False,
                    "inform_postponed_note": False,
                    "inform_state": "due",
                }
            )
            course.sudo()._sync_inform_activity()

    # --- a child at risk --------------------------------------------------------------
    def action_child_at_risk(self):
        """Open the guide to notifying of a child; it learns nothing of the course."""
        self.ensure_one()
        self.check_access("read")
        return self.env["ir.actions.actions"]._for_xml_id(
            "sekp_outreach.sekp_child_notification_action_new"
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
        # A colleague's open activity counts too; only their number shows.
        activities = self._with_obligations().activity_ids
        manual = activities.filtered(
            lambda act: not (act.automated or act.sekp_steps_since)
        )
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
        self._take_to_close()
        if self.phase == "closed":
            raise UserError(self.env._("The course is already closed."))
        obligations = self._open_obligations()
        if obligations:
            raise UserError(
                self.env._(
                    "The course cannot be closed yet:\n%(obligations)s",
                    obligations="\n".join(obligations),
                )
            )
        self._bring_to_end(outcome)

    def _take_to_close(self):
        """Check the course for closing and lock it.

        :raises AccessError: for one who neither carries nor supervises the course
        """
        self.ensure_one()
        self._take_for_change()
        people = self.contact_person_id | self.team_id.supervisor_ids
        if self.env.user not in people and not self.env.su:
            raise AccessError(
                self.env._("The contact person or a supervisor closes the course.")
            )

    def _bring_to_end(self, outcome):
        """End what is under way, and access after the grace.

        :param str outcome: a key of ``CLOSING_OUTCOMES``
        """
        today = self._today()
        # Superuser: closing ends rows that nobody may write by hand.
        course = self.sudo()
        live = course.handover_ids.filtered(
            lambda h: h.state in ("proposed", "consented", *LIVE_HANDOVERS)
        )
        told = live.filtered(lambda h: h.state in LIVE_HANDOVERS).receiver_id
        live._withdraw()
        # What comes after the course is no more the receiver's to follow.
        course.handover_ids.filtered("shared_until")._end_sharing()
        told._sekp_notice()
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

    def action_opt_out(self):
        """Close the course at once: the citizen wants no more of it (R064).

        No reason is asked and nothing holds it back; the way back is to re-establish.
        """
        self._take_to_close()
        if self.phase == "closed":
            if self.closing_outcome == "declined":
                # The second of two taps.
                return {"type": "ir.actions.act_window_close"}
            raise UserError(self.env._("The course is already closed."))
        lasting = [self.env.ref(f"sekp_outreach.{name}").id for name in LASTING]
        activities = self._activities_around(
            Domain("activity_type_id", "not in", lasting)
        )
        # Superuser: numbers only, of what the act is about to end.
        course = self.sudo()
        handovers = course.handover_ids.filtered(lambda h: h.state in LIVE_HANDOVERS)
        visits = course.appointment_ids.filtered(lambda a: a.state == "planned")
        message = self.env._(
            "Closed. Stopped: %(handovers)s handovers, %(appointments)s appointments, "
            "%(activities)s activities. “Re-establish” is the way back.",
            handovers=len(handovers),
            appointments=len(visits),
            activities=len(activities),
        )
        self._bring_to_end("declined")
        activities.exists().unlink()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

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

    def action_record_consent(self):
        """Open the dialog in which a consent of the citizen is recorded."""
        self.ensure_one()
        self.check_access("write")
        return self._dialog("sekp.consent", self.env._("Record Consent"))

    def action_change_contact_person(self):
        """Open the dialog that gives the course to another contact person."""
        self.ensure_one()
        self.check_access("write")
        return self._dialog("sekp.assign", self.env._("Give Access"))

    # --- how the person is known ------------------------------------------------
    def action_move_up(self):
        """Open the dialog in which a wish to be known better is recorded."""
        self.ensure_one()
        self.check_access("read")
        return self.citizen_id.action_move_up()

    def action_move_down(self):
        """Open the dialog that erases what the person no longer wants known."""
        self.ensure_one()
        self.check_access("read")
        return self.citizen_id.action_move_down()

    def action_open_identity(self):
        """Open the vault with the person's identity, closed until a purpose is told."""
        self.ensure_one()
        self.check_access("read")
        return self.citizen_id.action_open_identity()

    def _dialog(self, model, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_course_id": self.id},
        }

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
        # Who may open an earlier course only has no more to do with the person.
        self.citizen_id.check_access("write")
        if self.sudo().search_count(
            [("citizen_id", "=", self.citizen_id.id), ("phase", "!=", "closed")],
            limit=1,
        ):  # Superuser: a later course may be closed to the one who asks.
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

    # --- the citizen's own print ----------------------------------------------------
    @api.model
    def _citizen_print_domain(self, citizen, courses):
        return Domain("id", "in", courses.ids)

    def action_print_for_citizen(self):
        """Open the open request for access of the course's citizen, or a new one."""
        self.ensure_one()
        self.check_access("read")
        return self.citizen_id.action_print_for_citizen()

    def action_read_as_citizen(self):
        """Open the course as its citizen would read it, in a window of its own."""
        self.ensure_one()
        self.check_access("read")
        self._check_export()
        return {
            "type": "ir.actions.act_url",
            "url": f"/report/html/sekp_outreach.sekp_course_as_citizen/{self.id}",
            "target": "new",
        }

    def _as_citizen_values(self):
        """Return what the citizen would read of this course; read as the user.

        What the latest request withholds is shown and marked.
        """
        self.ensure_one()
        self.check_access("read")
        self._check_export()
        composer = self.env["sekp.citizen.print"]
        request = self.env["sekp.access.request"].search(
            [("citizen_id", "=", self.citizen_id.id)], limit=1
        )
        values = composer._frame(self, self.company_id)
        values.update(
            preview=True,
            more_courses=False,
            contents=composer._contents(
                self.citizen_id, self, request.item_ids._by_place(), marking=True
            ),
        )
        return values

    # --- erasure ------------------------------------------------------------------
    @api.model
    def _sekp_waiting_over(self):
        return super()._sekp_waiting_over() & Domain(
            "citizen_id", "not any", [("course_ids.phase", "!=", "closed")]
        )

    @api.model
    def _sekp_hold_domain(self):
        held = self.env["sekp.referral"]._sekp_hold_domain()
        # What the person asked to read is not taken away meanwhile.
        asked = [("access_request_ids.state", "=", "open")]
        return (
            super()._sekp_hold_domain()
            | Domain("referral_id", "any", held)
            | Domain("citizen_id", "any", asked)
        )

    def _sekp_shared(self):
        return [*super()._sekp_shared(), *self.citizen_id]

    def _sekp_erased_along(self):
        """The referral that led to the course goes, and with the last the person."""
        citizen = self.citizen_id
        last = citizen.filtered(lambda citizen: citizen.course_ids == self)
        return [*super()._sekp_erased_along(), self.referral_id, last]

    def action_erase_now(self):
        """Erase a closed course before its time, because the citizen wishes it.

        :raises UserError: where something obliges to keep it
        """
        self.ensure_one()
        self._check_supervised()
        if self.phase != "closed":
            raise UserError(self.env._("Close the course first."))
        # Superuser: what holds it back counts whether or not it can be seen.
        course = self.sudo()
        if course.filtered_domain(course._sekp_hold_domain()):
            raise UserError(
                self.env._("The course, or its referral, is held back from erasure.")
            )
        if course.must_be_kept:
            raise UserError(
                self.env._(
                    "A decision was made, or the standard requires one: the "
                    "municipality has a duty to keep it. The course goes when the rule "
                    "says so."
                )
            )
        erasure = self.env["sekp.erasure"]
        if not erasure._lock(course):
            raise self._changed_right_now()
        self._log_read("erased")
        erasure._erase(self, self.env._("At the citizen's wish"), on_request=True)
        erasure._trigger()
        return {
            **self.env["ir.actions.actions"]._for_xml_id(
                "sekp_outreach.sekp_course_action"
            ),
            "target": "main",
        }
