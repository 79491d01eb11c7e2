from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

# The national count asks of one week, numbered as calendars here number weeks.
WEEK = 6
HOMELESS = "homeless"
YEARS = range(2000, 2100)


class SekpHomelessWeek(models.TransientModel):
    """The worksheet for the national count of homelessness in week 6.

    One page for each course of a homeless person that was open in that week, among
    those the user may open: codes, coarse facts, contacts and offers, and blanks for
    what is not stored. It is filled in from the record and by hand, and the national
    form is filled in from it.
    """

    _name = "sekp.homeless.week"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Worksheet for Week 6"

    year = fields.Integer(
        required=True,
        default=lambda self: self._default_year(),
        aggregator=None,
        help="The count is of week 6, every second year.",
    )

    @api.model
    def _default_year(self):
        """Return the year of the latest week 6 that has begun."""
        today = self.env.company._sekp_today()
        return today.year - (today < date.fromisocalendar(today.year, WEEK, 1))

    def _week(self):
        """Return the first and the last day of the week.

        :raises UserError: for a year that cannot be meant, or whose week lies ahead
        """
        self.ensure_one()
        if self.year not in YEARS:
            raise UserError(self.env._("Choose a year."))
        monday = date.fromisocalendar(self.year, WEEK, 1)
        if monday > self.env.company._sekp_today():
            raise UserError(self.env._("Week 6 of that year has not begun yet."))
        return monday, monday + timedelta(days=6)

    def action_print(self):
        """Open the worksheet in a window of its own.

        :raises UserError: for a year whose week has not begun
        """
        self.ensure_one()
        self.check_access("read")
        self._week()
        return {
            "type": "ir.actions.act_url",
            "url": f"/report/html/sekp_outreach.sekp_homeless_week/{self.id}",
            "target": "new",
        }

    # --- what is told -----------------------------------------------------------------
    def _courses(self, monday, sunday):
        """Return the courses that were open in the week, by what is stored of them.

        :return: those of homeless persons, those of which no target group may be
            stored, and those of which none is noted
        """
        courses = self.env["sekp.course"].search(
            Domain("date_start", "<=", sunday)
            & (Domain("date_end", "=", False) | Domain("date_end", ">=", monday)),
            order="reference, id",
        )
        # What is open in an emergency only is not taken out.
        courses -= courses._in_emergency()
        unstored = courses.filtered(lambda one: one.registration_mode == "none")
        # A person who is with another team now is that team's to count.
        stored = (courses - unstored).filtered(
            lambda one: one.citizen_id.has_access("read")
        )
        homeless = stored.filtered(
            lambda one: HOMELESS in one.citizen_id.target_group_ids.mapped("code")
        )
        unknown = stored.filtered(lambda one: not one.citizen_id.target_group_ids)
        return homeless, unstored, unknown

    def _print_values(self):
        """Return what is printed, and log it.

        :raises AccessError: for another's dialog
        """
        self.ensure_one()
        self.check_access("read")
        monday, sunday = self._week()
        homeless, unstored, unknown = self._courses(monday, sunday)
        printed = homeless | unstored
        (printed | unknown)._check_export()
        if printed | unknown:
            (printed | unknown)._log_read("print")
        sheets = [self._sheet(course, monday, sunday) for course in printed]
        company = (printed | unknown).company_id or self.env.company
        return {
            "municipality": ", ".join(company.mapped("name")),
            "year": self.year,
            "week": WEEK,
            "days": " – ".join(format_date(self.env, day) for day in (monday, sunday)),
            "date": format_date(self.env, self.env.company._sekp_today()),
            "homeless_count": len(homeless.citizen_id),
            "met_count": sum(
                1 for sheet in sheets if sheet["stored"] and sheet["met_count"]
            ),
            "unstored_count": len(unstored),
            "unknown": unknown.mapped("reference"),
            "sheets": sheets,
        }

    def _sheet(self, course, monday, sunday):
        """Return the page of one course; what may not be stored is left empty."""
        stored = course.registration_mode != "none"
        citizen, company = course.citizen_id, course.company_id
        contacts = self.env["sekp.contact"].search(
            [
                ("course_id", "=", course.id),
                ("is_current", "=", True),
                ("started_at", ">=", company._sekp_start_of_day(monday)),
                ("started_at", "<", company._sekp_end_of_day(sunday)),
            ]
        )
        met = contacts.filtered(lambda contact: contact.outcome == "met")
        forms = {}
        for contact in contacts:
            forms[contact.form_id] = forms.get(contact.form_id, 0) + 1
        ages = dict(citizen._fields["age_band"]._description_selection(self.env))
        states = dict(
            self.env["sekp.handover"]._fields["state"]._description_selection(self.env)
        )
        handovers = self.env["sekp.handover"].search(
            [
                ("course_id", "=", course.id),
                ("create_date", "<", company._sekp_end_of_day(sunday)),
            ]
        )
        return {
            "code": course.reference,
            "stored": stored,
            "since": format_date(self.env, course.date_start),
            "ended": course.date_end and format_date(self.env, course.date_end),
            "age_band": ages.get(citizen.age_band, "") if stored else "",
            "target_groups": citizen.target_group_ids.mapped("name") if stored else [],
            "met_count": len(met),
            "attempt_count": len(contacts - met),
            "forms": [
                f"{form.name}: {number}" for form, number in forms.items() if stored
            ],
            "offers": [
                f"{handover.offer_id.name}: {states[handover.state]}"
                for handover in handovers
                if stored
            ],
        }
