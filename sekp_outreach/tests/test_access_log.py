import inspect
import json
from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import NOW, OutreachCase, make_user

FORM = {
    "phase": {},
    "alias": {},
    "contact_ids": {"fields": {"note": {}, "outcome": {}}},
}


class RunningClock:
    """Stands where a clock would be stopped."""

    def start(self):
        """Let the clock run."""

    def stop(self):
        """Let the clock run on."""


class LogCase(OutreachCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(action_plan="offered")
        cls.course = cls.allocate(place="Torvet")
        cls.second = cls.allocate()
        cls.log_contact = cls.log(cls.course, note="Kaffe på bænken")
        cls.auditor = make_user(cls.env, "sekp_auditor", "auditor", cls.company)
        cls.Log = cls.env["sekp.access.log"]
        cls.name_as(cls.course, "Ræven")

    def setUp(self):
        super().setUp()
        self.env.flush_all()
        self.env.invalidate_all()
        self.before = self.Log.search([], limit=1).id

    def rows(self):
        """Return the rows added since the test began, oldest first."""
        self.env.invalidate_all()
        return self.Log.search([("id", ">", self.before)], order="id")

    def told(self):
        return [(row.kind, row.model, row.amount) for row in self.rows()]


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAccessLog(LogCase):
    """Who opened what: one row for each call from outside, with no value of a field."""

    def test_opening_a_form_is_one_row_with_the_code(self):
        self.course.web_read(FORM)
        row = self.rows()
        self.assertEqual(self.told(), [("open", "sekp.course", 1)])
        self.assertEqual(row.user_id, self.worker)
        self.assertEqual(row.reference, self.course.reference)
        self.assertEqual(row.record_id, self.course.id)
        self.assertEqual(row.company_id, self.company)
        self.assertEqual(row.team_id, self.harbour)
        self.assertEqual((row.at, row.hour, row.channel), (NOW, 12, "other"))

    def test_the_auditor_reads_words_and_no_technical_names(self):
        self.course.web_read(FORM)
        self.harbour.sudo().intake_ids |= self.intake.copy({"login": "sekp_intake_2"})
        self.env.flush_all()
        told = {
            (row.kind, row.record_type, row.role_name)
            for row in self.rows().with_user(self.auditor)
        }
        self.assertIn(("open", "Course of Support", False), told)
        self.assertIn(("role_given", "User", "Intake"), told)
        self.assertFalse([one for one in told if "_" in (one[2] or "")])

    def test_reading_is_opening_and_a_part_bears_its_course_s_code(self):
        self.log_contact.read(["note"])
        self.course.citizen_id.read(["alias"])
        rows = self.rows()
        self.assertEqual(rows.mapped("kind"), ["open", "open"])
        self.assertEqual(rows.mapped("model"), ["sekp.contact", "sekp.citizen"])
        self.assertEqual(set(rows.mapped("reference")), {self.course.reference})
        self.assertEqual(rows.team_id, self.harbour)

    def test_ways_around_reading_are_logged_too(self):
        self.course.copy_data()
        self.course.onchange({}, [], {"alias": {}})
        self.course.web_save({}, {"alias": {}})
        self.assertEqual(self.told(), [("open", "sekp.course", 1)] * 3)

    def test_no_way_around_the_form_is_unlogged(self):
        Contact = self.env["sekp.contact"].with_user(self.worker)
        Course = self.env["sekp.course"].with_user(self.worker)
        Citizen = self.env["sekp.citizen"].with_user(self.worker)
        course = {"alias": {}, "contact_ids": {"fields": {"note": {}}}}
        for way in (
            lambda: Contact.onchange(
                {"course_id": self.course.id},
                [],
                {"course_id": {"fields": course}},
            ),
            lambda: Course.formatted_read_group(
                [], ["citizen_id.alias", "phase"], ["__count"]
            ),
            lambda: Course.formatted_read_group([], ["reference"], ["__count"]),
            lambda: Contact.formatted_read_group([], ["course_id"], ["__count"]),
            lambda: Citizen.search([("age_band", "!=", False)]),
            lambda: Citizen.name_search("", [("age_band", "=", "30_49")]),
            lambda: Course.search([], order="next_step"),
        ):
            before = self.Log.search_count([])
            with self.subTest(way=inspect.getsource(way).strip()):
                way()
                self.assertGreater(self.Log.search_count([]), before)

    def test_every_model_about_a_person_is_logged(self):
        contact = self.env["sekp.contact"].search([("course_id", "=", self.course.id)])
        contact.with_user(self.worker).action_correct()
        models = [
            model for model in self.env
            if self.env["sekp.confidential.mixin"]._is_confidential(model)
            and not self.env[model]._abstract
        ]  # fmt: skip
        self.assertGreaterEqual(len(models), 10)
        for model in models:
            for name in ("reference", "company_id"):
                self.assertTrue(self.env[model]._fields[name].store, model)
            record = self.env[model].search([], limit=1)
            self.Log._record("open", record)
            self.assertEqual(self.rows()[-1].model, model)

    def test_a_code_alone_is_not_logged(self):
        self.course.web_read({"display_name": {}, "reference": {}})
        self.course.read(["reference"])
        self.env["sekp.goal"].with_user(self.worker).onchange(
            {"course_id": self.course.id}, ["course_id"], {"reference": {}}
        )
        self.assertFalse(self.rows())

    def test_own_code_and_the_system_leave_no_row(self):
        self.course.sudo().web_read(FORM)
        self.log(self.course)
        self.course.mapped("contact_ids.note")
        self.assertFalse(self.rows())

    def test_a_list_is_one_row_with_the_codes_shown(self):
        courses = self.env["sekp.course"].with_user(self.worker)
        courses.web_search_read([], {"alias": {}, "contact_ids": {"fields": {}}})
        row = self.rows()
        self.assertEqual(self.told(), [("list", "sekp.course", 2)])
        self.assertEqual(
            row.references, f"{self.second.reference} {self.course.reference}"
        )
        self.assertFalse(row.reference)
        courses.search_read([("phase", "=", "framing")], ["alias"])
        courses.web_read_group(
            [], ["phase"], auto_unfold=True, unfold_read_specification={"alias": {}}
        )
        self.assertEqual(self.rows().mapped("kind"), ["list"] * 3)
        self.assertEqual(self.rows()[-1].amount, 2)

    def test_counting_by_phase_shows_nobody(self):
        courses = self.env["sekp.course"].with_user(self.worker)
        courses.formatted_read_group([], ["phase"], ["__count"])
        courses.search([("phase", "!=", "closed")])
        courses.search_count([("reference", "=", self.course.reference)])
        self.assertFalse(self.rows())

    def test_grouping_by_what_is_known_of_a_person_is_a_list(self):
        citizens = self.env["sekp.citizen"].with_user(self.worker)
        citizens.formatted_read_group([], ["alias"], ["__count"])
        citizens.formatted_read_group([], [], ["alias:array_agg"])
        self.assertEqual(self.rows().mapped("kind"), ["list", "list"])

    def test_a_search_for_words_is_logged_without_the_words(self):
        contacts = self.env["sekp.contact"].with_user(self.worker)
        courses = self.env["sekp.course"].with_user(self.worker)
        citizens = self.env["sekp.citizen"].with_user(self.worker)
        contacts.web_search_read([("note", "ilike", "kaffe")], {"note": {}})
        contacts.search_count([("note", "=", "intet")])
        courses.search([("citizen_id.alias", "ilike", "ræv")])
        courses.search([("citizen_id", "any", [("alias", "like", "Ræv")])])
        courses.search([("contact_ids.note", "in", ["x", "y"])])
        courses.search(["!", ("citizen_id", "ilike", "ræv")])
        courses.formatted_read_group([("next_step", "like", "x")], ["phase"])
        citizens.name_search("Ræven")
        citizens.web_name_search("Ræven", {"display_name": {}})
        rows = self.rows()
        self.assertEqual(rows.mapped("kind"), ["search"] * 9)
        self.assertEqual(
            rows.mapped("amount"), [1, 0, 1, 1, 0, 1, 0, 1, 1]
        )  # the sixth is the other course
        self.env.cr.execute("SELECT string_agg(log::text, '') FROM sekp_access_log log")
        (everything,) = self.env.cr.fetchone()
        for word in ("kaffe", "ræv", "intet", "Kaffe", "Ræv"):
            self.assertNotIn(word, everything)

    def test_an_export_is_one_row(self):
        self.worker.sudo().group_ids |= self.env.ref("base.group_allow_export")
        self.env.flush_all()
        both = (self.course | self.second).with_user(self.worker)
        both.export_data(["alias", "contact_ids/note"])
        self.assertEqual(self.told(), [("export", "sekp.course", 2)])

    def make_report(self):
        self.env["ir.ui.view"].create(
            {
                "type": "qweb",
                "name": "Course",
                "key": "sekp_outreach.test_print",
                "arch": "<t t-name='sekp_outreach.test_print'>"
                "<p t-foreach='docs' t-as='doc' t-out='doc.alias'/></t>",
            }
        )
        return self.env["ir.actions.report"].create(
            {
                "name": "Course",
                "model": "sekp.course",
                "report_type": "qweb-html",
                "report_name": "sekp_outreach.test_print",
            }
        )

    def test_a_print_is_one_row_and_checks_the_records(self):
        reports = self.make_report().with_user(self.worker)
        self.env.flush_all()
        html, _kind = reports._render_qweb_html(reports.id, self.course.ids)
        self.assertIn("Ræven", html.decode())
        reports._render_qweb_pdf(reports.id, self.course.ids)
        self.assertEqual(self.told(), [("print", "sekp.course", 1)] * 2)
        for user in (self.colleague, self.employee):
            with self.assertRaises(AccessError):
                reports.with_user(user)._render_qweb_html(reports.id, self.course.ids)

    def test_the_statements_of_ordinary_work(self):
        """One more statement for each list and form, and none for the records."""
        courses = self.env["sekp.course"].with_user(self.worker)
        for call in (
            lambda: self.course.web_read(FORM),
            lambda: courses.web_search_read([], {"alias": {}, "reference": {}}),
            lambda: courses.web_read_group(
                [], ["phase"], auto_unfold=True, unfold_read_specification={"alias": {}}
            ),
        ):
            counts = []
            for silent in (False, False, True):
                self.env.flush_all()
                self.env.invalidate_all()
                if silent:
                    self.patch(type(self.Log), "_record", lambda *args, **kwargs: None)
                before = self.env.cr.sql_log_count
                call()
                counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(counts[1] - counts[2], 1, counts)
            self.doCleanups()

    # --- append-only --------------------------------------------------------------
    def test_rows_are_never_changed_nor_taken_away(self):
        self.course.web_read(FORM)
        row = self.rows()
        with self.assertRaises(UserError):
            row.sudo().write({"kind": "list"})
        with self.assertRaises(UserError):
            row.sudo().unlink()
        for statement in (
            "UPDATE sekp_access_log SET kind = 'list'",
            "DELETE FROM sekp_access_log",
            "TRUNCATE sekp_access_log",
            "DELETE FROM sekp_access_seal",
        ):
            with (
                self.subTest(statement),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(Exception, "only added"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)
        self.assertTrue(row.exists())

    def test_the_guards_can_be_put_on_again(self):
        self.Log.init()
        self.env["sekp.access.seal"].init()
        self.test_rows_are_never_changed_nor_taken_away()

    def test_who_is_named_is_archived_not_deleted(self):
        self.course.web_read(FORM)
        self.rows()
        with self.assertRaises(UserError):
            self.worker.sudo().unlink()
        self.worker.sudo().active = False
        self.assertTrue(self.rows().with_user(self.auditor).user_id.display_name)

    def test_who_did_nothing_is_deleted_and_who_wrote_what_stays_is_not(self):
        nobody = make_user(self.env, "sekp_nobody", None, self.company)
        nobody.unlink()
        self.assertFalse(nobody.exists())
        self.refer(user=self.intake)
        self.env.flush_all()
        with self.assertRaisesRegex(UserError, "never changed|access log"):
            self.intake.sudo().unlink()

    # --- who reads it -------------------------------------------------------------
    def test_auditors_read_the_municipality_and_supervisors_their_team(self):
        self.course.web_read(FORM)
        row = self.rows()
        foreign = make_user(
            self.env, "sekp_foreign_auditor", "auditor", self.foreign_company
        )
        readers = {
            user
            for user in (
                self.auditor, self.supervisor, self.other_supervisor, self.worker,
                self.manager, self.intake, self.foreign_supervisor, foreign,
                self.env.ref("base.user_admin"),
            )
            if row.with_user(user).has_access("read")
            and row.with_user(user).search_count([("id", "=", row.id)])
        }  # fmt: skip
        self.assertEqual(readers, {self.auditor, self.supervisor})
        for operation in ("write", "create", "unlink"):
            self.assertFalse(row.with_user(self.auditor).has_access(operation))

    def test_auditors_read_access_rows_and_no_course(self):
        rows = self.course.sudo().assignment_ids.with_user(self.auditor)
        self.assertTrue(rows.has_access("read"))
        self.assertFalse(rows.has_access("write"))
        for record in (self.course, self.course.citizen_id, self.log_contact):
            self.assertFalse(record.with_user(self.auditor).has_access("read"))


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAccessLogOverTheWire(LogCase, HttpCase):
    """The same through the web client's and the interface's own doors: exactly once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = {}

    @classmethod
    def freeze(cls, moment):
        # A session's cookies are compared with the real clock.
        return RunningClock()

    def refused(self, *args, **kwargs):
        """Call a method that refuses, which the server tells in its log."""
        with mute_logger("odoo.http"):
            answer = self.call(*args, **kwargs)
        self.assertIn("error", answer)

    def call(self, model, method, *args, **kwargs):
        """Call a method as the web client does; return the answer."""
        answer = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            data=json.dumps(
                {
                    "params": {
                        "model": model,
                        "method": method,
                        "args": args,
                        "kwargs": kwargs,
                    }
                }
            ),
            headers={"Content-Type": "application/json"},
        )
        return answer.json()

    def json2(self, user, model, method, **kwargs):
        """Call a method with a key, as another system does."""
        if user not in self.keys:
            self.keys[user] = (
                self.env["res.users.apikeys"]
                .with_user(user)
                .sudo()
                ._generate("rpc", "test", datetime.now() + timedelta(days=1))
            )
        return self.url_open(
            f"/json/2/{model}/{method}",
            data=json.dumps(kwargs),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"Bearer {self.keys[user]}",
            },
        )

    def test_each_door_leaves_one_row(self):
        self.authenticate(self.worker.login, self.worker.login)
        ids = self.course.ids
        for method, args, kwargs, kind in (
            ("web_read", [ids], {"specification": FORM}, "open"),
            ("read", [ids, ["alias"]], {}, "open"),
            ("web_search_read", [[], {"alias": {}}], {}, "list"),
            ("search_read", [[], ["alias"]], {}, "list"),
            (
                "web_read_group",
                [[], ["phase"]],
                {"auto_unfold": True, "unfold_read_specification": {"alias": {}}},
                "list",
            ),
            ("search", [[["next_step", "ilike", "x"]]], {}, "search"),
            ("search_count", [[["next_step", "ilike", "x"]]], {}, "search"),
            ("formatted_read_group", [[["next_step", "=", "x"]], []], {}, "search"),
            ("name_search", ["ru"], {}, "search"),
        ):
            with self.subTest(method):
                self.before = self.Log.search([], limit=1).id
                answer = self.call("sekp.course", method, *args, **kwargs)
                self.assertIn("result", answer)
                rows = self.rows()
                self.assertEqual(rows.mapped("kind"), [kind])
                self.assertEqual(rows.user_id, self.worker)
                self.assertEqual(rows.channel, "screen")

    def test_the_interface_leaves_one_row(self):
        self.json2(self.worker, "sekp.course", "search_count", domain=[])
        self.before = self.Log.search([], limit=1).id
        answer = self.json2(
            self.worker, "sekp.course", "read", ids=self.course.ids, fields=["alias"]
        )
        self.assertEqual(answer.json()[0]["alias"], "Ræven")
        answer = self.json2(
            self.worker,
            "sekp.course",
            "web_search_read",
            domain=[],
            specification={"alias": {}},
        )
        self.assertEqual(answer.status_code, 200)
        rows = self.rows()
        self.assertEqual(rows.mapped("kind"), ["open", "list"])
        self.assertEqual(set(rows.mapped("channel")), {"api"})

    def test_a_refusal_is_logged_though_it_fails(self):
        self.authenticate(self.colleague.login, self.colleague.login)
        for _time in range(3):
            self.refused("sekp.course", "read", self.course.ids, ["alias"])
        row = self.rows()
        self.assertEqual(self.told(), [("refused", "sekp.course", 1)])
        self.assertEqual(
            (row.user_id, row.reference, row.team_id, row.company_id),
            (self.colleague, self.course.reference, self.harbour, self.company),
        )
        self.refused("sekp.course", "write", self.course.ids, {"phase": "relation"})
        self.refused("sekp.course", "write", self.second.ids, {"phase": "relation"})
        self.assertEqual(
            self.rows().mapped("record_id"), [self.course.id, self.second.id]
        )

    def test_a_user_without_a_role_is_logged_too(self):
        self.authenticate(self.employee.login, self.employee.login)
        self.refused("sekp.citizen", "read", self.course.citizen_id.ids, ["alias"])
        self.refused("sekp.citizen", "search", [])
        row = self.rows()
        self.assertEqual((row.kind, row.model), ("refused", "sekp.citizen"))
        self.assertEqual(row.company_id, self.company)

    def test_asking_whether_one_may_leaves_no_row(self):
        self.authenticate(self.colleague.login, self.colleague.login)
        answer = self.call("sekp.course", "has_access", self.course.ids, "read")
        self.assertIs(answer["result"], False)
        self.assertFalse(self.rows())

    def test_a_stranger_cannot_fill_the_log(self):
        env = self.env(user=self.colleague)
        refusals = {
            ("sekp.course", number): ([number], False) for number in range(1, 200)
        }
        self.Log.with_env(env).sudo()._write_refused(refusals)
        self.assertEqual(len(self.rows()), 60)

    def test_a_report_over_the_wire(self):
        report = TestAccessLog.make_report(self)
        self.authenticate(self.worker.login, self.worker.login)
        answer = self.url_open(f"/report/html/{report.report_name}/{self.course.id}")
        self.assertIn("Ræven", answer.text)
        self.assertEqual(self.told(), [("print", "sekp.course", 1)])
