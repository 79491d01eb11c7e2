from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.danish_calendar import days_between, due_date

DEADLINE_KINDS = [
    ("response", "First response"),
    ("processing", "Case processing begun"),
    ("first_visit", "First visit"),
    ("decision", "Decision"),
    ("start", "Start of support"),
]


class SekpStandardPart(models.AbstractModel):
    """A line of a quality standard: lives, is locked and is copied with it."""

    _name = "sekp.standard.part"
    _inherit = ["sekp.kept.mixin"]
    _description = "Part of a Quality Standard"
    _order = "sequence, id"

    standard_id = fields.Many2one(
        comodel_name="sekp.standard",
        required=True,
        index=True,
        ondelete="cascade",
    )
    sequence = fields.Integer(default=10)

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts.standard_id._check_unlocked()
        return parts

    def write(self, vals):
        self.standard_id._check_unlocked()
        result = super().write(vals)
        if "standard_id" in vals:
            self.standard_id._check_unlocked()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_adopted(self):
        self.standard_id._check_unlocked()


class SekpStandardDeadline(models.Model):
    """One deadline the standard promises (R070-R078). Several may run together."""

    _name = "sekp.standard.deadline"
    _inherit = ["sekp.standard.part"]
    _description = "Deadline of a Quality Standard"

    kind = fields.Selection(DEADLINE_KINDS, required=True)
    timing = fields.Selection(
        [
            ("counted", "Counted"),
            ("immediate", "Immediate"),
            ("worded", "Only worded"),
        ],
        required=True,
        default="counted",
        help="Counted: so many days or weeks. Immediate: the same day. Only worded: "
        "the standard promises something without a number, such as “as soon as "
        "possible”.",
    )
    amount = fields.Integer()
    unit = fields.Selection(
        [
            ("day", "Calendar days"),
            ("working_day", "Working days"),
            ("week", "Weeks"),
            ("month", "Months"),
        ],
        default="working_day",
    )
    clock_start = fields.Selection(
        [
            ("received", "Referral received"),
            ("complete", "Information complete"),
            ("decided", "Decision made"),
        ],
        required=True,
        default="received",
        help="The event that starts the clock.",
    )
    when_incomplete = fields.Selection(
        [
            ("run", "Runs on"),
            ("pause", "Pauses and goes on"),
            ("restart", "Starts anew"),
        ],
        string="When Information Is Missing",
        compute="_compute_when_incomplete",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="What the clock does while information is missing. Runs on: nothing "
        "changes. Pauses: the days that are left are kept and added when the "
        "information is complete. Starts anew: the clock waits, and counts from the "
        "day the information is complete.",
    )
    weekdays = fields.Selection(
        [
            ("mon_fri", "Monday to Friday"),
            ("mon_sat", "Monday to Saturday"),
            ("all", "Every day"),
        ],
        required=True,
        default="mon_fri",
        help="The municipality's own idea of a working day.",
    )
    skip_public_holidays = fields.Boolean(default=True)
    skip_closing_days = fields.Boolean(
        default=True,
        help="Days on which the municipality is closed: time off in the company's "
        "working hours that is not tied to one person.",
    )
    shift_to_working_day = fields.Boolean(
        string="Move to Next Working Day",
        help="When the last day is a day off, the deadline ends on the next working "
        "day.",
    )
    wording = fields.Char(help="The promise in the standard's own words.")

    _amount_positive = models.Constraint(
        "CHECK (timing != 'counted' OR amount > 0)",
        "A counted deadline needs a number greater than zero.",
    )
    _unit_when_counted = models.Constraint(
        "CHECK (timing != 'counted' OR unit IS NOT NULL)",
        "A counted deadline needs a unit: days, working days, weeks or months.",
    )
    _wording_when_worded = models.Constraint(
        "CHECK (timing != 'worded' OR wording IS NOT NULL)",
        "A deadline that is only worded needs its words.",
    )
    _kind_once = models.Constraint(
        "UNIQUE (standard_id, kind)",
        "A standard has at most one deadline of each kind.",
    )

    @api.depends("clock_start")
    def _compute_when_incomplete(self):
        for deadline in self:
            waits = deadline.clock_start == "complete"
            deadline.when_incomplete = "restart" if waits else "run"

    @api.depends("kind", "timing", "amount", "unit", "wording")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for deadline in self:
            deadline.display_name = f"{deadline._label('kind')}: {deadline._promise()}"

    def _label(self, field_name):
        return dict(self._fields[field_name]._description_selection(self.env)).get(
            self[field_name], ""
        )

    def _promise(self):
        """Return the promise as words, such as ``7 calendar days``."""
        self.ensure_one()
        if self.timing == "worded":
            return self.wording or ""
        if self.timing == "immediate":
            return self._label("timing")
        return f"{self.amount} {self._label('unit').lower()}"

    def _working_day_rules(self, start):
        """Return what a working day is here, for days from ``start`` on."""
        company = self.standard_id.company_id
        closing_days = (
            company._sekp_closing_days(start) if self.skip_closing_days else frozenset()
        )
        return {
            "weekdays": self.weekdays,
            "closing_days": closing_days,
            "skip_holidays": self.skip_public_holidays,
        }

    def _due_date(self, start, stood_still=0):
        """Return the last day of the deadline, or False when it is only worded.

        :param date start: the day the clock starts
        :param int stood_still: days the clock was paused, see ``_days_between``
        """
        self.ensure_one()
        if self.timing == "worded":
            return False
        counted = self.timing == "counted"
        return due_date(
            start,
            self.amount if counted else 0,
            self.unit if counted else "day",
            shift_to_working_day=counted and self.shift_to_working_day,
            stood_still=stood_still,
            **self._working_day_rules(start),
        )

    def _days_between(self, start, end):
        """Return the days from one day to another as this deadline counts them."""
        self.ensure_one()
        unit = self.unit if self.timing == "counted" else "day"
        return days_between(start, end, unit, **self._working_day_rules(start))


