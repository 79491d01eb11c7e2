from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..tools.periods import age_band
from .sekp_standard import REGISTRATION_MODES

OLDEST_AGE = 120

# Presets for reasons, so that a reason can be given where no text may be stored.
DEVIATION_REASONS = [
    ("law", "The law has no such limit and the person needs the support"),
    ("bridge", "Until another offer takes over"),
    ("known", "The person already trusts a contact person"),
    ("acute", "Danger if nobody comes"),
    ("other", "Other reason"),
]
OUTCOMES = [
    ("accept", "Accepted"),
    ("advice", "Advice only"),
    ("redirect", "Redirected"),
    ("outside", "Outside the scheme"),
    ("withdrawn", "Withdrawn"),
    ("duplicate", "Duplicate"),
]
CHANNELS = [
    ("phone", "Phone"),
    ("in_person", "In person"),
    ("mail", "E-mail"),
    ("secure_mail", "Secure e-mail"),
    ("letter", "Letter"),
    ("outreach", "Met on outreach"),
    ("web", "Public page"),
    ("system", "Professional system"),
]
# Ways by which something comes that no colleague has written down.
OUTSIDE = ("web", "mail", "system")


class SekpReferral(models.Model):
    """Someone says that someone needs help (R040-R053)."""

    _name = "sekp.referral"
    _inherit = [
        "sekp.archive.hold.mixin",
        "sekp.clock.mixin",
        "sekp.confidential.mixin",
    ]
    _description = "Referral"
    _order = "acute desc, received_at desc, id desc"
    _check_company_auto = True

    _sekp_person_fields = {
        "concern": "alias",
        "place": "alias",
        "district": "alias",
        "age": "alias",
        "target_group_ids": "alias",
        "deviation_note": "alias",
        "outcome_note": "alias",
    }

    _sekp_act_fields = frozenset(
        {
            "standard_id", "state", "outcome", "course_id", "closed_on", "responded_on",
            "acute_handled", "next_due", "is_concern", "archive_hold",
            "archive_hold_reason", "information_awaited_since",
            "duplicate_of_id", "mail_masked", "mail_incomplete", "told_received_on",
            "told_handled_on",
        }
    )  # fmt: skip

    _sekp_supervised_types = ("activity_allocate", "activity_referral_escalation")

    # Of one that led to a course, the course's rule decides.
    _sekp_retention_class = "referral"
    _sekp_retention_end = "closed_on"
    _sekp_retention_outcome = "outcome"

    _sekp_number_fields = frozenset({"referrer_contact"})

    _sekp_print_fields = (
        "received_at", "channel", "outreach", "acute", "concern", "place", "district",
        "age", "target_group_ids", "responded_on", "acute_handled",
        "information_complete_on", "information_awaited_since", "deviation_reason",
        "deviation_note", "outcome", "outcome_note", "closed_on",
    )  # fmt: skip
    _sekp_print_when = "received_at"
    _sekp_print_sequence = 20

    standard_id = fields.Many2one(
        comodel_name="sekp.standard",
        string="Quality Standard",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
        help="The version in force on the day of receipt.",
    )
    registration_mode = fields.Selection(
        REGISTRATION_MODES, compute="_compute_registration_mode"
    )
    state = fields.Selection(
        [
            ("received", "Received"),
            ("processing", "In process"),
            ("accepted", "Accepted"),
            ("allocated", "Allocated"),
            ("closed", "Closed"),
        ],
        required=True,
        readonly=True,
        default="received",
        copy=False,
        index=True,
        group_expand=True,
    )
    team_id = fields.Many2one(
        comodel_name="sekp.team",
        string="Entry Point",
        compute="_compute_team_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        check_company=True,
        domain="[('is_entry_point', '=', True), ('company_id', '=', company_id)]",
    )
    received_at = fields.Datetime(
        string="Received", required=True, default=fields.Datetime.now
    )
    information_complete_on = fields.Date(
        string="Information Complete",
        help="Starts the clocks that the standard lets wait for it.",
    )
    channel = fields.Selection(CHANNELS, required=True, default="phone")
    source_id = fields.Many2one(
        comodel_name="sekp.source", string="From", required=True, ondelete="restrict"
    )
    is_concern = fields.Boolean(
        string="Concern Report", compute="_compute_is_concern", store=True
    )
    outreach = fields.Boolean(
        string="Did Not Ask",
        help="The person did not ask for help; someone is worried.",
        compute="_compute_is_concern",
        store=True,
        readonly=False,
    )
    acute = fields.Boolean()
    acute_handled = fields.Selection(
        [("handled", "We went out"), ("redirected", "Redirected")],
        readonly=True,
        copy=False,
    )

    # --- the one who refers -------------------------------------------------------
    referrer_anonymous = fields.Boolean(string="Wants to Be Anonymous")
    referrer_name = fields.Char(
        help="A name once given must be noted and can as a rule not be kept from the "
        "person it is about.",
    )
    referrer_contact = fields.Char(string="How to Reach the Referrer")
    referrer_confidential = fields.Boolean(string="Wishes Confidentiality")
    referrer_confidential_reason = fields.Char(
        string="Reason for Confidentiality",
        help="Kept for the later decision on access to documents.",
    )

    # --- the one who may need help ------------------------------------------------
    concern = fields.Text(help="What is the matter, in words the person could read.")
    place = fields.Char(
        string="Where to Find",
        help="A named place or a description; never an address that is protected.",
    )
    district = fields.Char()
    age = fields.Integer(string="Approximate Age", help="0 when it is not known.")
    target_group_ids = fields.Many2many(
        comodel_name="sekp.target.group", string="Target Groups"
    )

    # --- warnings and triage ------------------------------------------------------
    warnings = fields.Text(compute="_compute_warnings")
    guidance = fields.Text(compute="_compute_guidance")
    deviation_reason = fields.Selection(
        DEVIATION_REASONS,
        string="Reason to Go On",
        help="Why the referral is accepted although the standard warns.",
    )
    deviation_note = fields.Char(string="Reason in Words")
    outcome = fields.Selection(OUTCOMES, readonly=True, copy=False)
    outcome_note = fields.Char(string="Note on the Outcome")
    responded_on = fields.Date(string="First Response", readonly=True, copy=False)
    closed_on = fields.Date(readonly=True, copy=False)
    deadline_ids = fields.One2many(
        comodel_name="sekp.deadline", inverse_name="referral_id", string="Deadlines"
    )
    history_ids = fields.One2many(
        comodel_name="sekp.history", inverse_name="referral_id", string="Changes"
    )
    next_due = fields.Date(
        string="Next Deadline",
        compute="_compute_next_due",
        store=True,
        compute_sudo=False,
        index="btree_not_null",
    )
    course_id = fields.Many2one(
        comodel_name="sekp.course",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    _reference_unique = models.UniqueIndex("(reference)", "This code is taken.")
    _team_board = models.Index("(team_id, state, received_at DESC)")
    _age_plausible = models.Constraint(
        f"CHECK (age >= 0 AND age <= {OLDEST_AGE})",
        f"An age lies between 1 and {OLDEST_AGE}; leave 0 when it is not known.",
    )
    _anonymous_without_name = models.Constraint(
        "CHECK (NOT COALESCE(referrer_anonymous, FALSE) "
        "OR (referrer_name IS NULL AND referrer_contact IS NULL))",
        "A referrer who wants to be anonymous is not noted with a name or a number.",
    )

    # --- defaults and computes ----------------------------------------------------
    @api.depends("source_id")
    def _compute_is_concern(self):
        for referral in self:
            referral.is_concern = bool(
                referral.source_id and not referral.source_id.is_self
            )
            referral.outreach = referral.is_concern

    @api.depends("company_id", "age", "district", "target_group_ids", "source_id")
    def _compute_team_id(self):
        """Route by the facts known on the day of referral; a chosen team stays."""
        for referral in self:
            standard = referral.standard_id or self.env["sekp.standard"]._in_force(
                referral.company_id, referral.company_id._sekp_today()
            )
            if referral.state != "received" or not standard:
                continue
            route = standard._route(
                referral.age,
                referral.district,
                referral.target_group_ids,
                referral.source_id,
            )
            if route.team_id:
                referral.team_id = route.team_id

    @api.depends("deadline_ids.falls_due", "deadline_ids.met_on", "deadline_ids.lapsed")
    def _compute_next_due(self):
        for referral in self:
            dues = [deadline.falls_due for deadline in referral.deadline_ids._open()]
            referral.next_due = min(filter(None, dues), default=False)

    @api.depends(
        "standard_id", "company_id", "age", "target_group_ids", "source_id", "acute",
        "outreach", "referrer_anonymous", "team_id",
    )  # fmt: skip
    def _compute_warnings(self):
        for referral in self:
            referral.warnings = "\n".join(referral._list_warnings()) or False

    @api.depends("standard_id", "company_id", "acute")
    def _compute_guidance(self):
        for referral in self:
            referral.guidance = "\n".join(referral._list_guidance()) or False

    @api.depends("standard_id", "company_id")
    def _compute_registration_mode(self):
        """Also known before the first save, so that no field is offered in vain."""
        for referral in self:
            referral.registration_mode = (
                referral._standard_or_current().registration_mode
            )

    def _standard_or_current(self):
        return self.standard_id or self.env["sekp.standard"]._in_force(
            self.company_id, self.company_id._sekp_today()
        )

    def _list_warnings(self):
        """Return what the standard warns of, as sentences (contradictions 8-13).

        The law has no such limits: a warning asks for a reason and never refuses.
        """
        self.ensure_one()
        standard = self._standard_or_current()
        if not standard:
            return []
        checks = [
            (
                standard.age_min and self.age and self.age < standard.age_min,
                self.env._(
                    "The standard is for people of %(age)s or older.",
                    age=standard.age_min,
                ),
            ),
            (
                standard.age_max and self.age > standard.age_max,
                self.env._(
                    "The standard is for people up to %(age)s years.",
                    age=standard.age_max,
                ),
            ),
            (
                not self.age
                and not self.team_id
                and standard.registration_mode != "none"
                and any(route._by_age() for route in standard.route_ids),
                self.env._(
                    "The age is not known and decides the entry point. Ask for a rough "
                    "age, or choose the entry point yourself."
                ),
            ),
            (
                self._outside_target_group(standard),
                self.env._(
                    "The standard names other target groups: %(groups)s.",
                    groups=", ".join(self._named_groups(standard).mapped("name")),
                ),
            ),
            (
                self.source_id
                and standard.source_ids
                and not standard.anyone_may_refer
                and self.source_id not in standard.source_ids,
                self.env._(
                    "The standard does not name this source. Anyone may draw attention "
                    "to a person."
                ),
            ),
            (
                self.outreach
                and standard.outreach_without_request in ("off", "forbidden"),
                self.env._(
                    "The standard does not foresee going out to a person who did not "
                    "ask."
                ),
            ),
            (
                self.referrer_anonymous
                and standard._anonymity("referrer", "entry_point") == "not_offered",
                self.env._("The standard does not offer anonymity to one who refers."),
            ),
        ]
        return [sentence for applies, sentence in checks if applies]

    def _named_groups(self, standard):
        return standard.target_group_ids.filtered(lambda group: group.kind == "group")

    def _outside_target_group(self, standard):
        named = self._named_groups(standard)
        groups = self.target_group_ids.filtered(lambda group: group.kind == "group")
        return bool(named and groups and not groups & named)

    def _list_guidance(self):
        """Return what the standard tells the one who takes the referral."""
        self.ensure_one()
        standard = self._standard_or_current()
        if not standard:
            return [
                self.env._(
                    "The municipality has no quality standard in force. A scheme "
                    "manager must adopt one first."
                )
            ]
        lines = []
        if self.acute and standard.acute_policy == "redirect":
            lines.append(
                standard.acute_text
                or self.env._(
                    "Acute: refer to phone %(phone)s.", phone=standard.acute_phone
                )
            )
        if self.acute and standard.acute_policy == "handle":
            lines.append(
                standard.acute_text
                or self.env._("Acute: the scheme goes out itself, today.")
            )
        if standard.registration_mode == "none":
            lines.append(
                self.env._(
                    "Nothing about the person is stored here. Pass on what you hear by "
                    "word of mouth."
                )
            )
        if not standard.deadline_ids:
            lines.append(self.env._("The quality standard sets no deadline."))
        if standard.exclusions:
            lines.append(
                self.env._(
                    "Not part of the scheme: %(list)s.",
                    list="; ".join(standard.exclusions.splitlines()),
                )
            )
        return lines

    # --- checks -------------------------------------------------------------------
    @api.constrains("received_at")
    def _check_received_at(self):
        for referral in self:
            if referral.received_at > fields.Datetime.now() + timedelta(minutes=5):
                raise ValidationError(
                    self.env._("A referral cannot be received in the future.")
                )

    def _history_parent(self):
        return {"referral_id": self.id}

    def _own_courses(self):
        return self.course_id

    def _open_besides(self, user):
        return user in self.team_id.intake_ids | self.team_id.supervisor_ids

    def _registration_standard(self):
        return self.standard_id

    def _obligation_owner(self):
        return self.team_id._referral_owner()

    # --- create and write ---------------------------------------------------------
    def _prepare_create(self, vals):
        given = {**self._given_defaults(), **vals}
        company = self.env["res.company"].browse(
            given.get("company_id") or self.env.company.id
        )
        received = fields.Datetime.to_datetime(
            given.get("received_at") or fields.Datetime.now()
        )
        standard = self.env["sekp.standard"]._require_in_force(
            company, company._sekp_local(received).date()
        )
        vals.update(standard_id=standard.id, company_id=company.id)
        self._require_age(given)
        self._require_unnamed(given)
        self._require_entry_point({**given, **vals}, standard)
        return super()._prepare_create(vals)

    def _require_age(self, vals):
        """Refuse an impossible age before it reaches SQL, and so the server's log."""
        age = vals.get("age") or 0
        if not isinstance(age, int) or not 0 <= age <= OLDEST_AGE:
            raise ValidationError(
                self.env._(
                    "An age lies between 1 and %(oldest)s; leave 0 when it is not "
                    "known.",
                    oldest=OLDEST_AGE,
                )
            )

    def _require_unnamed(self, vals):
        """Refuse an anonymous referrer with a name before it reaches SQL (R062)."""
        for referral in self or [self]:
            facts = {
                name: vals.get(name, referral[name])
                for name in ("referrer_anonymous", "referrer_name", "referrer_contact")
            }
            if facts["referrer_anonymous"] and (
                facts["referrer_name"] or facts["referrer_contact"]
            ):
                raise ValidationError(
                    self.env._(
                        "A referrer who wants to be anonymous is not noted with a name "
                        "or a number."
                    )
                )

    def _require_entry_point(self, vals, standard):
        """Refuse a referral that no entry point would own."""
        if vals.get("team_id"):
            return
        probe = self.new(vals)
        route = standard._route(
            probe.age, probe.district, probe.target_group_ids, probe.source_id
        )
        if not route.team_id:
            raise UserError(
                self.env._(
                    "No entry point fits this referral, for instance because the age "
                    "is not known. Choose the entry point yourself."
                )
            )

    def write(self, vals):
        if "age" in vals:
            self._require_age(vals)
        self._require_unnamed(vals)
        if "team_id" in vals and not self.env.su:
            self._check_state("received", "processing", "accepted")
        teams = {referral: referral.team_id for referral in self}
        result = super().write(vals)
        moved = self.filtered(lambda referral: referral.team_id != teams[referral])
        moved._move_obligations()
        moved._hand_on_own()
        return result

    def _move_obligations(self):
        for referral in self.filtered(lambda r: r.state not in ("allocated", "closed")):
            owner = referral._obligation_owner()
            activities = referral._with_obligations().activity_ids
            activities = activities.filtered("automated")
            activities -= referral._supervised(activities)
            activities.with_context(mail_activity_quick_update=True).write(
                {"user_id": owner.id}
            )

    # --- triage -------------------------------------------------------------------
    def _today(self):
        return self.company_id._sekp_today()

    def _advance(self, vals):
        # Superuser: states are closed to direct writing; the act has been checked.
        self.sudo().write(vals)
        if "state" in vals:
            # Who only registered it has done with it.
            self._hand_on_own()

    def _check_state(self, *states):
        for referral in self:
            if referral.state not in states:
                raise UserError(
                    self.env._(
                        "This is already done: the referral is “%(state)s”.",
                        state=dict(
                            self._fields["state"]._description_selection(self.env)
                        )[referral.state],
                    )
                )

    def _take_for_change(self):
        """Let the staff of the entry point handle the referral, one at a time.

        :raises AccessError: for one who only registered it
        """
        for referral in self:
            team = referral.team_id
            if self.env.user not in team.intake_ids | team.supervisor_ids and not (
                self.env.su
            ):
                raise AccessError(
                    self.env._(
                        "Intake staff and supervisors of the entry point handle the "
                        "referral."
                    )
                )
        return super()._take_for_change()

    def action_begin(self):
        """Begin to process the referral (R070, Greve)."""
        self._take_for_change()
        self._check_state("received")
        for referral in self:
            referral._advance({"state": "processing"})
            referral._clocks()._meet(["processing"], referral._today())

    def action_respond(self):
        """Record that the one who referred has had a first response (R070, Lejre)."""
        self._take_for_change()
        for referral in self.filtered(lambda referral: not referral.responded_on):
            referral._advance({"responded_on": referral._today()})
            referral._clocks()._meet(["response"], referral._today())

    def action_accept(self):
        """Accept the referral; warnings need a reason, nothing is refused."""
        self._take_for_change()
        self._check_state("received", "processing")
        for referral in self:
            if referral._list_warnings() and not referral.deviation_reason:
                raise UserError(
                    self.env._(
                        "The standard warns:\n%(warnings)s\nGive a reason to go on.",
                        warnings="\n".join(referral._list_warnings()),
                    )
                )
            referral._advance({"state": "accepted", "outcome": "accept"})
            referral._clocks()._meet(["processing"], referral._today())
            referral._meet_obligation("activity_triage")
            referral._set_obligation(
                "activity_allocate",
                referral.company_id._sekp_next_working_day(referral._today()),
                user=referral.team_id._supervisor(),
            )

    def _close(self, outcome):
        self._take_for_change()
        self._check_state("received", "processing", "accepted")
        if outcome != "withdrawn":
            self._check_acute_handled()
        for referral in self:
            today = referral._today()
            referral._advance(
                {"state": "closed", "outcome": outcome, "closed_on": today}
            )
            referral._clocks()._meet(["response", "processing"], today)
            referral._clocks()._lapse()
            referral._meet_obligation("activity_triage", "activity_allocate")
            referral._drop_obligations()

    def action_advice(self):
        """Close with advice given and no course."""
        self._close("advice")

    def action_redirect(self):
        """Close: another offer is the right one."""
        self._close("redirect")

    def action_outside(self):
        """Close: neither the scheme nor a warning with a reason fits."""
        self._close("outside")

    def action_withdraw(self):
        """Close: the one who referred withdrew it."""
        self._close("withdrawn")

    def action_reopen(self):
        """Take a closed referral up again: it was closed by mistake, or came back."""
        self._take_for_change()
        self._check_state("closed")
        for referral in self:
            referral._advance(
                {"state": "received", "outcome": False, "closed_on": False}
            )
            referral._clocks()._resume()
            referral._set_obligation("activity_triage", referral._today())

    def action_allocate(self):
        """Open the dialog that makes a course of the referral."""
        self.ensure_one()
        self.check_access("write")
        self._check_state("received", "processing", "accepted")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Allocate"),
            "res_model": "sekp.allocate",
            "view_mode": "form",
            "target": "new",
            "context": {"default_referral_id": self.id},
        }

    def action_open_course(self):
        """Open the course that the referral led to."""
        self.ensure_one()
        self.check_access("read")
        return self.course_id._action_open()

    def _check_earlier(self, course):
        """Refuse to go on with a course one may not open, or that is not over.

        :raises AccessError: for a course of others
        :raises UserError: for a citizen who has an open course
        """
        course.check_access("read")
        # Superuser: an open course of the same citizen may be another team's.
        open_course = course.sudo().citizen_id.course_ids.filtered(
            lambda other: other.phase != "closed"
        )
        if course.company_id != self.company_id or open_course:
            raise UserError(
                self.env._(
                    "Only a closed course of the municipality can be gone on with, and "
                    "only while the person has no open one."
                )
            )

    # --- allocation ---------------------------------------------------------------
    def _citizen_facts(self):
        """Return the coarse facts that follow the person into the course."""
        self.ensure_one()
        if not self.standard_id._allows_registration("alias"):
            return {}
        return {
            "district": self.district,
            "age_band": age_band(self.age),
            "target_group_ids": [Command.set(self.target_group_ids.ids)],
        }

    def _allocate(self, contact_person, team, earlier_course=None, **citizen_vals):
        """Create citizen, course and assignment in one step and move the clocks.

        :param contact_person: user who becomes contact person
        :param team: provider team that carries the course
        :param earlier_course: closed course of the same citizen that is re-established
        :param citizen_vals: coarse facts, as far as the standard allows
        :return: the new course
        :raises UserError: when it is already allocated, or the person is not in the
            team
        """
        self.ensure_one()
        self._take_for_change()
        self._check_state("received", "processing", "accepted")
        self._check_acute_handled()
        if self.state != "accepted":
            self.action_accept()
        if contact_person not in team.member_ids:
            raise UserError(
                self.env._("The contact person must be a member of the team.")
            )
        # Superuser: the citizen and the course do not exist yet, so that no rule can
        # admit the supervisor to them; the referral has been checked above.
        Citizen = self.env["sekp.citizen"].sudo()
        if earlier_course:
            self._check_earlier(earlier_course)
            citizen = earlier_course.sudo().citizen_id
            citizen._follow_standard(self.standard_id)
        else:
            citizen = Citizen.create(
                {
                    "company_id": self.company_id.id,
                    "standard_id": self.standard_id.id,
                    **citizen_vals,
                }
            )
        course = (
            self.env["sekp.course"]
            .sudo()
            .create(
                {
                    "citizen_id": citizen.id,
                    "reference": citizen.reference,
                    "company_id": self.company_id.id,
                    "team_id": team.id,
                    "standard_id": self.standard_id.id,
                    "referral_id": self.id,
                    "date_start": self._today(),
                    "previous_course_id": earlier_course.id
                    if earlier_course
                    else False,
                }
            )
        )
        course._assign(contact_person, "contact_person", self.env._("Allocation"))
        self._advance({"state": "allocated", "course_id": course.id})
        self._meet_obligation("activity_allocate", "activity_triage")
        self._clocks()._follow_to_course(course)
        course._begin()
        return course.sudo(False)

    # --- the citizen's own print ----------------------------------------------------
    def _citizen_print_lines(self):
        referrer = [
            self.source_id.name,
            self.referrer_name,
            self.referrer_contact,
        ]
        lines = super()._citizen_print_lines()
        for key, value in (
            ("referrer", ", ".join(filter(None, referrer))),
            (
                "referrer_confidential_reason",
                self._citizen_print_value("referrer_confidential_reason"),
            ),
        ):
            if value:
                lines.append((key, self._citizen_print_label(key), value))
        return lines

    @api.model
    def _citizen_print_label(self, key):
        if key == "referrer":
            return self.env._("Who referred")
        return super()._citizen_print_label(key)

    def _citizen_print_proposal(self, key):
        """Propose to withhold who referred from the person, where that was wished."""
        if key in ("referrer", "referrer_confidential_reason") and (
            self.referrer_confidential or self.referrer_anonymous
        ):
            return "referrer"
        return super()._citizen_print_proposal(key)

    # --- erasure ------------------------------------------------------------------
    @api.model
    def _sekp_retention_domain(self):
        return super()._sekp_retention_domain() & Domain("course_id", "=", False)
