"""The gate's cast: a record of every model, and everybody who has to do with it or not.

What a person may is read in ``security/policy.csv``; how a person relates to a record
is told here, by hand, so that a wrong rule cannot agree with itself.

=====================  =======================  ======================================
who                    role                     relation to the course
=====================  =======================  ======================================
``worker``             contact person           assigned
``last_day``           contact person           assigned, for the last day
``ended``              contact person           none: access ended yesterday
``coming``             contact person           none: access begins tomorrow
``colleague``          contact person           none
``other_worker``       contact person           none, of another team
``helper``             contact person           emergency access
``helper_ended``       contact person           none: emergency access is over
``night_intake``       intake                   emergency access
``seat``               contact person           sits as supervisor, has not the role
``row``                intake                   has an access row, has not the role
``bare``               none                     has an access row and a seat, no role
``supervisor``         supervisor               supervised
``other_supervisor``   supervisor               none, of another team
``intake``             intake                   entry point
``other_intake``       intake                   none, of another entry point
``registrar``          contact person           registered a referral
``receiver``           receiver                 received, accepted
``other_receiver``     receiver                 none
``manager``            scheme manager           none
``auditor``            auditor                  audits the municipality
``statistician``       statistics reader        none
``complaints``         complaint handler        handles complaints
``accused``            handler and supervisor   complained of
``handler_row``        complaint handler        has an access row, handles complaints
``employee``           none                     none
``leader``             supervisor and manager   none
``inspector``          auditor and supervisor   audits the municipality
``receiver_row``       receiver                 has an access row, not that role
``foreign_supervisor`` supervisor               sits in the team, other municipality
``foreign_manager``    scheme manager           other municipality
``foreign_auditor``    auditor                  other municipality
``foreign_worker``     contact person           has an access row, other municipality
``foreign_handler``    complaint handler        other municipality
=====================  =======================  ======================================
"""

import base64
from datetime import timedelta

from odoo import Command
from odoo.tools import file_open

from ..tools import mail_reader, policy
from .common import CPR, NAME, NOW, TODAY, OutreachCase

YESTERDAY = TODAY - timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)


def read_policy():
    """Return the matrix people read."""
    with file_open("sekp_outreach/security/policy.csv") as text:
        return policy.read(text.read())


