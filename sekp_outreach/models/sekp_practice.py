import random
from collections import Counter
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, groupby

from ..tools import invented
from ..tools.danish_calendar import is_working_day
from .sekp_handover import FOLLOW_UP_DAYS
from .sekp_standard import PART_FIELDS

LANGUAGE = "da_DK"
SHORTEST_PASSWORD = 8
IN_FORCE_FOR = relativedelta(months=14)
# A review that fell due no longer ago than this may be left overdue.
LATE_BY_AT_MOST = timedelta(days=30)
WORKING_HOURS = (
    ("Mandag", 15.5),
    ("Tirsdag", 15.5),
    ("Onsdag", 15.5),
    ("Torsdag", 15.5),
    ("Fredag", 15.0),
)
# Tables whose rows are written down when they happen, and the column that says when.
WRITTEN = {
    "sekp_contact": "started_at",
    "sekp_course": "date_start",
    "sekp_referral": "received_at",
}
CLOSED_EVERY_YEAR = ((12, 24), (12, 31))
# Nothing here may reach a mailbox or a follower.
QUIET = {
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_reset_password": True,
    "tracking_disable": True,
}
OUTSIDE_HOURS = 17.25
OUTSIDE_HOURS_SHARE = 0.04
SHARE_ANONYMOUS = 0.3
SHARE_NAMED = 0.5
# Stories in which a visit is planned for tomorrow: the hour and the form.
VISITED_NEXT = {
    "steady": (10, "home_visit"),
    "bridge": (13, "accompaniment"),
    "trust": (9.5, "public_space"),
}


class SekpPractice(models.AbstractModel):
    """Fills a municipality with invented people and a year of work.

    Everything is done by the acts that people perform and is then dated back, so that
    what is found here could have been entered by hand.
    """

    _name = "sekp.practice"
    _description = "Practice Municipality"

    @api.model
    def _fill_demo(self):
        """Open the invented municipalities that do not exist yet, and fill them."""
        Company = self.env["res.company"].with_context(active_test=False)
        # Demo data comes before a module's translations: names would stay English.
        languages = [code for code, _name in self.env["res.lang"].get_installed()]
        self.env["ir.module.module"].sudo()._load_module_terms(
            ["sekp_outreach"], languages
        )
        passwords = {person.login: person.login for person in invented.LOGINS}
        for place in invented.MUNICIPALITIES:
            if not Company.search_count([("name", "=", place.name)], limit=1):
                company = self._open_municipality(place.name)
                self._fill(company, place.preset, passwords=passwords)

    @api.model
    def _fill_for_practice(self, password):
        """Make this database one to practise in: invented people, and no mail leaves.

        Only where nobody real can be, because what a municipality logs is never taken
        away: who has practised enough drops the database.

        :param str password: of all invented colleagues
        :return: the logins, with role
        :raises UserError: where a municipality has begun, or for a short password
        """
        if len(password or "") < SHORTEST_PASSWORD:
            raise UserError(
                self.env._(
                    "Choose a password of at least %(length)s characters.",
                    length=SHORTEST_PASSWORD,
                )
            )
        for model in ("sekp.citizen", "sekp.referral", "sekp.team"):
            # Superuser: the command runs as the system.
            if self.env[model].sudo().search_count([], limit=1):
                raise UserError(
                    self.env._(
                        "This database holds citizens, referrals or teams. Practise in "
                        "one of its own: what is logged in a municipality stays for "
                        "good."
                    )
                )
        # The one in which each role has somebody.
        name = invented.LOGINS[0].municipality
        place = next(one for one in invented.MUNICIPALITIES if one.name == name)
        logins = [one for one in invented.LOGINS if one.municipality == place.name]
        self._keep_mail_in()
        company = self._open_municipality(place.name)
        passwords = {one.login: password for one in logins}
        self._fill(company, place.preset, passwords=passwords)
        return [(one.login, one.role) for one in logins]

    def _keep_mail_in(self):
        """Let no mail leave, and every page say that this is none to work in."""
        # Superuser: the command runs as the system.
        servers = self.env["ir.mail_server"].sudo()
        servers.search([("id", "!=", False)]).active = False
        servers.create({"name": "Practice: no mail leaves", "smtp_host": "invalid"})
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("database.is_neutralized", "True")

    def _open_municipality(self, name):
        """Create a company with Danish working hours and its closing days."""
        # Superuser: a municipality is opened before anyone works for it.
        company = self.sudo().env["res.company"].create({"name": name})
        company.resource_calendar_id.write(
            {
                "name": "37 timer",
                "tz": company._sekp_timezone(),
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": name,
                                "dayofweek": str(number),
                                "day_period": "full_day",
                                "hour_from": 8.0,
                                "hour_to": hour_to,
                            }
                        )
                        for number, (name, hour_to) in enumerate(WORKING_HOURS)
                    ),
                ],
            }
        )
        this_year = company._sekp_today().year
        company.env["resource.calendar.leaves"].create(
            [
                {
                    "name": label,
                    "calendar_id": company.resource_calendar_id.id,
                    "date_from": company._sekp_start_of_day(day),
                    "date_to": company._sekp_end_of_day(day) - timedelta(seconds=1),
                }
                for year in (this_year, this_year + 1)
                for label, day in (
                    ("Juleaften", fields.Date.to_date(f"{year}-12-24")),
                    ("Nytårsaften", fields.Date.to_date(f"{year}-12-31")),
                )
            ]
        )
        # The administrator runs the municipality's system and still sees no citizen.
        company.env.ref("base.user_admin").write(
            {"company_ids": [Command.link(company.id)]}
        )
        return company

    def _fill(self, company, preset_code, passwords=None):
        """Fill a municipality with staff, standard, teams, referrals and courses.

        :param company: a municipality without a quality standard
        :param str preset_code: code of the preset it works by
        :param dict passwords: passwords by login; people without one cannot log in
        """
        installed = dict(self.env["res.lang"].get_installed())
        context = {**QUIET, "lang": LANGUAGE if LANGUAGE in installed else "en_US"}
        # Superuser: the invented staff act, and none of them is the one who asks.
        practice = self.sudo().with_company(company).with_context(**context)
        place = invented.municipality(preset_code)._replace(name=company.name)
        _Filling(practice.env, company, place, passwords).run()


