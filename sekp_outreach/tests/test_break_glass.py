import json
from datetime import date, timedelta

from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import NOW, OutreachCase, make_user
from .test_access_log import RunningClock


class GlassCase(OutreachCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(
            action_plan="offered", grant="offered", in_force=False
        )
        cls.standard.break_glass_hours = 3
        cls.standard._put_in_force(date(2026, 1, 1))
        cls.course = cls.allocate(place="Torvet")
        cls.log(cls.course)
        cls.Log = cls.env["sekp.access.log"]

    def setUp(self):
        super().setUp()
        self.env.flush_all()
        self.env.invalidate_all()

    def dialog(self, user, code=None, **vals):
        return (
            self.env["sekp.break.glass"]
            .with_user(user)
            .create(
                {
                    "reference": code or self.course.sudo().reference,
                    "purpose": "acute",
                    "note": "Sundhedsplejen ringede",
                    **vals,
                }
            )
        )

    def break_glass(self, user):
        self.dialog(user).action_open()
        self.env.invalidate_all()
        return self.course.with_user(user)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestBreakGlass(GlassCase):
    """Open at once, close by itself, tell those who answer for the course."""

    def setUp(self):
        super().setUp()
        self.told = []
        told = self.told
        self.patch(
            type(self.env["res.users"]),
            "_sekp_notice",
            lambda users, *args, **kwargs: told.extend(users.ids),
        )

    def test_it_opens_at_once_and_closes_by_the_clock(self):
        for user in (self.colleague, self.intake, self.other_supervisor):
            with self.subTest(user=user.login):
                self.assertFalse(self.course.with_user(user).has_access("read"))
                course = self.break_glass(user)
                for record in (
                    course,
                    course.citizen_id,
                    course.contact_ids,
                    course.referral_id,
                    course.assignment_ids,
                ):
                    self.assertTrue(record, record._name)
                    record.check_access("read")
                self.assertEqual(course.emergency_until, NOW + timedelta(hours=3))
                course.web_read({"alias": {}, "goal_ids": {"fields": {"goal": {}}}})
                citizen = course.citizen_id
                with self.at(NOW + timedelta(hours=2, minutes=59)):
                    self.assertTrue(course.has_access("read"))
                with self.at(NOW + timedelta(hours=3)):
                    self.env.invalidate_all()
                    self.assertFalse(course.has_access("read"))
                    self.assertFalse(citizen.has_access("read"))

    def test_nobody_who_is_gone_is_to_look_at_it(self):
        self.harbour.sudo().supervisor_ids |= self.other_supervisor
        self.supervisor.sudo().active = False
        self.break_glass(self.colleague)
        seen = self.env.ref("sekp_outreach.activity_break_glass")
        activity = self.course.sudo().activity_ids.filtered(
            lambda act: act.activity_type_id == seen
        )
        self.assertEqual(activity.user_id, self.other_supervisor)

    def test_what_remains_of_it(self):
        before = self.Log.search([], limit=1).id
        dialog = self.dialog(self.colleague)
        action = dialog.action_open()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("sekp.course", self.course.id)
        )
        self.assertFalse(dialog.reference or dialog.note or dialog.purpose)
        row = self.course.sudo().assignment_ids.filtered(
            lambda row: row.role == "break_glass"
        )
        self.assertEqual(row.reason, "Sundhedsplejen ringede")
        self.assertEqual(
            (row.starts_at, row.ends_at, row.date_from, row.user_id),
            (NOW, NOW + timedelta(hours=3), NOW.date(), self.colleague),
        )
        log = self.Log.search([("id", ">", before)])
        self.assertEqual(
            (log.kind, log.purpose, log.reference, log.user_id, log.team_id),
            ("break_glass", "acute", self.course.reference, self.colleague,
             self.harbour),
        )  # fmt: skip
        self.assertEqual(set(self.told), {self.worker.id, self.supervisor.id})
        activity = self.course.sudo().activity_ids.filtered(
            lambda act: (
                act.activity_type_id
                == self.env.ref("sekp_outreach.activity_break_glass")
            )
        )
        self.assertEqual(activity.user_id, self.supervisor)
        self.assertEqual(activity.date_deadline, NOW.date())

    def test_the_supervisor_looks_at_it(self):
        self.break_glass(self.colleague)
        course = self.course.with_user(self.supervisor)
        self.assertTrue(course.has_emergency)
        self.assertFalse(self.course.with_user(self.worker).has_emergency)
        with self.assertRaises(AccessError):
            self.course.with_user(self.worker).action_seen_emergency()
        # A new contact person does not take the supervisor's part.
        course._assign(self.other_worker, "contact_person", "x")
        self.assertEqual(
            course.sudo()
            .activity_ids.filtered(
                lambda act: (
                    act.activity_type_id
                    == self.env.ref("sekp_outreach.activity_break_glass")
                )
            )
            .user_id,
            self.supervisor,
        )
        course.action_seen_emergency()
        self.env.invalidate_all()
        self.assertFalse(course.has_emergency)

    def test_it_is_for_reading_and_logging_a_contact(self):
        course = self.break_glass(self.colleague)
        goal = self.env["sekp.goal"].create({"course_id": course.id, "goal": "Ro"})
        contact = self.log(course)
        for act in (
            contact.action_correct,
            lambda: self.log(course, replaces_id=contact.id),
            lambda: course.write({"next_step": "x"}),
            lambda: course.write({"team_id": self.forest.id}),
            lambda: course.citizen_id.write({"alias": "x"}),
            lambda: course.referral_id.with_user(self.colleague).write({"place": "x"}),
            lambda: goal.with_user(self.colleague).write({"goal": "x"}),
            lambda: goal.with_user(self.colleague).unlink(),
            lambda: (
                self.env["sekp.goal"]
                .with_user(self.colleague)
                .create({"course_id": course.id, "goal": "x"})
            ),
            lambda: (
                self.env["sekp.review"]
                .with_user(self.colleague)
                .create({"course_id": course.id})
            ),
            lambda: (
                self.env["sekp.handover"]
                .with_user(self.colleague)
                .create({"course_id": course.id, "offer_id": self.offer.id})
            ),
            course.action_close,
            course.action_hand_over,
            course.action_change_contact_person,
            course.action_reestablish,
            lambda: course._close("achieved"),
        ):
            with self.assertRaises(AccessError):
                act()
        self.colleague.sudo().group_ids |= self.env.ref("base.group_allow_export")
        for records in (course, course.contact_ids, course.citizen_id):
            with self.assertRaises(AccessError):
                records.export_data(["reference"])

    def test_a_supervisor_of_another_team_gains_no_more(self):
        course = self.break_glass(self.other_supervisor)
        with self.assertRaises(AccessError):
            course.action_change_contact_person()
        with self.assertRaises(AccessError):
            self.env["sekp.assign"].with_user(self.other_supervisor).create(
                {
                    "course_id": course.id,
                    "role": "second",
                    "user_id": self.other_supervisor.id,
                }
            ).action_assign()
        row = course.assignment_ids.filtered(lambda row: row.role == "break_glass")
        for vals in ({"date_to": "2026-12-01"}, {"closes_at": "2026-12-01 10:00:00"}):
            with self.assertRaises(AccessError):
                row.write(vals)

    def test_intake_keeps_the_rights_it_has_otherwise(self):
        course = self.break_glass(self.intake)
        course.referral_id.with_user(self.intake).check_access("write")
        self.assertFalse(course.with_user(self.intake).has_access("write"))

    def test_one_who_is_let_in_meanwhile_works_as_others_do(self):
        course = self.break_glass(self.colleague)
        course.with_user(self.supervisor)._assign(self.colleague, "second", "x")
        self.env.invalidate_all()
        course.check_access("write")
        self.assertFalse(course.emergency_until)
        self.assertEqual(
            len(
                course.sudo().assignment_ids.filtered(
                    lambda row: row.user_id == self.colleague
                )
            ),
            2,
        )

    def test_a_new_contact_person_leaves_the_emergency_as_it_was(self):
        course = self.break_glass(self.colleague)
        course.with_user(self.supervisor)._assign(self.colleague, "contact_person", "x")
        rows = course.sudo().assignment_ids.filtered(
            lambda row: row.user_id == self.colleague
        )
        self.assertEqual(set(rows.mapped("role")), {"break_glass", "contact_person"})

    def test_it_can_be_ended_earlier_and_is_not_extended(self):
        course = self.break_glass(self.colleague)
        with self.at(NOW + timedelta(hours=1)):
            told = self.dialog(self.colleague).action_open()
            self.assertEqual(told["tag"], "display_notification")
            self.assertEqual(told["params"]["next"]["res_id"], course.id)
            self.assertEqual(course.emergency_until, NOW + timedelta(hours=3))
            course.action_end_emergency()
            self.env.invalidate_all()
            self.assertFalse(course.has_access("read"))

    def test_the_entitled_need_none(self):
        before = self.Log.search([], limit=1).id
        told = self.dialog(self.worker).action_open()
        self.assertEqual(told["params"]["next"]["res_id"], self.course.id)
        self.assertFalse(self.Log.search_count([("id", ">", before)]))
        self.assertFalse(self.told)

    def test_the_code_as_it_is_said(self):
        code = self.course.reference.upper().replace("-", " ")
        self.dialog(self.colleague, code).action_open()
        self.assertTrue(self.course.with_user(self.colleague).has_access("read"))

    def test_a_reason_is_asked_for(self):
        for vals in ({"purpose": False}, {"note": False}, {"note": "  "}):
            with self.assertRaises(UserError):
                self.dialog(self.colleague, **vals).action_open()

    def test_who_may_not(self):
        for user in (
            self.manager,
            self.receiver,
            self.employee,
            self.env.ref("base.user_admin"),
            make_user(self.env, "sekp_auditor", "auditor", self.company),
        ):
            with self.assertRaises(AccessError):
                self.dialog(user).action_open()

    def test_wrong_and_foreign_codes_get_the_same_sentence(self):
        said = set()
        for user, code in (
            (self.colleague, "baba-baba-22"),
            (self.colleague, "nonsense"),
            (self.foreign_supervisor, self.course.reference),
        ):
            with self.assertRaises(UserError) as refusal:
                self.dialog(user, code).action_open()
            said.add(str(refusal.exception))
        self.assertEqual(len(said), 1)

    def test_the_standard_bounds_the_hours(self):
        for hours in (0, 25):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.make_standard(in_force=False, break_glass_hours=hours)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestBreakGlassOverTheWire(GlassCase, HttpCase):
    """Wrong codes are counted though each try is undone."""

    @classmethod
    def freeze(cls, moment):
        return RunningClock()

    def attempt(self, code):
        """Try a code as the web client does; return the sentence of the refusal."""
        dialog = self.dialog(self.colleague, code)
        self.env.flush_all()
        with mute_logger("odoo.http"):
            answer = self.url_open(
                "/web/dataset/call_button/sekp.break.glass/action_open",
                data=json.dumps(
                    {
                        "params": {
                            "model": "sekp.break.glass",
                            "method": "action_open",
                            "args": [dialog.ids],
                            "kwargs": {},
                        }
                    }
                ),
                headers={"Content-Type": "application/json"},
            ).json()
        return answer.get("error", {}).get("data", {}).get("message")

    def test_five_wrong_codes_an_hour(self):
        self.authenticate(self.colleague.login, self.colleague.login)
        before = self.Log.search([], limit=1).id
        for number in range(22, 27):
            self.assertIn("type it exactly", self.attempt(f"baba-baba-{number}"))
        self.env.invalidate_all()
        rows = self.Log.search([("id", ">", before)])
        self.assertEqual(rows.mapped("kind"), ["refused"] * 5)
        self.assertEqual(set(rows.mapped("model")), {"sekp.break.glass"})
        self.assertFalse(any(rows.mapped("reference")))
        # The sixth is not looked at, right or wrong.
        self.assertIn("Too many", self.attempt(self.course.sudo().reference))
        self.assertFalse(self.course.with_user(self.colleague).has_access("read"))

    def test_a_right_code_over_the_wire(self):
        self.authenticate(self.colleague.login, self.colleague.login)
        self.assertIn("type it exactly", self.attempt("baba-baba-22"))
        self.assertIsNone(self.attempt(self.course.sudo().reference))
        self.env.invalidate_all()
        self.assertTrue(self.course.with_user(self.colleague).has_access("read"))
