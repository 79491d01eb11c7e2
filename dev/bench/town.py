"""One town of ten contact persons, made through the addon itself, in odoo shell.

Four acts: ``found`` makes the municipalities and ``hire`` the people of one; ``past``
lives some courses to their end; ``present`` lives those that are open now, with what
the peers hold. Between them rows are multiplied: what an act computed stays right.
"""

from datetime import datetime, time, timedelta

import freezegun

from odoo import Command

from odoo.addons.sekp_outreach.tools.danish_calendar import is_working_day

WORKERS, OPEN, PAST = 10, 15, 85
# Of a worker's past courses these are lived; the others are copies of them.
LIVED = 5
PASSWORD = "bench-bench"  # noqa: S105, of an invented person in a throw-away database
# The standard that asks for most: a grant, goals and a written status.
PRESET = "thisted"
ROLES = {
    "supervisor": "supervisor",
    "intake": "intake",
    "manager": "scheme_manager",
    "auditor": "auditor",
    "reader": "statistics_reader",
}
PEER_GROUPS = {
    "worker": ("sales_team.group_sale_salesman", "project.group_project_user"),
    "supervisor": (
        "sales_team.group_sale_salesman_all_leads",
        "project.group_project_manager",
    ),
}
OUTCOMES = ("met", "met", "no_answer", "met", "seen")
WORDS = [
    "havn",
    "kaffe",
    "trappe",
    "regn",
    "bus",
    "bænk",
    "hund",
    "kirke",
    "torv",
    "park",
    "værksted",
    "nøgle",
    "brev",
    "læge",
    "avis",
    "suppe",
    "telefon",
    "bro",
    "skov",
    "sofa",
]
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_auto_subscribe_no_notify": True,
}
WORDING = "{} og {} ved {}"


def found(env, companies):
    """Make so many municipalities under one standard, in force for years."""
    homes = env["res.company"].create(
        [{"name": f"Storby {number} Kommune"} for number in range(companies)]
    )
    homes.resource_calendar_id.write({"tz": "Europe/Copenhagen"})
    preset = env.ref(f"sekp_outreach.preset_{PRESET}")
    for home in homes:
        wizard = env["sekp.adopt.standard"].create(
            {"standard_id": preset.id, "company_id": home.id}
        )
        standard = preset.browse(wizard.action_adopt()["res_id"])
        standard._put_in_force(home._sekp_today())
    env.flush_all()
    env.cr.execute(
        "UPDATE sekp_standard SET valid_from = '2015-01-01' WHERE state = 'adopted'"
    )
    env.cr.commit()


def hire(env):
    """Make a team and its people; who works also has the peers."""
    company = env["res.company"].search([("name", "=like", "Storby 0 %")])
    roles = {f"worker{number}": "contact_person" for number in range(WORKERS)} | ROLES
    users = (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            [
                {
                    "login": f"{login}.0",
                    "name": login.title(),
                    "password": PASSWORD,
                    "email": f"{login}.0@example.com",
                    "company_id": company.id,
                    "company_ids": [Command.set(company.ids)],
                    "tz": "Europe/Copenhagen",
                    "group_ids": [
                        Command.set([env.ref(name).id for name in groups(login, role)])
                    ],
                }
                for login, role in roles.items()
            ]
        )
    )
    people = dict(zip(roles, users, strict=True))
    env["sekp.team"].create(
        {
            "name": "Havneholdet",
            "company_id": company.id,
            "responsible_id": people["supervisor"].id,
            "intake_ids": [Command.set(people["intake"].ids)],
            "supervisor_ids": [Command.set(people["supervisor"].ids)],
            "member_ids": [Command.set(users[:WORKERS].ids)],
        }
    )
    env.cr.commit()


def groups(login, role):
    """The groups of one who works here."""
    peers = PEER_GROUPS.get("worker" if login.startswith("worker") else login, ())
    return ("base.group_user", f"sekp_outreach.group_{role}", *peers)


