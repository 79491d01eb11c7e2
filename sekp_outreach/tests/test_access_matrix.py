"""Who may do what, cell by cell of the policy, from inside and from outside.

From outside a cell is asked either as the web client asks or as the programming
interface does, by turns. Both ways each are asked with::

    SEKP_WHOLE=1 make test T=access_matrix
"""

import json
import os
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..tools import policy
from .common import NOW, over_web
from .gate import TODAY, TOMORROW, YESTERDAY, GateCase

WHOLE = os.environ.get("SEKP_WHOLE")
# Everybody once whom a cell of the matrix, or its refusal, turns on.
ASKING = (
    "worker", "ended", "colleague", "helper", "night_intake", "row", "supervisor",
    "other_supervisor", "intake", "registrar", "receiver", "manager", "auditor",
    "statistician", "complaints", "employee", "foreign_supervisor",
)  # fmt: skip

# Dialogs that act as soon as they are saved: what they are about is changed.
ACTING = ("sekp.postpone.informing", "sekp.identity.move", "sekp.deadline.notice")


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAccessMatrix(GateCase):
    """Every cell of the matrix, on real records, as Odoo itself decides."""

    def test_every_cell(self):
        self.assertEqual(self.violations(), [])

    def test_every_cell_of_the_matrix_is_met_by_somebody(self):
        met = {
            (record._name, relation, role)
            for record, relations in self.relations.items()
            for login, names in relations.items()
            for relation in names
            for role in self.all_roles(login)
        }
        met |= {
            (model, "own", role)
            for model in self.dialogs
            for login in self.roles
            for role in self.all_roles(login)
        }
        self.assertEqual(set(self.matrix) - met, set())

    def test_every_model_has_a_record_here(self):
        models = {record._name for record in self.relations} | set(self.dialogs)
        self.assertEqual(models, {model for model, _relation, _role in self.matrix})

    # --- the clock ----------------------------------------------------------------
    def reads(self, user):
        self.env.invalidate_all()
        return self.course.with_user(user).has_access("read")

    def test_access_ends_and_begins_by_the_clock_alone(self):
        for moment, ended, last_day, coming in (
            (YESTERDAY, True, True, False),
            (TODAY, False, True, False),
            (TOMORROW, False, False, True),
        ):
            # Ten in the evening in Greenwich is midnight in Copenhagen.
            for hour, day in ((12, moment), (21, moment)):
                with self.at(f"{day} {hour}:59:00"):
                    seen = [
                        self.reads(user)
                        for user in (self.ended, self.last_day, self.coming)
                    ]
                    self.assertEqual(seen, [ended, last_day, coming], f"{day} {hour}")
        with self.at(f"{TODAY} 22:00:00"):
            self.assertFalse(self.reads(self.last_day))
            self.assertTrue(self.reads(self.coming))

    def test_emergency_access_ends_by_itself(self):
        with self.at("2026-09-16 12:59:00"):
            self.assertTrue(self.reads(self.helper))
        with self.at("2026-09-16 13:01:00"):
            self.assertFalse(self.reads(self.helper))

    def withdraw_handovers(self):
        """Withdraw what is under way, so that the course can be closed."""
        self.course.handover_ids.filtered(
            lambda handover: handover.state in ("sent", "accepted")
        ).action_withdraw()

    def test_a_closed_course_stays_open_to_its_people_for_the_grace(self):
        self.withdraw_handovers()
        self.course.activity_ids.filtered(lambda a: not a.automated).action_done()
        self.course.with_user(self.worker)._close("achieved")
        grace = self.course.standard_id.closing_grace_days
        self.assertEqual(grace, 30)
        with self.at(f"{TODAY + timedelta(days=grace)} 12:00:00"):
            self.assertTrue(self.reads(self.worker))
            self.assertFalse(self.reads(self.colleague))
        with self.at(f"{TODAY + timedelta(days=grace + 1)} 12:00:00"):
            self.assertFalse(self.reads(self.worker))
            self.assertTrue(self.reads(self.supervisor))

    def test_a_child_under_a_foreign_parent_is_refused_in_every_verb(self):
        for record in self.relations:
            if "course_id" not in record._fields or record._name in (
                "sekp.referral", "sekp.deadline", "sekp.history",
            ):  # fmt: skip
                continue
            for login in ("colleague", "other_supervisor", "ended"):
                if login in self.relations[record]:
                    # A document of a referral at the own entry point.
                    continue
                user = self.people[login]
                mine = record.with_user(user)
                for verb in (
                    lambda mine=mine: mine.read(["course_id"]),
                    lambda mine=mine: mine.write({"course_id": self.course.id}),
                    lambda mine=mine: mine.create({"course_id": self.course.id}),
                    mine.unlink,
                ):
                    with (
                        self.subTest(model=record._name, user=user.login),
                        self.assertRaises(UserError),
                    ):
                        verb()

    def test_an_id_written_otherwise_opens_nothing(self):
        """JSON brings numbers and words that the database takes for the same id."""
        models = {record._name: record.id for record in self.relations}
        models |= {name: row.id for name, row in self.dialogs.items()}
        seen = 0
        for name, id_ in models.items():
            if not issubclass(self.registry[name], self.registry["sekp.link.mixin"]):
                continue
            Model = self.env[name].with_user(self.colleague)
            for odd in (float(id_), str(id_), True, {"id": id_}):
                for ids in (odd, [odd], [id_, odd]):
                    with self.subTest(model=name, ids=ids):
                        with self.assertRaises(AccessError):
                            Model.browse(ids)
                        with self.assertRaises(AccessError):
                            call_kw(Model, "read", [ids, ["display_name"]], {})
                        seen += 1
        self.assertGreater(seen, 150)

    def test_a_link_written_otherwise_is_refused(self):
        for odd in (float(self.course.id), str(self.course.id), [self.course.id], True):
            for model, vals in (
                ("sekp.goal", {"goal": "Ro"}),
                ("sekp.handover", {"offer_id": self.offer.id}),
                ("sekp.close.course", {"outcome": "other"}),
            ):
                with self.subTest(model=model, id=odd), self.assertRaises(UserError):
                    self.env[model].with_user(self.worker).create(
                        {"course_id": odd, **vals}
                    )

    def test_who_changed_a_clock_is_not_told(self):
        self.env.flush_all()
        for record in (self.course.referral_id, self.course.deadline_ids[:1]):
            mine = record.with_user(self.intake)
            self.assertNotIn("write_uid", mine.read()[0])
            for name in ("write_uid", "write_date"):
                with self.assertRaises(UserError):
                    mine.read([name])
                with self.assertRaises(UserError):
                    mine.search([(name, "!=", False)])
            self.assertFalse(mine.get_metadata()[0]["write_uid"])

    def test_another_team_s_supervisor_does_not_follow_to_the_person(self):
        """Who supervised an earlier course opens that, and not the person of today."""
        self.withdraw_handovers()
        self.course.with_user(self.worker)._close("achieved")
        self.name_as(self.course, "Kaptajnen")
        self.course.copy_data()
        again = self.course.create(
            {
                "citizen_id": self.course.citizen_id.id,
                "reference": self.course.reference,
                "company_id": self.company.id,
                "team_id": self.forest.id,
                "standard_id": self.standard.id,
                "previous_course_id": self.course.id,
                "date_start": TODAY,
            }
        )
        self.env.flush_all()
        self.env.invalidate_all()
        earlier = self.course.with_user(self.supervisor)
        self.assertEqual(earlier.closing_outcome, "achieved")
        self.assertFalse(earlier.alias)
        self.assertFalse(earlier.citizen_id.has_access("read"))
        self.assertEqual(again.with_user(self.other_supervisor).alias, "Kaptajnen")


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAccessMatrixFromOutside(GateCase, HttpCase):
    """The same cells as the web client and as the programming interface ask."""

    maxDiff = None

    def body(self, record, operation):
        if operation == "read":
            return "read", [record.ids, ["display_name"]]
        if operation == "write":
            return "write", [record.ids, {}]
        if operation == "create":
            return "create", [[self.values(record)]]
        return "unlink", [record.ids]

    def values(self, record):
        """Return what a record like this one is made of."""
        names = [
            name
            for name, field in record._fields.items()
            if field.store and field.required and not field.compute
        ]
        names += {"course_id", "referral_id", "handover_id"} & set(record._fields)
        # Superuser: what a stranger who knows everything would send.
        vals = record.sudo()._convert_to_write(
            {name: record.sudo()[name] for name in names}
        )
        vals.pop("reference", None)
        return json.loads(json.dumps(vals, default=fields.Date.to_string))

    def wrong(self, answer, allowed):
        """Tell whether the server's answer is not what the matrix says.

        Who is not allowed gets an error or nothing; who is may still be told to use a
        button, but is not refused.
        """
        error = answer.get("error") or {}
        name = error.get("data", error).get("name", "")
        if name.startswith(("builtins.", "werkzeug.")):
            return True
        if allowed:
            return name == "odoo.exceptions.AccessError"
        return not error and answer.get("result") != []

    def over_web(self, login, record, operation):
        method, args = self.body(record, operation)
        return over_web(self, record._name, method, args)

    def over_json2(self, key, record, operation):
        method, args = self.body(record, operation)
        names = {
            "read": ("ids", "fields"),
            "write": ("ids", "vals"),
            "create": ("vals_list",),
            "unlink": ("ids",),
        }[operation]
        answer = self.url_open(
            f"/json/2/{record._name}/{method}",
            json=dict(zip(names, args, strict=True)),
            headers={"Authorization": f"Bearer {key}"},
        )
        content = answer.json()
        if answer.ok:
            return {"result": content}
        return {"error": content}

    def records(self):
        """Return one record of every model: what one may, one may with the next."""
        seen = {}
        for record, relations in self.relations.items():
            best = seen.get(record._name)
            if not best or len(relations) > len(self.relations[best]):
                seen[record._name] = record
        return list(seen.values())

    def about(self, dialog):
        """Return the record that a dialog is opened on: one must be able to read it."""
        if "deadline_id" in dialog._fields:
            # Who handles the course gives notice of its clocks.
            return dialog.sudo().deadline_id.course_id
        for name in ("course_id", "referral_id", "handover_id", "citizen_id"):
            if name in dialog._fields:
                return dialog.sudo()[name]
        if "standard_id" in dialog._fields:
            # One of the same municipality, or another preset.
            company = dialog.sudo().standard_id.company_id
            return next(
                record
                for record in self.relations
                if record._name == "sekp.standard"
                and record.sudo().company_id == company
            )
        return None

    def made(self, login, record, relations):
        """Return how one relates to a record that one makes after this one."""
        if record._name == "sekp.sick.today":
            seats = self.relations[self.harbour].get(login, ())
            may = "supervised" in seats and "supervisor" in self.all_roles(login)
            return {"own"} if may else set()
        if record._name == "sekp.advice":
            team = record.team_id.with_user(self.people[login]).sudo()
            own = team in team._own_entry_points(team.company_id)
            return relations if own else set()
        if record._name in self.dialogs:
            about = self.about(record)
            verb = "write" if record._name in ACTING else "read"
            may = not about or verb in self.expected(
                login, about._name, self.relations.get(about, {}).get(login, ())
            )
            return {"own"} if may else set()
        return {"municipality"} if "common" in relations else relations

    def compare(self, ask, login, turn):
        wrong = []
        for number, record in enumerate(self.records(), ASKING.index(login) + turn):
            relations = self.relations[record].get(login, ())
            allowed = self.expected(login, record._name, relations)
            made = self.expected(
                login, record._name, self.made(login, record, relations)
            )
            expected = allowed - {"create"} | made & {"create"}
            for step, operation in enumerate(policy.OPERATIONS, number):
                if step % 2 and not WHOLE:
                    continue
                with self.env.cr.savepoint(flush=False) as savepoint:
                    answer = ask(login, record, operation)
                    savepoint.rollback()
                self.env.invalidate_all(flush=False)
                if self.wrong(answer, operation in expected):
                    said = json.dumps(answer)[:300]
                    wrong.append(f"{login} {record._name} {operation}: {said}")
        return wrong

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_every_cell_over_the_web_client_s_route(self):
        wrong = []
        for login in ASKING:
            user = self.people[login]
            self.authenticate(user.login, user.login)
            wrong += self.compare(self.over_web, login, 0)
        self.assertEqual(wrong, [])

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_every_cell_over_the_programming_interface(self):
        wrong = []
        Keys = self.env["res.users.apikeys"]
        self.env.ref("base.group_user").sudo().api_key_duration = 2
        for login in ASKING:
            user = self.people[login]
            key = Keys.with_user(user)._generate(
                "rpc", "matrix", NOW + timedelta(hours=1)
            )
            # The clock of the tests stands still, the database's does not.
            self.env.cr.execute("UPDATE res_users_apikeys SET expiration_date = NULL")
            wrong += self.compare(
                lambda _login, record, operation, key=key: self.over_json2(
                    key, record, operation
                ),
                login,
                1,
            )
        self.assertEqual(wrong, [])
