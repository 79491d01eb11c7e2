from babel.dates import format_date as format_babel

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import babel_locale_parse, get_lang

from ..tools import figures
from ..tools.figures import ANY, KEPT, LATE, ONE, OTHER, PROMISE, TEAM, TOTAL

MEASURES = [
    ("referrals", "Referrals"),
    ("advice", "Advice given without a referral"),
    ("deadline_response", "First responses"),
    ("deadline_processing", "Case processing begun"),
    ("deadline_first_visit", "First visits"),
    ("deadline_decision", "Decisions"),
    ("deadline_start", "Starts of support"),
    ("contacts", "Contacts"),
    ("attempts", "Attempts"),
    ("minutes", "Minutes of contacts and attempts"),
    ("courses_opened", "Courses opened"),
    ("courses_reopened", "Courses opened again"),
    ("courses_closed", "Courses closed"),
    ("rhythm", "Months of courses with an agreed rhythm"),
    ("reviews", "Reviews due"),
    ("handovers", "Handovers ended"),
    ("absence_days", "Working days of contact persons' absence, by course"),
]
DIMENSIONS = [
    (TOTAL, "Total"),
    (TEAM, "Team"),
    ("source", "Source"),
    ("outcome", "Outcome"),
    ("target_group", "Target group"),
    ("age_band", "Age"),
    ("district", "District"),
    ("contact_form", "Form of contact"),
    ("support_function", "Support function"),
    ("phase", "Phase"),
    ("offer", "Offer"),
    ("kept", "Kept or not"),
]
PERSON = {"target_group": ANY, "age_band": ONE, "district": ONE}
CONTACT = {"contact_form": ONE, "phase": ONE, **PERSON}
# How the categories of each breakdown of a measure relate.
BREAKDOWNS = {
    "referrals": {"source": ONE, "outcome": ONE, **PERSON},
    "advice": {"source": ONE, "outcome": ONE},
    "contacts": {"support_function": ANY, **CONTACT},
    "attempts": {"outcome": ONE, **CONTACT},
    "minutes": {"support_function": ANY, **CONTACT},
    "courses_opened": {"source": ONE, **PERSON},
    "courses_reopened": {"source": ONE, **PERSON},
    "courses_closed": {"outcome": ONE, "source": ONE, **PERSON},
    "handovers": {"outcome": ONE, "offer": ONE},
    **{
        measure: {"kept": PROMISE}
        for measure, _label in MEASURES
        if measure in ("rhythm", "reviews", "absence_days")
        or measure.startswith("deadline_")
    },
}
CATALOGUES = {
    TEAM: "sekp.team",
    "source": "sekp.source",
    "target_group": "sekp.target.group",
    "contact_form": "sekp.contact.form",
    "support_function": "sekp.support.function",
    "offer": "sekp.offer",
}
# Where the words of a choice stand: by the dimension, or the measure's outcome.
CHOICES = {
    "age_band": ("sekp.citizen", "age_band"),
    "phase": ("sekp.course", "phase"),
    "referrals": ("sekp.referral", "outcome"),
    "advice": ("sekp.advice", "outcome"),
    "attempts": ("sekp.contact", "outcome"),
    "handovers": ("sekp.handover", "state"),
    "courses_closed": ("sekp.course", "closing_outcome"),
}