class GateCase(OutreachCase):
    """Builds the records and the people of the table above."""

    roles = {
        "worker": "contact_person",
        "last_day": "contact_person",
        "ended": "contact_person",
        "coming": "contact_person",
        "colleague": "contact_person",
        "other_worker": "contact_person",
        "helper": "contact_person",
        "helper_ended": "contact_person",
        "night_intake": "intake",
        "seat": "contact_person",
        "row": "intake",
        "bare": None,
        "supervisor": "supervisor",
        "other_supervisor": "supervisor",
        "intake": "intake",
        "other_intake": "intake",
        "registrar": "contact_person",
        "receiver": "receiver",
        "other_receiver": "receiver",
        "manager": "scheme_manager",
        "auditor": "auditor",
        "statistician": "statistics_reader",
        "reporter": "referring_professional",
        "complaints": "complaint_handler",
        "accused": ("complaint_handler", "supervisor"),
        "handler_row": "complaint_handler",
        "employee": None,
        "leader": ("supervisor", "scheme_manager"),
        "inspector": ("auditor", "supervisor"),
        "receiver_row": "receiver",
        "foreign_supervisor": "supervisor",
        "foreign_manager": "scheme_manager",
        "foreign_auditor": "auditor",
        "foreign_worker": "contact_person",
        "foreign_handler": "complaint_handler",
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.matrix = read_policy()
        cls.add_users(
            {
                login: role
                for login, role in cls.roles.items()
                if not hasattr(cls, login)
            }
        )
        cls.people = {login: getattr(cls, login) for login in cls.roles}
        cls.standard = cls.make_standard(
            registration_mode="full",
            action_plan="offered",
            grant="offered",
            deadlines=[
                {"kind": "response", "amount": 7, "unit": "day"},
                {"kind": "first_visit", "amount": 8, "unit": "week"},
            ],
        )
        cls.foreign_standard = cls.make_standard(company=cls.foreign_company)
        cls.forest.write(
            {"is_entry_point": True, "intake_ids": [Command.set(cls.other_intake.ids)]}
        )
        # {record: {login: relations}}; whoever is not named has none.
        cls.relations = {}
        cls.make_course()
        cls.make_referral()
        cls.make_scheme()
        cls.make_oversight()
        cls.make_complaint()
        cls.make_dialogs()
        cls.env.flush_all()
        cls.env.invalidate_all()

    # --- people -------------------------------------------------------------------
    @classmethod
    def make_course(cls):
        cls.course = cls.allocate(concern="Sover ude").sudo()
        course = cls.course
        for login, role, first, last in (
            ("last_day", "second", YESTERDAY, TODAY),
            ("ended", "second", YESTERDAY, YESTERDAY),
            ("coming", "cover", TOMORROW, None),
            ("row", "second", TODAY, None),
            ("bare", "second", TODAY, None),
            ("receiver_row", "second", TODAY, None),
            ("handler_row", "second", TODAY, None),
        ):
            course._assign(
                cls.people[login], role, "Aftale", date_from=first, date_to=last
            )
        for login, begun in (("helper", 1), ("night_intake", 1), ("helper_ended", 30)):
            cls.emergency(course, cls.people[login], NOW - timedelta(hours=begun))
        # What no act does, but a database of many years can hold.
        cls.env.cr.execute(
            "INSERT INTO sekp_team_supervisor_rel (team_id, user_id) "
            "VALUES (%(team)s, %(seat)s), (%(team)s, %(bare)s), (%(team)s, %(abroad)s)",
            {
                "team": cls.harbour.id,
                "seat": cls.seat.id,
                "bare": cls.bare.id,
                "abroad": cls.foreign_supervisor.id,
            },
        )
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE sekp_assignment SET user_id = %s WHERE id = %s",
            [
                cls.foreign_worker.id,
                course._assign(cls.registrar, "second", "Aftale").id,
            ],
        )
        cls.env.invalidate_all()
        in_course = {
            "worker": {"assigned"},
            "last_day": {"assigned"},
            "row": {"assigned"},
            "bare": {"assigned", "supervised"},
            "receiver_row": {"assigned"},
            "handler_row": {"assigned"},
            "helper": {"emergency"},
            "night_intake": {"emergency"},
            "supervisor": {"supervised"},
            "seat": {"supervised"},
        }
        identity = cls.register(
            course.citizen_id, phones="20112233", cpr=CPR, address="Havnegade 7"
        )
        records = [
            course,
            course.citizen_id,
            course.assignment_ids.filtered(lambda row: row.user_id == cls.worker),
            *cls.make_parts(course),
        ]
        records += [identity, course.citizen_id.wish_ids[:1]]
        for record in records:
            cls.relations[record] = in_course
        cls.relations[records[2]] = {
            **in_course,
            "auditor": {"audited"},
            "inspector": {"audited"},
        }
        at_entry_point = {
            **in_course,
            "intake": {"entry_point"},
        }
        cls.relations[course.referral_id] = at_entry_point
        cls.relations[course.deadline_ids[:1]] = at_entry_point
        cls.relations[course.timeline_ids[:1]] = in_course
        handovers = cls.make_handovers(course)
        request = cls.env["sekp.access.request"].create(
            {"citizen_id": course.citizen_id.id}
        )
        cls.relations[request] = in_course
        cls.relations[request.item_ids[:1]] = in_course
        cls.relations[handovers[0]] = {**in_course, "receiver": {"received"}}
        cls.relations[handovers[1]] = in_course
        cls.relations[handovers[2]] = {**in_course, "receiver": {"received"}}
        cls.handover, cls.proposed, cls.accepted = handovers
        letters = [handover.letter_ids for handover in handovers]
        # The envelope was sent; the letter is open to who accepted it.
        cls.relations[letters[0]] = cls.relations[letters[1]] = in_course
        cls.relations[letters[2]] = {**in_course, "receiver": {"accepted"}}
        cls.relations[handovers[0].consent_id] = in_course
        cls.relations[cls.make_override(course)] = in_course
        work = cls.env["sekp.lone.work"].with_user(cls.worker)
        row = work._go_out(
            NOW + timedelta(hours=1),
            course.appointment_ids.filtered(lambda one: one.worker_ids == cls.worker)[
                :1
            ].with_user(cls.worker),
        ).sudo()
        row.told_user_ids = cls.colleague | cls.intake
        cls.relations[row] = {
            "worker": {"oneself"},
            "colleague": {"told"},
            "intake": {"told"},
            "supervisor": {"supervised"},
            "seat": {"supervised"},
            "bare": {"supervised"},
        }
        cls.make_dialogues(course, in_course)
        absence, agreement = cls.make_absence(course)
        cls.relations[agreement] = in_course
        cls.relations[absence] = {
            "worker": {"oneself"},
            "supervisor": {"supervised"},
            "seat": {"supervised"},
            "bare": {"supervised"},
        }

    @classmethod
    def make_parts(cls, course):
        """Create one record of every part of a course."""
        for model, vals in (
            ("sekp.contact", {"form_id": cls.phone.id, "outcome": "met"}),
            ("sekp.goal", {"goal": "Ro"}),
            ("sekp.grant", {"date_from": TODAY}),
            ("sekp.review", {}),
            (
                "sekp.appointment",
                {
                    "form_id": cls.home_visit.id,
                    "starts_at": NOW + timedelta(days=2),
                    "worker_ids": [Command.set(cls.worker.ids)],
                },
            ),
            (
                "sekp.document",
                {
                    "kind": "letter",
                    "title": "Brev",
                    "upload": base64.b64encode(b"Indhold").decode(),
                },
            ),
        ):
            yield cls.env[model].create({"course_id": course.id, **vals})

    @classmethod
    def make_handovers(cls, course):
        """Create a handover that was sent, one that was not yet, one accepted."""
        doctor = cls.env.ref("sekp_outreach.offer_doctor")
        shelter = cls.env["sekp.offer"].create({"name": "Herberg", "code": "inn"})
        sent, proposed, accepted = cls.env["sekp.handover"].create(
            [
                {
                    "course_id": course.id,
                    "offer_id": offer.id,
                    "receiver_id": cls.receiver.id,
                    "summary": "Vil gerne have besøg",
                }
                for offer in (cls.offer, doctor, shelter)
            ]
        )
        for handover in (sent, accepted):
            handover.action_consent_oral()
            handover.action_send()
        accepted.action_accept()
        return sent, proposed, accepted

    @classmethod
    def make_dialogues(cls, course, in_course):
        """Let the citizen and the one who referred have a code, and write."""
        at_entry_point = {
            "intake": {"entry_point"},
            "supervisor": {"supervised"},
            "seat": {"supervised"},
            "bare": {"supervised"},
        }
        for record, who in (
            (course.referral_id, at_entry_point),
            (course, in_course),
        ):
            dialogue = cls.env["sekp.dialogue"]._of(record)
            cls.message = dialogue._say("Kommer I snart?")
            cls.relations[dialogue] = cls.relations[cls.message] = who
        cls.make_held(at_entry_point)

    @classmethod
    def make_held(cls, at_entry_point):
        """Hold a mail to the entry point."""
        raw = b"From: ida@example.com\nSubject: Hej\n\nKommer I snart?"
        held = cls.env["sekp.mail.held"]
        held._hold(cls.harbour, mail_reader.read(raw), raw, "failed")
        held = held.search([("team_id", "=", cls.harbour.id)])
        cls.relations[held] = at_entry_point

    @classmethod
    def make_absence(cls, course):
        """Let the contact person be away next month, and agree on it."""
        days = {
            "date_from": TODAY + timedelta(days=30),
            "date_to": TODAY + timedelta(days=34),
        }
        absence = (
            cls.env["sekp.absence"].with_user(cls.worker).create(dict(days)).sudo()
        )
        agreement = cls.env["sekp.absence.agreement"].create(
            {
                "absence_id": absence.id,
                "course_id": course.id,
                "how": "nothing",
                **days,
            }
        )
        return absence, agreement

    @classmethod
    def make_override(cls, course):
        """Let a supervisor send a handover without consent."""
        offer = cls.env["sekp.offer"].create({"name": "Politi", "code": "police"})
        handover = (
            cls.env["sekp.handover"]
            .with_user(cls.supervisor)
            .create({"course_id": course.id, "offer_id": offer.id})
        )
        override = (
            cls.env["sekp.override.consent"]
            .with_user(cls.supervisor)
            .create(
                {"handover_id": handover.id, "ground": "life", "reason": "Livsfare"}
            )
        )
        return override.sudo()

    @classmethod
    def emergency(cls, course, user, moment):
        """Give emergency access of four hours that began at a UTC ``moment``."""
        row = course._assign(user, "second", "Nødadgang")
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE sekp_assignment SET role = 'break_glass', starts_at = %s, "
            "ends_at = %s WHERE id = %s",
            [moment, moment + timedelta(hours=4), row.id],
        )
        cls.env.invalidate_all()

    @classmethod
    def make_referral(cls):
        """Create a referral of another entry point that nobody has taken up yet."""
        for login in ("intake", "registrar"):
            user = cls.people[login]
            referral = cls.refer(user=user, team_id=cls.forest.id).sudo()
            there = {
                "other_intake": {"entry_point"},
                "other_supervisor": {"supervised"},
            }
            cls.relations[referral] = {**there, login: {"registered"}}
            cls.relations[referral.history_ids[:1]] = there
            letter = referral._keep_files([("brev.txt", b"Indhold")])
            cls.relations[letter] = cls.relations[referral]
        cls.fresh_referral = referral
        cls.relations[referral]["reporter"] = {"nobody"}

    # --- oversight ----------------------------------------------------------------
    @classmethod
    def make_oversight(cls):
        auditors = {"auditor": {"audited"}, "inspector": {"audited"}}
        Log = cls.env["sekp.access.log"]
        cls.course.with_user(cls.worker).read(["phase"])
        opened = Log.search([("user_id", "=", cls.worker.id)], limit=1)
        cls.relations[opened] = {
            **auditors,
            "supervisor": {"supervised"},
            "seat": {"supervised"},
            "bare": {"supervised"},
        }
        every_auditor = {login: {"sealed"} for login in (*auditors, "foreign_auditor")}
        with cls.freeze(NOW + timedelta(days=2)):
            cls.env["sekp.access.seal"]._seal_next()
        seal = cls.env["sekp.access.seal"].search([], limit=1)
        cls.relations[seal] = every_auditor
        erased = {"day": TODAY - timedelta(days=400), "digest": "0", "erased_at": NOW}
        cls.relations[cls.env["sekp.access.erasure"].create(erased)] = every_auditor
        blocks = cls.env["sekp.appointment.block"].search([], limit=1)
        cls.relations[blocks] = {login: {"nobody"} for login in cls.roles}
        lookups = cls.env["sekp.identity.lookup"]
        lookups._follow(cls.course.citizen_id, {"phone": ["20 11 22 33"]})
        found = lookups.search([("citizen_id", "=", cls.course.citizen_id.id)])
        cls.relations[found] = {login: {"nobody"} for login in cls.roles}
        traces = cls.env["sekp.intake.trace"]
        row = {"company_id": cls.company.id, "digest": "0", "count": 1}
        traces = traces.create({**row, "kind": "submit", "hour": NOW})
        cls.relations[traces] = {login: {"nobody"} for login in cls.roles}
        flood = {"company_id": cls.company.id, "kind": "submit", "count": 1}
        flood = cls.env["sekp.intake.flood"].create(
            {**flood, "hour": NOW, "begun": NOW, "last": NOW}
        )
        cls.relations[flood] = {
            login: {"municipality"}
            for login in cls.roles
            if not login.startswith("foreign_")
        }
        figure = {"company_id": cls.company.id, "date_from": "2026-08-01"}
        figure = cls.env["sekp.statistic"].create(
            {
                **figure, "date_to": "2026-08-31", "period": "aug. 2026", "months": 1,
                "measure": "referrals", "dimension": "total", "category_key": "",
                "value": 9,
            }
        )  # fmt: skip
        cls.relations[figure] = {
            login: {"municipality"}
            for login in cls.roles
            if not login.startswith("foreign_")
        }
        entry = cls.env["sekp.statistic.entry"].create(
            {
                "company_id": cls.company.id, "measure": "referrals",
                "month": "2026-09-01", "value": 1,
            }
        )  # fmt: skip
        cls.relations[entry] = {login: {"nobody"} for login in cls.roles}
        claim = cls.env["sekp.intake.key"]._claim(cls.company, "nøgle")
        claim.referral_id = cls.fresh_referral
        cls.relations[claim] = {login: {"nobody"} for login in cls.roles}

    @classmethod
    def make_complaint(cls):
        """Register a complaint about a colleague who handles complaints too."""
        cls.complaint = cls.env["sekp.complaint"].create(
            {
                "company_id": cls.company.id,
                "team_id": cls.harbour.id,
                "subject_user_ids": [Command.set((cls.accused | cls.worker).ids)],
                "text": "Kom ikke til tiden",
                "answer": "Det beklager vi",
                "course_reference": cls.course.reference,
            }
        )
        handlers = {login: {"handled"} for login in ("complaints", "handler_row")}
        cls.relations[cls.complaint] = handlers
        cls.relations[cls.complaint.history_ids[:1]] = handlers

    # --- the scheme ---------------------------------------------------------------
    @classmethod
    def make_scheme(cls):
        ours = {
            login: {"municipality"}
            for login in cls.roles
            if not login.startswith("foreign_")
        }
        theirs = {
            login: {"municipality"}
            for login in cls.roles
            if login.startswith("foreign_")
        }
        preset = cls.env["sekp.standard"].search([("code", "=", "lejre")])
        parts = (
            "deadline_ids",
            "route_ids",
            "anonymity_ids",
            "section_ids",
            "goal_ids",
        )
        everyone = {login: {"preset"} for login in cls.roles}
        own = cls.make_standard(in_force=False, company=cls.company)
        abroad = cls.make_standard(in_force=False, company=cls.foreign_company)
        for standard, who in ((own, ours), (abroad, theirs), (preset, everyone)):
            cls.relations[standard] = who
            for record in cls.standard_parts(standard, parts):
                cls.relations[record] = who
        for company, who in ((cls.company, ours), (cls.foreign_company, theirs)):
            vals = {"company_id": company.id, "record_class": "course"}
            rule = cls.env["sekp.retention.rule"].create({**vals, "keep_amount": 60})
            vals |= {"at": NOW, "user_id": cls.env.uid}
            certificate = cls.env["sekp.erasure.certificate"].create(vals)
            cls.relations[rule] = cls.relations[certificate] = who
        common = {login: {"common"} for login in cls.roles}
        for model, vals in (
            ("sekp.target.group", {"name": "Egne", "code": "own"}),
            ("sekp.contact.form", {"name": "Egen", "code": "own"}),
            ("sekp.support.function", {"name": "Egen", "code": "own"}),
            ("sekp.source", {"name": "Egen", "code": "own"}),
            ("sekp.offer", {"name": "Eget", "code": "own"}),
            ("sekp.information.type", {"name": "Egen", "code": "own"}),
        ):
            Model = cls.env[model]
            cls.relations[Model.search([("company_id", "=", False)], limit=1)] = common
            for company, who in ((cls.company, ours), (cls.foreign_company, theirs)):
                record = Model.create({**vals, "company_id": company.id})
                cls.relations[record] = who
        for team, seats in (
            (cls.harbour, ("supervisor", "seat", "bare")),
            (cls.forest, ("other_supervisor",)),
        ):
            cls.relations[team] = {
                login: {"municipality", "supervised"} if login in seats else who
                for login, who in ours.items()
            }
        cls.relations[cls.abroad] = {
            **theirs,
            "foreign_supervisor": {"municipality", "supervised"},
        }
        duty = cls.env["sekp.duty"].create(
            {"team_id": cls.harbour.id, "user_id": cls.worker.id}
        )
        cls.relations[duty] = cls.relations[cls.harbour]
        advice = cls.env["sekp.advice"].create({"team_id": cls.harbour.id})
        cls.relations[advice] = cls.relations[cls.harbour]

    @classmethod
    def standard_parts(cls, standard, names):
        """Return one record of every part, made where the standard has none."""
        vals = {
            "deadline_ids": {"kind": "response", "amount": 7, "unit": "day"},
            "route_ids": {"name": "Indgang"},
            "anonymity_ids": {
                "subject": "citizen",
                "towards": "entry_point",
                "anonymity": "allowed",
            },
            "section_ids": {"kind": "purpose", "title": "Formål", "body": "Ro"},
            "goal_ids": {"sentence": "Ro"},
            "statement_ids": {"sentence": "Ro", "home": "grant"},
        }
        for name in (*names, "statement_ids"):
            found = standard[name][:1]
            yield found or standard[name].create(
                {"standard_id": standard.id, **vals[name]}
            )

    # --- dialogs ------------------------------------------------------------------
    @classmethod
    def make_dialogs(cls):
        """Create a row of every dialog as superuser; nobody else may see it."""
        preset = cls.env["sekp.standard"].search([("code", "=", "lejre")])
        values = {
            "sekp.adopt.standard": {"standard_id": preset.id},
            "sekp.put.in.force": {"standard_id": cls.standard.id},
            "sekp.move.courses": {"standard_id": cls.standard.id},
            "sekp.move.chosen": {
                "standard_id": cls.standard.id,
                "course_ids": [Command.set(cls.course.ids)],
            },
            "sekp.allocate": {
                "referral_id": cls.fresh_referral.id,
                "user_id": cls.worker.id,
                "team_id": cls.harbour.id,
            },
            "sekp.mark.duplicate": {
                "referral_id": cls.fresh_referral.id,
                "original_id": cls.course.referral_id.id,
            },
            "sekp.assign": {
                "course_id": cls.course.id,
                "user_id": cls.colleague.id,
                "role": "second",
            },
            "sekp.leave": {"user_id": cls.worker.id},
            "sekp.leave.line": {
                "leave_id": cls.env["sekp.leave"].create({"user_id": cls.worker.id}).id,
                "course_id": cls.course.id,
            },
            "sekp.close.course": {"course_id": cls.course.id, "outcome": "achieved"},
            "sekp.break.glass": {"reference": "baba-baba-22", "purpose": "acute"},
            "sekp.look.up": {"purpose": "referral"},
            "sekp.handover.answer": {
                "handover_id": cls.handover.id,
                "act": "decline",
                "reason": "full",
            },
            "sekp.archive.hold": {"course_id": cls.course.id, "reason": "archive"},
            "sekp.retention.preview": {},
            "sekp.retention.preview.line": {
                "preview_id": cls.env["sekp.retention.preview"].create({}).id,
                "record_class": "course",
            },
            "sekp.identity.erase": {"citizen_id": cls.course.citizen_id.id},
            "sekp.postpone.informing": {
                "course_id": cls.course.id,
                "ground": "other",
                "until": TOMORROW,
            },
            "sekp.deadline.notice": {
                "deadline_id": cls.course.deadline_ids._open().id,
                "reason": "busy",
                "new_due": TODAY + timedelta(days=90),
            },
            "sekp.pass.on.complaint": {
                "company_id": cls.company.id,
                "about": "service",
            },
            "sekp.go.out": {},
            "sekp.sick.today": {"user_id": cls.worker.id},
            "sekp.sick.today.line": {
                "dialog_id": cls.env["sekp.sick.today"]
                .create({"user_id": cls.worker.id})
                .id,
                "course_id": cls.course.id,
            },
            "sekp.left.without": {},
            "sekp.left.without.line": {
                "dialog_id": cls.env["sekp.left.without"].create({}).id,
                "course_id": cls.course.id,
            },
            "sekp.committee.report.dialog": {},
            "sekp.homeless.week": {},
            # No dialog, but like one it is its sender's and nobody else's.
            "sekp.child.notification": {"receipt": "2026-118"},
        }
        second = {
            "sekp.child.notification": {"receipt": "2026-119"},
            "sekp.deadline.notice": {"new_due": TODAY + timedelta(days=91)},
        }
        cls.dialogs = {}
        for model, vals in values.items():
            strange, own = cls.env[model].create([vals, vals | second.get(model, {})])
            cls.relations[strange] = {}
            cls.dialogs[model] = own
        # To save this one is the act, which is done once on each step.
        stranger = cls.env["sekp.citizen"].create({"standard_id": cls.standard.id})
        strange, own = cls.env["sekp.identity.move"].create(
            [
                {"citizen_id": stranger.id, "to_level": "alias", "alias": "Ræven"},
                {"citizen_id": stranger.id, "to_level": "named", "name": NAME},
            ]
        )
        cls.relations[strange] = {}
        cls.dialogs[own._name] = own

    # --- what is expected, and what is ----------------------------------------------
    @classmethod
    def all_roles(cls, login):
        """Return the roles of a person, with those that follow from them."""
        roles = cls.roles[login]
        roles = roles if isinstance(roles, tuple) else (roles,)
        return {
            name for role in roles for name in (role, policy.IMPLIES.get(role)) if name
        }

    @classmethod
    def expected(cls, login, model, relations):
        """Return the operations the matrix gives a person by these relations."""
        return {
            operation
            for relation in relations
            for role in cls.all_roles(login)
            for operation in cls.matrix.get((model, relation, role), ())
        }

    def actual(self, record, user):
        """Return the operations Odoo lets a user do with a record."""
        self.env.invalidate_all()
        mine = record.with_user(user)
        may = {name for name in policy.OPERATIONS if mine.has_access(name)}
        found = mine.browse().has_access("read") and mine.with_context(
            active_test=False
        ).search_count([("id", "=", record.id)])
        if bool(found) != ("read" in may):
            may.add("found but not readable, or the reverse")
        return may

    def violations(self, models=None):
        """Return where Odoo and the matrix differ, as sentences."""
        return list(self.differences(models))

    def differences(self, models=None, first=()):
        """Tell one by one where Odoo and the matrix differ; of some users first."""
        visits = [
            (record, relations, login, user)
            for record, relations in self.relations.items()
            if not models or record._name in models
            for login, user in self.people.items()
        ]
        for record, relations, login, user in sorted(
            visits, key=lambda visit: visit[-1] not in first
        ):
            expected = self.expected(login, record._name, relations.get(login, ()))
            actual = self.actual(record, user)
            if actual != expected:
                yield (
                    f"{login} {record._name} {sorted(relations.get(login, ()))}: "
                    f"may {sorted(actual)}, should {sorted(expected)}"
                )
        for model, row in self.dialogs.items():
            if models and model not in models:
                continue
            for login, user in self.people.items():
                self.env.cr.execute(
                    f'UPDATE "{row._table}" SET create_uid = %s WHERE id = %s',  # noqa: S608
                    [user.id, row.id],
                )
                actual = self.actual(row, user)
                if actual != self.expected(login, model, {"own"}):
                    yield f"{login} {model} own row: may {sorted(actual)}"
