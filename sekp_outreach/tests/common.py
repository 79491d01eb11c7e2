"""The cast of the tests: one municipality with two teams, and another municipality.

======================  =====================================  =====================
who                     role                                   team
======================  =====================================  =====================
``intake``              intake                                 harbour (entry point)
``supervisor``          supervisor                             harbour
``worker``              contact person                         harbour
``colleague``           contact person                         harbour
``other_worker``        contact person                         forest
``other_supervisor``    supervisor                             forest
``manager``             scheme manager                         –
``receiver``            receiver                               –
``employee``            none                                   –
``foreign_supervisor``  supervisor, of another municipality    abroad
======================  =====================================  =====================
"""

import re
from datetime import date, datetime

from odoo import Command, fields
from odoo.tests import TransactionCase, freeze_time

# A clock's activity type bears the name of its model: what is due is the rest.
KIND_OF_TYPE = re.compile(r"^activity_((referral|course)_)?")
GROUP = "sekp_outreach.group_%s"
# What is asked after every test.
CHEAP = ("_check_owners", "_check_doubles", "_check_assignments", "_check_attached")
# A Wednesday at noon in Copenhagen, far from holidays.
NOW = datetime(2026, 9, 16, 10, 0)
TODAY = date(2026, 9, 16)
NAME = "Ida Marie Havtorn"
# The date is of 1858: it passes for a CPR number, and nobody alive was born then.
CPR, CPR_DIGITS = "010258-5678", "0102585678"


def make_user(env, login, group, company, **vals):
    """Create a user of one municipality with at most one of our roles.

    An internal one, but for another system, which is none.
    """
    return make_users(env, [(login, group, company)], **vals)


def make_users(env, people, **vals):
    """Create several users at once, to whom no mail tells of it.

    :param people: login, role and municipality of each; several roles are a tuple
    """
    values = []
    for login, roles, company in people:
        roles = roles if isinstance(roles, tuple) else (roles,)
        groups = ["base.group_user"] if "referring_professional" not in roles else []
        groups += [GROUP % role for role in roles if role]
        values.append(
            {
                "login": login,
                "password": login.ljust(8, "x"),
                "name": f"{login} ({','.join(groups)})",
                "email": f"{login[0]}.{login[0]}@example.com",
                "group_ids": [Command.set([env.ref(group).id for group in groups])],
                "company_id": company.id,
                "company_ids": [Command.set(company.ids)],
                "tz": "Europe/Copenhagen",
                **vals,
            }
        )
    users = env["res.users"].with_context(no_reset_password=True).create(values)
    return users.with_env(env)


def make_company(env, name):
    """Create a municipality whose working hours lie in Danish time."""
    company = env["res.company"].create({"name": name})
    company.resource_calendar_id.tz = "Europe/Copenhagen"
    return company


def over_web(case, model, method, args):
    """Return the answer, or the error, to a call as the web client sends it."""
    return case.url_open(
        "/web/dataset/call_kw",
        json={"params": {"model": model, "method": method, "args": args, "kwargs": {}}},
    ).json()