class _Filling:
    """One municipality being filled: its people, its days, and what happens."""

    def __init__(self, env, company, place, passwords):
        self.env = env
        self.company = company.with_env(env)
        self.place = place
        self.passwords = passwords
        # The same municipality comes out the same; nothing here is a secret.
        self.rng = random.Random(f"19 {place.preset}")  # noqa: S311
        self.today = company._sekp_today()
        self.begun_on = fields.Datetime.now().date()
        self.notes = invented.note_rounds(self.rng)
        self.next_steps = invented.rounds(self.rng, invented.NEXT_STEPS)
        self.findings = invented.rounds(self.rng, invented.FINDINGS)
        self.referrers = invented.rounds(self.rng, invented.REFERRERS)
        self.districts = invented.rounds(self.rng, place.districts)
        self.load = Counter()
        self.catalogue = {
            model: {entry.code: entry for entry in env[model].search(domain)}
            for model, domain in (
                ("sekp.contact.form", []),
                ("sekp.offer", [("company_id", "=", False)]),
                ("sekp.source", []),
                ("sekp.support.function", []),
                ("sekp.target.group", []),
            )
        }

    def run(self):
        """Hire people, adopt the standard, make teams, and tell what happened."""
        self.staff = self._hire()
        self.standard = self._adopt()
        self.teams = self._make_teams()
        self.may_tell = self.standard._allows_registration("alias")
        people = invented.people(self.place)
        for story, person in zip(invented.STORIES, people, strict=True):
            self._tell(story, person)
        self._tell_of_referrals()
        self._tell_of_absence()
        self._put_on_duty()
        self._miss_a_colleague()
        self._open_the_page()
        self._count_months()

    def _count_months(self):
        """Tell the figures of the months that are over, as the nightly job does."""
        self.env.flush_all()
        # What is told to have happened was written down on its day.
        for table, happened in WRITTEN.items():
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET create_date = %s WHERE company_id = %s",
                    SQL.identifier(table),
                    SQL.identifier(happened),
                    self.company.id,
                )
            )
        self.env.invalidate_all()
        self.env["sekp.statistic"]._count(self.company)

    # --- people, standard, teams --------------------------------------------------
    def _as(self, user, record):
        """Return the record as the user acts on it, past rules: teams come later."""
        return record.with_user(user).sudo()

    def _hire(self):
        """Create the invented staff; return users by role."""
        users = {}
        for role, names in self.place.staff.items():
            groups = self.env.ref("base.group_user") | self.env.ref(
                f"sekp_outreach.group_{role}"
            )
            users[role] = self.env["res.users"].create(
                [self._user_values(name, groups) for name in names]
            )
        return users

    def _user_values(self, name, groups):
        login = invented.login(name)
        vals = {
            "name": name,
            "login": login,
            "email": invented.mailbox(login, self.company.name),
            "tz": self.company._sekp_timezone(),
            "lang": self.env.lang,
            "company_id": self.company.id,
            "company_ids": [Command.set(self.company.ids)],
            "group_ids": [Command.set(groups.ids)],
        }
        if "odoobot_state" in self.env["res.users"]._fields:
            # A first screen in another language would stand before the work.
            vals["odoobot_state"] = "disabled"
        if self.passwords is None:
            vals["login"] = f"{login}-{self.company.id}"
        elif login in self.passwords:
            vals["password"] = self.passwords[login]
        return vals

    def _adopt(self):
        """Adopt the preset and put it in force; return the standard."""
        preset = self.env["sekp.standard"].search(
            [("state", "=", "preset"), ("code", "=", self.place.preset)], limit=1
        )
        wizard = self._as(
            self.staff["scheme_manager"], self.env["sekp.adopt.standard"]
        ).create({"standard_id": preset.id, "company_id": self.company.id})
        standard = wizard.standard_id.browse(wizard.action_adopt()["res_id"])
        for part in ("route_ids", *PART_FIELDS):
            self._disguise(standard[part])
        self._disguise(standard)
        self._disguise(standard.route_ids.team_id)
        standard._put_in_force(self.today - IN_FORCE_FOR)
        return standard.with_env(self.env)

    def _disguise(self, records):
        """Take a real municipality's name, numbers and addresses out of the words."""
        for record in records:
            vals = {}
            for name, field in record._fields.items():
                if field.type not in ("char", "text", "html") or field.compute:
                    continue
                words = str(record[name] or "")
                if field.store and invented.disguise(words, self.place) != words:
                    vals[name] = invented.disguise(words, self.place)
            if vals:
                record.write(vals)

    def _make_teams(self):
        """Fill the entry points with people and add provider teams; return all."""
        Team = self._as(self.staff["supervisor"][0], self.env["sekp.team"])
        teams = Team.browse(self.standard.route_ids.team_id.ids)
        for team in teams:
            passes_on = team.name.startswith(self.place.passes_on)
            team.write(
                {
                    "is_provider": not passes_on,
                    "journal_duty": passes_on,
                    "intake_ids": [Command.set(self.staff["intake"].ids)],
                    "responsible_id": self.staff["intake"][0].id,
                }
            )
        teams |= Team.create(
            [
                {
                    "name": name,
                    "company_id": self.company.id,
                    "is_entry_point": False,
                }
                for name in self.place.providers
            ]
        )
        supervisors = self.staff["supervisor"]
        for number, team in enumerate(teams, start=1):
            # The first leads every team, the second the last one only.
            leading = supervisors if number == len(teams) else supervisors[:1]
            vals = {
                "sequence": 10 * number,
                "supervisor_ids": [Command.set(leading.ids)],
                "mailbox": team.mailbox
                or invented.mailbox(f"team{number}", self.company.name),
                "opening_hours": "Hverdage kl. 9-14",
            }
            if not team.is_entry_point:
                vals["responsible_id"] = leading[0].id
            team.write(vals)
        providers = teams.filtered("is_provider")
        for number, person in enumerate(self.staff["contact_person"]):
            providers[number % len(providers)].member_ids = [Command.link(person.id)]
        return teams.with_env(self.env)

    def _provider(self, age):
        """Return a provider team that fits an age; the first has the most courses."""
        fitting = self.teams.filtered(
            lambda team: (
                team.is_provider
                and (not team.age_from or age >= team.age_from)
                and (not team.age_to or age <= team.age_to)
            )
        )
        for_the_age = fitting.filtered(lambda team: team.age_from or team.age_to)
        return self._least_busy(for_the_age or fitting)

    def _least_busy(self, choices):
        """Return whom to give the next course; the first of all takes two more."""
        return min(
            choices, key=lambda choice: self.load[choice] - 2 * (choice == choices[0])
        )

    # --- days ---------------------------------------------------------------------
    def _ago(self, days):
        """Return the last day that people worked so many days ago."""
        day = self.today - timedelta(days=days)
        while not self._works_on(day):
            day -= timedelta(days=1)
        return day

    def _works_on(self, day):
        return is_working_day(day) and (day.month, day.day) not in CLOSED_EVERY_YEAR

    def _workday(self, day):
        """Return the day, or the next on which people work, and always a past one."""
        while day < self.today and not self._works_on(day):
            day += timedelta(days=1)
        return min(day, self._ago(1))

    def _after(self, day, days):
        return self._workday(day + timedelta(days=days))

    def _at(self, day, hour):
        """Return the UTC instant of a local hour."""
        return self.company._sekp_start_of_day(day) + timedelta(hours=hour)

    def _done_on(self, records, day):
        """Date what has just been done back to the day on which it was done."""
        self.env["mail.activity"].with_context(active_test=False).search(
            [
                ("res_model", "=", records._name),
                ("res_id", "in", records.ids),
                ("active", "=", False),
                ("date_done", ">=", self.begun_on),
            ]
        ).write({"date_done": day})

    # --- referrals ----------------------------------------------------------------
    def _refer(self, told, received_at, **vals):
        """Register a referral.

        :param told: an ``invented.Person`` or ``invented.Loose``
        """
        sources = self.catalogue["sekp.source"]
        vals = {
            "company_id": self.company.id,
            "received_at": received_at,
            "source_id": sources[told.source].id,
            "channel": told.channel,
            **self._referrer(told),
            **vals,
        }
        if self.may_tell:
            groups = [
                self.catalogue["sekp.target.group"][code].id for code in told.groups
            ]
            vals.update(
                concern=told.concern,
                place=told.place,
                district=next(self.districts),
                age=told.age,
                target_group_ids=[Command.set(groups)],
            )
        intake = self.rng.choice(self.staff["intake"])
        referral = self._as(intake, self.env["sekp.referral"]).create(vals)
        if referral._list_warnings():
            reason = "acute" if referral.acute else self.rng.choice(("law", "known"))
            referral.deviation_reason = reason
            if self.may_tell:
                referral.deviation_note = invented.DEVIATION_NOTES[reason]
        return referral

    def _referrer(self, told):
        """Return what is noted of the one who refers; of one who asks, nothing."""
        if self.catalogue["sekp.source"][told.source].is_self:
            return {}
        share = self.rng.random()
        if share < SHARE_ANONYMOUS:
            return {"referrer_anonymous": True}
        if share < SHARE_ANONYMOUS + SHARE_NAMED and self.may_tell:
            wishes = self.rng.random() < SHARE_ANONYMOUS
            return {
                "referrer_name": next(self.referrers),
                "referrer_confidential": wishes,
                "referrer_confidential_reason": wishes
                and "Er bange for at miste den sidste kontakt",
            }
        return {}

    def _begin(self, referral, day):
        """Let intake begin to process a referral and answer the one who referred."""
        referral._clocks()._meet(["processing"], day)
        referral.action_begin()
        referral._clocks()._meet(["response"], day)
        referral.action_respond()
        referral.responded_on = day
        self._done_on(referral, day)

    def _accept(self, referral, day):
        referral = self._as(referral.team_id._supervisor(), referral)
        referral.action_accept()
        referral._set_obligation(
            "activity_allocate",
            self.company._sekp_next_working_day(day),
            user=referral.team_id._supervisor(),
        )
        self._done_on(referral, day)

    def _tell_of_referrals(self):
        """Leave referrals in every state that is not a course."""
        now = fields.Datetime.now()
        policy = self.standard.acute_policy
        told = {fate: invented.loose(self.place, fate) for fate in invented.LOOSE}
        self._refer(told["waiting"], self._at(self._ago(13), 10.5))
        for fate, minutes in (("today", 95), ("acute", 40)):
            received_at = now - timedelta(minutes=minutes)
            self._refer(
                told[fate],
                max(received_at, self._at(self.today, 0)),
                acute=fate == "acute",
            )

        day = self._ago(3)
        process = self._refer(
            told["process"], self._at(day, 9.0), acute=policy == "handle"
        )
        self._begin(process, day)
        if process.acute:
            process.action_go_out()

        day = self._ago(6)
        accepted = self._refer(told["accepted"], self._at(day, 13.25))
        self._begin(accepted, self._after(day, 1))
        self._accept(accepted, self._after(day, 3))

        for fate, ago in (("advice", 100), ("redirect", 61), ("withdrawn", 30)):
            day = self._ago(ago)
            referral = self._refer(
                told[fate],
                self._at(day, 11.0),
                acute=fate == "redirect" and policy == "redirect",
            )
            self._begin(referral, self._after(day, 1))
            if referral.acute:
                referral.action_redirect_acute()
            self._close_referral(referral, fate, self._after(day, 2))

    def _close_referral(self, referral, fate, day):
        referral._clocks()._meet(["response", "processing"], day)
        act = {
            "advice": referral.action_advice,
            "redirect": referral.action_redirect,
            "withdrawn": referral.action_withdraw,
        }[fate]
        act()
        referral.closed_on = day
        self._done_on(referral, day)

    # --- one course ---------------------------------------------------------------
    def _tell(self, story, person):
        """Let one course happen, from its referral to where it stands today."""
        received = self._ago(story.received + self._drift(story))
        begun = self._after(received, story.begun)
        allocated = max(begun, self._after(received, story.allocated))
        referral = self._refer(
            person, self._at(received, self.rng.choice((8.5, 10, 13)))
        )
        self._begin(referral, begun)
        self._accept(referral, allocated)
        course = self._allocate(referral, person.age, allocated)
        if story.rhythm:
            course.rhythm_days = story.rhythm
        closed = story.closed and self._ago(story.closed)
        if story.decided and self.standard.grant == "required":
            self._grant(course, self._after(received, story.decided), story.months)
        if story.key == "bridged":
            self._change_contact_person(course, self._ago(190))
        if story.first:
            self._go_out(course, story, person, allocated, closed)
        if story.phase:
            course.phase = story.phase
        if story.decided and story.key in ("steady", "bridge", "again"):
            self._agree_goals(course, person.topics, allocated)
        self._hold_reviews(course, story, closed)
        if story.key == "bridge":
            self._give_access(
                course,
                "cover",
                self.today + timedelta(days=5),
                self.today + timedelta(days=12),
            )
        if not story.again:
            self._bridge_all(course, story)
        if closed:
            outcome = story.outcome or self.place.ended_as
            self._close_course(course, closed, outcome)
        if story.again:
            self._reestablish(course, story, person)
        self._settle(course)
        if story.key in VISITED_NEXT:
            self._plan_visit(course, *VISITED_NEXT[story.key])

    def _plan_visit(self, course, hour, form):
        """Plan a visit on the next working day, by the contact person."""
        day = self.company._sekp_next_working_day(self.today + timedelta(days=1))
        self._as(course.contact_person_id, self.env["sekp.appointment"]).create(
            {
                "course_id": course.id,
                "form_id": self.catalogue["sekp.contact.form"][form].id,
                "starts_at": self._at(day, hour),
            }
        )

    def _tell_of_absence(self):
        """Let a contact person be away the week after next, and agree on one course."""
        course = self.env["sekp.course"].search(
            [("company_id", "=", self.company.id), ("phase", "=", "relation")],
            order="id",
            limit=1,
        )
        person = course.contact_person_id
        monday = self.today + timedelta(days=14 - self.today.weekday())
        days = {"date_from": monday, "date_to": monday + timedelta(days=4)}
        absence = self._as(person, self.env["sekp.absence"]).create(
            {"user_id": person.id, "company_id": self.company.id, **days}
        )
        cover = absence._propose_covers(course)[course.id]
        self._as(person, self.env["sekp.absence.agreement"]).create(
            {
                "course_id": course.id,
                "absence_id": absence.id,
                "how": "visits" if cover else "nothing",
                "cover_id": cover.id,
                "agreed_on": self.today,
                **days,
            }
        )

    def _open_the_page(self):
        """Let everybody write on the public page, at /sekp/ and the town's name."""
        town = self.company.name.split()[0].lower()
        self.company.write({"sekp_public_page": True, "sekp_public_name": town})

    def _put_on_duty(self):
        """Let a contact person be called first this week, and a supervisor next."""
        Duty = self._as(self.staff["supervisor"][0], self.env["sekp.duty"])
        for team in self.teams:
            people = [
                *(team.member_ids or team.intake_ids)[:1],
                *team.supervisor_ids[:1],
            ]
            Duty.create(
                [
                    {
                        "team_id": team.id,
                        "user_id": person.id,
                        "date_from": self.today,
                        "date_to": self.today + timedelta(days=6),
                        "sequence": 10 * number,
                    }
                    for number, person in enumerate(people, start=1)
                ]
            )

    def _miss_a_colleague(self):
        """Let one who went out alone this morning not have come back in time."""
        worker = self.staff["contact_person"][-1]
        now = fields.Datetime.now()
        Work = self._as(worker, self.env["sekp.lone.work"])
        row = Work._go_out(now + timedelta(minutes=1)).sudo()
        row.write(
            {
                "started_at": now - timedelta(minutes=75),
                "expected_back": now - timedelta(minutes=5),
            }
        )
        row._alarm()

    def _drift(self, story):
        """Keep municipalities from moving in step; what is recent stays exact."""
        return self.rng.randint(-3, 3) if story.received > 100 else 0

    def _allocate(self, referral, age, day):
        team = self._provider(age)
        person = self._least_busy(team.member_ids)
        self.load.update([team, person])
        supervisor = referral.team_id._supervisor()
        course = self._as(supervisor, referral)._allocate(
            person, team, **referral._citizen_facts()
        )
        self._done_on(referral, day)
        course = self._as(person, course)
        self._date_back(course, day)
        return course

    def _date_back(self, course, day):
        """Let a course that was begun now have begun on an earlier day."""
        course.write({"date_start": day})
        course.assignment_ids.write({"date_from": day})
        course._begin()

    def _change_contact_person(self, course, day):
        """Let a colleague of the team take over, where there is one."""
        former = course.assignment_ids
        colleague = (course.team_id.member_ids - former.user_id)[:1]
        if not colleague:
            return
        row = self._as(course.team_id._supervisor(), course)._assign(
            colleague, "contact_person", invented.ACCESS_REASONS["contact_person"]
        )
        former.write({"date_to": day - timedelta(days=1)})
        row.write({"date_from": day})

    def _give_access(self, course, role, date_from, date_to=None):
        """Let a colleague of the team in, where there is one."""
        colleague = (course.team_id.member_ids - course.contact_person_id)[:1]
        if colleague:
            self._as(course.team_id._supervisor(), course)._assign(
                colleague,
                role,
                invented.ACCESS_REASONS[role],
                date_from=date_from,
                date_to=date_to,
            )

    # --- contacts -----------------------------------------------------------------
    def _go_out(self, course, story, person, begun, closed):
        """Log outreach in a believable rhythm, from the first day to the last."""
        last = min(closed or self._ago(1), self._ago(story.until))
        days = invented.outreach_days(
            self.rng, self._after(begun, story.first), last, story.every
        )
        days = sorted({self._workday(day) for day in days})
        days = [day for day in days if day <= last]
        never_met = closed and (story.outcome or self.place.ended_as) == "not_found"
        outcomes = invented.outcomes(
            self.rng, len(days), None if never_met else story.silent
        )
        meetings, rows = 0, []
        for turn, (day, outcome) in enumerate(zip(days, outcomes, strict=True)):
            bridging = self._bridging_on(story, day)
            note = invented.note_for(
                self.notes, outcome, person.topics, meetings, bridging
            )
            while not turn and note.form not in ("home_visit", "public_space"):
                note = invented.note_for(
                    self.notes, outcome, person.topics, meetings, bridging
                )
            values = self._contact_values(course, day, outcome, note)
            values["told_of_referral"] = (
                outcome == invented.MET
                and not meetings
                and course.inform_state == "due"
            )
            rows.append(values)
            meetings += outcome == invented.MET
        if not rows:
            return
        if not closed and self.may_tell:
            rows[-1].update(
                next_step=next(self.next_steps),
                next_step_on=self.today + timedelta(days=self.rng.randint(1, 6)),
            )
        self._log(rows)
        unknown = course.citizen_id.identity_level == "unknown"
        if meetings and self.may_tell and unknown:
            course.citizen_id._move(
                "alias", told_to=course.contact_person_id, alias=person.alias
            )
        if story.key == "steady":
            self._correct(course)
        self._done_on(course, days[0])

    def _contact_values(self, course, day, outcome, note):
        hour = self.rng.choice((8.25, 9, 9.75, 10.5, 11.25, 12.5, 13.25, 14, 14.75))
        window = self.standard.hours_rule == "window"
        evening = window and self.rng.random() < OUTSIDE_HOURS_SHARE
        form = self._form(note.form)
        return {
            "course_id": course.id,
            "user_id": self._worker(course, day).id,
            "outcome": outcome,
            "form_id": form.id,
            "started_at": self._at(day, OUTSIDE_HOURS if evening else hour),
            "hours_reason": evening and self.rng.choice(("wish", "only_then")),
            "minutes": invented.minutes(self.rng, form.code, outcome),
            "function_ids": [Command.set(self._function(note.function).ids)],
            "note": self.may_tell and note.text,
        }

    def _bridging_on(self, story, day):
        """Tell whether an offer was taking over on a day."""
        return any(
            bridge.met
            and day >= self.today - timedelta(days=bridge.days[3])
            and (
                len(bridge.days) < 5
                or day <= self.today - timedelta(days=bridge.days[4])
            )
            for bridge in story.bridges
        )

    def _form(self, code):
        """Return a form of contact; in public space where the standard lacks it."""
        form = self.catalogue["sekp.contact.form"][code]
        named = self.standard.contact_form_ids
        if named and form not in named:
            return self.catalogue["sekp.contact.form"]["public_space"]
        return form

    def _function(self, code):
        """Return a support function, or the nearest that the standard names."""
        code = invented.function_for(
            code, set(self.standard.support_function_ids.mapped("code"))
        )
        functions = self.catalogue["sekp.support.function"]
        return functions[code] if code else self.standard.support_function_ids[:0]

    def _worker(self, course, day):
        """Return who was contact person on a day."""
        rows = course.assignment_ids.filtered(
            lambda row: (
                row.role == "contact_person"
                and row.date_from <= day
                and (not row.date_to or row.date_to >= day)
            )
        )
        return rows.user_id[:1] or course.contact_person_id

    def _log(self, rows):
        for user_id, own in groupby(rows, key=lambda vals: vals["user_id"]):
            worker = self.env["res.users"].browse(user_id)
            self._as(worker, self.env["sekp.contact"]).create(list(own))

    def _correct(self, course):
        """Correct one contact: it had taken longer than was first noted."""
        met = course.contact_ids.filtered(lambda contact: contact.outcome == "met")
        for contact in met[1:2]:
            vals = contact.copy_data()[0]
            vals.update(
                replaces_id=contact.id,
                minutes=contact.minutes + 30,
                next_step=False,
                next_step_on=False,
            )
            self._as(contact.user_id, contact).create([vals])

    # --- grants, goals, reviews ---------------------------------------------------
    def _grant(self, course, decided_on, months, date_from=None):
        date_from = date_from or decided_on
        supervisor = course.team_id._supervisor()
        grant = self._as(supervisor, self.env["sekp.grant"]).create(
            {
                "course_id": course.id,
                "decided_on": decided_on,
                "date_from": date_from,
                "date_to": date_from + relativedelta(months=months, days=-1),
                "notified_on": self._after(decided_on, 2),
            }
        )
        self._done_on(course, decided_on)
        return grant

    def _agree_goals(self, course, topics, day):
        """Agree on a goal and its steps for each topic, where there is a plan."""
        if not course.uses_goals:
            return
        Goal = self._as(course.contact_person_id, self.env["sekp.goal"])
        for topic in topics:
            words, steps = invented.GOALS[topic]
            goal = Goal.create({"course_id": course.id, "goal": words})
            Goal.create(
                [
                    {
                        "course_id": course.id,
                        "parent_id": goal.id,
                        "goal": step,
                        "target_date": day + relativedelta(months=3 * number),
                    }
                    for number, step in enumerate(steps, start=1)
                ]
            )

    def _assess_goals(self, course, day):
        for goal in course.goal_ids:
            goal.attainment = self.rng.choice(("none", "part", "part", "full"))
            goal.assessed_on = day

    def _hold_reviews(self, course, story, closed=None):
        """Hold each review that has fallen due; leave the last where it is late."""
        until = closed or self.today
        # Who decides looks ahead; a course that ends needs no new grant.
        renew_before = closed or self.today + LATE_BY_AT_MOST
        for kind in ("review", "ordinary_offer"):
            while planned := course.review_ids.filtered(
                lambda review, kind=kind: review.kind == kind and not review.held_on
            ):
                due = planned.due
                if due >= until or (story.late and due + LATE_BY_AT_MOST >= self.today):
                    break
                day = self._workday(due + timedelta(days=self.rng.randint(-5, 4)))
                self._hold(planned, min(day, until), renew_before)

    def _hold(self, review, day, renew_before):
        """Hold a review, and renew a grant that runs out before a day."""
        course = review.course_id
        if review.kind == "review":
            self._assess_goals(course, day)
            vals = {
                "with_citizen": True,
                "with_authority": review.asks_authority,
                "with_provider": review.asks_provider,
            }
            if review.asks_written_status:
                vals["written_status"] = invented.WRITTEN_STATUS
        else:
            vals = {"assessment": self.rng.choice(("not_yet", "not_yet", "possible"))}
        if self.may_tell:
            vals["findings"] = next(self.findings)
        review.write(vals)
        review.action_hold()
        review.held_on = day
        if review.kind == "review" and self.standard._requires_written_status():
            review.action_status_sent()
            review.status_sent_on = day
        self._done_on(course, day)
        grant = course.grant_ids.sorted("date_from")[-1:]
        if review.kind == "review" and grant and grant.date_to < renew_before:
            self._grant(course, day, 6, grant.date_to + timedelta(days=1))
        course._plan_review()
        course._plan_assessment()
        course._sync_grant_expiry()

    # --- handovers ----------------------------------------------------------------
    def _bridge_all(self, course, story):
        for bridge in story.bridges:
            self._bridge(course, bridge)

    def _bridge(self, course, bridge):
        """Take a handover as far as it has come, and date each act back."""
        offer = self.catalogue["sekp.offer"][bridge.offer]
        receiver = self.staff["receiver"] if bridge.to_receiver else course.env.user
        _proposed, consented, sent, answered, ended = (
            *map(self._ago, bridge.days),
            *[None] * (5 - len(bridge.days)),
        )
        handover = self._as(course.contact_person_id, self.env["sekp.handover"]).create(
            {
                "course_id": course.id,
                "offer_id": offer.id,
                "receiver_id": bridge.to_receiver and receiver.id,
                "summary": self.may_tell and invented.SUMMARIES[bridge.offer],
            }
        )
        if consented:
            handover.action_consent_oral()
        if sent:
            handover.action_send()
            handover.sent_on = sent
            handover._set_obligation(
                "activity_handover_waiting", sent + timedelta(days=offer.answer_days)
            )
        if answered:
            self._answer(self._as(receiver, handover), bridge, answered, ended)
        if consented:
            consent = handover.consent_id
            consent.given_on = consented
            handover.shared_until = sent and consent.ends_at

    def _answer(self, handover, bridge, answered, ended):
        """Let the other end answer, and meet the citizen as often as it did."""
        if bridge.state == "declined":
            handover._answer("decline", bridge.reason)
            handover.write({"answered_on": answered, "ended_on": answered})
            self._done_on(handover, answered)
            return
        handover.action_accept()
        handover.answered_on = answered
        handover._set_obligation(
            "activity_handover_follow_up", answered + timedelta(days=FOLLOW_UP_DAYS)
        )
        self._done_on(handover, answered)
        for _meeting in range(bridge.met):
            handover.action_met_again()
        if bridge.state == "returned":
            handover._answer("return", bridge.reason)
        if ended:
            handover.ended_on = ended
            self._done_on(handover, ended)

    # --- the end, and beginning again ---------------------------------------------
    def _close_course(self, course, day, outcome):
        """Close the course, and end on that day what is running."""
        grant = course.grant_ids.sorted("date_from")[-1:]
        if grant and grant.date_to > day:
            grant.date_to = day
        course._close(outcome)
        course.date_end = day
        grace = timedelta(days=self.standard.closing_grace_days)
        course.assignment_ids.filtered(lambda row: row.date_to > day).write(
            {"date_to": day + grace}
        )
        course.handover_ids.filtered(
            lambda handover: handover.state == "withdrawn"
        ).ended_on = day

    def _reestablish(self, earlier, story, person):
        """Begin again with the same citizen and contact person."""
        day = self._ago(story.again)
        course = earlier.browse(earlier.action_reestablish()["res_id"])
        self._date_back(course, day)
        self._give_access(course, "second", day)
        if self.standard.grant == "required":
            self._grant(course, self._after(day, 10), 6)
        again = story._replace(silent=0, closed=0, every=story.every - 2)
        self._go_out(course, again, person, day, closed=False)
        course.phase = story.phase
        self._agree_goals(course, person.topics, day)
        self._hold_reviews(course, again)
        self._bridge_all(course, story)
        self._settle(course)

    def _settle(self, course):
        """Let each open obligation stand on its right day, once."""
        if course.phase != "closed":
            course._begin()
            course.deadline_ids._sync_activity()
