from contextlib import contextmanager
from datetime import timedelta

from psycopg2.errors import CheckViolation, UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..models.res_company_quick import LEAST_HOURS, MOST_HOURS
from .common import NOW, TODAY, OutreachCase

KEY, OTHER = "a" * 28, "b" * 28


class QuickCase(OutreachCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(rhythm_count=1)
        cls.course = cls.allocate()

    def quick(self, user=None):
        return self.env["sekp.quick.log"].with_user(user or self.worker)

    def note(self, course=None, user=None, **vals):
        return {
            "user_id": (user or self.worker).id,
            "course_id": (course or self.course).id,
            "outcome": "no_answer",
            "form_id": self.home_visit.id,
            "minutes": 15,
            "started_at": "2026-09-16 09:30:00",
            **vals,
        }

    @contextmanager
    def refused(self, error, words):
        """Expect an error that undoes the whole request, as on a server."""
        with self.assertRaisesRegex(error, words) as caught, self.env.cr.savepoint():
            yield caught
        self.env.invalidate_all()

    def contacts(self, course=None):
        course = (course or self.course).sudo()
        return self.env["sekp.contact"].sudo().search([("course_id", "=", course.id)])


@tagged("post_install", "-at_install", "sekp_outreach")
class TestQuickLog(QuickCase):
    """What a phone sends is logged once, or refused with a sentence."""

    def test_a_note_is_a_contact_like_any_other(self):
        function = self.env.ref("sekp_outreach.support_function_isolation")
        answer = self.quick().log(
            self.note(
                outcome="met",
                note="Mødt på havnen",
                next_step="Ses igen",
                next_step_on="2026-09-18",
                function_ids=function.ids,
            ),
            KEY,
        )
        contact = self.contacts()
        self.assertEqual(answer, {"id": contact.id, "again": False})
        self.assertEqual(
            (contact.user_id, contact.outcome, contact.note, contact.function_ids),
            (self.worker, "met", "Mødt på havnen", function),
        )
        self.assertEqual(contact.started_at, NOW - timedelta(minutes=30))
        self.assertEqual(self.course.next_step, "Ses igen")
        self.assertEqual(self.course.contact_count, 1)

    def test_sent_again_it_is_the_same_one(self):
        values = self.note(note="Bankede på")
        first = self.quick().log(values, KEY)
        again = self.quick().log(values, KEY)
        self.assertEqual(again, {"id": first["id"], "again": True})
        self.assertEqual(len(self.contacts()), 1)
        self.assertEqual(self.course.attempt_count, 1)

    def test_the_same_words_under_another_key_are_another_contact(self):
        self.quick().log(self.note(), KEY)
        self.quick().log(self.note(), OTHER)
        self.assertEqual(len(self.contacts()), 2)

    def test_a_key_is_the_user_s_own(self):
        course = self.allocate(user=self.colleague)
        self.quick().log(self.note(), KEY)
        values = self.note(course, self.colleague)
        answer = self.quick(self.colleague).log(values, KEY)
        self.assertFalse(answer["again"])

    def test_another_note_under_the_same_key_is_refused(self):
        self.quick().log(self.note(), KEY)
        for changed in (
            {"outcome": "met"},
            {"note": "Noget andet"},
            {"minutes": 20},
            {"next_step_on": "2026-09-30"},
            {"function_ids": self.env["sekp.support.function"].search([], limit=1).ids},
            {"started_at": "2026-09-16 09:31:00"},
            {"course_id": self.allocate().id},
        ):
            with (
                self.subTest(changed=list(changed)),
                self.refused(UserError, "Another note"),
            ):
                self.quick().log(self.note(**changed), KEY)
        self.assertEqual(len(self.contacts()), 1)

    def test_the_database_refuses_a_double_key(self):
        self.quick().log(self.note(), KEY)
        with self.refused(UserError, "logged already"):
            self.log(self.course, quick_key=KEY)
        self.log(self.course)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(UniqueViolation),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute("UPDATE sekp_contact SET quick_key = %s", [KEY])

    def test_the_course_was_closed_meanwhile(self):
        self.course._close("achieved")
        with self.refused(UserError, "closed meanwhile"):
            self.quick().log(self.note(), KEY)
        self.assertFalse(self.contacts())

    def test_what_came_in_before_the_closing_is_answered_after_it(self):
        first = self.quick().log(self.note(), KEY)
        self.course._close("achieved")
        self.assertEqual(
            self.quick().log(self.note(), KEY), {"id": first["id"], "again": True}
        )

    def test_access_ended_meanwhile(self):
        first = self.quick().log(self.note(), KEY)
        self.course.sudo()._assign(self.colleague, "contact_person", "Skift")
        with self.at(NOW + timedelta(days=2)):
            with self.refused(AccessError, "no longer open") as caught:
                self.quick().log(self.note(), OTHER)
            self.assertNotIn(self.course.sudo().reference, str(caught.exception))
            self.assertEqual(self.quick().log(self.note(), KEY)["id"], first["id"])

    def test_a_course_of_others_and_one_that_is_not_there_are_refused_alike(self):
        foreign = self.allocate(user=self.colleague)
        closed = self.allocate(user=self.colleague)
        closed._close("achieved")
        sentences = set()
        for course_id in (foreign.id, closed.id, 99_999_999):
            for given in ({}, {"outcome": False}, {"minutes": 100_000}):
                with self.refused(AccessError, "no longer open") as caught:
                    self.quick().log(self.note(course_id=course_id, **given), KEY)
                sentences.add(str(caught.exception))
        self.assertEqual(len(sentences), 1)

    def test_somebody_else_has_logged_in_on_the_phone(self):
        values = self.note(user=self.colleague)
        with self.refused(AccessError, "Somebody else"):
            self.quick().log(values, KEY)
        self.assertFalse(self.contacts())

    def test_what_is_no_note(self):
        for values, key in (
            (None, KEY),
            ([], KEY),
            (self.note(), "A" * 28),
            (self.note(), "a" * 23),
            (self.note(), "1" * 28),
            (self.note(), None),
            (self.note(course_id="1"), KEY),
            (self.note(course_id=True), KEY),
            (self.note(course_id=False), KEY),
            (self.note(function_ids=["1"]), KEY),
            (self.note(function_ids=[[6, 0, [1]]]), KEY),
            (self.note(started_at="i går"), KEY),
            (self.note(next_step_on="snart"), KEY),
            (self.note(replaces_id=1), KEY),
            (self.note(is_current=False, company_id=1), KEY),
        ):
            with (
                self.subTest(values=values, key=key),
                self.refused(ValidationError, "no note"),
            ):
                self.quick().log(values, key)
        self.assertFalse(self.contacts())

    def test_the_contact_s_own_refusals_are_told_as_they_are(self):
        for values, words in (
            (self.note(outcome=False), "whether you met"),
            (self.note(minutes=100_000), "0 minutes and a day"),
            (self.note(started_at="2026-09-17 10:00:00"), "future"),
            (self.note(note="Cpr 010258-5678"), "CPR"),
            (self.note(told_of_referral=True), "whom you met"),
        ):
            with (
                self.subTest(words=words),
                self.refused(ValidationError, words),
            ):
                self.quick().log(values, KEY)

    def test_a_standard_without_text_stores_none(self):
        self.standard.sudo().registration_mode = "none"
        course = self.allocate()
        shown = self.shown(self.quick().get_screen(), course)
        self.assertFalse(shown["texts"])
        with self.refused(ValidationError, "cannot be stored"):
            self.quick().log(self.note(course, note="Mødt"), KEY)

    def test_a_visit_is_held_by_its_note(self):
        visit = self.course.env["sekp.appointment"].create(
            {
                "course_id": self.course.id,
                "form_id": self.home_visit.id,
                "starts_at": NOW - timedelta(hours=1),
                "minutes": 45,
            }
        )
        screen = self.quick().get_screen(None, visit.id)
        self.assertEqual(screen["course_id"], self.course.id)
        self.assertEqual(screen["appointment"]["minutes"], 45)
        action = visit.action_quick_log()
        self.assertEqual(
            action["params"],
            {"course_id": self.course.id, "appointment_id": visit.id},
        )
        self.quick().log(self.note(appointment_id=visit.id), KEY)
        self.assertEqual(visit.state, "held")

    # --- the screen -----------------------------------------------------------------
    def shown(self, screen, course):
        return next(one for one in screen["courses"] if one["id"] == course.id)

    def test_the_screen_tells_of_one_s_own_by_code(self):
        self.name_as(self.course, "Kaptajnen")
        foreign = self.allocate(user=self.colleague)
        closed = self.allocate()
        closed._close("achieved")
        self.log(self.course, outcome="letter")
        screen = self.quick().get_screen()
        ids = [one["id"] for one in screen["courses"]]
        self.assertEqual(ids, self.course.ids)
        self.assertNotIn(foreign.id, ids)
        self.assertNotIn("Kaptajnen", str(screen))
        row = self.shown(screen, self.course)
        self.assertEqual(row["code"], self.course.reference)
        self.assertEqual(row["last"], str(TODAY))
        self.assertEqual(row["due"], str(self.course.next_contact_due))
        self.assertTrue(row["when"].startswith("in "))
        self.assertFalse(row["late"])
        self.assertEqual(screen["hours"], 72)
        self.assertIs(screen["appointment"], False)
        self.assertEqual(screen["user_id"], self.worker.id)
        self.assertIn(("no_answer", "No answer"), screen["outcomes"])
        self.assertTrue(screen["forms"] and screen["functions"])

    def test_who_covers_sees_the_course_while_it_lasts(self):
        until = TODAY + timedelta(days=2)
        self.course.sudo()._assign(
            self.colleague, "cover", "Ferie", date_from=TODAY, date_to=until
        )
        screen = self.quick(self.colleague).get_screen()
        self.assertEqual([one["id"] for one in screen["courses"]], self.course.ids)
        with self.at(NOW + timedelta(days=4)):
            self.assertFalse(self.quick(self.colleague).get_screen()["courses"])

    def test_a_supervisor_notes_on_a_course_of_the_team_that_is_opened(self):
        quick = self.quick(self.supervisor)
        self.assertFalse(quick.get_screen()["courses"])
        action = self.course.with_user(self.supervisor).action_quick_log()
        self.assertEqual(action["tag"], "sekp_quick_log")
        screen = quick.get_screen(**action["params"])
        self.assertEqual([one["id"] for one in screen["courses"]], self.course.ids)

    def test_others_get_no_screen(self):
        for user in (self.employee, self.intake, self.manager, self.receiver):
            with self.assertRaisesRegex(AccessError, "contact persons"):
                self.quick(user).get_screen()
        with self.assertRaises(AccessError):
            self.quick(self.other_worker).get_screen(self.course.id)
        for wrong in ("1", [1], {"a": 1}, 1.5, 99_999_999):
            with self.assertRaises(AccessError):
                self.quick().get_screen(wrong)
        with self.assertRaises(AccessError):
            self.course.with_user(self.colleague).action_quick_log()

    def test_what_a_standard_names_is_what_is_offered(self):
        form = self.home_visit
        function = self.env["sekp.support.function"].search([], limit=1)
        self.standard.sudo().write(
            {
                "hours_rule": "window",
                "hour_from": 8,
                "hour_to": 16,
                "contact_form_ids": [Command.set(form.ids)],
                "support_function_ids": [Command.set(function.ids)],
            }
        )
        course = self.allocate()
        row = self.shown(self.quick().get_screen(), course)
        self.assertEqual(row["form_ids"], form.ids)
        self.assertEqual(row["function_ids"], function.ids)
        self.assertEqual((row["window"]["from"], row["window"]["to"]), (8, 16))
        late = self.note(course, started_at="2026-09-16 05:00:00")
        with self.refused(ValidationError, "reason for the hour"):
            self.quick().log(late, KEY)

    def test_who_is_out_alone_says_so_here(self):
        self.assertIs(self.quick().get_screen()["out"], False)
        row = (
            self.env["sekp.lone.work"]
            .with_user(self.worker)
            ._go_out(NOW + timedelta(hours=2))
        )
        out = self.quick().get_screen()["out"]
        self.assertEqual((out["id"], out["state"]), (row.id, "out"))
        self.assertEqual(out["until"], "2026-09-16 12:00:00")

    def reads(self, user):
        rows = self.env["sekp.access.log"].search(
            [("user_id", "=", user.id), ("kind", "in", ("list", "open"))]
        )
        return [(row.kind, row.amount) for row in rows.sorted("id")]

    def test_who_looks_is_logged(self):
        self.allocate()
        self.quick().get_screen(self.course.id)
        self.assertEqual(self.reads(self.worker), [("list", 2)])
        self.quick(self.supervisor).get_screen(self.course.id)
        self.assertEqual([kind for kind, _n in self.reads(self.supervisor)], ["open"])

    # --- how long -------------------------------------------------------------------
    def test_how_long_an_unsent_note_is_kept(self):
        for hours in (LEAST_HOURS, MOST_HOURS):
            self.company.sekp_unsent_hours = hours
            self.assertEqual(self.quick().get_screen()["hours"], hours)
        for hours in (LEAST_HOURS - 1, MOST_HOURS + 1):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.company.sekp_unsent_hours = hours
                self.env.flush_all()
            self.env.invalidate_all()


@tagged("post_install", "-at_install", "sekp_outreach")
class TestHomeScreen(QuickCase, HttpCase):
    """The app on a phone's home screen leads to the street note."""

    def shortcuts(self):
        manifest = self.url_open("/web/manifest.webmanifest").json()
        return [one["url"] for one in manifest["shortcuts"]]

    def test_the_shortcut_is_there_for_those_who_may_use_it(self):
        address = "/odoo/street-note"
        self.assertNotIn(address, self.shortcuts())
        self.authenticate(self.employee.login, self.employee.login)
        self.assertNotIn(address, self.shortcuts())
        self.authenticate(self.worker.login, self.worker.login)
        self.assertEqual(self.shortcuts()[0], address)