class SekpStandardRoute(models.Model):
    """Which entry point a referral goes to (R032, R048)."""

    _name = "sekp.standard.route"
    _inherit = ["sekp.standard.part"]
    _description = "Entry Point of a Quality Standard"

    name = fields.Char(string="Entry Point", required=True)
    phone = fields.Char()
    mailbox = fields.Char(string="E-mail")
    address = fields.Char()
    age_from = fields.Integer(help="Youngest age; 0 for no limit.")
    age_to = fields.Integer(help="Oldest age; 0 for no limit.")
    district = fields.Char(help="Only referrals from this district; empty for all.")
    target_group_id = fields.Many2one(
        comodel_name="sekp.target.group",
        help="Only referrals with this target group; empty for all.",
    )
    source_id = fields.Many2one(
        comodel_name="sekp.source",
        help="Only referrals from this source; empty for all.",
    )
    team_id = fields.Many2one(
        comodel_name="sekp.team",
        help="The team that receives these referrals here.",
    )

    _ages_in_order = models.Constraint(
        "CHECK (age_from >= 0 AND (age_to = 0 OR age_to >= age_from))",
        "The oldest age of an entry point cannot be lower than the youngest.",
    )

    @api.constrains("team_id", "standard_id")
    def _check_team_company(self):
        for route in self:
            if route.team_id and route.team_id.company_id != (
                route.standard_id.company_id
            ):
                raise ValidationError(
                    self.env._("An entry point's team must belong to the municipality.")
                )

    def _by_age(self):
        """Tell whether this entry point asks for an age."""
        return bool(self.age_from or self.age_to)

    def _matches(self, age, district, target_groups, source):
        """Tell whether a referral with these facts goes to this entry point.

        An unknown age (0) matches no entry point that asks for an age.
        """
        self.ensure_one()
        if self._by_age() and (
            not age or age < self.age_from or (self.age_to and age > self.age_to)
        ):
            return False
        if self.district and self.district.casefold() != (district or "").casefold():
            return False
        if self.target_group_id and self.target_group_id not in target_groups:
            return False
        return not self.source_id or self.source_id == source


