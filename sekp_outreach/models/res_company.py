from datetime import timedelta

from odoo import fields, models

from ..tools.danish_calendar import next_working_day, previous_working_day
from ..tools.periods import end_of_day, local_time, noons_between, start_of_day

# The law is Danish, and so is the day a deadline ends on.
TIMEZONE = "Europe/Copenhagen"
CLOSING_DAYS_HORIZON = timedelta(days=800)
# Longer than any days off in a row.
LOOK_BACK = timedelta(days=60)
MOST_AN_HOUR = 10_000


class ResCompany(models.Model):
    """A company is a municipality: its today, its closing days."""

    _inherit = "res.company"

    sekp_child_unit = fields.Char(
        string="Child Unit",
        help="Who is notified in the municipality when a child is at risk.",
    )
    sekp_child_phone = fields.Char(
        string="Phone of the Child Unit", help="Also outside opening hours."
    )
    sekp_child_mail = fields.Char(string="Secure Mail of the Child Unit")
    sekp_intake_source_limit = fields.Integer(
        string="Reports an Hour from One Sender",
        required=True,
        default=20,
        help="What one sender sends beyond it is refused until the next hour, with a "
        "sentence that says where to call. A hospital or a school may have one address "
        "for everybody.",
    )
    sekp_intake_company_limit = fields.Integer(
        string="Reports an Hour from Everybody",
        required=True,
        default=100,
        help="What comes beyond it is refused until the next hour, and what comes "
        "beyond three times as many until a day has passed. Far more than the "
        "municipality ever gets, so that only a flood reaches it. When more than half "
        "of it is used each sender gets through once an hour. Files: five megabytes "
        "for each report.",
    )

    _sekp_intake_limits = models.Constraint(
        f"CHECK (sekp_intake_source_limit BETWEEN 1 AND {MOST_AN_HOUR} AND "
        f"sekp_intake_company_limit BETWEEN 1 AND {MOST_AN_HOUR})",
        f"A limit lies between 1 and {MOST_AN_HOUR} an hour.",
    )

    def _sekp_timezone(self):
        """Return the name of the municipality's time zone.

        Never the user's: a deadline or an entitlement must not move with the browser.
        """
        return TIMEZONE

    def _sekp_today(self):
        """Return today's date in the municipality."""
        return self._sekp_local(fields.Datetime.now()).date()

    def _sekp_local(self, instant):
        """Return the local time in the municipality of a UTC instant."""
        return local_time(instant, self._sekp_timezone())

    def _sekp_start_of_day(self, day):
        """Return the UTC instant at which a date begins here."""
        return start_of_day(day, self._sekp_timezone())

    def _sekp_end_of_day(self, day):
        """Return the UTC instant at which a date has ended here; never for no date."""
        return end_of_day(day, self._sekp_timezone())

    def _sekp_closing_days(self, start):
        """Return the dates from ``start`` on which the municipality is closed.

        Closing days are time off in the working hours that is not tied to a person. A
        day is closed when its noon is: how the hours were typed does not matter.
        """
        self.ensure_one()
        # Superuser: closing days are public, their table is not open to every role.
        leaves = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.id),
                    ("resource_id", "=", False),
                    ("time_type", "=", "leave"),
                    ("date_to", ">=", self._sekp_start_of_day(start)),
                    (
                        "date_from",
                        "<=",
                        self._sekp_start_of_day(start) + CLOSING_DAYS_HORIZON,
                    ),
                ]
            )
        )
        return frozenset(
            day
            for leave in leaves
            for day in self._sekp_days_between(leave.date_from, leave.date_to)
        )

    def _sekp_days_between(self, begin, end):
        """Return the dates, in order, whose noon here lies between two UTC instants."""
        return noons_between(self._sekp_local(begin), self._sekp_local(end))

    def _sekp_auditors(self):
        """Return the auditors of these municipalities."""
        return self._sekp_people("auditor")

    def _sekp_managers(self):
        """Return the scheme managers of these municipalities."""
        return self._sekp_people("scheme_manager")

    def _sekp_people(self, role):
        # Superuser: who has which role is not everybody's to read.
        return (
            self.env["res.users"]
            .sudo()
            .search(
                [
                    (
                        "all_group_ids",
                        "in",
                        self.env.ref(f"sekp_outreach.group_{role}").ids,
                    ),
                    ("company_ids", "in", self.ids),
                ],
                order="id",
            )
        )

    def _sekp_next_working_day(self, day):
        """Return ``day`` or the first working day after it."""
        return next_working_day(day, closing_days=self._sekp_closing_days(day))

    def _sekp_previous_working_day(self, day):
        """Return ``day`` or the last working day before it."""
        closing_days = self._sekp_closing_days(day - LOOK_BACK)
        return previous_working_day(day, closing_days=closing_days)
