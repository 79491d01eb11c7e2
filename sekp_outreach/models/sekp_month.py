import re
from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.danish_calendar import is_working_day

MONTH = re.compile(r"\d{4}-\d{2}")
# Further ahead nothing is planned.
MONTHS_AHEAD = 12
EARLIEST = date(2000, 1, 1)
MARKS = ("met", "tried", "planned", "unlogged")
COUNTED = ("met", "tried")


class SekpMonth(models.AbstractModel):
    """A team's month at a glance: who was met, tried or will be visited on which day.

    Read as the supervisor, with the record rules. A row bears a code and never a name
    of a citizen.
    """

    _name = "sekp.month"
    _description = "A Team's Month"

    @api.model
    def get_month(self, team_id=None, month=None):
        """Return contacts, attempts and planned visits by course and day.

        The number of statements does not grow with the number of courses.

        :param team_id: one of the supervised teams; the first by default
        :param month: such as ``2026-11``; this month by default
        :return: the teams, the days, and the courses that were open in the month, by
            worker, each with what there was on each day
        :raises AccessError: for one who is no supervisor, and for a team of others
        :raises UserError: for what is no month, or lies too far ahead
        """
        if not self.env.user.has_group("sekp_outreach.group_supervisor"):
            raise AccessError(self.env._("The month is for supervisors."))
        # Courses lie with providers only.
        teams = self.env["sekp.team"].search(
            [("supervisor_ids", "in", self.env.uid), ("is_provider", "=", True)]
        )
        if team_id and (type(team_id) is not int or team_id not in teams.ids):
            raise AccessError(self.env._("You do not supervise this team."))
        team = teams.filtered(lambda one: one.id == team_id) or teams[:1]
        company = team.company_id or self.env.company
        today = company._sekp_today()
        first = self._first_day(month, today)
        last = first + relativedelta(months=1, days=-1)
        days = [first.replace(day=number) for number in range(1, last.day + 1)]
        closed = company._sekp_closing_days(first)
        courses = self._courses(team, first, last)
        if courses:
            courses._log_read("list", amount=len(courses))
        marks = self._marks(courses, company, first, last, today)
        return {
            "teams": [{"id": one.id, "name": one.name} for one in teams],
            "team_id": team.id or False,
            "name": format_date(self.env, first, date_format="MMMM y"),
            "month": f"{first:%Y-%m}",
            "before": f"{first - relativedelta(months=1):%Y-%m}",
            "after": f"{first + relativedelta(months=1):%Y-%m}",
            "days": [
                {
                    "key": f"{day:%Y-%m-%d}",
                    "number": day.day,
                    "name": format_date(self.env, day, date_format="EEEE d MMMM"),
                    "free": not is_working_day(day, closing_days=closed),
                    "today": day == today,
                }
                for day in days
            ],
            "workers": self._rows(courses, marks, first, last, today),
        }

    def _first_day(self, month, today):
        """Return the first day of a month.

        :raises UserError: for what is no month, or lies too far ahead
        """
        if not month:
            return today.replace(day=1)
        try:
            known = isinstance(month, str) and MONTH.fullmatch(month)
            first = date.fromisoformat(f"{month}-01") if known else None
        except ValueError:
            first = None
        soon = today + relativedelta(months=MONTHS_AHEAD)
        if not first or not EARLIEST <= first <= soon:
            raise UserError(
                self.env._("Choose a past month, or one within the next twelve months.")
            )
        return first

    def _courses(self, team, first, last):
        """Return the courses of a team that were open on a day of the month."""
        domain = Domain("team_id", "=", team.id) & Domain("date_start", "<=", last)
        domain &= Domain("phase", "!=", "closed") | Domain("date_end", ">=", first)
        told = ["reference", "contact_person_id", "gap_since", "date_end"]
        return self.env["sekp.course"].search_fetch(domain, told, order="reference")

    def _marks(self, courses, company, first, last, today):
        """Return how often there was what, by course, day and kind of mark.

        What was planned for a past day and is not logged is not a plan any more.
        """
        within = Domain("started_at", ">=", company._sekp_start_of_day(first))
        within &= Domain("started_at", "<", company._sekp_end_of_day(last))
        marks = {}
        groups = self.env["sekp.contact"]._read_group(
            Domain("course_id", "in", courses.ids)
            & Domain("is_current", "=", True)
            & within,
            ["course_id", "outcome"],
            ["started_at:array_agg"],
        )
        told = [
            (course.id, at, "met" if outcome == "met" else "tried")
            for course, outcome, instants in groups
            for at in instants
        ]
        planned = self.env["sekp.appointment"]._read_group(
            Domain("course_id", "in", courses.ids)
            & Domain("state", "=", "planned")
            & Domain("starts_at", ">=", company._sekp_start_of_day(first))
            & Domain("starts_at", "<", company._sekp_end_of_day(last)),
            ["course_id"],
            ["starts_at:array_agg"],
        )
        told += [
            (course.id, at, "planned")
            for course, instants in planned
            for at in instants
        ]
        for course_id, at, kind in told:
            day = company._sekp_local(at).date()
            kind = "unlogged" if kind == "planned" and day < today else kind
            key = f"{day:%Y-%m-%d}"
            by_day = marks.setdefault(course_id, {})
            by_day.setdefault(key, dict.fromkeys(MARKS, 0))[kind] += 1
        return marks

    def _rows(self, courses, marks, first, last, today):
        """Return the contact persons of today by name, each with their courses.

        Whether somebody was not met as agreed is known of today, so it is told of this
        month only; whether the course was closed, of the month shown.
        """
        now = first <= today <= last
        rows = []
        for worker, carried in courses.grouped("contact_person_id").items():
            lines = [
                {
                    "id": course.id,
                    "code": course.reference,
                    "closed": bool(course.date_end and course.date_end <= last),
                    "gap": bool(now and course.gap_since and course.gap_since <= today),
                    "marks": marks.get(course.id, {}),
                    **{
                        kind: sum(
                            day[kind] for day in marks.get(course.id, {}).values()
                        )
                        for kind in COUNTED
                    },
                }
                for course in carried
            ]
            name = worker.name or self.env._("Without a contact person")
            rows.append({"id": worker.id, "name": name, "courses": lines})
        return sorted(rows, key=lambda row: (not row["id"], row["name"]))
