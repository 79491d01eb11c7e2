from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.periods import rhythm_days

FEATURE = [
    ("required", "Required"),
    ("offered", "Offered"),
    ("off", "Off"),
    ("forbidden", "Forbidden"),
]
ANONYMITY = [
    ("right", "A right"),
    ("allowed", "Allowed"),
    ("not_offered", "Not offered"),
]
# How much may be known of a citizen, least first.
REGISTRATION_MODES = [
    ("none", "Nothing about the person"),
    ("alias", "An alias at most"),
    ("full", "Full registration"),
]
REGISTRATION_ORDER = [mode for mode, _label in REGISTRATION_MODES]

# What an adopted standard does not say: when to revise it, and by which steps, which
# can themselves be changed at any time, a person is looked for.
OPEN_WHEN_ADOPTED = {
    "revision_due",
    "not_seen_plan_id",
    "activity_ids",
    "message_follower_ids",
}
# How long before its day the revision of a standard is called for.
REVISION_LEAD = timedelta(days=60)

PART_FIELDS = (
    "deadline_ids",
    "route_ids",
    "anonymity_ids",
    "section_ids",
    "goal_ids",
    "statement_ids",
)


class SekpStandard(models.Model):
    """One version of a municipality's quality standard, as data.

    Every deadline, warning, review, print and figure follows from the version in
    force; a course keeps the version it began under. A preset belongs to no company
    and is copied to one by *Adopt a standard*. What an adopted version says can no
    longer be changed: a new version supersedes it.
    """

    _name = "sekp.standard"
    _description = "Quality Standard"
    _inherit = [
        "sekp.kept.mixin",
        "sekp.meanwhile.mixin",
        "mail.thread",
        "sekp.obligation.mixin",
    ]
    _order = "company_id, valid_from desc, id desc"

    # --- the paper ----------------------------------------------------------------
    name = fields.Char(required=True, help="What the municipality calls the standard.")
    municipality = fields.Char(
        required=True, default=lambda self: self.env.company.name
    )
    code = fields.Char(help="Short name a preset is found by.", copy=False)
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        help="Empty for a preset.",
    )
    state = fields.Selection(
        [("preset", "Preset"), ("draft", "Draft"), ("adopted", "Adopted")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
    )
    status = fields.Selection(
        [
            ("preset", "Preset"),
            ("draft", "Draft"),
            ("coming", "Coming"),
            ("in_force", "In force"),
            ("superseded", "Superseded"),
        ],
        compute="_compute_status",
        search="_search_status",
    )
    valid_from = fields.Date(readonly=True, copy=False)
    valid_to = fields.Date(readonly=True, copy=False)
    preset_id = fields.Many2one(
        comodel_name="sekp.standard",
        string="Adopted from",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    approved_by = fields.Char(string="Approved by", help="Committee or council.")
    approved_on = fields.Date()
    revision_due = fields.Date(help="When the standard is to be revised.")
    scheme_name = fields.Char(
        required=True,
        default=lambda self: self.env._("Support and contact person scheme"),
        help="What the scheme is called towards citizens.",
    )
    form_of_address = fields.Selection(
        [("you", "You (du)"), ("citizen", "The citizen (borgeren)")],
        required=True,
        default="you",
    )

    # --- the person ---------------------------------------------------------------
    registration_mode = fields.Selection(
        REGISTRATION_MODES,
        required=True,
        default="alias",
        help="How much may be stored of a citizen. What lies above is refused.",
    )
    anonymity_citizen = fields.Selection(ANONYMITY, required=True, default="allowed")
    anonymity_referrer = fields.Selection(ANONYMITY, required=True, default="allowed")
    anonymity_ids = fields.One2many(
        comodel_name="sekp.standard.anonymity",
        inverse_name="standard_id",
        string="Anonymity by Receiver",
        copy=True,
    )
    target_group_ids = fields.Many2many(
        comodel_name="sekp.target.group",
        string="Target Groups",
        help="Empty: no limit. Outside the groups is a warning, never a refusal.",
    )
    diagnosis_required = fields.Boolean()
    age_min = fields.Integer(string="Youngest Age", help="0 for no limit.")
    age_max = fields.Integer(string="Oldest Age", help="0 for no limit.")

    # --- intake -------------------------------------------------------------------
    source_ids = fields.Many2many(
        comodel_name="sekp.source",
        string="Sources Named",
        help="Empty: anyone may draw attention to a person.",
    )
    anyone_may_refer = fields.Boolean(
        help="Anyone may draw attention to a person, the sources are examples.",
    )
    outreach_without_request = fields.Selection(
        FEATURE,
        string="Outreach without Request",
        required=True,
        default="offered",
        help="The contact person goes out although the citizen did not ask.",
    )
    route_ids = fields.One2many(
        comodel_name="sekp.standard.route",
        inverse_name="standard_id",
        string="Entry Points",
        copy=True,
    )
    visitation = fields.Selection(FEATURE, required=True, default="off")
    grant = fields.Selection(
        FEATURE,
        required=True,
        default="off",
        help="Required: support needs a decision and a grant period.",
    )
    acute_policy = fields.Selection(
        [
            ("unstated", "Not stated"),
            ("handle", "The scheme goes out"),
            ("redirect", "Redirect"),
        ],
        required=True,
        default="unstated",
    )
    acute_phone = fields.Char(help="Number that acute referrals are redirected to.")
    acute_text = fields.Char(help="What to say to one who refers an acute matter.")

    # --- time ---------------------------------------------------------------------
    deadline_ids = fields.One2many(
        comodel_name="sekp.standard.deadline",
        inverse_name="standard_id",
        string="Deadlines",
        copy=True,
    )
    rhythm_count = fields.Integer(
        string="Least Contacts",
        help="Least number of contacts or attempts in each period; 0 for none.",
    )
    rhythm_unit = fields.Selection(
        [("week", "a week"), ("month", "a month")],
        default="month",
    )
    gap_percent = fields.Integer(
        string="Gap after (% of the Interval)",
        required=True,
        default=150,
        help="Not having met is called a gap after so many percent of the course's own "
        "interval, agreed or usual, whichever is shorter: between 100 and 400.",
    )
    gap_days = fields.Integer(
        string="Gap without Interval (Days)",
        default=60,
        help="After how many days not having met is called a gap on a course without "
        "an agreed or usual interval: between 0 and 366, 0 for never.",
    )
    not_seen_plan_id = fields.Many2one(
        comodel_name="mail.activity.plan",
        string="Steps When Not Seen",
        domain="[('res_model', '=', 'sekp.course'), "
        "('company_id', 'in', [False, company_id])]",
        ondelete="restrict",
        index="btree_not_null",
        help="What is done when a person is not seen; empty: the plan common to all.",
    )
    hours_rule = fields.Selection(
        [
            ("unstated", "Not stated"),
            ("window", "Within hours"),
            ("agreement", "By agreement with the citizen"),
        ],
        string="Hours",
        required=True,
        default="unstated",
    )
    hour_from = fields.Float(default=8.0)
    hour_to = fields.Float(default=16.0)
    hours_weekends = fields.Boolean(string="Also at Weekends")
    hours_exception = fields.Char(help="When support may be given outside the hours.")
    closing_grace_days = fields.Integer(
        string="Access after Closing (Days)",
        default=30,
        help="How long contact persons can open a course after it was closed.",
    )

    break_glass_hours = fields.Integer(
        string="Emergency Access (Hours)",
        required=True,
        default=4,
        help="How long an emergency access lasts: between 1 and 24 hours.",
    )

    identity_minutes = fields.Integer(
        string="Open Identity (Minutes)",
        required=True,
        default=5,
        help="How long a person's identity stays open: between 1 and 60 minutes.",
    )
    consent_days = fields.Integer(
        string="Consent Holds (Days)",
        required=True,
        default=180,
        help="How long a consent holds when nothing else is agreed: between 1 and 730 "
        "days.",
    )

    lone_work_minutes = fields.Integer(
        string="Grace for Lone Work (Minutes)",
        required=True,
        default=15,
        help="How long after the planned end of a visit a worker who is out alone is "
        "expected back, when nothing else is said: between 0 and 240 minutes.",
    )
    lone_work_answer_minutes = fields.Integer(
        string="Missed: Tell the Next after (Minutes)",
        required=True,
        default=10,
        help="How long those who are told that a colleague is missed have to answer "
        "before the next on the duty list is told, and in the end every supervisor: "
        "between 1 and 120 minutes.",
    )
    consent_warning_days = fields.Integer(
        string="Consent Ends: Warn Before (Days)",
        required=True,
        default=14,
        help="How long before a consent that is in use ends the contact person is "
        "asked to renew it: between 0 and 90 days.",
    )
    warning_days = fields.Integer(
        string="Tell the Supervisor Before (Days)",
        required=True,
        default=2,
        help="How long before a deadline falls due the supervisor is told: between 0 "
        "and 60 days.",
    )

    transient_days = fields.Integer(
        string="Unread Messages Are Erased After (Days)",
        required=True,
        default=7,
        help="Where nothing about a person is stored, a message from outside is erased "
        "when it was read, and after so many days at the latest: between 1 and 30.",
    )

    # --- content and follow-up ----------------------------------------------------
    contact_form_ids = fields.Many2many(
        comodel_name="sekp.contact.form",
        string="Forms of Contact",
        help="Empty: every form.",
    )
    support_function_ids = fields.Many2many(
        comodel_name="sekp.support.function",
        string="Support Functions",
        help="Empty: every function.",
    )
    action_plan = fields.Selection(FEATURE, required=True, default="off")
    sub_goals = fields.Selection(FEATURE, required=True, default="off")
    review_rule = fields.Selection(
        [
            ("none", "No fixed intervals"),
            ("interval", "At intervals"),
            ("before_grant_expiry", "Before the grant expires"),
            ("continuous", "Continuous"),
        ],
        required=True,
        default="none",
    )
    review_interval_months = fields.Integer()
    review_lead_days = fields.Integer(
        string="Days before Expiry",
        default=30,
        help="How long before the grant expires the review is due.",
    )
    grant_warning_days = fields.Integer(
        string="Warn before Expiry (Days)",
        default=56,
        help="How long before a grant expires it calls for an extension, or for the "
        "end: between 0 and 365 days, and not after the review is due.",
    )
    review_with_citizen = fields.Boolean(string="Citizen Takes Part")
    review_with_authority = fields.Boolean(string="Authority Takes Part")
    review_with_provider = fields.Boolean(string="Provider Takes Part")
    status_report = fields.Selection(
        FEATURE,
        string="Written Status to the Authority",
        required=True,
        default="off",
    )
    ordinary_offer_assessment = fields.Selection(FEATURE, required=True, default="off")
    assessment_interval_days = fields.Integer(
        default=90,
        help="How often the running assessment is called for; standards only say "
        "“running”.",
    )
    absence_agreement = fields.Selection(FEATURE, required=True, default="off")
    reopening = fields.Selection(
        FEATURE, string="Re-establishment", required=True, default="offered"
    )
    duty_to_inform = fields.Selection(
        FEATURE,
        string="Citizen's Duty to Inform",
        required=True,
        default="off",
        help="The citizen must tell the authority of changes.",
    )
    choice_of_provider = fields.Selection(
        FEATURE, string="Free Choice of Provider", required=True, default="off"
    )
    worker_matching = fields.Selection(
        FEATURE,
        string="Worker Chosen by Fit",
        required=True,
        default="off",
        help="The contact person is chosen to suit the citizen.",
    )
    competence = fields.Char(help="Competence asked of contact persons.")
    provider = fields.Char(help="Who delivers the support.")
    exclusions = fields.Text(
        help="What the scheme does not give, one line each. Shown, never blocking.",
    )
    complaint_block = fields.Boolean(help="The leaflet tells how to complain.")
    complaint_days = fields.Integer(
        string="Answer to a Complaint (Days)",
        default=28,
        help="How long after it was received a complaint is to be answered: between 0 "
        "and 365 days.",
    )
    inform_days = fields.Integer(
        string="Informing the Person (Days)",
        default=30,
        help="How long after a referral by others the person is to be told of it: "
        "between 0 and 365 days. The General Data Protection Regulation, article 14, "
        "gives a month at most.",
    )

    # --- the paper as text --------------------------------------------------------
    section_ids = fields.One2many(
        comodel_name="sekp.standard.section",
        inverse_name="standard_id",
        string="Printed Sections",
        copy=True,
    )
    statement_ids = fields.One2many(
        comodel_name="sekp.standard.statement",
        inverse_name="standard_id",
        string="Source Statements",
        copy=True,
    )

    # int4range and daterange let plain GiST serve: no extension is needed.
    _one_in_force = models.Constraint(
        "EXCLUDE USING gist ("
        "int4range(company_id, company_id, '[]') WITH &&, "
        "daterange(valid_from, valid_to, '[]') WITH &&) "
        "WHERE (state = 'adopted')",
        "Another quality standard is in force in these days: only one can be in force "
        "per municipality and day.",
    )
    _preset_without_company = models.Constraint(
        "CHECK ((state = 'preset') = (company_id IS NULL))",
        "A preset belongs to no company, and every other standard to one.",
    )
    _adopted_is_dated = models.Constraint(
        "CHECK (state != 'adopted' OR valid_from IS NOT NULL)",
        "A standard needs the day it is put in force.",
    )
    _ages_in_order = models.Constraint(
        "CHECK (age_min >= 0 AND age_max >= 0 AND (age_max = 0 OR age_max >= age_min))",
        "The oldest age cannot be lower than the youngest.",
    )
    _hours_in_order = models.Constraint(
        "CHECK (hours_rule != 'window' OR "
        "(hour_from >= 0 AND hour_to <= 24 AND hour_to > hour_from))",
        "The hours must begin before they end, within one day.",
    )
    _interval_when_interval = models.Constraint(
        "CHECK (review_rule != 'interval' OR review_interval_months > 0)",
        "Reviews at intervals need a number of months.",
    )
    _emergency_is_short = models.Constraint(
        "CHECK (break_glass_hours BETWEEN 1 AND 24)",
        "An emergency access lasts between 1 and 24 hours.",
    )
    _identity_is_short = models.Constraint(
        "CHECK (identity_minutes BETWEEN 1 AND 60)",
        "An identity stays open between 1 and 60 minutes.",
    )
    _consent_is_bounded = models.Constraint(
        "CHECK (consent_days BETWEEN 1 AND 730)",
        "A consent holds between 1 and 730 days.",
    )
    _warning_within_a_year = models.Constraint(
        "CHECK (grant_warning_days BETWEEN 0 AND 365)",
        "A grant warns of its expiry between 0 and 365 days before.",
    )
    _lone_work_is_short = models.Constraint(
        "CHECK (lone_work_minutes BETWEEN 0 AND 240)",
        "The grace for lone work lies between 0 and 240 minutes.",
    )
    _answer_is_short = models.Constraint(
        "CHECK (lone_work_answer_minutes BETWEEN 1 AND 120)",
        "The next is told that a colleague is missed after 1 to 120 minutes.",
    )
    _transient_is_short = models.Constraint(
        "CHECK (transient_days BETWEEN 1 AND 30)",
        "A message that may not be kept is erased after 1 to 30 days.",
    )
    _warnings_in_time = models.Constraint(
        "CHECK (warning_days BETWEEN 0 AND 60 "
        "AND consent_warning_days BETWEEN 0 AND 90)",
        "A supervisor is told between 0 and 60 days before a deadline, and a consent "
        "is renewed between 0 and 90 days before it ends.",
    )
    _days_within_a_year = models.Constraint(
        "CHECK (complaint_days BETWEEN 0 AND 365 AND inform_days BETWEEN 0 AND 365)",
        "The days for informing and for complaints lie between 0 and 365.",
    )
    _gap_within_reason = models.Constraint(
        "CHECK (gap_percent BETWEEN 100 AND 400 AND gap_days BETWEEN 0 AND 366)",
        "A gap begins after 100 to 400 percent of the interval, or 0 to 366 days.",
    )
    _numbers_positive = models.Constraint(
        "CHECK (rhythm_count >= 0 AND closing_grace_days >= 0 "
        "AND review_lead_days >= 0 AND assessment_interval_days >= 0)",
        "Numbers of days and contacts cannot be negative.",
    )

    # --- display ------------------------------------------------------------------
    @api.depends("name", "municipality", "valid_from")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for standard in self:
            parts = [standard.municipality or "", standard.name or ""]
            if standard.valid_from:
                parts.append(format_date(self.env, standard.valid_from))
            standard.display_name = " · ".join(part for part in parts if part)

    @api.depends("state", "valid_from", "valid_to")
    @api.depends_context("uid")
    def _compute_status(self):
        for standard in self:
            if standard.state != "adopted":
                standard.status = standard.state
                continue
            today = standard.company_id._sekp_today()
            if standard.valid_from > today:
                standard.status = "coming"
            elif standard.valid_to and standard.valid_to < today:
                standard.status = "superseded"
            else:
                standard.status = "in_force"

    def _search_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        adopted = Domain("state", "=", "adopted")
        domains = {
            "preset": Domain("state", "=", "preset"),
            "draft": Domain("state", "=", "draft"),
            "coming": adopted & Domain("valid_from", ">", "today"),
            "superseded": adopted & Domain("valid_to", "<", "today"),
            "in_force": adopted
            & Domain("valid_from", "<=", "today")
            & (Domain("valid_to", "=", False) | Domain("valid_to", ">=", "today")),
        }
        return Domain.OR(domains[status] for status in value if status in domains)

    # --- keeping an adopted version as it was -------------------------------------
    def _check_unlocked(self):
        """Refuse a change of an adopted standard, and of a preset.

        :raises UserError: courses may follow the one, and all share the other
        """
        if self.env.su:
            return
        if any(standard.state == "preset" for standard in self):
            raise UserError(
                self.env._(
                    "A preset is common to all municipalities. Adopt it and change "
                    "your own copy."
                )
            )
        if any(standard.state == "adopted" for standard in self):
            raise UserError(
                self.env._(
                    "This standard is put in force and cannot be changed. Make a new "
                    "version of it, change that, and put it in force."
                )
            )

    def write(self, vals):
        if set(vals) - OPEN_WHEN_ADOPTED:
            self._check_unlocked()
        if not self.env.su and {"state", "valid_from", "valid_to"} & set(vals):
            raise UserError(
                self.env._("Use “Put in force” to decide from when a standard holds.")
            )
        result = super().write(vals)
        if {"revision_due", "valid_to"} & set(vals):
            self._sync_revision()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not self.env.su and vals.get("state", "draft") != "draft":
                raise UserError(
                    self.env._("A new standard begins as a draft; adopt a preset.")
                )
            if vals.get("state", "draft") == "draft" and not vals.get("company_id"):
                vals["company_id"] = self.env.company.id
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        if any(standard.state == "preset" for standard in self):
            self._check_unlocked()
        if any(standard.state == "adopted" for standard in self):
            raise UserError(
                self.env._(
                    "A standard that has been in force is kept: courses and "
                    "figures refer to it."
                )
            )

    def copy_data(self, default=None):
        return [
            {
                **vals,
                "state": "draft",
                "company_id": vals.get("company_id") or self.env.company.id,
                "preset_id": standard.id if standard.state == "preset" else False,
            }
            for standard, vals in zip(self, super().copy_data(default), strict=True)
        ]

    # --- putting in force ---------------------------------------------------------
    def _put_in_force(self, day):
        """Let the draft hold from ``day`` on and end the one before it.

        :param date day: first day of the new version
        :raises UserError: when an entry point has no team, or a later version exists
        """
        self.ensure_one()
        self.check_access("write")
        if self.state != "draft":
            raise UserError(self.env._("Only a draft can be put in force."))
        without_team = self.route_ids.filtered(lambda route: not route.team_id)
        if without_team:
            raise UserError(
                self.env._(
                    "Choose a team for each entry point first. Without a team: "
                    "%(entry_points)s.",
                    entry_points=", ".join(without_team.mapped("name")),
                )
            )
        if not self.route_ids:
            raise UserError(
                self.env._("Add at least one entry point: referrals must go somewhere.")
            )
        others = self.search(
            [("company_id", "=", self.company_id.id), ("state", "=", "adopted")]
        )
        later = others.filtered(lambda other: other.valid_from >= day)
        if later:
            raise UserError(
                self.env._(
                    "A version already holds from %(day)s. Choose a later day.",
                    day=format_date(self.env, max(later.mapped("valid_from"))),
                )
            )
        current = others.filtered(lambda other: not other.valid_to)
        # Superuser: dates of an adopted version are closed to everyone but this act.
        current.sudo().write({"valid_to": day - timedelta(days=1)})
        self.env.flush_all()
        self.sudo().write({"state": "adopted", "valid_from": day})

    def action_put_in_force(self):
        """Open the dialog that dates this version."""
        self.check_access("write")
        return self._dialog("sekp.put.in.force", self.env._("Put in Force"))

    def action_adopt(self):
        """Open the dialog that copies this preset to a company."""
        self.check_access("read")
        return self._dialog("sekp.adopt.standard", self.env._("Adopt a Standard"))

    def action_new_version(self):
        """Copy this standard to a draft and open it."""
        self.ensure_one()
        draft = self.copy()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": draft.id,
            "view_mode": "form",
        }

    def _dialog(self, model, name):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_standard_id": self.id},
        }

    # --- revision -------------------------------------------------------------------
    @api.model
    def _sekp_to_follow_up(self, today):
        """Find the versions in force that are due for revision and tell nobody yet."""
        return (
            Domain("state", "=", "adopted")
            & Domain("valid_to", "=", False)
            & Domain("revision_due", "<=", today + REVISION_LEAD)
            & ~self._owing("activity_revision")
        )

    def _sekp_follow_up(self, today):
        self._sync_revision()
        return super()._sekp_follow_up(today)

    def _sync_revision(self):
        """Let a scheme manager be reminded until the day is moved or a new version is
        put in force."""
        for standard in self.filtered(lambda one: one.state == "adopted"):
            due = not standard.valid_to and standard.revision_due
            today = standard.company_id._sekp_today()
            if due and due <= today + REVISION_LEAD:
                standard._set_obligation("activity_revision", due)
            else:
                standard._meet_obligation("activity_revision")

    def _obligation_owner(self):
        return self.company_id._sekp_managers()[:1] or self.create_uid

    def _keeps_access(self, user, day):
        # A standard is everybody's to read and the scheme manager's to revise.
        return user in self.company_id._sekp_managers()

    def _next_owner(self, leaving, day, supervised=False):
        return (self.company_id._sekp_managers() - leaving)[:1]

    # --- what the rest of the house asks ------------------------------------------
    def _in_force(self, company, day):
        """Return the standard in force in ``company`` on ``day``, or an empty set."""
        return self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "adopted"),
                ("valid_from", "<=", day),
                "|",
                ("valid_to", "=", False),
                ("valid_to", ">=", day),
            ],
            limit=1,
        )

    def _require_in_force(self, company, day):
        """Return the standard in force.

        :raises UserError: when the municipality has none on that day
        """
        standard = self._in_force(company, day)
        if not standard:
            raise UserError(
                self.env._(
                    "%(municipality)s has no quality standard in force on %(day)s. A "
                    "scheme manager must adopt one first.",
                    municipality=company.name,
                    day=format_date(self.env, day),
                )
            )
        return standard

    def _allows_registration(self, mode):
        """Tell whether facts of registration ``mode`` may be stored of a citizen."""
        self.ensure_one()
        return REGISTRATION_ORDER.index(mode) <= REGISTRATION_ORDER.index(
            self.registration_mode
        )

    def _anonymity(self, subject, towards):
        """Return the anonymity of ``subject`` towards one receiver.

        :param str subject: ``citizen`` or ``referrer``
        :param str towards: ``team``, ``entry_point``, ``authority`` or ``offer``
        """
        self.ensure_one()
        line = self.anonymity_ids.filtered(
            lambda line: line.subject == subject and line.towards == towards
        )
        return line.anonymity or self[f"anonymity_{subject}"]

    def _route(self, age=0, district="", target_groups=None, source=None):
        """Return the first entry point that matches; empty when none does (R032)."""
        self.ensure_one()
        groups = target_groups or self.env["sekp.target.group"]
        source = source or self.env["sekp.source"]
        for route in self.route_ids.sorted(lambda route: (route.sequence, route.id)):
            if route._matches(age, district, groups, source):
                return route
        return self.route_ids.browse()

    def _rhythm_days(self):
        """Return the longest number of days between two contacts; 0 for none."""
        self.ensure_one()
        return rhythm_days(self.rhythm_count, self.rhythm_unit)

    def _requires_written_status(self):
        """Tell whether each review ends in a written status to the authority (R118)."""
        self.ensure_one()
        return self.status_report == "required" and self.registration_mode != "none"

    def _hours_weekdays(self):
        return frozenset(range(7 if self.hours_weekends else 5))

    # --- statements ---------------------------------------------------------------
    @api.model
    def _parameter_fields(self):
        """Return the names of all fields that carry what a standard says."""
        housekeeping = {
            "code", "company_id", "state", "status", "valid_from", "valid_to",
            "preset_id", "statement_ids",
        }  # fmt: skip
        foreign = {
            *models.MAGIC_COLUMNS,
            *self.env["mail.thread"]._fields,
            *self.env["sekp.obligation.mixin"]._fields,
        }
        return [
            name
            for name, field in self._fields.items()
            if (
                name not in housekeeping | foreign
                and not name.startswith("x_")
                and field.store
            )
            or name in PART_FIELDS[:-1]
        ]

    def _find_home(self, home, entry):
        """Return where a statement lives as words, or False when it lives nowhere.

        :param str home: a name of :meth:`_parameter_fields`
        :param str entry: code in a catalogue, kind of a deadline or section
        """
        self.ensure_one()
        if not home or home not in self._fields:
            return False
        field = self._fields[home]
        label = field._description_string(self.env)
        value = self[home]
        if field.relational:
            if entry:
                key = "code" if "code" in value._fields else "kind"
                if home == "route_ids":
                    key = "name"
                elif home == "anonymity_ids":
                    key = "towards"
                elif home == "goal_ids":
                    key = "indicator"
                value = value.filtered(lambda line: line[key] == entry)
            if not value:
                # An empty list of sources or forms is itself a statement: no limit.
                return (
                    f"{label}: –" if not entry and field.type == "many2many" else False
                )
            return f"{label}: {', '.join(value.mapped('display_name'))}"
        if field.type == "selection":
            options = dict(field._description_selection(self.env))
            return f"{label}: {options[value]}" if value else False
        if field.type == "boolean":
            answer = self.env._("yes") if value else self.env._("no")
            return f"{label}: {answer}"
        if not value:
            return False
        return f"{label}: {value}"

    @api.constrains("not_seen_plan_id", "company_id")
    def _check_not_seen_plan(self):
        for standard in self:
            plan = standard.not_seen_plan_id
            foreign = plan.company_id - standard.company_id
            if plan and (foreign or plan.res_model != "sekp.course"):
                raise ValidationError(
                    self.env._("Choose a plan for courses, of your municipality.")
                )

    @api.constrains("state", "registration_mode", "status_report", "grant")
    def _check_consistent(self):
        for standard in self:
            if standard.registration_mode == "none" and "required" in (
                standard.status_report,
                standard.grant,
                standard.action_plan,
            ):
                raise ValidationError(
                    self.env._(
                        "A standard that stores nothing about the person cannot "
                        "require a grant, an action plan or a written status."
                    )
                )

    @api.constrains("review_rule", "review_lead_days", "grant_warning_days")
    def _check_warning(self):
        for standard in self:
            if (
                standard.review_rule == "before_grant_expiry"
                and standard.grant_warning_days < standard.review_lead_days
            ):
                raise ValidationError(
                    self.env._(
                        "A grant must warn of its expiry before its review is due: at "
                        "least %(days)s days before it expires.",
                        days=standard.review_lead_days,
                    )
                )
