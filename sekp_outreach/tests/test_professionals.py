import json
from datetime import datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessDenied, AccessError, UserError, ValidationError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import NAME, NOW, OutreachCase

ROLE = "sekp_outreach.group_referring_professional"
CPR = "310290-1234"
REPORT = {"key": "indberetning-1", "concern": "Sover ude", "place": "Ved kirken"}


class ProfessionalCase(OutreachCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system = cls.make_system("sekp_system", cls.company)
        cls.other_system = cls.make_system("sekp_other_system", cls.company)

    @classmethod
    def make_system(cls, login, company):
        return new_test_user(
            cls.env,
            login=login,
            groups=ROLE,
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def setUp(self):
        super().setUp()
        if not isinstance(self, HttpCase):
            self.registry_enter_test_mode()

    def report(self, user=None, **changes):
        Referral = self.env["sekp.referral"].with_user(user or self.system)
        return Referral.report(**{**REPORT, **changes})

    def status(self, code, user=None):
        Referral = self.env["sekp.referral"].with_user(user or self.system)
        return Referral.neutral_status(code)["status"]

    def found(self, code):
        return self.env["sekp.referral"].search([("reference", "=", code)])


@tagged("post_install", "-at_install", "sekp_outreach")
class TestProfessionals(ProfessionalCase):
    """A professional's system reports, and hears how its own reports fare."""

    def test_a_report_is_a_referral(self):
        self.make_standard(deadlines=[{"kind": "response", "amount": 7, "unit": "day"}])
        answer = self.report(
            age=44, acute=True, source="police", target_groups=["homeless"],
            district="Nord", referrer_name="Ib Holm", referrer_contact="Lokal 12",
        )  # fmt: skip
        self.assertEqual(set(answer), {"code", "status"})
        self.assertEqual(answer["status"], "received")
        referral = self.found(answer["code"])
        self.assertEqual(
            (referral.channel, referral.source_id.code, referral.team_id),
            ("system", "police", self.harbour),
        )
        self.assertEqual(
            (referral.concern, referral.place, referral.age, referral.acute),
            ("Sover ude", "Ved kirken", 44, True),
        )
        self.assertEqual(referral.target_group_ids.code, "homeless")
        self.assertEqual(
            set(self.obligations(referral)), {"triage", "response", "acute"}
        )
        self.assertIn(
            referral, self.env["sekp.referral"].with_user(self.intake).search([])
        )

    def test_the_same_key_is_one_report(self):
        self.make_standard()
        first = self.report()
        self.assertEqual(self.report(concern="Igen"), first)
        self.assertEqual(self.found(first["code"]).concern, "Sover ude")
        self.assertNotEqual(self.report(key="indberetning-2"), first)
        # The key is the system's own.
        self.assertNotEqual(self.report(self.other_system), first)

    def test_where_nothing_is_stored_the_report_is_a_message(self):
        self.make_standard(registration_mode="none")
        referral = self.found(self.report(age=44)["code"])
        for name in ("concern", "place", "age"):
            self.assertFalse(referral[name])
        line = referral.with_user(self.intake).dialogue_line_ids
        self.assertIn("Sover ude", line.text)
        self.assertTrue(line.transient)
        self.assertEqual(referral.messages_waiting, 1)

    def test_the_status_says_three_words(self):
        self.make_standard()
        code = self.report()["code"]
        self.assertEqual(self.status(code), "received")
        referral = self.found(code)
        course = self.allocate(referral.with_user(self.intake))
        self.assertEqual(self.status(code.upper()), "received")
        self.log(course)
        self.assertEqual(self.status(code), "visited")
        other = self.report(key="indberetning-2")["code"]
        self.found(other).with_user(self.intake).action_outside()
        self.assertEqual(self.status(other), "closed")

    def test_a_duplicate_fares_as_the_one_that_goes_on(self):
        self.make_standard()
        first = self.refer()
        code = self.report()["code"]
        referral = self.found(code).with_user(self.intake)
        referral._close_as_duplicate(first)
        self.assertEqual(self.status(code), "received")
        first.action_outside()
        self.assertEqual(self.status(code), "closed")

    def test_only_the_own_report_is_told_of(self):
        self.make_standard()
        code = self.report()["code"]
        foreign = self.make_system("sekp_foreign_system", self.foreign_company)
        sentences = set()
        for user, asked in (
            (self.other_system, code), (foreign, code), (self.system, "x"),
            (self.system, self.refer().reference), (self.system, ""),
            (self.system, None), (self.system, 7), (self.system, ["a"]),
            (self.system, "rumo\x00"),
        ):  # fmt: skip
            with self.assertRaises(UserError) as caught:
                self.status(asked, user)
            self.assertEqual(caught.exception.http_status, 404)
            sentences.add(str(caught.exception))
        self.assertEqual(len(sentences), 1)

    def test_bad_input_is_a_sentence_and_leaves_nothing(self):
        self.make_standard()
        before = self.env["sekp.referral"].search_count([])
        for changes, told in (
            ({"key": "kort"}, "key"), ({"key": "x" * 101}, "key"),
            ({"key": 12345678}, "key"), ({"key": None}, "key"),
            ({"concern": ""}, "concern"),
            ({"concern": "  \n"}, "concern"), ({"concern": 5}, "concern"),
            ({"concern": None}, "concern"), ({"concern": ["a"]}, "concern"),
            ({"concern": "x" * 8001}, "8000"), ({"place": {"x": 1}}, "place"),
            ({"place": "x" * 501}, "500"), ({"age": "44"}, "age"),
            ({"age": True}, "age"),
            ({"age": 121}, "120"), ({"age": -1}, "120"), ({"age": 10**30}, "120"),
            ({"acute": "ja"}, "acute"), ({"acute": 1}, "acute"),
            ({"source": "x\x00"}, "police"), ({"source": 1}, "source"),
            ({"target_groups": "homeless"}, "target_groups"),
            ({"target_groups": [1]}, "homeless"),
            ({"target_groups": [["a"]]}, "homeless"),
            ({"concern": f"CPR {CPR}"}, "CPR"), ({"referrer_name": CPR}, "CPR"),
        ):  # fmt: skip
            with self.subTest(changes=str(changes)[:60]):
                with self.assertRaises(ValidationError) as caught:
                    self.report(**changes)
                self.assertIn(told, str(caught.exception))
                self.assertNotIn(CPR, str(caught.exception))
        self.assertEqual(self.env["sekp.referral"].search_count([]), before)
        # The key was not used up.
        self.assertTrue(self.report()["code"])

    def test_what_is_written_again_and_again_counts_once(self):
        self.make_standard()
        given = {"target_groups": ["homeless"] * 10_000, "key": "\ud800" * 8}
        code = self.report(**given)["code"]
        self.assertEqual(self.found(code).target_group_ids.code, "homeless")
        self.assertEqual(self.report(**given)["code"], code)

    def test_no_number_passes_between_two_messages(self):
        self.make_standard(registration_mode="none")
        for length in range(3_930, 4_000, 5):
            with self.assertRaises(ValidationError):
                self.report(concern=f"{'x' * length} {CPR}")

    def test_without_a_standard_a_sentence_says_so(self):
        with self.assertRaisesRegex(UserError, "quality standard"):
            self.report()

    def test_a_system_without_measure_is_stopped(self):
        self.make_standard()
        self.company.write(
            {"sekp_intake_source_limit": 3, "sekp_intake_company_limit": 6}
        )
        for number in range(3):
            self.report(key=f"indberetning-{number}")
        with self.assertRaisesRegex(Exception, "Too many"):
            self.report(key="indberetning-3")
        self.assertTrue(self.report(self.other_system))

    def test_the_context_of_the_caller_counts_for_nothing(self):
        self.make_standard()
        Referral = self.env["sekp.referral"].with_user(self.system)
        answer = Referral.with_context(
            default_state="closed", default_course_id=1, default_team_id=self.forest.id,
            allowed_company_ids=[], default_concern=CPR, tz=7, lang="xx",
        ).report(**REPORT)  # fmt: skip
        referral = self.found(answer["code"])
        self.assertEqual((referral.state, referral.team_id), ("received", self.harbour))
        self.assertFalse(referral.course_id)

    # --- the role stands alone ------------------------------------------------------
    def test_it_goes_with_no_other_role(self):
        for group in ("intake", "contact_person", "auditor", "statistics_reader"):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self.system.group_ids += self.env.ref(f"sekp_outreach.group_{group}")
                self.env.flush_all()
        self.assertTrue(self.system.share)

    def test_nobody_else_reports(self):
        self.make_standard()
        portal = new_test_user(
            self.env, login="sekp_portal", groups="base.group_portal"
        )
        for user in (
            self.intake, self.supervisor, self.worker, self.employee, portal,
            self.env.ref("base.public_user"), self.env.ref("base.user_admin"),
            self.env.ref("base.user_root"),
        ):  # fmt: skip
            with self.assertRaises(AccessError):
                self.report(user)
            with self.assertRaises(AccessError):
                self.status("rumo-lita-47", user)

    def test_it_reads_writes_and_finds_nothing(self):
        self.make_standard(action_plan="offered", grant="offered")
        self.report()
        self.log(self.allocate(concern="Sover ude"))
        self.env["sekp.advice"].create({"team_id": self.harbour.id})
        tried = 0
        for model in self.env.values():
            if not model._name.startswith("sekp.") or model._abstract:
                continue
            mine = model.with_user(self.system)
            for operation in ("read", "write", "create", "unlink"):
                self.assertFalse(mine.has_access(operation), model._name)
            for attempt in (
                lambda mine=mine: mine.search([]),
                lambda mine=mine: mine.search_count([]),
                lambda mine=mine: mine.name_search(""),
                lambda mine=mine: mine.web_search_read([], {"display_name": {}}),
                lambda mine=mine: mine.formatted_read_group([], [], ["__count"]),
            ):
                with self.assertRaises(UserError):
                    attempt()
                tried += 1
        self.assertGreater(tried, 250)

    @mute_logger("py.warnings")
    def test_no_method_of_a_referral_answers_it(self):
        self.make_standard()
        code = self.report(concern="Kanariefugl")["code"]
        referral = self.found(code)
        for name in dir(type(referral)):
            if name in ("report", "neutral_status"):
                continue
            try:
                method = get_public_method(referral, name)
            except (AccessError, AttributeError):
                continue
            args = [] if getattr(method, "_api_model", False) else [referral.ids]
            Model = self.env["sekp.referral"].with_user(self.system)
            try:
                with self.env.cr.savepoint():
                    heard = repr(call_kw(Model, name, args, {}))
            except Exception as error:  # It tells nothing.
                heard = str(error)
            for secret in ("Kanariefugl", "Ved kirken", code):
                self.assertNotIn(secret, heard, name)
        self.assertEqual(referral.state, "received")

    def test_it_logs_in_nowhere(self):
        for interactive in (True, False):
            with self.assertRaises(AccessDenied):
                self.system.with_user(self.system)._check_credentials(
                    {
                        "type": "password",
                        "login": "sekp_system",
                        "password": "sekp_system",
                    },
                    {"interactive": interactive},
                )
        self.assertTrue(
            self.worker.with_user(self.worker)._check_credentials(
                {"type": "password", "login": "sekp_worker", "password": "sekp_worker"},
                {"interactive": True},
            )
        )

    def test_an_administrator_makes_its_key(self):
        admin = self.env.ref("base.user_admin")
        action = self.system.with_user(admin).action_sekp_new_key()
        key = action["context"]["default_key"]
        self.env.cr.execute(
            "SELECT scope, expiration_date FROM res_users_apikeys "
            "WHERE user_id = %s AND index = %s",
            [self.system.id, key[:8]],
        )
        self.assertEqual(self.env.cr.fetchall(), [(None, NOW + timedelta(days=365))])
        with self.assertRaisesRegex(UserError, "professionals' systems only"):
            self.worker.with_user(admin).action_sekp_new_key()
        for user in (self.manager, self.supervisor, self.system):
            with self.assertRaises(AccessError):
                self.system.with_user(user).action_sekp_new_key()
        self.assertTrue(self.system.sekp_is_professional)
        self.assertFalse(self.worker.sekp_is_professional)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestProfessionalDoors(ProfessionalCase, HttpCase):
    """Two doors open for the key, and no other one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard()
        cls.key = cls.key_of(cls.system)

    @classmethod
    def key_of(cls, user):
        Keys = cls.env["res.users.apikeys"].with_user(user).sudo()
        # PostgreSQL's clock is not stopped by the tests.
        return Keys._generate(None, "Prøve", datetime(2100, 1, 1))

    def post(self, path, body, key=None, headers=None):
        return self.url_open(
            path,
            data=body if isinstance(body, (str, bytes)) else json.dumps(body),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"bearer {key or self.key}",
                **(headers or {}),
            },
        )

    def test_reporting_and_asking(self):
        answer = self.post("/json/2/sekp.referral/report", REPORT)
        self.assertEqual(answer.status_code, 200)
        self.assertFalse(answer.cookies)
        told = answer.json()
        again = self.post("/json/2/sekp.referral/report", REPORT)
        self.assertEqual(again.json(), told)
        status = self.post(
            "/json/2/sekp.referral/neutral_status", {"code": told["code"]}
        )
        self.assertEqual(status.json(), {"code": told["code"], "status": "received"})

    @mute_logger("odoo.http")
    def test_bad_input_is_refused_with_a_sentence(self):
        before = self.env["sekp.referral"].search_count([])
        for body, code in (
            ({}, 422), ([], 422), ("{", 400), ("null", 422),
            ({**REPORT, "cpr": 1}, 422),
            ({**REPORT, "age": "x"}, 422), ({**REPORT, "ids": [1]}, 422),
            ({**REPORT, "state": "closed"}, 422), ({**REPORT, "team_id": 1}, 422),
            ({"concern": "Sover ude"}, 422), ({**REPORT, "context": {"lang": 7}}, 200),
        ):  # fmt: skip
            with self.subTest(body=body):
                answer = self.post("/json/2/sekp.referral/report", body)
                self.assertEqual(answer.status_code, code, answer.text)
                if code != 200:
                    self.assertTrue(answer.json()["message"])
        self.assertEqual(self.env["sekp.referral"].search_count([]), before + 1)
        answer = self.post("/json/2/sekp.referral/neutral_status", {"code": "x"})
        self.assertEqual(answer.status_code, 404)
        self.assertIn("No report of yours", answer.json()["message"])

    @mute_logger("odoo.http")
    def test_every_other_door_is_shut(self):
        referral = self.refer(concern=NAME)
        for model, method in (
            ("sekp.referral", "search_read"), ("sekp.referral", "read"),
            ("sekp.referral", "create"), ("sekp.referral", "action_begin"),
            ("sekp.referral", "fields_get"), ("sekp.course", "search_read"),
            ("res.users", "search_read"), ("res.partner", "search_read"),
            ("sekp.referral", "_receive"), ("res.users", "action_sekp_new_key"),
            ("mail.message", "create"), ("ir.attachment", "create"),
        ):  # fmt: skip
            with self.subTest(model=model, method=method):
                answer = self.post(f"/json/2/{model}/{method}", {"ids": referral.ids})
                self.assertEqual(answer.status_code, 403, answer.text)
                self.assertNotIn(NAME, answer.text)
        for path in (
            "/my",
            "/my/account",
            "/my/security",
            "/odoo",
            "/web",
            "/json/1/x",
        ):
            answer = self.url_open(
                path, headers={"Authorization": f"bearer {self.key}"}
            )
            self.assertNotIn("sekp_system", answer.text)
            self.assertNotIn(NAME, answer.text)
        # Nor by logging in, which it cannot.
        with mute_logger("odoo.addons.base.models.res_users"):
            answer = self.opener.post(
                f"{self.base_url()}/web/session/authenticate",
                json={
                    "params": {
                        "db": self.env.cr.dbname,
                        "login": "sekp_system",
                        "password": "sekp_system",
                    }
                },
            )
        self.assertIn("error", answer.json())

    @mute_logger("odoo.http")
    def test_no_model_answers_the_key(self):
        for model in self.env.values():
            answer = self.post(f"/json/2/{model._name}/search_read", {})
            self.assertEqual(answer.status_code, 403, model._name)

    @mute_logger(
        "odoo.http",
        "odoo.addons.base.models.res_users",
        "odoo.addons.rpc.controllers.jsonrpc",
    )
    def test_the_key_is_no_password(self):
        db, uid = self.env.cr.dbname, self.system.id
        for service, method, args in (
            ("common", "login", (db, "sekp_system", self.key)),
            ("common", "authenticate", (db, "sekp_system", self.key, {})),
        ):
            with self.subTest(method=method):
                answer = self.opener.post(
                    f"{self.base_url()}/jsonrpc",
                    json={
                        "params": {"service": service, "method": method, "args": args}
                    },
                ).json()
                self.assertFalse(answer.get("result"), answer)
        for model, method in (
            ("res.users", "read"), ("res.partner", "search_read"),
            ("sekp.referral", "report"), ("ir.attachment", "create"),
        ):  # fmt: skip
            with self.subTest(model=model):
                answer = self.opener.post(
                    f"{self.base_url()}/jsonrpc",
                    json={
                        "params": {
                            "service": "object",
                            "method": "execute_kw",
                            "args": [db, uid, self.key, model, method, [[uid]]],
                        }
                    },
                ).json()
                self.assertIn("AccessDenied", str(answer["error"]))

    @mute_logger("odoo.http")
    def test_even_with_a_session_every_door_is_shut(self):
        """As if one had logged in before the role was given."""
        self.enter_as_before()
        bearer = {"Authorization": f"bearer {self.key}"}
        call = {"model": "res.users", "method": "read", "args": [[1]], "kwargs": {}}
        tried = 0
        for rule in self.env["ir.http"].routing_map().iter_rules():
            routing = rule.endpoint.routing
            if (
                rule.arguments
                or routing["auth"] not in ("user", "public", "bearer")
                or rule.rule == "/websocket"
            ):
                continue
            if routing["type"] != "http":
                answer = self.opener.post(
                    self.base_url() + rule.rule, json={"params": call}, headers=bearer
                )
                self.assertIn("reports here, and that is all", answer.text, rule.rule)
            elif "GET" in (routing.get("methods") or ["GET"]):
                answer = self.url_open(rule.rule, headers=bearer)
                self.assertEqual(answer.status_code, 403, rule.rule)
            else:
                continue
            tried += 1
        self.assertGreater(tried, 60)

    def test_even_with_a_session_my_page_is_shut(self):
        """As if one had logged in before the role was given."""
        self.enter_as_before()
        with mute_logger("odoo.http"):
            for path in ("/my", "/my/home", "/my/account", "/odoo"):
                answer = self.url_open(path)
                self.assertEqual(answer.status_code, 403, path)

    def enter_as_before(self):
        self.authenticate("sekp_employee", "sekp_employee")
        session = self.session
        session.uid = self.system.id
        session.login = "sekp_system"
        session.session_token = self.system._compute_session_token(session.sid)
        from odoo.http import root

        root.session_store.save(session)