class SekpStandardAnonymity(models.Model):
    """Anonymity that differs with who receives: an exception to the general rule."""

    _name = "sekp.standard.anonymity"
    _inherit = ["sekp.standard.part"]
    _description = "Anonymity towards a Receiver"

    subject = fields.Selection(
        [("citizen", "Citizen"), ("referrer", "Referrer")],
        required=True,
        default="citizen",
    )
    towards = fields.Selection(
        [
            ("team", "The contact persons"),
            ("entry_point", "The entry point"),
            ("authority", "The deciding authority"),
            ("offer", "Ordinary offers and partners"),
        ],
        required=True,
        default="authority",
    )
    anonymity = fields.Selection(
        [("right", "A right"), ("allowed", "Allowed"), ("not_offered", "Not offered")],
        required=True,
        default="not_offered",
    )

    _subject_once = models.Constraint(
        "UNIQUE (standard_id, subject, towards)",
        "There is already a line for this receiver.",
    )


class SekpStandardSection(models.Model):
    """A printed section of the standard, in the municipality's own form of address."""

    _name = "sekp.standard.section"
    _inherit = ["sekp.standard.part"]
    _description = "Section of a Quality Standard"

    kind = fields.Selection(
        [
            ("legal_basis", "Legal basis"),
            ("purpose", "Purpose"),
            ("target_group", "Target group"),
            ("intake", "How to get help"),
            ("anonymity", "Anonymity and registration"),
            ("content", "Content"),
            ("scope", "Scope and duration"),
            ("deadline", "Deadlines"),
            ("provider", "Provider"),
            ("competence", "Competence"),
            ("cost", "Cost"),
            ("exclusions", "What is not given"),
            ("duties", "The citizen's duties"),
            ("follow_up", "Follow-up"),
            ("absence", "Absence"),
            ("quality_goals", "Quality goals"),
            ("complaint", "Complaint"),
            ("more", "Where to read more"),
            ("approval", "Approval"),
        ],
        required=True,
    )
    title = fields.Char(required=True)
    body = fields.Html(required=True, sanitize=True)

    @api.depends("title")
    def _compute_display_name(self):
        for section in self:
            section.display_name = section.title


class SekpStandardStatement(models.Model):
    """One statement of the standard's paper and the place where it lives here.

    Ties every parameter to the sentence it was read from and the date of the paper,
    so that a scheme manager can check one against the other.
    """

    _name = "sekp.standard.statement"
    _inherit = ["sekp.standard.part"]
    _description = "Statement of a Quality Standard"

    requirement = fields.Char(
        index=True,
        help="Number in the matrix of requirements, such as R070; empty for others.",
    )
    sentence = fields.Text(
        string="Source Sentence",
        help="What the paper says; short, and without names of employees.",
    )
    document_date = fields.Date(help="Date of the paper the sentence stands in.")
    interpretation = fields.Text(
        help="How the sentence was read, where it can be read in more than one way.",
    )
    home = fields.Selection(
        selection="_selection_home",
        string="Lives in",
        required=True,
        help="The parameter, list or section that carries this statement.",
    )
    entry = fields.Char(
        help="Code of the entry in that list, or kind of the deadline or section.",
    )
    lives_in = fields.Char(
        compute="_compute_lives_in",
        string="Found",
        help="Empty when the standard does not carry the statement any more.",
    )

    @api.model
    def _selection_home(self):
        standard = self.env["sekp.standard"]
        return [
            (name, standard._fields[name]._description_string(self.env))
            for name in standard._parameter_fields()
        ]

    @api.depends("home", "entry", "standard_id")
    @api.depends_context("lang")
    def _compute_lives_in(self):
        for statement in self:
            statement.lives_in = statement.standard_id._find_home(
                statement.home, statement.entry
            )

    @api.depends("requirement", "home")
    @api.depends_context("lang")
    def _compute_display_name(self):
        homes = dict(self._selection_home())
        for statement in self:
            home = homes.get(statement.home, "")
            statement.display_name = (
                f"{statement.requirement} {home}" if statement.requirement else home
            )
