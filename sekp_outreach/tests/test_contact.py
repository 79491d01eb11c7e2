from datetime import datetime

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import NOW, TODAY, OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestContact(OutreachCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(
            hours_rule="window", hour_from=8, hour_to=16, rhythm_count=1
        )

    def test_an_attempt_is_counted_apart_from_a_contact(self):
        course = self.allocate()
        self.log(course, outcome="no_answer")
        self.log(course, outcome="letter")
        self.assertEqual((course.contact_count, course.attempt_count), (0, 2))
        self.assertFalse(course.last_met_on)
        self.assertEqual(course.last_outreach_on, TODAY)
        self.log(course, outcome="met")
        self.assertEqual((course.contact_count, course.attempt_count), (1, 2))
        self.assertEqual(course.last_met_on, TODAY)

    def test_whether_we_met_is_the_one_mandatory_answer(self):
        course = self.allocate()
        with self.assertRaisesRegex(ValidationError, "whether you met"):
            self.log(course, outcome=False)

    def test_the_worker_is_the_one_who_logs(self):
        course = self.allocate()
        contact = self.log(course, user_id=self.colleague.id)
        self.assertEqual(contact.user_id, self.worker)

    def test_a_correction_is_a_new_version_that_keeps_the_old(self):
        course = self.allocate()
        first = self.log(course, outcome="no_answer", minutes=5)
        context = first.action_correct()["context"]
        second = (
            self.env["sekp.contact"]
            .with_user(self.worker)
            .with_context(**context)
            .create({"outcome": "met"})
        )
        self.assertEqual(
            (second.replaces_id, second.minutes, first.is_current),
            (first, 5, False),
        )
        self.assertEqual((course.contact_count, course.attempt_count), (1, 0))
        with self.assertRaisesRegex(UserError, "current version"):
            first.action_correct()

    def test_a_version_is_corrected_once(self):
        course = self.allocate()
        first = self.log(course)
        self.log(course, replaces_id=first.id)
        with self.assertRaisesRegex(UserError, "current version"):
            self.log(course, replaces_id=first.id)

    def test_a_correction_stays_within_its_course(self):
        first = self.log(self.allocate())
        other = self.allocate()
        with self.assertRaises(UserError):
            self.log(other, replaces_id=first.id)

    def test_nobody_overwrites_or_deletes_a_contact(self):
        contact = self.log(self.allocate())
        for record in (contact, contact.with_user(self.supervisor), contact.sudo()):
            with self.assertRaisesRegex(UserError, "never overwritten"):
                record.write({"outcome": "declined"})
        for record in (contact, contact.with_user(self.supervisor)):
            with self.assertRaises(AccessError):
                record.unlink()
        with self.assertRaisesRegex(UserError, "kept"):
            contact.sudo().unlink()

    def test_a_contact_cannot_lie_in_the_future(self):
        course = self.allocate()
        with self.assertRaisesRegex(ValidationError, "future"):
            self.log(course, started_at=datetime(2026, 9, 16, 11, 30))

    def test_a_contact_cannot_lie_before_the_course(self):
        course = self.allocate()
        with self.assertRaisesRegex(ValidationError, "before the course"):
            self.log(course, started_at=datetime(2026, 9, 15, 10))

    def test_outside_the_hours_a_reason_is_asked_for(self):
        course = self.allocate()
        evening = datetime(2026, 9, 16, 17, 0)
        with self.at(evening):
            with self.assertRaisesRegex(ValidationError, "reason for the hour"):
                self.log(course, started_at=evening)
            contact = self.log(course, started_at=evening, hours_reason="only_then")
            self.assertTrue(contact.outside_hours)
            self.assertFalse(self.log(course, started_at=NOW).outside_hours)

    def test_minutes_are_checked_before_they_reach_the_database(self):
        course = self.allocate()
        for minutes, said in ((-1, "a day"), (1441, "a day"), ("en time", "Minutes")):
            with self.assertRaisesRegex(ValidationError, said):
                self.log(course, minutes=minutes)

    def test_a_closed_course_takes_corrections_and_nothing_new(self):
        course = self.allocate()
        contact = self.log(course)
        course._close("achieved")
        with self.assertRaisesRegex(UserError, "closed"):
            self.log(course)
        self.log(course, replaces_id=contact.id, minutes=10, next_step="Ring")
        self.assertFalse(contact.is_current)
        self.assertFalse(course.next_step)

    def test_the_first_meeting_moves_the_phase(self):
        course = self.allocate()
        self.assertEqual(course.phase, "framing")
        self.log(course, outcome="seen")
        self.assertEqual(course.phase, "finding")
        self.log(course)
        self.assertEqual(course.phase, "making_contact")

    def test_the_next_step_follows_to_the_course(self):
        course = self.allocate()
        self.log(course, next_step="Tag kaffe med", next_step_on="2026-09-20")
        self.assertEqual(course.next_step, "Tag kaffe med")
        self.assertEqual(str(course.next_step_on), "2026-09-20")

    def test_correcting_an_old_contact_leaves_the_next_step(self):
        course = self.allocate()
        old = self.log(course, next_step="Ring")
        with self.at(datetime(2026, 9, 17, 10)):
            self.log(course, next_step="Tag kaffe med")
            self.log(course, replaces_id=old.id, started_at=NOW, next_step="Ring snart")
        self.assertEqual(course.next_step, "Tag kaffe med")

    def test_the_standard_decides_which_forms_are_offered(self):
        course = self.allocate()
        draft = self.env["sekp.contact"].new({"course_id": course.id})
        self.assertEqual(
            len(draft.allowed_form_ids), self.env["sekp.contact.form"].search_count([])
        )
