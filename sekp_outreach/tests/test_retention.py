import base64
import logging
import os
from collections import defaultdict
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import NOW, TODAY, OutreachCase, make_user

LOG_TABLES = ("sekp_access_log", "sekp_access_seal", "sekp_access_erasure")
ENGINE = "odoo.addons.sekp_outreach.models.sekp_erasure"


class RetentionCase(OutreachCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(
            action_plan="offered",
            grant="offered",
            deadlines=[{"kind": "response", "amount": 7, "unit": "day"}],
        )
        cls.foreign_manager = make_user(
            cls.env, "sekp_foreign_manager", "scheme_manager", cls.foreign_company
        )
        cls.auditor = make_user(cls.env, "sekp_auditor", "auditor", cls.company)
        cls.Erasure = cls.env["sekp.erasure"]
        cls.Certificate = cls.env["sekp.erasure.certificate"]

    def finished(self, days=100, outcome="achieved", **vals):
        """Return a course that was closed some days ago."""
        course = self.allocate(**vals)
        self.log(course)
        course._close(outcome)
        return self.closed_before(course.sudo(), days)

    def closed_before(self, course, days):
        """Date the closing of a course back."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sekp_course SET date_end = %s, date_start = %s WHERE id = %s",
            [TODAY - timedelta(days=days), TODAY - timedelta(days=900), course.id],
        )
        self.env.invalidate_all()
        return course

    def rule(self, amount, unit="days", record_class="course", force=True, **vals):
        """Make a rule as the scheme manager, and put it in force over the preview."""
        rule = (
            self.env["sekp.retention.rule"]
            .with_user(self.manager)
            .create(
                {
                    "record_class": record_class,
                    "keep_amount": amount,
                    "keep_unit": unit,
                    **vals,
                }
            )
        )
        if force:
            self.preview(self.manager, rule).action_put_in_force()
        return rule

    def preview(self, user, rule=None):
        """Open the preview as a client does."""
        Preview = self.env["sekp.retention.preview"].with_user(user)
        if rule:
            context = rule.with_user(user).action_preview()["context"]
            Preview = Preview.with_context(**context)
        return Preview.create({})

    def numbers(self, preview, record_class="course"):
        return [
            (line.now_told, line.month_told, line.quarter_told, line.held_told)
            for line in preview.line_ids
            if line.record_class == record_class and line.rule_id
        ]

    def run_job(self):
        """Run the nightly job as the job it is."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("sekp_outreach.cron_erase").method_direct_trigger()
        self.env.invalidate_all()

    def left(self, *records):
        return [bool(record.exists()) for record in records]


@tagged("post_install", "-at_install", "sekp_outreach")
class TestRetentionRules(RetentionCase):
    """What goes, when, by which rule; and what does not."""

    def test_without_a_rule_nothing_goes(self):
        course = self.finished(days=5000)
        self.run_job()
        self.assertTrue(course.exists())
        self.assertFalse(self.Certificate.search([]))
        lines = self.preview(self.manager).line_ids
        self.assertEqual(
            {line.record_class for line in lines if line.without_rule},
            {
                "course", "referral", "access_log", "access_request", "complaint",
                "child_notification",
            },
        )  # fmt: skip

    def test_no_rule_comes_with_the_system(self):
        self.assertFalse(self.env["sekp.retention.rule"].search([]))

    def test_a_draft_takes_nothing(self):
        course = self.finished()
        self.rule(1, force=False)
        self.run_job()
        self.assertTrue(course.exists())

    def test_a_rule_takes_everything_of_a_course(self):
        course, other = self.finished(days=100), self.finished(days=99)
        parts = [course, course.citizen_id, course.referral_id, course.contact_ids,
                 course.assignment_ids, course.deadline_ids]  # fmt: skip
        self.assertTrue(all(self.left(*parts)))
        history = self.env["sekp.history"].search([("course_id", "=", course.id)])
        log = self.env["sekp.access.log"].search_count([])
        self.rule(100)
        self.run_job()
        self.assertFalse(any(self.left(*parts, history)))
        self.assertTrue(all(self.left(other, other.citizen_id, other.referral_id)))
        self.assertGreaterEqual(self.env["sekp.access.log"].search_count([]), log)
        certificate = self.Certificate.search([])
        self.assertEqual(
            certificate.read(
                ["record_class", "outcome", "citizen_count", "course_count",
                 "referral_count", "contact_count", "on_request", "company_id"],
                load=None,
            )[0],
            {
                "id": certificate.id,
                "record_class": "course",
                "outcome": "Purpose achieved, no longer needs the support",
                "citizen_count": 1,
                "course_count": 1,
                "referral_count": 1,
                "contact_count": 1,
                "on_request": False,
                "company_id": self.company.id,
            },
        )  # fmt: skip

    def test_months_are_those_of_the_calendar(self):
        course = self.finished(days=0)
        rule = self.rule(6, "months")
        for moment, due in ((date(2027, 3, 15), False), (date(2027, 3, 16), True)):
            with self.at(f"{moment} 12:00:00"):
                found = self.Erasure._candidates(rule, rule, ())
                self.assertEqual(course in found, due)

    def test_the_most_specific_rule_wins(self):
        moved = self.finished(days=100, outcome="moved")
        died = self.finished(days=100, outcome="died")
        other = self.finished(days=100)
        self.rule(50)
        self.rule(500, closing_outcome="moved")
        self.rule(99, closing_outcome="died")
        self.run_job()
        self.assertEqual(self.left(moved, died, other), [True, False, False])
        rules = self.Certificate.search([]).mapped("rule")
        self.assertEqual(len(set(rules)), 2)
        self.assertIn("Courses, with all their parts, Died; 99 days", rules)

    def test_a_specific_rule_alone_leaves_the_others(self):
        moved, other = self.finished(outcome="moved"), self.finished()
        self.rule(1, closing_outcome="moved")
        self.run_job()
        self.assertEqual(self.left(moved, other), [False, True])

    def test_another_municipality_s_rule_does_not_count(self):
        course = self.finished()
        rule = self.env["sekp.retention.rule"].with_user(self.foreign_manager)
        rule = rule.create({"record_class": "course", "keep_amount": 1})
        self.preview(self.foreign_manager, rule).action_put_in_force()
        self.run_job()
        self.assertTrue(course.exists())

    def test_referrals_go_by_their_own_rule_and_not_those_of_a_course(self):
        advised, redirected = self.refer(), self.refer()
        advised.action_advice()
        redirected.action_redirect()
        fresh, course = self.refer(), self.finished()
        self.rule(1, record_class="referral", referral_outcome="advice")
        with self.at(NOW + timedelta(days=1)):
            self.run_job()
        self.assertEqual(
            self.left(advised, redirected, fresh, course.referral_id),
            [False, True, True, True],
        )
        self.rule(1, record_class="referral")
        with self.at(NOW + timedelta(days=1)):
            self.run_job()
        self.assertEqual(self.left(redirected, fresh), [False, True])

    def test_the_job_twice_does_nothing_more(self):
        self.finished()
        self.rule(10)
        self.run_job()
        self.assertEqual(len(self.Certificate.search([])), 1)
        self.run_job()
        self.assertEqual(len(self.Certificate.search([])), 1)

    def test_what_fails_is_skipped_and_told_by_number_only(self):
        course = self.finished(concern="Sover under broen")
        other = self.finished()
        self.rule(10)
        engine = type(self.Erasure)
        erase = engine._erase
        secret = course.referral_id.concern

        def fails(self, record, *args, **kwargs):
            if record.id == course.id:
                erase(self, record, *args, **kwargs)
                raise ValueError(secret)
            return erase(self, record, *args, **kwargs)

        self.patch(engine, "_erase", fails)
        with self.assertLogs(ENGINE, "ERROR") as logs:
            self.run_job()
        self.assertEqual(self.left(course, course.contact_ids, other), [True, True, 0])
        self.assertEqual(
            logs.output,
            [f"ERROR:{ENGINE}:sekp.course {course.id} could not be erased: ValueError"],
        )
        rule = self.env["sekp.retention.rule"].with_user(self.manager).search([])
        self.assertIn("could not be erased", rule.account)

    # --- held back ----------------------------------------------------------------
    def hold(self, record, user=None):
        name = record._name.removeprefix("sekp.")
        return (
            self.env["sekp.archive.hold"]
            .with_user(user or self.supervisor)
            .create({f"{name}_id": record.id, "reason": "archive"})
            .action_hold()
        )

    def test_what_is_held_back_stays_until_it_is_released(self):
        course, by_referral = self.finished(), self.finished()
        self.hold(course)
        self.hold(by_referral.referral_id)
        self.rule(10)
        self.assertEqual(
            self.numbers(self.preview(self.supervisor)), [("0", "0", "0", "2")]
        )
        self.run_job()
        self.assertEqual(self.left(course, by_referral), [True, True])
        course.with_user(self.supervisor).action_release_hold()
        self.assertFalse(course.archive_hold_reason)
        self.run_job()
        self.assertEqual(self.left(course, by_referral), [False, True])

    def test_only_a_supervisor_of_the_team_holds_back(self):
        course = self.finished()
        for user in (self.worker, self.colleague, self.other_supervisor, self.manager):
            with self.assertRaises(AccessError):
                self.hold(course, user)
            with self.assertRaises(AccessError):
                course.with_user(user)._hold("archive")
            with self.assertRaises(AccessError):
                course.with_user(user).action_release_hold()
        with self.assertRaises(UserError):
            course.with_user(self.supervisor).write({"archive_hold": True})
        self.hold(course)
        changes = self.env["sekp.history"].search([("course_id", "=", course.id)])
        self.assertIn("archive_hold", changes.mapped("field_name"))

    def test_under_registration_mode_none_all_of_it_works(self):
        self.make_standard(
            in_force=False, registration_mode="none", company=self.company
        )._put_in_force(TODAY)
        course = self.allocate()
        self.assertEqual(course.registration_mode, "none")
        course._close("achieved")
        self.hold(course)
        course = course.with_user(self.supervisor)
        course.action_release_hold()
        course.action_erase_now()
        self.assertFalse(course.exists())

    # --- re-established -----------------------------------------------------------
    def chain(self):
        """Return an earlier course and the one that it was re-established as."""
        earlier = self.finished(days=100)
        action = earlier.with_user(self.supervisor).action_reestablish()
        return earlier, self.env["sekp.course"].browse(action["res_id"])

    def test_an_earlier_course_waits_for_the_open_one(self):
        earlier, later = self.chain()
        rule = self.rule(10)
        self.run_job()
        self.assertEqual(self.left(earlier, later), [True, True])
        rule.action_end()
        self.rule(10, wait_while_open=False)
        self.run_job()
        self.assertEqual(self.left(earlier, later), [False, True])

    def test_the_citizen_goes_with_the_last_course(self):
        earlier, later = self.chain()
        citizen = earlier.citizen_id
        later.with_user(self.supervisor)._close("moved")
        self.rule(10)
        self.run_job()
        self.assertEqual(self.left(earlier, later, citizen), [False, True, True])
        self.assertFalse(later.previous_course_id)
        self.assertEqual(citizen.team_id, self.harbour)
        self.assertEqual(self.Certificate.search([]).citizen_count, 0)
        self.closed_before(later, 20)
        self.run_job()
        self.assertEqual(self.left(later, citizen), [False, False])

    def test_a_later_course_that_goes_first_leaves_the_person_with_the_earlier(self):
        earlier, later = self.chain()
        later.team_id = self.forest
        citizen = earlier.citizen_id
        self.assertEqual(citizen.team_id, self.forest)
        later.with_user(self.other_supervisor)._close("moved")
        self.rule(1, closing_outcome="moved")
        with self.at(NOW + timedelta(days=1)):
            self.run_job()
        self.assertEqual(self.left(earlier, later, citizen), [True, False, True])
        self.assertEqual(citizen.team_id, self.harbour)

    # --- the rules themselves -----------------------------------------------------
    def test_a_rule_in_force_is_not_changed_but_replaced(self):
        rule = self.rule(100)
        for vals in ({"keep_amount": 1}, {"state": "draft"}, {"note": "x"}):
            with self.assertRaises(UserError):
                rule.write(vals)
        for context in ({}, {"_force_unlink": True}):
            with self.assertRaises(UserError):
                rule.with_context(**context).unlink()
        new = rule.copy({"keep_amount": 1})
        self.assertEqual(new.state, "draft")
        preview = self.preview(self.manager, new)
        preview.action_put_in_force()
        self.assertEqual((rule.state, new.state), ("ended", "in_force"))
        with self.assertRaises(UserError):
            preview.action_put_in_force()

    def test_a_rule_is_put_in_force_by_its_manager_only(self):
        rule = self.rule(100, force=False)
        with self.assertRaises(UserError):
            rule.write({"state": "in_force"})
        for context in ({"default_state": "in_force"}, {}):
            made = (
                rule.browse()
                .with_context(**context)
                .create(
                    {"record_class": "course", "keep_amount": 1, "state": "in_force"}
                )
            )
            self.assertEqual(made.state, "draft")
        with self.assertRaises(AccessError):
            self.preview(self.supervisor, rule).action_put_in_force()
        with self.assertRaises(AccessError):
            self.preview(self.foreign_manager, rule)
        for user in (self.worker, self.auditor, self.employee):
            with self.assertRaises(AccessError):
                self.env["sekp.retention.preview"].with_user(user).create({})

    def test_each_change_of_a_rule_is_traced(self):
        rule = self.rule(100, force=False)
        self.env.flush_all()
        self.env.cr.precommit.run()
        rule.keep_amount = 50
        self.env.flush_all()
        self.env.cr.precommit.run()
        values = rule.sudo().message_ids.tracking_value_ids
        self.assertEqual(
            [(value.old_value_integer, value.new_value_integer) for value in values],
            [(100, 50)],
        )

    def test_rules_that_cannot_be_meant_are_refused(self):
        for vals in (
            {"record_class": "referral", "closing_outcome": "moved"},
            {"record_class": "course", "referral_outcome": "advice"},
            {"record_class": "course", "keep_amount": -1},
            {"record_class": "access_log", "keep_amount": 0},
            {"record_class": "course", "note": "Efter 310290-1234"},
        ):
            with self.subTest(vals), self.assertRaises(ValidationError):
                self.rule(vals.pop("keep_amount", 5), force=False, **vals)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestRetentionPreview(RetentionCase):
    """What will go is seen before: numbers by rule, codes for the entitled."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.forest.is_provider = True

    def elsewhere(self, days):
        """Return a finished course of the other team."""
        course = self.finished(days=days)
        self.env.cr.execute(
            "UPDATE sekp_course SET team_id = %s WHERE id = %s",
            [self.forest.id, course.id],
        )
        self.env.invalidate_all()
        return course

    def test_a_supervisor_sees_numbers_today_and_soon(self):
        for days in (100, 120, 80, 40, 5):
            self.finished(days=days)
        self.elsewhere(100)
        rule = self.rule(100, force=False)
        expected = [("2", "3", "4", "0")]
        preview = self.preview(self.supervisor, rule)
        self.assertEqual(self.numbers(preview), expected)
        self.preview(self.manager, rule).action_put_in_force()
        self.assertEqual(self.numbers(self.preview(self.supervisor)), expected)

    def test_a_manager_finds_nobody_by_subtracting(self):
        """Whatever period is tried: ranges, and the same ones a whole month through."""
        for days in (103, 104, 120, 121, 122):
            self.finished(days=days)
        rule, seen, told = self.rule(1, force=False), defaultdict(set), set()
        for days in range(90, 140):
            rule.with_user(self.manager).keep_amount = days
            preview = self.preview(self.manager, rule)
            numbers = self.numbers(preview)[0]
            for ahead, said in zip((0, 30, 90), numbers, strict=False):
                ended = TODAY + timedelta(days=ahead - days + 1)
                seen[ended.year, ended.month].add(said)
            told.update(numbers)
            self.assertFalse(any(preview.line_ids.mapped("codes")))
        self.assertEqual(told, {"fewer than 5", "5 to 49"})
        # What ended in a month counts from its last day on.
        self.assertEqual(seen[2026, 5], {"fewer than 5"})
        self.assertEqual([len(said) for said in seen.values()], [1] * len(seen))
        with self.assertRaises(AccessError):
            self.Certificate.with_user(self.manager).search_count([])

    def test_a_supervisor_sees_the_own_team_and_its_codes(self):
        own, other = self.finished(), self.elsewhere(100)
        self.rule(10)
        for user, course in (
            (self.supervisor, own),
            (self.other_supervisor, other),
        ):
            preview = self.preview(user)
            self.assertEqual(self.numbers(preview), [("1", "1", "1", "0")])
            codes = preview.line_ids.filtered("rule_id").codes
            self.assertEqual(codes, course.reference)

    def test_the_screen_shows_it_before_it_is_saved(self):
        self.finished()
        self.rule(10)
        Preview = self.env["sekp.retention.preview"].with_user(self.manager)
        fields = {"line_ids": {"fields": {"now_told": {}, "record_class": {}}}}
        lines = Preview.onchange({}, [], fields)["value"]["line_ids"]
        self.assertIn(
            ("fewer than 5", "course"),
            [(row[2]["now_told"], row[2]["record_class"]) for row in lines],
        )

    def test_what_a_client_sends_along_does_not_count(self):
        preview = (
            self.env["sekp.retention.preview"]
            .with_user(self.manager)
            .create(
                {
                    "company_id": self.foreign_company.id,
                    "line_ids": [
                        [0, 0, {"record_class": "course", "told": {"now_told": "99"}}]
                    ],
                }
            )
        )
        self.assertEqual(preview.company_id, self.company)
        self.assertNotIn("99", preview.line_ids.mapped("now_told"))

    def test_the_manager_erases_at_once(self):
        course = self.finished()
        self.rule(10)
        with self.assertRaises(AccessError):
            self.preview(self.supervisor).action_erase()
        self.assertTrue(course.exists())
        told = self.preview(self.manager).action_erase()["params"]["message"]
        self.assertFalse(course.exists())
        self.assertNotRegex(told, r"\d")
        self.assertEqual(self.Certificate.search([]).user_id, self.manager)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestErasure(RetentionCase):
    """Everything goes, wherever it lies; and only by the one way."""

    def full(self):
        """Return a course with something in every corner."""
        course = self.allocate(concern="Sover ude")
        self.log(course, note="Talte om hunden")
        goal = self.env["sekp.goal"].with_user(self.worker)
        goal.create({"course_id": course.id, "goal": "Ro"})
        contact = course.contact_ids
        correction = contact.action_correct()["context"]
        contact.with_context(**correction).create({"note": "Rettet"})
        self.env["sekp.appointment"].with_user(self.worker).create(
            {
                "course_id": course.id,
                "form_id": self.home_visit.id,
                "starts_at": NOW + timedelta(days=1),
                "place": "Bænken",
            }
        )
        self.document = self.env["sekp.document"].create(
            {
                "course_id": course.id,
                "title": "Brev.txt",
                "upload": base64.b64encode(b"Indhold").decode(),
            }
        )
        done = course.activity_schedule(
            "mail.mail_activity_data_todo",
            automated=False,
            user_id=self.worker.id,
            summary="Ring",
        )
        done.action_feedback(feedback="Han svarede")
        return course.sudo()

    def stored(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id, store_fname FROM ir_attachment "
            "WHERE res_model = 'sekp.document' AND res_id = %s",
            [self.document.id],
        )
        return self.env.cr.fetchone()

    def test_all_corners(self):
        course = self.full()
        events = course.appointment_ids.block_ids.event_id
        activities = self.env["mail.activity"].with_context(active_test=False)
        activities = activities.search(
            [("res_model", "=", "sekp.course"), ("res_id", "=", course.id)]
        )
        self.assertIn(False, activities.mapped("active"))
        attachment_id, name = self.stored()
        path = self.env["ir.attachment"]._full_path(name)
        wizard = self.env["sekp.close.course"].create(
            {"course_id": course.id, "outcome": "moved"}
        )
        parts = [
            *(course[name] for name in (
                "assignment_ids", "contact_ids", "deadline_ids", "appointment_ids",
                "goal_ids", "document_ids")),
            events, activities, wizard, course.citizen_id, course.referral_id,
            self.env["ir.attachment"].browse(attachment_id),
        ]  # fmt: skip
        self.assertGreater(len(parts), 10)
        self.assertTrue(events and os.path.exists(path))
        certificate = self.Erasure._erase(course, "Regel")
        self.assertFalse([part for part in parts if part.exists()])
        self.assertEqual(self.Erasure._leftovers("sekp.course", course.ids), set())
        self.assertEqual(
            (
                certificate.contact_count,
                certificate.document_count,
                certificate.file_count,
                certificate.appointment_count,
            ),
            (2, 1, 1, 1),
        )
        self.assertGreaterEqual(certificate.activity_count, len(activities))
        self.env["ir.attachment"]._gc_file_store_unsafe()
        self.assertFalse(os.path.exists(path))

    def test_a_file_that_another_row_names_stays(self):
        course = self.full()
        _id, name = self.stored()
        path = self.env["ir.attachment"]._full_path(name)
        self.env.cr.execute(
            "INSERT INTO ir_attachment (name, type, store_fname, res_model) "
            "VALUES ('x', 'binary', %s, 'res.partner')",
            [name],
        )
        self.Erasure._erase(course, "Regel")
        self.env["ir.attachment"]._gc_file_store_unsafe()
        self.assertTrue(os.path.exists(path))

    def plant(self, course):
        """Put by SQL what guards refuse, as an earlier version could have."""
        partner = self.worker.partner_id.id
        self.env.flush_all()
        for statement in (
            SQL(
                "INSERT INTO mail_message (model, res_id, body, message_type) "
                "VALUES ('sekp.course', %s, 'x', 'comment')",
                course.id,
            ),
            SQL(
                "INSERT INTO mail_tracking_value (mail_message_id, old_value_char) "
                "SELECT max(id), 'x' FROM mail_message"
            ),
            SQL(
                "INSERT INTO mail_followers (res_model, res_id, partner_id) "
                "VALUES ('sekp.course', %s, %s)",
                course.id,
                partner,
            ),
            SQL(
                "INSERT INTO ir_model_data (module, name, model, res_id) "
                "VALUES ('__export__', %s, 'sekp.contact', %s)",
                course.reference,
                course.contact_ids.id,
            ),
            SQL(
                "INSERT INTO ir_attachment (name, type, res_model, res_id) "
                "VALUES ('x', 'binary', 'sekp.citizen', %s)",
                course.citizen_id.id,
            ),
            SQL(
                "INSERT INTO mail_scheduled_message (model, res_id, body, author_id, "
                "scheduled_date) VALUES ('sekp.referral', %s, 'x', %s, now())",
                course.referral_id.id,
                partner,
            ),
            SQL(
                "INSERT INTO mail_activity_schedule (res_model, res_ids, summary) "
                "VALUES ('sekp.course', %s, 'x')",
                f"[0, {course.id}]",
            ),
        ):
            self.env.cr.execute(statement)

    def test_what_no_guard_let_in_goes_too(self):
        self.impossible = "laid there by SQL"
        course, other = self.finished(), self.finished()
        self.plant(course)
        self.plant(other)
        planted = {
            "mail_message", "mail_followers", "mail_activity_schedule",
        }  # fmt: skip
        for record in (course, other):
            found = self.Erasure._leftovers("sekp.course", record.ids)
            self.assertLessEqual(planted, found)
        ids = {
            name: course[name].ids
            for name in ("citizen_id", "referral_id", "contact_ids")
        }
        self.Erasure._erase(course, "Regel")
        self.assertEqual(self.Erasure._leftovers("sekp.course", course.ids), set())
        for name, model in (
            ("citizen_id", "sekp.citizen"),
            ("referral_id", "sekp.referral"),
            ("contact_ids", "sekp.contact"),
        ):
            self.assertEqual(self.Erasure._leftovers(model, ids[name]), set())
        # Nothing of another person went along.
        self.assertLessEqual(planted, self.Erasure._leftovers("sekp.course", other.ids))

    def test_every_place_that_names_records_is_known(self):
        """What models say of themselves and what the database looks like agree."""
        places = {place[:1] + place[1:] for place in self.Erasure._places()}
        for place in (
            ("mail_message", "model", "res_id"),
            ("mail_activity", "res_model", "res_id"),
            ("mail_followers", "res_model", "res_id"),
            ("mail_scheduled_message", "model", "res_id"),
            ("ir_attachment", "res_model", "res_id"),
            ("ir_model_data", "model", "res_id"),
            ("calendar_event", "res_model", "res_id"),
            ("mail_compose_message", "model", "res_ids"),
            ("mail_activity_schedule", "res_model", "res_ids"),
        ):
            self.assertIn(place, places)

    def test_something_left_takes_the_whole_erasure_back(self):
        course = self.finished()
        message = self.env["mail.message"].create({"body": "x"})

        def hook(engine, records):
            if records._name == "sekp.course":
                # Past the second look: nothing but the last check can find it.
                delete = type(engine)._delete

                def late(engine, doomed, links):
                    counts = delete(engine, doomed, links)
                    engine.env.cr.execute(
                        "UPDATE mail_message SET model = 'sekp.course', res_id = %s "
                        "WHERE id = %s",
                        [course.id, message.id],
                    )
                    return counts

                self.patch(type(engine), "_delete", late)

        self.patch(type(self.Erasure), "_before", hook)
        rule = self.rule(10)
        with mute_logger(ENGINE):
            self.assertFalse(self.Erasure._erase_one(course, rule.sudo(), rule.sudo()))
        self.assertTrue(all(self.left(course, course.citizen_id, course.contact_ids)))
        self.assertFalse(self.Certificate.search([]))

    def test_the_hook_comes_while_everything_is_there(self):
        course, seen = self.finished(), {}

        def before(engine, records):
            seen[records._name] = len(records.exists())
            self.assertTrue(course.contact_ids.exists())

        self.patch(type(self.Erasure), "_before", before)
        self.Erasure._erase(course, "Regel")
        self.assertEqual(
            (seen["sekp.course"], seen["sekp.citizen"], seen["sekp.contact"]), (1, 1, 1)
        )

    def test_there_is_no_other_way(self):
        """Nobody deletes by hand, whatever is written into the context."""
        course = self.finished()
        context = {"sekp_erasure": True, "force_delete": True, "_force_unlink": True}
        for user in (self.supervisor, self.worker, self.manager):
            for records in (course, course.contact_ids, course.assignment_ids):
                mine = records.with_user(user).with_context(**context)
                with self.assertRaises(UserError):
                    mine.unlink()
        with self.assertRaises(UserError):
            course.contact_ids.unlink()
        for name in ("_erase", "_erase_one", "_cron_erase", "_leftovers", "_before"):
            with self.assertRaises(AccessError):
                get_public_method(self.env["sekp.erasure"], name)

    def test_after_a_long_rest_the_job_waits_one_night(self):
        """By a clock that has jumped ahead everything would be due."""
        course = self.finished(days=100)
        self.rule(90)
        setup = self.env["sekp.setup"].with_user(self.manager)
        self.env.ref("sekp_outreach.cron_erase").lastcall = NOW - timedelta(days=4)
        with self.assertLogs(ENGINE, logging.INFO) as said:
            self.run_job()
        self.assertIn("Is the clock right?", said.output[0])
        self.assertIn("waits since", "".join(setup.get_steps()["oddities"]))
        # A supervisor who erases at a wish starts the job; it waits all the same.
        self.run_job()
        self.assertTrue(course.exists())
        with self.at(NOW + timedelta(days=1)):
            self.assertNotIn("waits since", "".join(setup.get_steps()["oddities"]))
            self.run_job()
        self.assertFalse(course.exists())
        for last, rests in ((None, False), (1, False), (3, False), (4, True)):
            last = last and NOW - timedelta(days=last)
            job = self.Erasure.with_context(lastcall=last)
            self.assertEqual(bool(job._after_long_rest()), rests)
        weekly = self.env.ref("sekp_outreach.cron_erase")
        weekly.write({"interval_number": 1, "interval_type": "weeks"})
        for days, rests in ((8, False), (15, True)):
            job = self.Erasure.with_context(lastcall=NOW - timedelta(days=days))
            self.assertEqual(bool(job._after_long_rest()), rests)

    # --- at the citizen's wish ----------------------------------------------------
    def test_a_supervisor_erases_at_the_citizen_s_wish(self):
        course = self.finished(days=1)
        reference = course.reference
        mine = course.with_user(self.supervisor)
        action = mine.action_erase_now()
        self.assertEqual(action["res_model"], "sekp.course")
        self.assertFalse(course.exists())
        certificate = self.Certificate.search([])
        self.assertTrue(certificate.on_request)
        self.assertEqual(certificate.user_id, self.supervisor)
        row = self.env["sekp.access.log"].search([("kind", "=", "erased")])
        self.assertEqual((row.reference, row.user_id), (reference, self.supervisor))

    def test_nobody_else_does(self):
        course = self.finished()
        for user in (
            self.worker, self.colleague, self.other_supervisor, self.manager,
            self.intake, self.employee, self.foreign_supervisor,
        ):  # fmt: skip
            with self.subTest(user.login), self.assertRaises(AccessError):
                call_kw(
                    self.env["sekp.course"].with_user(user),
                    "action_erase_now",
                    [course.ids],
                    {},
                )
        self.assertTrue(course.exists())

    def test_what_must_be_kept_is_kept(self):
        still_open = self.allocate()
        held = self.finished()
        held.with_user(self.supervisor)._hold("complaint")
        by_referral = self.finished()
        by_referral.referral_id.with_user(self.supervisor)._hold("complaint")
        decided = self.allocate()
        self.env["sekp.grant"].create({"course_id": decided.id, "date_from": TODAY})
        decided._close("achieved")
        required = self.finished()
        required.standard_id = self.make_standard(in_force=False, grant="required")
        for course in (still_open, held, by_referral, decided, required):
            with self.assertRaises(UserError) as caught:
                course.with_user(self.supervisor).action_erase_now()
            self.assertNotIn(course.reference, str(caught.exception))
            self.assertTrue(course.exists())

    # --- the certificate ----------------------------------------------------------
    def test_a_certificate_says_of_nobody(self):
        course = self.full()
        words = {
            course.reference, course.referral_id.reference, "hunden", "Sover ude",
            "Bænken", "Brev", "Ring", "Han svarede", self.harbour.name,
        }  # fmt: skip
        certificate = self.Erasure._erase(course, "Regel")
        self.env.flush_all()
        self.env.cr.execute("SELECT t::text FROM sekp_erasure_certificate t")
        (text,) = self.env.cr.fetchone()
        self.assertFalse([word for word in words if word in text])
        self.assertNotIn("team_id", certificate._fields)
        with self.assertRaises(UserError):
            certificate.write({"course_count": 0})
        with self.assertRaises(UserError):
            certificate.unlink()

    def test_what_each_role_reads_of_an_erasure(self):
        """Auditors every certificate; managers that it was done, and all of it."""
        self.finished()
        rule = self.rule(10)
        rule.invalidate_recordset()
        said = "Not yet. The nightly job carries it out."
        self.assertEqual(rule.with_user(self.manager).account, said)
        self.run_job()
        certificate = self.Certificate.search([])
        done = "Carried out 09/16/2026. Everything that was due is erased."

        def told(user):
            try:
                return rule.with_user(user).read(["account"])[0]["account"]
            except AccessError:
                return False

        figures = make_user(self.env, "sekp_figures", "statistics_reader", self.company)
        for user, reads in (
            (self.manager, (False, done)),
            (self.auditor, (True, done)),
            (self.supervisor, (False, False)),
            (self.worker, (False, False)),
            (self.intake, (False, False)),
            (figures, (False, False)),
            (self.foreign_manager, (False, False)),
            (self.employee, (False, False)),
        ):
            may = certificate.with_user(user).has_access("read")
            self.assertEqual((may, told(user)), reads, user.login)
        self.assertEqual(certificate.with_user(self.auditor).course_count, 1)
        for vals in ({"carried_out_on": TODAY}, {"is_something_left": False}):
            with self.assertRaises(UserError):
                rule.with_user(self.manager).write(vals)
        with self.at(NOW + timedelta(days=4)):
            self.assertIn("not come through", rule.with_user(self.manager).account)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestLogRetention(RetentionCase):
    """Days of the access log go as a whole, and the chain of seals still holds."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Seal = cls.env["sekp.access.seal"]
        cls.Log = cls.env["sekp.access.log"]
        cls.AccessErasure = cls.env["sekp.access.erasure"]
        with cls.unguarded():
            for table in LOG_TABLES:
                cls.env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(table)))
        for day in (14, 14, 15, 17):
            cls.opened(day)
        with cls.freeze(datetime(2026, 9, 18, 10)):
            while cls.Seal._seal_next():
                pass

    @classmethod
    def opened(cls, day, company=None):
        with cls.freeze(datetime(2026, 9, day, 10)):
            log = cls.Log.with_company(company or cls.company)
            log._record("open", cls.env["sekp.course"])

    @classmethod
    @contextmanager
    def unguarded(cls):
        """Do by SQL what the guards refuse, as one who owns the database could."""
        for act in ("DISABLE", "ENABLE"):
            for table in LOG_TABLES:
                cls.env.cr.execute(
                    SQL(
                        "ALTER TABLE %s %s TRIGGER USER",
                        SQL.identifier(table),
                        SQL(act),
                    )
                )
            if act == "DISABLE":
                yield

    def tamper(self, statement, *params):
        with self.unguarded():
            self.env.cr.execute(SQL(statement, *params))
        self.env.invalidate_all()

    def broken(self):
        self.env.invalidate_all()
        with self.at(datetime(2026, 9, 18, 10)):
            return self.Seal._verify()

    def rule(self, *args, **kwargs):
        """Put a rule in force on a day that no seal covers yet: that is logged too."""
        with self.at(datetime(2026, 9, 18, 9)):
            return super().rule(*args, **kwargs)

    def erase(self, moment=datetime(2026, 9, 18, 10)):
        with self.at(moment):
            for day in self.AccessErasure._days_due():
                self.AccessErasure._erase_day(day)
        return self.AccessErasure.search([]).mapped("day")

    def test_days_go_and_the_chain_holds(self):
        self.rule(3, record_class="access_log")
        self.assertEqual(self.erase(), [date(2026, 9, 15), date(2026, 9, 14)])
        self.assertEqual(self.Log.search_count([("kind", "=", "open")]), 1)
        self.assertIsNone(self.broken())
        seal = self.Seal.with_user(self.auditor).search([], order="day", limit=1)
        self.assertTrue(seal.erased_at)
        self.assertEqual(self.erase(), [date(2026, 9, 15), date(2026, 9, 14)])
        # Later days are still sealed onto it.
        with self.at(datetime(2026, 9, 20, 10)):
            while self.Seal._seal_next():
                pass
        self.assertIsNone(self.broken())

    def test_by_the_nightly_job(self):
        self.rule(3, record_class="access_log")
        with self.at(datetime(2026, 9, 18, 10)):
            self.run_job()
        self.assertEqual(len(self.AccessErasure.search([])), 2)
        self.assertIsNone(self.broken())

    def test_the_guard_is_on_again(self):
        self.rule(3, record_class="access_log")
        self.erase()
        for statement in ("DELETE FROM sekp_access_log", "DELETE FROM "
                          "sekp_access_erasure"):  # fmt: skip
            with (
                self.assertRaisesRegex(Exception, "only added"),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)

    def test_without_a_rule_nothing_goes(self):
        self.assertEqual(self.erase(datetime(2036, 1, 1, 10)), [])

    def test_a_municipality_without_a_rule_keeps_the_days_it_has_rows_on(self):
        self.tamper("DELETE FROM sekp_access_seal")
        self.opened(15, self.foreign_company)
        with self.at(datetime(2026, 9, 18, 10)):
            while self.Seal._seal_next():
                pass
        self.rule(1, record_class="access_log")
        days = [date(2026, 9, 17), date(2026, 9, 14)]
        self.assertEqual(self.erase(datetime(2026, 9, 19, 10)), days)
        rule = self.env["sekp.retention.rule"].with_user(self.foreign_manager)
        rule = rule.create(
            {"record_class": "access_log", "keep_amount": 30, "keep_unit": "days"}
        )
        with self.at(datetime(2026, 9, 19, 9)):
            self.preview(self.foreign_manager, rule).action_put_in_force()
        self.assertEqual(self.erase(datetime(2026, 10, 14, 10)), days)
        self.assertEqual(len(self.erase(datetime(2026, 10, 15, 10))), 3)

    def test_what_is_not_sealed_stays(self):
        self.opened(18)
        self.rule(1, record_class="access_log")
        self.erase(datetime(2026, 10, 18, 10))
        self.assertEqual(self.Log.search_count([("kind", "=", "open")]), 1)

    def test_a_day_that_was_tampered_with_is_kept_as_evidence(self):
        self.tamper("UPDATE sekp_access_log SET kind = 'list' WHERE at > '2026-09-15'")
        self.rule(1, record_class="access_log")
        with self.assertLogs(
            "odoo.addons.sekp_outreach.models.sekp_access_erasure", "WARNING"
        ):
            self.assertEqual(self.erase(), [date(2026, 9, 14)])
        self.assertEqual(self.broken(), (date(2026, 9, 15), "changed"))

    def test_a_day_deleted_by_hand_is_found(self):
        self.rule(4, record_class="access_log")
        self.erase()
        self.tamper("DELETE FROM sekp_access_log WHERE at < '2026-09-16'")
        self.assertEqual(self.broken(), (date(2026, 9, 15), "gone"))

    def test_a_forged_erasure_is_found(self):
        """Who deletes by hand knows the sum of the rows, but not the key."""
        rows = self.Seal._rows_of(date(2026, 9, 14), first=True)
        self.tamper("DELETE FROM sekp_access_log WHERE at < '2026-09-15'")
        self.AccessErasure.create(
            {
                "day": date(2026, 9, 14),
                "count": rows.count,
                "first_id": rows.first,
                "last_id": rows.last,
                "rows_digest": rows.digest(),
                "digest": "0" * 64,
                "erased_at": NOW,
            }
        )
        self.assertEqual(self.broken(), (date(2026, 9, 14), "forged"))
        told = self.Seal.with_user(self.auditor)
        with self.at(datetime(2026, 9, 18, 10)):
            self.assertEqual(told.action_verify()["params"]["type"], "danger")

    def test_a_changed_erasure_is_found(self):
        self.rule(4, record_class="access_log")
        self.erase()
        for column, value in (("rows_digest", "0"), ("count", 1), ("last_id", 1)):
            with self.env.cr.savepoint() as point:
                self.tamper(
                    "UPDATE sekp_access_erasure SET %s = %s",
                    SQL.identifier(column),
                    value,
                )
                self.assertEqual(self.broken(), (date(2026, 9, 14), "forged"))
                point.rollback()

    def test_rows_put_back_are_found(self):
        self.rule(4, record_class="access_log")
        self.erase()
        self.opened(14)
        self.assertEqual(self.broken(), (date(2026, 9, 14), "added"))

    def test_days_are_counted_before(self):
        self.rule(3, record_class="access_log")
        with self.at(datetime(2026, 9, 18, 10)):
            preview = self.preview(self.manager)
        self.assertEqual(self.numbers(preview, "access_log"), [("2", "3", "3", False)])
