from datetime import date, timedelta

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_date

from .mail_activity import asking
from .mail_activity_overview import TYPES

# Lines a section shows; its number tells of all, and leads to them.
LINES = 5
# A clock that is due within so many days is told of, a review within so many.
CLOCK_DAYS, REVIEW_DAYS = 2, 14
UNTOUCHED = ("triage", "acute")
# {section: (names of its activity types, days ahead or None for all)}
OWED = {
    "clocks": (tuple(set(TYPES["clock"]) - set(UNTOUCHED)), CLOCK_DAYS),
    "visits": (("visit_unlogged",), 0),
    "agreements": (TYPES["absence"], None),
    "reviews": (TYPES["review"], REVIEW_DAYS),
    "handovers": (TYPES["handover"], None),
    "emergencies": (("break_glass",), None),
}
ORDER = (
    "missed", "referrals", "held", "flood", "clocks", "gaps", "visits", "cover",
    "agreements", "reviews", "handovers", "emergencies", "mine",
)  # fmt: skip


class SekpMorning(models.AbstractModel):
    """The board a day begins with: what waits, what is late, who carries how much.

    Read as the user, with the record rules, from the obligations themselves. Lines
    bear codes and never a name of a citizen.
    """

    _name = "sekp.morning"
    _description = "Morning Board"

    @api.model
    def get_board(self, team_id=None, own=False):
        """Return what waits this morning, for a supervisor's teams or for oneself.

        Who supervises no team is always shown the own board. The number of statements
        does not grow with the number of courses.

        :param team_id: one of the supervised teams; all of them by default
        :param bool own: show a supervisor's own courses only
        :return: sections with number, worst lateness, first lines and an action that
            opens all of them; the caseload by worker
        :raises AccessError: for one who neither carries nor supervises courses, and
            for a team of others
        """
        user = self.env.user
        if not user.has_group("sekp_outreach.group_contact_person"):
            raise AccessError(
                self.env._("The board is for contact persons and supervisors.")
            )
        own = bool(own) or not user.has_group("sekp_outreach.group_supervisor")
        teams = self.env["sekp.team"]
        if not own:
            teams = teams.search([("supervisor_ids", "in", [user.id])])
        if team_id and (own or type(team_id) is not int or team_id not in teams.ids):
            raise AccessError(self.env._("You do not supervise this team."))
        chosen = teams.filtered(lambda team: team.id == team_id) or teams
        today = self.env.company._sekp_today()
        caseload = self._caseload(chosen, own, today)
        sections = {
            **self._owed_sections(chosen, own, today),
            "gaps": self._gaps(chosen, own, today),
            "cover": self._cover(chosen, own, today),
        }
        if not own:
            sections["referrals"] = self._referrals(chosen, today)
            sections |= self._held_mail(chosen)
            sections |= self._flood(today)
        missed = self._missed(chosen, own, today)
        if missed["count"]:
            # Nothing else is as urgent; on other days there is no word of it.
            sections["missed"] = {**missed, "urgent": True}
        words = self._words()
        return {
            "own": own,
            "today": format_date(self.env, today, date_format="EEEE d MMMM"),
            "teams": [{"id": team.id, "name": team.name} for team in teams],
            "team_id": team_id or False,
            "first": self._first_steps(teams, own, caseload, sections),
            "sections": [
                {
                    "key": key,
                    **sections[key],
                    "title": words[key][0],
                    "calm": words[key][1],
                    "action": {**sections[key]["action"], "name": words[key][0]},
                }
                for key in ORDER
                if key in sections
            ],
            "caseload": caseload,
            "sick": not own,
        }

    @api.model
    def open_sick(self, user_id):
        """Open what is to be done when a worker reports sick today.

        :param int user_id: a member of a team the caller supervises
        :raises AccessError: for anybody else
        """
        if not self.env["sekp.team"]._led_with(user_id):
            raise AccessError(self.env._("You do not supervise this team."))
        return self.env["sekp.sick.today"]._open_for(
            self.env["res.users"].browse(user_id)
        )

    # --- words --------------------------------------------------------------------
    def _words(self):
        """Return title and calm sentence by section."""
        return {
            "missed": (self.env._("A Colleague Is Missed"), False),
            "referrals": (
                self.env._("Untouched Referrals"),
                self.env._("No referral waits."),
            ),
            "clocks": (
                self.env._("Clocks"),
                self.env._("No clock runs out in the next days."),
            ),
            "gaps": (
                self.env._("Not Met"),
                self.env._("Everybody has been met as agreed."),
            ),
            "visits": (
                self.env._("Visits Not Logged"),
                self.env._("Every visit is logged."),
            ),
            "cover": (
                self.env._("Cover Today and Tomorrow"),
                self.env._("Nobody needs cover."),
            ),
            "agreements": (
                self.env._("Absence without Agreement"),
                self.env._("Every absence is agreed."),
            ),
            "reviews": (
                self.env._("Reviews and Grants"),
                self.env._("No review or grant is due."),
            ),
            "handovers": (
                self.env._("Handovers Waiting"),
                self.env._("No handover waits."),
            ),
            "emergencies": (
                self.env._("Emergency Access to Look At"),
                self.env._("No emergency access to look at."),
            ),
            "mine": (
                self.env._("My Activities"),
                self.env._("Nothing of your own is due."),
            ),
        }

    def _first_steps(self, teams, own, caseload, sections):
        """Return what to do first where nothing has begun yet, or False."""
        if caseload or any(section["count"] for section in sections.values()):
            return False
        if own:
            return self.env._(
                "You carry no course yet. A supervisor gives you the first one."
            )
        if not teams:
            return self.env._(
                "You supervise no team yet. A scheme manager gives you one."
            )
        return self.env._(
            "Nothing has begun yet. Register the first referral, then allocate it to a "
            "contact person: the course and all that is due follow by themselves."
        )

    def _when(self, day, today):
        """Return in words how late a day is, or when it comes."""
        days = (day - today).days
        if days < -1:
            return self.env._("%(days)s days late", days=-days)
        if days == -1:
            return self.env._("1 day late")
        if days == 0:
            return self.env._("today")
        if days == 1:
            return self.env._("tomorrow")
        return self.env._("in %(days)s days", days=days)

    # --- sections -----------------------------------------------------------------
    def _section(self, count, late, worst, lines, action, today):
        return {
            "count": count,
            "late": late,
            "worst": self._when(worst, today) if count and worst else False,
            "lines": lines,
            "action": action,
        }

    def _line(self, record, code, day, today, text=False, worker=None):
        return {
            "id": f"{record._name}-{record.id}-{day}-{text}",
            "model": record._name,
            "res_id": record.id,
            "code": code,
            "text": text,
            "worker": worker.name if worker else False,
            "when": self._when(day, today) if day else False,
            "late": bool(day) and day < today,
        }

    def _action(self, model, domain, views=("list", "form")):
        # No copy of records about people is kept in the browser.
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "views": [[False, view] for view in views],
            "domain": [*domain],
            "cache": False,
        }

    def _action_activities(self, domain):
        find = self.env["ir.model.data"]._xmlid_to_res_id
        views = ("list", "kanban", "pivot", "graph")
        return {
            **self._action("mail.activity", domain),
            "views": [
                [find(f"sekp_outreach.mail_activity_view_{view}"), view]
                for view in views
            ],
            "search_view_id": [
                find("sekp_outreach.mail_activity_view_search"),
                "search",
            ],
        }

    def _owed_sections(self, teams, own, today):
        """Return the sections of what is owed, from the open activities."""
        Activity = self.env["mail.activity"]
        mine = Domain("user_id", "=", self.env.uid)
        scope = Domain("res_model", "=like", "sekp.%")
        scope &= mine if own else Domain("sekp_team_id", "in", teams.ids)
        with asking(Activity._sekp_lie_on(scope | mine)):
            return self._owed_of(scope, mine, own, today)

    def _owed_of(self, scope, mine, own, today):
        """Return the sections of what is owed within a scope; see above."""
        Activity = self.env["mail.activity"]
        types = {
            key: Activity._sekp_types(*names) for key, (names, _days) in OWED.items()
        }
        taken = [type_id for of_section in types.values() for type_id in of_section]
        # One statement for the numbers of all sections.
        numbers = Activity._read_group(
            scope & Domain("activity_type_id", "in", taken),
            ["activity_type_id", "date_deadline:day"],
            ["__count"],
        )
        sections = {}
        for key, (_names, days) in OWED.items():
            until = today + timedelta(days=days) if days is not None else date.max
            domain = scope & Domain("activity_type_id", "in", types[key])
            domain &= Domain("date_deadline", "<=", until)
            by_day = [
                (day, number)
                for type_, day, number in numbers
                if type_.id in types[key] and day <= until
            ]
            sections[key] = self._owed(domain, by_day, today, told_worker=not own)
        domain = mine & Domain("res_model", "=like", "sekp.%")
        domain &= Domain("date_deadline", "<=", today)
        if own:
            taken += Activity._sekp_types("lone_work")
            domain &= Domain("activity_type_id", "not in", taken)
        by_day = Activity._read_group(domain, ["date_deadline:day"], ["__count"])
        sections["mine"] = self._owed(domain, by_day, today, told_worker=False)
        return sections

    def _owed(self, domain, by_day, today, told_worker):
        """Return a section of activities, with its first lines.

        :param by_day: pairs of a day and how many are due on it
        """
        count = sum(number for _day, number in by_day)
        late = sum(number for day, number in by_day if day < today)
        worst, lines = min((day for day, _number in by_day), default=None), []
        if count:
            fields = ["res_name", "res_model", "res_id", "date_deadline"]
            shown = self.env["mail.activity"].search_fetch(
                domain,
                [*fields, "activity_type_id", "user_id"],
                limit=LINES,
                order="date_deadline, id",
            )
            lines = [
                self._line(
                    self.env[activity.res_model].browse(activity.res_id),
                    activity.res_name,
                    activity.date_deadline,
                    today,
                    text=activity.activity_type_id.name,
                    worker=told_worker and activity.user_id,
                )
                for activity in shown
            ]
        action = self._action_activities(domain)
        return self._section(count, late, worst, lines, action, today)

    def _records(self, model, domain, day, today, line, told, first_of_all=None):
        """Return a section of records, and log that its lines were shown.

        :param str day: field with the day or the moment the lateness counts from
        :param line: gives the line of a record
        :param told: names of the other fields the line is made of
        :param str first_of_all: flag of the records that come before all others
        """
        Model = self.env[model]
        ((count, first),) = Model._read_group(domain, [], ["__count", f"{day}:min"])
        lines = []
        if count:
            names = ["reference", day, *told]
            order = f"{day}, id"
            if first_of_all:
                order = f"{first_of_all} desc, {order}"
            shown = Model.search_fetch(domain, names, limit=LINES, order=order)
            lines = [line(record) for record in shown]
            shown._log_read("list")
        worst = first
        if first and hasattr(first, "hour"):
            worst = self.env.company._sekp_local(first).date()
        late = Model._read_group(
            Domain(domain) & Domain(day, "<", today), [], ["__count"]
        )[0][0]
        action = self._action(model, domain)
        return self._section(count, late, worst, lines, action, today)

    def _missed(self, teams, own, today):
        """Return the colleagues who were out alone and have not reported back."""
        domain = Domain("state", "=", "alarmed") & Domain("user_id", "!=", self.env.uid)
        if not own:
            domain &= Domain("team_id", "in", teams.ids)
        local = self.env.company._sekp_local

        def line(row):
            looking = False
            if name := row.looking_user_id.name:
                looking = self.env._("%(name)s is looking", name=name)
            day = local(row.alarmed_at).date()
            return self._line(row, row.user_id.name, day, today, text=looking)

        told = ["user_id", "looking_user_id"]
        return self._records("sekp.lone.work", domain, "alarmed_at", today, line, told)

    def _referrals(self, teams, today):
        """Return the referrals that were received and that nobody has begun.

        The acute ones first: however many others came in before.
        """
        domain = Domain("state", "=", "received") & Domain("team_id", "in", teams.ids)
        local = self.env.company._sekp_local

        def line(referral):
            acute = self.env._("Acute") if referral.acute else False
            day = local(referral.received_at).date()
            return self._line(referral, referral.reference, day, today, text=acute)

        return self._records(
            "sekp.referral", domain, "received_at", today, line, ["acute"], "acute"
        )

    def _courses(self, teams, own):
        domain = Domain("phase", "!=", "closed")
        if own:
            return domain & Domain("contact_person_id", "=", self.env.uid)
        return domain & Domain("team_id", "in", teams.ids)

    def _gaps(self, teams, own, today):
        """Return the courses on which the person has not been met as agreed."""
        domain = self._courses(teams, own) & Domain("gap_since", "<=", today)

        def line(course):
            worker = not own and course.contact_person_id
            return self._line(
                course, course.reference, course.gap_since, today, worker=worker
            )

        told = ["contact_person_id"]
        return self._records("sekp.course", domain, "gap_since", today, line, told)

    def _cover(self, teams, own, today):
        """Return who covers which course today or tomorrow."""
        tomorrow = today + timedelta(days=1)
        live = Domain("role", "=", "cover") & Domain("date_from", "<=", tomorrow)
        live &= Domain("date_to", ">=", today)
        domain = live & (
            Domain("user_id", "=", self.env.uid)
            if own
            else Domain("team_id", "in", teams.ids)
        )

        # Superuser: who is away; it is told of those who cover, and of nobody else.
        absences = (
            self.env["sekp.absence"]
            .sudo()
            .search(
                [
                    ("company_id", "in", self.env.companies.ids),
                    ("cancelled", "=", False),
                    ("date_from", "<=", tomorrow),
                    ("date_to", ">=", today),
                ]
            )
        )
        away = Domain.OR(
            Domain("user_id", "=", one.user_id.id)
            & Domain("company_id", "=", one.company_id.id)
            & Domain("date_from", "<=", min(one.date_to, tomorrow))
            & Domain("date_to", ">=", max(one.date_from, today))
            for one in absences
        )

        def line(row):
            day = max(row.date_from, today)
            told = self._line(
                row.course_id, row.reference, day, today, worker=row.user_id
            )
            if row.filtered_domain(away):
                told |= {"text": self.env._("Away too: nobody covers"), "late": True}
            return told

        action = self._action("sekp.course", Domain("assignment_ids", "any", domain))
        told = ["course_id", "user_id"]
        section = self._records(
            "sekp.assignment", domain, "date_from", today, line, told
        )
        # That somebody covers since some days is no lateness; to be away in turn is.
        late = 0
        if absences:
            ((late,),) = self.env["sekp.assignment"]._read_group(
                domain & away, [], ["__count"]
            )
        return {**section, "late": late, "worst": False, "action": action}

    # --- caseload -----------------------------------------------------------------
    def _caseload(self, teams, own, today):
        """Return the courses, their weight and what is late, by worker."""
        courses = self._courses(teams, own)
        rows = self.env["sekp.course"]._read_group(
            courses, ["contact_person_id"], ["__count", "workload:sum"]
        )
        if not rows:
            return []
        scope = Domain("date_deadline", "<", today)
        scope &= Domain("res_model", "=like", "sekp.%")
        if own:
            scope &= Domain("user_id", "=", self.env.uid)
        else:
            scope &= Domain("sekp_team_id", "in", teams.ids)
        late = dict(
            self.env["mail.activity"]._read_group(scope, ["user_id"], ["__count"])
        )
        heaviest = max(1, *(load for _user, _count, load in rows))
        found = [
            {
                "user_id": user.id,
                "name": user.name or self.env._("Without a contact person"),
                "courses": count,
                "workload": round(load, 1),
                "late": late.get(user, 0),
                "share": round(100 * load / heaviest),
                "action": {
                    **self._action(
                        "sekp.course",
                        courses & Domain("contact_person_id", "=", user.id),
                        views=("list", "kanban", "form"),
                    ),
                    "name": self.env._("Courses"),
                },
            }
            for user, count, load in rows
        ]
        return sorted(found, key=lambda worker: (-worker["share"], worker["name"]))