class Town:
    """The people and the team that are there, and a clock."""

    def __init__(self, env, clock):
        self.env, self.clock = env, clock
        self.user = {
            user.login.removesuffix(".0"): user
            for user in env["res.users"].search([("login", "=like", "%.0")])
        }
        self.workers = [self.user[f"worker{number}"] for number in range(WORKERS)]
        self.supervisor, self.intake = self.user["supervisor"], self.user["intake"]
        self.company = self.supervisor.company_id
        self.team = env["sekp.team"].search([("name", "=", "Havneholdet")])
        self.forms = env.ref("sekp_outreach.contact_form_home_visit")
        self.today = self.company._sekp_today()
        self.spoken = 0

    def at(self, days, hour=9):
        """Move the clock to so many days from today, or the working day before."""
        day = self.today + timedelta(days=days)
        while not is_working_day(day):
            day -= timedelta(days=1)
        self.day = day
        moment = datetime.combine(day, time(hour))
        self.clock.move_to(moment)
        # The moment of the transaction, which Odoo would ask the database for.
        self.env.cr._now = moment

    def say(self):
        """Some words that are never the same three times running."""
        self.spoken += 1
        number = self.spoken
        return WORDING.format(
            WORDS[number % 20].capitalize(), WORDS[number // 3 % 20],
            WORDS[number // 7 % 20],
        )  # fmt: skip

    def refer(self):
        """One referral, as intake hears it on the phone."""
        return (
            self.env["sekp.referral"]
            .with_user(self.intake)
            .create(
                {
                    "company_id": self.company.id,
                    "team_id": self.team.id,
                    "source_id": self.env.ref("sekp_outreach.source_relative").id,
                    "concern": self.say(),
                    "place": WORDS[self.spoken % 20].title(),
                    "age": 20 + self.spoken % 50,
                }
            )
        )

    def begin(self, worker):
        """A course of a worker, with an alias."""
        referral = self.refer()
        seen = referral.with_user(self.supervisor)
        if referral.warnings:
            referral.sudo().deviation_reason = "law"
        course = seen._allocate(worker, self.team, **seen._citizen_facts())
        course.citizen_id.sudo()._move("alias", alias=self.say().split()[0])
        self.env["sekp.grant"].with_user(self.supervisor).create(
            {
                "course_id": course.id,
                "decided_on": self.day,
                "date_from": self.day,
                "date_to": self.day + timedelta(days=365),
            }
        )
        course = course.with_user(worker)
        course.env["sekp.goal"].create(
            [{"course_id": course.id, "goal": self.say()} for _number in range(2)]
        )
        return course

    def log(self, courses, number):
        """One contact on each course, which its worker opens before."""
        for course in courses:
            self.env["sekp.access.log"].with_user(course.env.user)._record(
                "open", course
            )
            self.env["sekp.contact"].with_user(course.env.user).create(
                {
                    "course_id": course.id,
                    "outcome": OUTCOMES[(number + course.id) % len(OUTCOMES)],
                    "form_id": self.forms.id,
                    "minutes": 30,
                    "note": self.say(),
                }
            )
        self.env.flush_all()

    def live(self, each, days):
        """Some courses of each worker, from their first day on."""
        self.at(days[0])
        courses = [self.begin(w) for w in self.workers for _number in range(each)]
        for number, day in enumerate(days[1:]):
            self.at(day)
            self.log(courses, number)
        return courses

    def plan(self, courses):
        """A visit in the next days for every third course."""
        for number, course in enumerate(courses[::3]):
            self.env["sekp.appointment"].with_user(course.env.user).create(
                {
                    "course_id": course.id,
                    "starts_at": datetime.combine(
                        self.today + timedelta(days=1 + number % 9),
                        time(8 + number % 5),
                    ),
                }
            )


def past(env):
    """Live some courses to their end."""
    with freezegun.freeze_time(datetime.now()) as clock:
        town = Town(env, clock)
        courses = town.live(LIVED, (-280, -273, -250, -220, -190))
        town.at(-170)
        for course in courses:
            env["sekp.close.course"].with_user(town.supervisor).create(
                {"course_id": course.id, "outcome": "achieved"}
            ).action_close()
        env.flush_all()
    env.cr.commit()


def present(env):
    """Live what is open now, some referrals that wait, and the peers' records."""
    with freezegun.freeze_time(datetime.now()) as clock:
        town = Town(env, clock)
        courses = town.live(OPEN, (-60, -55, -47, -33, -26, -12, -5))
        town.at(-1)
        town.plan(courses)
        for _number in range(20):
            town.refer()
        town.at(0, 0)
        leads(env, town)
        tasks(env, town)
        env.flush_all()
    env.cr.commit()


def spread(env, records, open_ones, users):
    """Give records what PERFORMANCE knows of them: messages, activities."""
    for number in range(5):
        env[records._name].browse(records.ids)._message_log_batch(
            {record.id: f"Noted {number}: {record.display_name}" for record in records}
        )
    quiet = open_ones.with_context(mail_activity_quick_update=True)
    for record, user in list(zip(quiet, users, strict=True))[::3]:
        record.activity_schedule("mail.mail_activity_data_call", user_id=user.id)


def leads(env, town):
    """As many leads as courses for each worker, as many of them open."""
    Lead = env["crm.lead"].with_context(**QUIET)
    each = OPEN + PAST
    won = env["crm.stage"].search([("is_won", "=", True)], limit=1)
    rest = env["crm.stage"].search([("is_won", "=", False)])
    rows = Lead.create(
        [
            {
                "name": town.say(),
                "type": "opportunity",
                "user_id": worker.id,
                "company_id": town.company.id,
                "stage_id": rest[number % len(rest)].id if number < OPEN else won.id,
            }
            for worker in town.workers
            for number in range(each)
        ]
    )
    live = rows.filtered(lambda lead: lead.stage_id != won)
    spread(env, rows, live, [lead.user_id for lead in live])


def tasks(env, town):
    """As many tasks as courses for each worker, as many of them open."""
    project = env["project.project"].create(
        {
            "name": "Havneholdet",
            "company_id": town.company.id,
            "privacy_visibility": "followers",
            "type_ids": [
                Command.create({"name": name}) for name in ("Ny", "I gang", "Slut")
            ],
        }
    )
    project.message_subscribe(
        [user.partner_id.id for user in (*town.workers, town.supervisor)]
    )
    stages = project.type_ids.sorted("id")
    Task = env["project.task"].with_context(**QUIET)
    rows = Task.create(
        [
            {
                "name": town.say(),
                "project_id": project.id,
                "user_ids": [Command.set(worker.ids)],
                "stage_id": stages[number % 2].id if number < OPEN else stages[2].id,
                "state": "01_in_progress" if number < OPEN else "1_done",
            }
            for worker in town.workers
            for number in range(OPEN + PAST)
        ]
    )
    live = rows.filtered(lambda task: task.state != "1_done")
    spread(env, rows, live, [task.user_ids[:1] for task in live])
