from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.danish_calendar import is_working_day
from ..tools.periods import in_runs

LONGEST = timedelta(days=366)
SHOWN = timedelta(days=30)


class SekpLeftWithout(models.TransientModel):
    """Shows that no one was left without while their contact person was away (R120).

    For supervisors, of the teams they supervise: codes, colleagues and days, and
    nothing of the citizens. Working days are counted.
    """

    _name = "sekp.left.without"
    _inherit = ["sekp.dialog.mixin"]
    _description = "No One Was Left Without"

    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._sekp_today() - SHOWN,
    )
    date_to = fields.Date(
        string="To",
        required=True,
        default=lambda self: self.env.company._sekp_today(),
    )
    team_id = fields.Many2one(
        comodel_name="sekp.team",
        domain="[('supervisor_ids', 'in', uid)]",
        help="All the teams you supervise when empty.",
    )
    line_ids = fields.One2many(
        comodel_name="sekp.left.without.line",
        inverse_name="dialog_id",
        string="Courses",
        default=lambda self: self._default_lines(),
    )
    said = fields.Char(string="Said in Short", compute="_compute_said")

    @api.model
    def _default_lines(self):
        vals = self.default_get(["date_from", "date_to"])
        return [Command.create(row) for row in self.new(vals)._line_values()]

    @api.depends("line_ids.days_away", "line_ids.days_without")
    def _compute_said(self):
        for dialog in self:
            lines = dialog.line_ids
            dialog.said = self._in_short(
                sum(lines.mapped("days_away")), sum(lines.mapped("days_without"))
            )

    @api.model
    def _in_short(self, away, without):
        if not away:
            return self.env._("No contact person was away in these days.")
        if not without:
            return self.env._(
                "No one was left without: on all %(away)s days somebody was there, or "
                "no contact was wanted.",
                away=away,
            )
        return self.env._(
            "Without cover on %(without)s of %(away)s days.", without=without, away=away
        )

    @api.onchange("date_from", "date_to", "team_id")
    def _onchange_period(self):
        self.line_ids = [
            Command.clear(),
            *(Command.create(row) for row in self._line_values()),
        ]

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            # What a client sends along is not what is told.
            vals["line_ids"] = []
        dialogs = super().create(vals_list)
        dialogs._fill()
        return dialogs

    def write(self, vals):
        filled = "line_ids" in vals and not self.env.su
        if filled:
            vals = {name: value for name, value in vals.items() if name != "line_ids"}
        result = super().write(vals)
        if filled or {"date_from", "date_to", "team_id"} & set(vals):
            self._fill()
        return result

    def _fill(self):
        for dialog in self:
            dialog.line_ids.unlink()
            self.env["sekp.left.without.line"].create(
                [{"dialog_id": dialog.id, **row} for row in dialog._line_values()]
            )

    def _line_values(self):
        """Return the values of the lines, and log that they are shown."""
        rows = self._rows()
        if rows:
            courses = self.env["sekp.course"].union(*(row["course"] for row in rows))
            courses._log_read("list")
        return [
            {
                "course_id": row["course"].id,
                "worker_id": row["worker"].id,
                "date_from": row["date_from"],
                "date_to": row["date_to"],
                "days_away": row["days_away"],
                "days_without": row["days_without"],
                "without": row["without"],
                "agreed": "\n".join(row["agreed"]),
                "met_count": row["met_count"],
                "attempt_count": row["attempt_count"],
            }
            for row in rows
        ]

    # --- what is told -----------------------------------------------------------------
    def _teams(self):
        """Return the teams that are told of.

        :raises AccessError: for a team that the user does not supervise
        """
        teams = self.env["sekp.team"]
        if self.env.user.has_group("sekp_outreach.group_supervisor"):
            teams = teams.search([("supervisor_ids", "in", [self.env.uid])])
        if not self.team_id:
            return teams
        if self.team_id._origin not in teams:
            raise AccessError(self.env._("You do not supervise this team."))
        return self.team_id._origin

    def _rows(self):
        """Return what is told of each course and absence; days without cover first.

        :raises UserError: for days in the wrong order, and for more than a year
        """
        first, last = self.date_from, self.date_to
        if not first or not last:
            return []
        if not first <= last <= first + LONGEST:
            raise UserError(
                self.env._("The last day comes after the first, within a year.")
            )
        return self._rows_of(self._courses(Domain("team_id", "in", self._teams().ids)))

    def _courses(self, domain):
        """Return the courses of a domain that were open in the period."""
        return self.env["sekp.course"].search(
            domain
            & Domain("date_start", "<=", self.date_to)
            & (
                Domain("date_end", "=", False)
                | Domain("date_end", ">=", self.date_from)
            )
        )

    def _rows_of(self, courses):
        """Return what is told of courses; whose they are has been checked."""
        first, last = self.date_from, self.date_to
        # Superuser: who was away and who covered on the courses that one supervises.
        absences = (
            self.env["sekp.absence"]
            .sudo()
            .search(
                [
                    ("company_id", "in", courses.company_id.ids),
                    ("cancelled", "=", False),
                    ("date_from", "<=", last),
                    ("date_to", ">=", first),
                ]
            )
        )
        if not absences:
            return []
        contacts = self._contacts(courses)
        closed = {
            company: company._sekp_closing_days(first) for company in courses.company_id
        }
        rows = []
        for course in courses:
            for worker, absence, begin, end in self._times_away(course, absences):
                days = [
                    day
                    for number in range((end - begin).days + 1)
                    if is_working_day(
                        day := begin + timedelta(days=number),
                        closing_days=closed[course.company_id],
                    )
                ]
                if days:
                    rows.append(
                        {
                            "course": course,
                            "worker": worker,
                            "date_from": begin,
                            "date_to": end,
                            "days_away": len(days),
                            # Superuser: as above.
                            **self._cover(course.sudo(), absence, days, absences),
                            **self._count(contacts.get(course.id, ()), worker, days),
                        }
                    )
        return sorted(
            rows,
            key=lambda row: (
                -row["days_without"],
                row["date_from"],
                row["course"].reference,
            ),
        )

    def _times_away(self, course, absences):
        """Return when the one who carried a course was away.

        :return: list of who, the absence, and its first and last day in the period
        """
        # Superuser: who carried the course when.
        carried = course.sudo().assignment_ids.filtered(
            lambda row: row.role == "contact_person"
        )
        found = []
        for row in carried:
            for absence in absences:
                if (absence.user_id, absence.company_id) != (
                    row.user_id,
                    course.company_id,
                ):
                    continue
                begin = max(
                    self.date_from, course.date_start, row.date_from, absence.date_from
                )
                ends = (self.date_to, course.date_end, row.date_to, absence.date_to)
                end = min(day for day in ends if day)
                if begin <= end:
                    found.append((row.user_id.sudo(False), absence, begin, end))
        return found

    def _cover(self, course, absence, days, absences):
        """Return what was agreed for days of an absence, and which nobody covered.

        :param course: as superuser
        :param days: working days
        """
        agreements = course.absence_agreement_ids.filtered(
            lambda one: (
                one.absence_id == absence
                and one.stage != "cancelled"
                and one.date_from <= days[-1]
                and one.date_to >= days[0]
            )
        ).sorted("date_from")
        kept = [period for one in agreements for period in one._days_kept(absences)]
        others = course.assignment_ids.filtered(
            lambda row: row.role != "break_glass" and row.user_id != absence.user_id
        )

        def is_away(user, day):
            return any(
                one.user_id == user and one.date_from <= day <= one.date_to
                for one in absences
            )

        without = [
            day
            for day in days
            if not any(first <= day <= last for first, last in kept)
            and not any(
                row._covers(day) and not is_away(row.user_id, day) for row in others
            )
        ]
        how = dict(agreements._fields["how"]._description_selection(self.env))
        return {
            "days_without": len(without),
            "without": ", ".join(
                self._period(run[0], run[-1]) for run in in_runs(without, days)
            ),
            "agreed": [
                ": ".join(
                    filter(
                        None,
                        (
                            self._period(
                                max(one.date_from, days[0]), min(one.date_to, days[-1])
                            ),
                            one.cover_id.name,
                            how[one.how],
                        ),
                    )
                )
                for one in agreements
            ],
        }

    def _period(self, first, last):
        words = [format_date(self.env, day) for day in (first, last)]
        return words[0] if first == last else " – ".join(words)

    def _contacts(self, courses):
        """Return who logged what on which day, by course."""
        found = {}
        for company in courses.company_id:
            start = company._sekp_start_of_day(self.date_from)
            contacts = self.env["sekp.contact"].search(
                [
                    ("course_id", "in", courses.ids),
                    ("company_id", "=", company.id),
                    ("is_current", "=", True),
                    ("started_at", ">=", start),
                    ("started_at", "<", company._sekp_end_of_day(self.date_to)),
                ]
            )
            for contact in contacts:
                day = company._sekp_local(contact.started_at).date()
                found.setdefault(contact.course_id.id, []).append(
                    (contact.user_id, day, contact.outcome == "met")
                )
        return found

    @api.model
    def _count(self, contacts, worker, days):
        """Return how often others met the person in the days, and how often not."""
        theirs = [
            met
            for user, day, met in contacts
            if user != worker and days[0] <= day <= days[-1]
        ]
        return {"met_count": sum(theirs), "attempt_count": len(theirs) - sum(theirs)}

    # --- print ------------------------------------------------------------------------
    def action_print(self):
        """Open the print in a window of its own."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/report/html/sekp_outreach.sekp_left_without/{self.id}",
            "target": "new",
        }

    def _print_values(self):
        """Return what is printed, and log it; read anew, whatever the lines say."""
        self.ensure_one()
        self.check_access("read")
        rows = self._rows()
        courses = self.env["sekp.course"].union(*(row["course"] for row in rows))
        courses._check_export()
        if courses:
            courses._log_read("print")
        teams = self._teams()
        return {
            "municipality": ", ".join(teams.company_id.mapped("name")),
            "teams": ", ".join(teams.mapped("name")),
            "period": self._period(self.date_from, self.date_to),
            "date": format_date(self.env, self.env.company._sekp_today()),
            "said": self._in_short(
                sum(row["days_away"] for row in rows),
                sum(row["days_without"] for row in rows),
            ),
            "rows": [
                {
                    **row,
                    "code": row["course"].reference,
                    "who": row["worker"].name,
                    "days": self._period(row["date_from"], row["date_to"]),
                }
                for row in rows
            ],
        }


class SekpLeftWithoutLine(models.TransientModel):
    """A course whose contact person was away, and who was there instead."""

    _name = "sekp.left.without.line"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Course While Its Contact Person Was Away"

    dialog_id = fields.Many2one(
        comodel_name="sekp.left.without",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    course_id = fields.Many2one(
        comodel_name="sekp.course", required=True, readonly=True, ondelete="cascade"
    )
    worker_id = fields.Many2one(
        comodel_name="res.users", string="Away", readonly=True, ondelete="cascade"
    )
    date_from = fields.Date(string="From", readonly=True)
    date_to = fields.Date(string="To", readonly=True)
    days_away = fields.Integer(string="Working Days Away", readonly=True)
    days_without = fields.Integer(string="Days without Cover", readonly=True)
    without = fields.Char(string="Without Cover", readonly=True)
    agreed = fields.Text(string="Who Covered, and What Was Agreed", readonly=True)
    met_count = fields.Integer(string="Contacts Meanwhile", readonly=True)
    attempt_count = fields.Integer(string="Attempts Meanwhile", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        self._check_whole(
            vals_list,
            ("dialog_id", "course_id"),
            self.env._("The courses are found by the dialog."),
        )
        return super().create(vals_list)

    def action_open(self):
        """Open the course."""
        self.ensure_one()
        self.check_access("read")
        self.course_id.check_access("read")
        return self.course_id._action_open()