class SekpStatistic(models.Model):
    """A figure that can be told: so many, of a measure, in a block of months.

    Small numbers are not hidden here: they are not here. A month's figures are told
    some days after it has ended, and never change. What is nought or comes from enough
    persons is a row; what is too small waits for later months, and at the end of a year
    small categories are put together (``tools/figures.py``). So every event is in one
    row of a breakdown, and the rows can be added up.
    """

    _name = "sekp.statistic"
    _inherit = ["sekp.append.only.mixin"]
    _description = "Figure"
    _order = "date_to desc, measure, dimension, value desc, id"
    _rec_name = "period"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Municipality",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    measure = fields.Selection(
        MEASURES, string="What Is Counted", required=True, readonly=True
    )
    dimension = fields.Selection(
        DIMENSIONS,
        string="Broken Down by",
        required=True,
        readonly=True,
        help="Each breakdown counts everything once: look at one at a time.",
    )
    category_key = fields.Char(readonly=True)
    category = fields.Char(readonly=True)
    several = fields.Boolean(
        string="Put Together",
        readonly=True,
        help="Several categories of which each was too small to be told alone.",
    )
    at_least = fields.Boolean(
        readonly=True,
        help="So many at least: how many more is too small to be told.",
    )
    team_id = fields.Many2one(
        comodel_name="sekp.team",
        readonly=True,
        ondelete="restrict",
        help="Empty for all the teams together.",
    )
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="To", required=True, readonly=True)
    period = fields.Char(required=True, readonly=True)
    months = fields.Integer(
        string="Number of Months", required=True, readonly=True, aggregator=None
    )
    value = fields.Integer(string="Number", required=True, readonly=True)

    _told_once = models.UniqueIndex(
        "(company_id, measure, dimension, date_from, category_key, "
        "COALESCE(team_id, 0))",
        "A figure is told once.",
    )
    _looked_up = models.Index("(company_id, measure, dimension, date_to)")
    _never_small = models.Constraint(
        "CHECK (value = 0 OR value >= 3)", "A figure that is small is not told."
    )

    # --- counting -------------------------------------------------------------------
    @api.model
    def _cron_count(self):
        """Write down the months that are not over, and tell what can be told."""
        # Superuser: a job of the system.
        companies = self.sudo().env["res.company"].search([("active", "=", True)])
        progress = self.env["ir.cron"]
        progress._commit_progress(remaining=len(companies))
        for company in companies:
            # Superuser: as above.
            self.sudo()._count(company)
            progress._commit_progress(1)

    def _count(self, company):
        """Count a municipality's months; twice gives the same as once.

        What happened in a month that is not closed is written down anew each time.
        """
        Entry = self.env["sekp.statistic.entry"]
        today = company._sekp_today()
        first = self._first_open(company)
        if not first:
            return
        Entry._take_in(company, first, today)
        months = [
            month
            for month in figures.months_between(first, today)
            if (today - figures.next_month(month)).days >= company.sekp_statistic_days
        ]
        if not company.sekp_statistic_from:
            company.sekp_statistic_from = first
        if months:
            company.sekp_statistic_closed = months[-1]
            for measure, _label in MEASURES:
                self._tell(company, measure)

    @api.model
    def _first_open(self, company):
        """Return the first month that is not closed; None when nothing happened yet."""
        if company.sekp_statistic_closed:
            return figures.next_month(company.sekp_statistic_closed)
        return company.sekp_statistic_from or self.env[
            "sekp.statistic.entry"
        ]._first_month(company)

    @api.model
    def _count_before_erasure(self, records):
        """Write down what is not closed yet of records that are about to go."""
        for company, some in records.grouped("company_id").items():
            first, today = self._first_open(company), company._sekp_today()
            if first and first <= today:
                self.env["sekp.statistic.entry"]._take_in(company, first, today, some)

    def _tell(self, company, measure):
        """Tell what can be told of a measure by now, once."""
        Entry = self.env["sekp.statistic.entry"]
        closed = company.sekp_statistic_closed
        ours = [("company_id", "=", company.id), ("measure", "=", measure)]
        [(last,)] = self._read_group(
            [*ours, ("dimension", "=", TOTAL)], [], ["date_to:max"]
        )
        start = figures.next_month(last) if last else company.sekp_statistic_from
        events = Entry._events(company, measure, closed)
        told = figures.publish(
            events,
            figures.months_between(start, closed),
            company.sekp_statistic_threshold,
            BREAKDOWNS[measure],
            self._told(ours, min((event.month for event in events), default=start)),
        )
        self.create([self._values(company, measure, one) for one in told.figures])
        Entry._forget_told(
            company, measure, told.waits_from or figures.next_month(closed)
        )

    def _told(self, ours, since):
        """Return what was told of a measure before, as the publisher knows it.

        :param ours: domain of the municipality and the measure
        :param date since: what was told of earlier months waits nowhere
        """
        rows = self.search_fetch([*ours, ("date_to", ">=", since)])
        return [
            figures.Figure(
                row.dimension,
                row.date_from,
                row.date_to.replace(day=1),
                row.category_key,
                row.team_id.id or None,
                row.value,
                row.at_least,
            )
            for row in rows
        ]

    @api.model
    def _values(self, company, measure, figure):
        last = figures.next_month(figure.last)
        return {
            "company_id": company.id,
            "measure": measure,
            "dimension": figure.dimension,
            "category_key": figure.category,
            "category": self._category(measure, figure),
            "several": figure.category == OTHER,
            "at_least": figure.at_least,
            "team_id": self._team(figure),
            "date_from": figure.first,
            "date_to": fields.Date.subtract(last, days=1),
            "period": self._period(figure.first, figure.last),
            "months": len(figures.months_between(figure.first, figure.last)),
            "value": figure.value,
        }

    @api.model
    def _team(self, figure):
        if figure.dimension == TEAM and figure.category.isdigit():
            return int(figure.category)
        return figure.team or False

    # --- words ----------------------------------------------------------------------
    @api.model
    def _in_words(self):
        """Return this model in the language of what is printed."""
        return self.with_context(
            lang=self.env["sekp.print.mixin"]._citizen_print_lang()
        )

    @api.model
    def _category(self, measure, figure):
        """Return what a category is called."""
        self = self._in_words()
        dimension, key = figure.dimension, figure.category
        if dimension == TOTAL:
            return False
        if key == OTHER:
            return self.env._("Put together, as each is small")
        if not key or key == "None":
            return self.env._("Not stated")
        if dimension in CATALOGUES:
            record = self.env[CATALOGUES[dimension]].browse(int(key)).exists()
            return record.display_name or self.env._("Not stated")
        if dimension == "kept":
            return {
                KEPT: self.env._("Kept"),
                LATE: self.env._("Not kept"),
            }[key]
        if dimension == "district":
            return key.capitalize()
        if key == "open":
            return self.env._("Not decided yet")
        model, name = CHOICES[measure if dimension == "outcome" else dimension]
        field = self.env[model]._fields[name]
        return dict(field._description_selection(self.env)).get(key, key)

    @api.model
    def _period(self, first, last):
        """Return what some months are called, such as *Jan–Mar 2026*."""
        locale = babel_locale_parse(get_lang(self._in_words().env).code)

        def words(month, pattern):
            return format_babel(month, pattern, locale=locale)

        if first == last:
            return words(first, "MMM y")
        begin = words(first, "MMM" if first.year == last.year else "MMM y")
        return f"{begin}–{words(last, 'MMM y')}"

    # --- what the pages ask -----------------------------------------------------------
    @api.model
    def _sum(self, company, measure, dimension, key, date_from, date_to):
        """Return what the blocks that lie within some days add up to.

        :param str key: the category; an empty one for the total
        :return: the number, and first and last day of these blocks; None when no block
            of the breakdown lies within the days
        """
        blocks = (
            Domain("company_id", "=", company.id)
            & Domain("measure", "=", measure)
            & Domain("dimension", "=", dimension)
            & Domain("date_from", ">=", date_from)
            & Domain("date_to", "<=", date_to)
        )
        [(first, last, count)] = self._read_group(
            blocks, [], ["date_from:min", "date_to:max", "__count"]
        )
        if not count:
            return None
        [(value,)] = self._read_group(
            blocks & Domain("category_key", "=", key), [], ["value:sum"]
        )
        return value or 0, first, last
