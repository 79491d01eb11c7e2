from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

QUARTERS = [
    ("1", "1st quarter"),
    ("2", "2nd quarter"),
    ("3", "3rd quarter"),
    ("4", "4th quarter"),
]
YEARS = range(2000, 2100)


class SekpCommitteeReportDialog(models.TransientModel):
    """Chooses the period of the report to the committee, and opens its print.

    Everything in the print comes from the kept figures, read as the user.
    """

    _name = "sekp.committee.report.dialog"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Committee Report"

    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Municipality",
        required=True,
        default=lambda self: self.env.company,
        domain=lambda self: [("id", "in", self.env.companies.ids)],
    )
    period = fields.Selection(
        [("year", "A year"), ("quarters", "From quarter to quarter")],
        required=True,
        default="year",
    )
    year = fields.Integer(
        required=True, default=lambda self: self._default_year(), aggregator=None
    )
    quarter_from = fields.Selection(
        QUARTERS, string="From Quarter", required=True, default="1"
    )
    year_to = fields.Integer(
        string="To Year",
        required=True,
        default=lambda self: self._default_year(),
        aggregator=None,
    )
    quarter_to = fields.Selection(
        QUARTERS, string="To Quarter", required=True, default="4"
    )

    @api.model
    def _default_year(self):
        """Return the year of the last quarter that is over."""
        return (self.env.company._sekp_today() - timedelta(days=90)).year

    def _days(self):
        """Return the first and the last day of the period.

        :raises UserError: for a year that cannot be meant, and for quarters in the
            wrong order
        """
        self.ensure_one()
        whole = self.period == "year"
        begin = (self.year, 1 if whole else int(self.quarter_from))
        end = (self.year, 4) if whole else (self.year_to, int(self.quarter_to))
        if begin[0] not in YEARS or end[0] not in YEARS or begin > end:
            raise UserError(
                self.env._(
                    "Choose a year, and a last quarter that is not before the first."
                )
            )
        first = date(begin[0], 3 * begin[1] - 2, 1)
        after = date(end[0] + (end[1] == 4), 3 * end[1] % 12 + 1, 1)
        return first, after - timedelta(days=1)

    def action_print(self):
        """Open the report in a window of its own.

        :raises UserError: for a period that cannot be
        """
        self.ensure_one()
        self.check_access("read")
        self._days()
        return {
            "type": "ir.actions.act_url",
            "url": f"/report/html/sekp_outreach.sekp_committee_report/{self.id}",
            "target": "new",
        }

    # --- what is told -----------------------------------------------------------------
    def _print_values(self):
        """Return what the report says; read anew, as the user.

        :raises AccessError: for another's dialog and another's municipality
        """
        self.ensure_one()
        self.check_access("read")
        self.env["sekp.statistic"].check_access("read")
        company = self.company_id
        first, last = self._days()
        standard = self.env["sekp.standard"]._in_force(
            company, min(last, company._sekp_today())
        )
        figures = self.env["sekp.figures"]
        return {
            "municipality": company.name,
            "scheme": standard.scheme_name or "",
            "standard": standard.name or "",
            "period": figures._span(first, last),
            "date": format_date(self.env, company._sekp_today()),
            "threshold": company.sekp_statistic_threshold,
            "sections": self._sections(company, standard, first, last),
            "bridged": figures._figure(company, "bridged", 0, first, last),
            **figures._goals(standard, company, first, last),
        }

    def _sections(self, company, standard, first, last):
        """Return the tables of the report, in order."""
        figures = self.env["sekp.figures"]

        def table(title, measures, dimension):
            return figures._breakdown(company, measures, dimension, first, last, title)

        def shares(title, lines, kept, not_kept):
            return figures._shares_table(
                company, lines, first, last, title, [kept, not_kept]
            )

        labels = dict(figures._clock_labels())
        promises = {line.kind: line._promise() for line in standard.deadline_ids}
        clocks = [
            (
                f"{label} ({promises[kind]})" if promises.get(kind) else label,
                f"{kind}_kept",
            )
            for kind, label in labels.items()
        ]
        return [
            table(
                self.env._("Referrals, by who referred"),
                {"referrals": self.env._("Referrals")},
                "source",
            ),
            shares(
                self.env._("Answered in time, as the quality standard promises"),
                clocks,
                self.env._("In time"),
                self.env._("Late"),
            ),
            table(
                self.env._("Contacts and attempts, by form"),
                {
                    "contacts": self.env._("Contacts"),
                    "attempts": self.env._("Attempts"),
                },
                "contact_form",
            ),
            figures._counts_table(
                company,
                {
                    "courses_opened": self.env._("Begun"),
                    "courses_reopened": self.env._("Re-established"),
                    "courses_closed": self.env._("Closed"),
                },
                first,
                last,
                self.env._("Courses"),
            ),
            {
                **table(
                    self.env._("How courses ended"),
                    {"courses_closed": self.env._("Courses")},
                    "outcome",
                ),
                "bridging": True,
            },
            shares(
                self.env._("Agreed rhythm"),
                [(self.env._("Months of courses"), "rhythm_kept")],
                self.env._("Kept"),
                self.env._("Not kept"),
            ),
            shares(
                self.env._("Reviews"),
                [(self.env._("Reviews due"), "reviews_kept")],
                self.env._("In time"),
                self.env._("Late"),
            ),
            table(
                self.env._("Handovers to ordinary offers"),
                {"handovers": self.env._("Handovers")},
                "outcome",
            ),
            shares(
                self.env._("No one left without"),
                [
                    (
                        self.env._("Working days on which the contact person was away"),
                        "absence_covered",
                    )
                ],
                self.env._("Somebody was there"),
                self.env._("Without cover"),
            ),
        ]
