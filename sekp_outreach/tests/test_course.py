from datetime import date, datetime, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import TODAY, OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestCourse(OutreachCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(rhythm_count=1, rhythm_unit="month")

    def test_the_rhythm_follows_this_course_s_own_interval(self):
        course = self.allocate(source_id=self.source_self.id)
        self.assertEqual(course.rhythm_days, 30)
        self.log(course, outcome="no_answer")
        self.assertEqual(
            self.obligations(course), {"next_contact": TODAY + timedelta(days=30)}
        )
        course.rhythm_days = 7
        self.assertEqual(
            self.obligations(course), {"next_contact": TODAY + timedelta(days=7)}
        )
        with self.at(datetime(2026, 9, 20, 10)):
            self.log(course, outcome="no_answer")
        self.assertEqual(self.obligations(course), {"next_contact": date(2026, 9, 27)})
        course.rhythm_days = 0
        self.assertFalse(self.obligations(course))

    def test_the_first_contact_is_due_at_once(self):
        """Also without a rhythm: nobody waits a month for the first visit."""
        course = self.allocate(source_id=self.source_self.id)
        self.assertEqual(
            self.obligations(course), {"next_contact": TODAY + timedelta(days=1)}
        )
        acute = self.allocate(acute=True, source_id=self.source_self.id)
        self.assertEqual(self.obligations(acute), {"next_contact": TODAY})
        course.rhythm_days = 0
        self.assertIn("next_contact", self.obligations(course))

    def test_the_interval_is_bounded(self):
        course = self.allocate()
        for days in (-1, 400):
            with self.assertRaises(ValidationError):
                course.rhythm_days = days

    def test_changing_the_contact_person_moves_access_and_obligations(self):
        course = self.allocate()
        wizard = (
            self.env["sekp.assign"]
            .with_user(self.supervisor)
            .create(
                {
                    "course_id": course.id,
                    "user_id": self.colleague.id,
                    "role": "contact_person",
                }
            )
        )
        wizard.action_assign()
        self.assertEqual(course.sudo().contact_person_id, self.colleague)
        self.assertEqual(course.sudo().activity_ids.user_id, self.colleague)
        self.assertTrue(course.has_access("read"), "access lasts to the end of the day")
        with self.at(datetime(2026, 9, 16, 22, 1)):
            self.env.invalidate_all()
            self.assertFalse(course.has_access("read"))
            self.assertTrue(course.with_user(self.colleague).has_access("read"))

    def test_a_change_of_contact_person_can_be_taken_back_on_the_same_day(self):
        course = self.allocate()
        for user in (self.colleague, self.worker, self.colleague):
            course._assign(user, "contact_person", "Bytte")
            self.assertEqual(course.sudo().contact_person_id, user)
            live = course.sudo()._live_assignments("contact_person")
            self.assertEqual(live.user_id, user)

    def test_a_second_becomes_contact_person(self):
        course = self.allocate()
        course._assign(self.colleague, "second", "Hjælper")
        with self.at(datetime(2026, 9, 20, 10)):
            course._assign(self.colleague, "contact_person", "Overtager")
            rows = course.sudo().assignment_ids.filtered(
                lambda row: row.user_id == self.colleague
            )
            self.assertEqual(sorted(rows.mapped("role")), ["contact_person", "second"])
            self.assertTrue(course.with_user(self.colleague).has_access("read"))

    def test_only_a_supervisor_of_the_team_gives_access(self):
        course = self.allocate()
        with self.assertRaises(AccessError):
            self.env["sekp.assign"].with_user(self.worker).create(
                {
                    "course_id": course.id,
                    "user_id": self.colleague.id,
                    "role": "second",
                }
            )
        with self.assertRaises(AccessError):
            self.env["sekp.assign"].with_user(self.other_supervisor).create(
                {
                    "course_id": course.id,
                    "user_id": self.other_worker.id,
                    "role": "second",
                }
            ).action_assign()

    def test_a_colleague_has_one_role_at_a_time(self):
        course = self.allocate()
        with self.assertRaisesRegex(UserError, "already has access"):
            course._assign(self.worker, "second", "Også")

    def test_impossible_access_is_refused_before_it_reaches_the_database(self):
        course = self.allocate()
        supervisor = course.with_user(self.supervisor)
        with self.assertRaisesRegex(UserError, "cannot end before it begins"):
            supervisor._assign(
                self.colleague, "cover", "Ferie", date_to=TODAY - timedelta(days=1)
            )
        supervisor._assign(self.colleague, "second", "To", date_to=TODAY)
        coming = TODAY + timedelta(days=5)
        supervisor._assign(self.colleague, "cover", "Ferie", date_from=coming)
        with self.assertRaisesRegex(UserError, "already has access"):
            supervisor._assign(self.colleague, "contact_person", "Overtager")

    def test_an_obligation_goes_past_a_contact_person_who_lost_the_role(self):
        course = self.allocate()
        self.worker.sudo().group_ids = self.env.ref("base.group_user")
        self.assertEqual(course.sudo()._obligation_owner(), self.supervisor)
        self.log(course.with_user(self.supervisor))
        self.assertEqual(course.sudo().activity_ids.user_id, self.supervisor)

    def test_cover_opens_and_closes_by_the_clock(self):
        course = self.allocate()
        course._assign(
            self.colleague,
            "cover",
            "Ferie",
            date_from=date(2026, 9, 18),
            date_to=date(2026, 9, 19),
        )
        for moment, entitled in (
            (datetime(2026, 9, 17, 21, 59), False),
            (datetime(2026, 9, 17, 22, 0), True),
            (datetime(2026, 9, 19, 21, 59), True),
            (datetime(2026, 9, 19, 22, 0), False),
        ):
            with self.at(moment):
                self.env.invalidate_all()
                found = (
                    self.env["sekp.course"]
                    .with_user(self.colleague)
                    .search_count([("id", "=", course.id)])
                )
                self.assertEqual(bool(found), entitled, moment)
                self.assertEqual(
                    course.with_user(self.colleague).has_access("read"), entitled
                )

    def test_the_browser_s_time_zone_opens_nothing(self):
        course = self.allocate()
        course._assign(self.colleague, "cover", "Ferie", date_from=date(2026, 9, 17))
        ahead = self.env["sekp.course"].with_user(self.colleague)
        self.assertFalse(
            ahead.with_context(tz="Pacific/Kiritimati").search([("id", "=", course.id)])
        )

    def test_closing_ends_everything_that_runs(self):
        course = self.allocate()
        course._close("declined")
        self.assertEqual((course.phase, course.date_end), ("closed", TODAY))
        self.assertFalse(self.obligations(course))
        self.assertFalse(course.next_contact_due)
        self.assertEqual(
            course.assignment_ids.date_to,
            TODAY + timedelta(days=self.standard.closing_grace_days),
        )

    def test_access_ends_with_the_grace_after_closing(self):
        course = self.allocate()
        course._close("achieved")
        with self.at(datetime(2026, 10, 16, 21, 0)):
            self.env.invalidate_all()
            self.assertTrue(course.has_access("read"))
        with self.at(datetime(2026, 10, 16, 22, 0)):
            self.env.invalidate_all()
            self.assertFalse(course.has_access("read"))

    def test_closing_with_open_obligations_is_refused_and_changes_nothing(self):
        course = self.allocate()
        course.with_user(self.supervisor).activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.worker.id, automated=False
        )
        with self.assertRaisesRegex(UserError, "Open activities: 1"):
            course._close("achieved")
        self.assertNotEqual(course.phase, "closed")
        course.activity_ids.filtered(lambda act: not act.automated).action_done()
        course._close("achieved")

    def test_a_course_is_closed_once(self):
        course = self.allocate()
        course._close("achieved")
        with self.assertRaisesRegex(UserError, "already closed"):
            course._close("achieved")

    def test_a_course_is_closed_and_moved_by_its_buttons_only(self):
        course = self.allocate()
        for vals in (
            {"phase": "closed"},
            {"contact_person_id": self.colleague.id},
            {"date_end": TODAY},
            {"reference": "min-egen-kode"},
        ):
            with self.assertRaises(UserError):
                course.write(vals)
        course._close("achieved")
        with self.assertRaises(UserError):
            course.phase = "relation"

    def test_re_establishing_links_to_the_earlier_course(self):
        course = self.allocate()
        self.name_as(course, "Kaptajnen")
        course._close("unused")
        newer = self.make_standard(in_force=False, rhythm_count=2)
        newer._put_in_force(date(2026, 9, 20))
        with self.at(datetime(2026, 9, 21, 10)):
            action = course.action_reestablish()
            again = (
                self.env["sekp.course"].with_user(self.worker).browse(action["res_id"])
            )
            self.assertEqual(again.previous_course_id, course)
            self.assertEqual(again.citizen_id, course.citizen_id)
            self.assertEqual(again.reference, course.reference)
            self.assertEqual(again.alias, "Kaptajnen")
            self.assertEqual(again.standard_id, newer)
            self.assertIn("next_contact", self.obligations(again))
            with self.assertRaisesRegex(UserError, "already been re-established"):
                course.action_reestablish()

    def test_a_standard_may_forbid_re_establishing(self):
        course = self.allocate()
        course._close("unused")
        newer = self.make_standard(in_force=False, reopening="forbidden")
        newer._put_in_force(TODAY)
        with self.assertRaisesRegex(UserError, "does not foresee"):
            course.action_reestablish()

    def test_a_course_keeps_the_version_it_began_under(self):
        course = self.allocate()
        newer = self.make_standard(in_force=False)
        newer._put_in_force(TODAY + timedelta(days=1))
        self.assertEqual(course.standard_id, self.standard)

    def test_an_archived_contact_person_leaves_no_obligation_unowned(self):
        course = self.allocate()
        self.worker.active = False
        course.sudo()._sync_rhythm()
        self.assertEqual(course.sudo().activity_ids.user_id, self.supervisor)