class OutreachCase(TransactionCase):
    """After each test nobody is forgotten: see :meth:`check_nobody_is_forgotten`."""

    # Why a test builds what cannot be, so that what always holds is not asked after it.
    impossible = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(cls.freeze(NOW))
        cls.company = make_company(cls.env, "Havnby Kommune")
        cls.foreign_company = make_company(cls.env, "Skovby Kommune")
        cls.add_users(
            {
                "intake": "intake",
                "supervisor": "supervisor",
                "worker": "contact_person",
                "colleague": "contact_person",
                "other_worker": "contact_person",
                "other_supervisor": "supervisor",
                "manager": "scheme_manager",
                "receiver": "receiver",
                "employee": None,
                "foreign_supervisor": "supervisor",
            }
        )
        cls.harbour = cls.env["sekp.team"].create(
            {
                "name": "Havneholdet",
                "company_id": cls.company.id,
                "responsible_id": cls.supervisor.id,
                "intake_ids": [Command.set(cls.intake.ids)],
                "supervisor_ids": [Command.set(cls.supervisor.ids)],
                "member_ids": [Command.set((cls.worker | cls.colleague).ids)],
            }
        )
        cls.forest = cls.env["sekp.team"].create(
            {
                "name": "Skovholdet",
                "company_id": cls.company.id,
                "responsible_id": cls.other_supervisor.id,
                "supervisor_ids": [Command.set(cls.other_supervisor.ids)],
                "member_ids": [Command.set(cls.other_worker.ids)],
            }
        )
        cls.abroad = cls.env["sekp.team"].create(
            {
                "name": "Udeholdet",
                "company_id": cls.foreign_company.id,
                "responsible_id": cls.foreign_supervisor.id,
                "supervisor_ids": [Command.set(cls.foreign_supervisor.ids)],
            }
        )
        cls.source_self = cls.env.ref("sekp_outreach.source_self")
        cls.source_relative = cls.env.ref("sekp_outreach.source_relative")
        cls.home_visit = cls.env.ref("sekp_outreach.contact_form_home_visit")
        cls.phone = cls.env.ref("sekp_outreach.contact_form_phone")
        cls.offer = cls.env.ref("sekp_outreach.offer_activity_centre")

    @classmethod
    def add_users(cls, roles):
        """Create users, of the other municipality if they are called foreign.

        :param dict roles: one or several of our roles, or none, by login
        """
        homes = {True: cls.foreign_company, False: cls.company}
        users = make_users(
            cls.env,
            [
                (f"sekp_{login}", role, homes[login.startswith("foreign_")])
                for login, role in roles.items()
            ],
        )
        for login, user in zip(roles, users, strict=True):
            setattr(cls, login, user)

    def setUp(self):
        super().setUp()
        self.latest = fields.Datetime.now()
        self.addCleanup(self.check_nobody_is_forgotten)

    def check_nobody_is_forgotten(self):
        """Fail when an open obligation has no owner who may open it, or a double.

        Asked for the latest moment the test was at; what only the clock has brought
        about until then is left to the nightly job, as in life.
        """
        if self.impossible:
            return
        problems = self.problems(self.latest, CHEAP)
        if problems and self.latest > NOW:
            with self.freeze(self.latest):
                owners = self.env["res.users"].with_context(active_test=False)
                self.env["mail.activity"]._sekp_hand_on_of(owners.search([]))
            problems = self.problems(self.latest, CHEAP)
        self.assertEqual(problems, [])

    def problems(self, now=None, only=None):
        """Return what does not hold although it always should, as sentences."""
        return self.env["sekp.check"]._problems(now, only)

    @classmethod
    def freeze(cls, moment):
        """Return a patcher that stops the clock at a UTC ``moment``."""
        return freeze_time(moment)

    def at(self, moment):
        """Let a ``with`` block happen at another UTC moment."""
        self.latest = max(self.latest, fields.Datetime.to_datetime(moment))
        return self.freeze(moment)

    # --- making things ------------------------------------------------------------
    @classmethod
    def make_standard(cls, company=None, deadlines=(), in_force=True, **vals):
        """Create a standard and put it in force from the first of January 2026.

        :param deadlines: dicts of values of ``sekp.standard.deadline``
        """
        company = company or cls.company
        team = cls.harbour if company == cls.company else cls.abroad
        standard = cls.env["sekp.standard"].create(
            {
                "name": "Kvalitetsstandard",
                "municipality": company.name,
                "company_id": company.id,
                "route_ids": [Command.create({"name": team.name, "team_id": team.id})],
                "deadline_ids": [Command.create(line) for line in deadlines],
                **vals,
            }
        )
        if in_force:
            standard._put_in_force(date(2026, 1, 1))
        return standard

    @classmethod
    def refer(cls, user=None, **vals):
        """Register a referral as ``user``, intake by default."""
        user = user or cls.intake
        return (
            cls.env["sekp.referral"]
            .with_user(user)
            .create({"source_id": cls.source_relative.id, **vals})
        )

    @classmethod
    def allocate(cls, referral=None, user=None, **vals):
        """Allocate a referral as the supervisor; return the course as its worker."""
        referral = referral or cls.refer(**vals)
        user = user or cls.worker
        if not referral.deviation_reason and referral.warnings:
            referral.sudo().deviation_reason = "law"
        if referral.acute and not referral.acute_handled:
            referral.with_user(cls.supervisor).action_go_out()
        course = referral.with_user(cls.supervisor)._allocate(
            user, cls.harbour, **referral.with_user(cls.supervisor)._citizen_facts()
        )
        return course.with_user(user)

    @classmethod
    def name_as(cls, people, alias):
        """Record the wish of people to be called by an alias, told to whom browses.

        :param people: citizens, or courses of theirs
        """
        citizens = people.citizen_id if people._name == "sekp.course" else people
        for citizen in citizens:
            if citizen.identity_level == "unknown":
                citizen._move("alias", alias=alias)
            else:
                citizen.alias = alias

    @classmethod
    def register(cls, citizen, level="registered", alias=False, **values):
        """Record the wish of a person to be known by name or to be registered."""
        citizen._move(level, alias=alias, values={"name": NAME, **values})
        return citizen.identity_ids

    @classmethod
    def log(cls, course, **vals):
        """Log a contact as the user the course is browsed with."""
        return (
            cls.env["sekp.contact"]
            .with_user(course.env.user)
            .create(
                {
                    "course_id": course.id,
                    "outcome": "met",
                    "form_id": cls.home_visit.id,
                    **vals,
                }
            )
        )

    def obligations(self, record):
        """Return the open automatic activities as ``{type name: due}``."""
        activities = record.sudo().activity_ids.filtered("automated")
        names = {
            row.res_id: row.name
            for row in self.env["ir.model.data"].search(
                [
                    ("module", "=", "sekp_outreach"),
                    ("model", "=", "mail.activity.type"),
                    ("res_id", "in", activities.activity_type_id.ids),
                ]
            )
        }
        return {
            KIND_OF_TYPE.sub("", names[activity.activity_type_id.id]): (
                activity.date_deadline
            )
            for activity in activities
        }

    def clocks(self, record):
        """Return the clocks as ``{kind: (due, state)}``."""
        return {
            clock.kind: (clock.due, clock.state) for clock in record.sudo().deadline_ids
        }
