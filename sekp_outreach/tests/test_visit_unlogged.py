from datetime import date, datetime, timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import NOW, TODAY
from .test_appointment import HOUR, TOMORROW, AppointmentCase

UNLOGGED = "visit_unlogged"
FRIDAY = date(2026, 9, 18)
MONDAY = date(2026, 9, 21)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestVisitUnlogged(AppointmentCase):
    """A planned visit without a log asks on the next working day (F4)."""

    def asked(self, appointment):
        """Return when which users are asked to log an appointment."""
        return [
            (activity.user_id, activity.date_deadline)
            for activity in appointment.sudo().activity_ids
        ]

    def follow_up(self):
        with self.enter_registry_test_mode():
            self.env.ref("sekp_outreach.cron_follow_up").method_direct_trigger()

    def found(self):
        Appointment = self.env["sekp.appointment"]
        return Appointment.search(Appointment._sekp_to_follow_up(TODAY))

    def test_it_asks_on_the_working_day_after_its_end(self):
        appointment = self.plan()
        self.assertEqual(self.obligations(appointment), {UNLOGGED: FRIDAY})
        self.assertEqual(self.asked(appointment), [(self.worker, FRIDAY)])
        for start, minutes, due in (
            (datetime(2026, 9, 18, 8, 0), 60, MONDAY),
            (datetime(2026, 9, 17, 21, 0), 60, FRIDAY),
            (datetime(2026, 9, 17, 21, 30), 60, MONDAY),
            (datetime(2026, 12, 23, 8, 0), 60, date(2026, 12, 24)),
            (datetime(2026, 12, 24, 8, 0), 60, date(2026, 12, 28)),
        ):
            appointment.write({"starts_at": start, "minutes": minutes})
            self.assertEqual(self.obligations(appointment), {UNLOGGED: due}, start)
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Lukket",
                "company_id": self.company.id,
                "date_from": datetime(2026, 9, 17, 22, 0),
                "date_to": datetime(2026, 9, 18, 21, 59),
            }
        )
        appointment.starts_at = TOMORROW
        self.assertEqual(self.obligations(appointment), {UNLOGGED: MONDAY})

    def test_it_moves_from_either_calendar(self):
        appointment = self.plan()
        self.event(appointment).write(
            {"start": TOMORROW + timedelta(days=1), "stop": TOMORROW + 25 * HOUR}
        )
        self.assertEqual(self.asked(appointment), [(self.worker, MONDAY)])
        appointment.ends_at = TOMORROW + timedelta(days=1, hours=14)
        self.assertEqual(appointment.minutes, 14 * 60)
        self.assertEqual(self.asked(appointment), [(self.worker, MONDAY)])
        self.event(appointment).write({"start": TOMORROW, "stop": TOMORROW + HOUR})
        self.assertEqual(self.asked(appointment), [(self.worker, FRIDAY)])

    def test_logging_meets_it_and_it_is_kept_as_done(self):
        appointment = self.plan()
        with self.at(TOMORROW + 2 * HOUR):
            self.assertTrue(appointment.unlogged)
            action = appointment.action_log_contact()
            self.assertEqual(
                action["context"]["default_appointment_id"], appointment.id
            )
            self.log(self.course, appointment_id=appointment.id, outcome="no_answer")
        self.assertEqual(appointment.state, "held")
        self.assertFalse(appointment.unlogged)
        self.assertFalse(self.asked(appointment))
        done = appointment.sudo().with_context(active_test=False).activity_ids
        self.assertEqual(len(done), 1)
        self.assertFalse(done.active)

    # --- a contact logged from the course -------------------------------------------
    def logged_from_the_course(self, moment, course=None, **vals):
        with self.at(moment):
            return self.log(course or self.course, **vals)

    def test_a_contact_logged_from_the_course_is_that_of_the_day_s_visit(self):
        appointment = self.plan()
        contact = self.logged_from_the_course(TOMORROW + 2 * HOUR)
        self.assertEqual(contact.appointment_id, appointment)
        self.assertEqual(appointment.state, "held")
        self.assertFalse(self.asked(appointment))
        # A second one on the day is another contact.
        again = self.logged_from_the_course(TOMORROW + 3 * HOUR)
        self.assertFalse(again.appointment_id)

    def test_an_attempt_logged_later_for_the_day_counts(self):
        appointment = self.plan()
        contact = self.logged_from_the_course(
            TOMORROW + timedelta(days=2),
            started_at=TOMORROW + HOUR,
            outcome="no_answer",
        )
        self.assertEqual(contact.appointment_id, appointment)
        self.assertFalse(self.asked(appointment))

    def test_a_visit_across_midnight_lies_on_both_days(self):
        evening = datetime(2026, 9, 17, 21, 0)
        appointment = self.plan(starts_at=evening, minutes=120)
        contact = self.logged_from_the_course(evening + 90 * HOUR / 60)
        self.assertEqual(contact.appointment_id, appointment)

    def test_where_there_is_doubt_the_visit_stays_to_be_logged(self):
        second = self.allocate()
        for name, moment, vals in (
            ("another day", TOMORROW + timedelta(days=1), {}),
            ("hours before", TOMORROW - 2 * HOUR, {}),
            ("a call", TOMORROW + HOUR, {"form_id": self.phone.id}),
            ("another course", TOMORROW + HOUR, {"course": second}),
            (
                "another worker",
                TOMORROW + HOUR,
                {"course": self.course.with_user(self.colleague)},
            ),
        ):
            with self.subTest(name):
                appointment = self.plan()
                contact = self.logged_from_the_course(moment, **vals)
                self.assertFalse(contact.appointment_id)
                self.assertEqual(appointment.state, "planned")
                self.assertEqual(self.asked(appointment), [(self.worker, FRIDAY)])
                appointment.action_cancel()

    def test_of_two_visits_on_a_day_none_is_taken_for_the_other(self):
        both = self.plan() | self.plan(starts_at=TOMORROW + 2 * HOUR)
        # Before the second is near there is one only that it can be.
        early = self.logged_from_the_course(TOMORROW + HOUR / 2)
        self.assertEqual(early.appointment_id, both[0])
        third = self.plan(starts_at=TOMORROW + 4 * HOUR)
        late = self.logged_from_the_course(TOMORROW + 6 * HOUR)
        self.assertFalse(late.appointment_id)
        for appointment in both[1] | third:
            self.assertEqual(self.asked(appointment), [(self.worker, FRIDAY)])

    def test_a_correction_is_of_no_other_visit(self):
        contact = self.log(self.course)
        appointment = self.plan()
        with self.at(TOMORROW + HOUR):
            corrected = self.log(
                self.course, replaces_id=contact.id, started_at=TOMORROW
            )
        self.assertFalse(corrected.appointment_id)
        self.assertEqual(appointment.state, "planned")

    def test_cancelling_drops_it(self):
        appointment = self.plan()
        appointment.action_cancel()
        self.assertFalse(self.asked(appointment))
        done = appointment.sudo().with_context(active_test=False).activity_ids
        self.assertFalse(done)

    def test_a_block_taken_away_drops_it_or_moves_it(self):
        alone = self.plan()
        self.event(alone).unlink()
        self.assertEqual(alone.state, "cancelled")
        self.assertFalse(self.asked(alone))
        together = self.plan(workers=self.worker | self.colleague)
        first = together.worker_ids[0]
        self.assertEqual(self.asked(together), [(first, FRIDAY)])
        self.event(together, first).unlink()
        other = (self.worker | self.colleague) - first
        self.assertEqual(self.asked(together), [(other, FRIDAY)])

    def test_closing_leaves_nothing(self):
        past = self.plan(starts_at=NOW - 2 * HOUR)
        coming = self.plan()
        self.log(self.course, form_id=self.phone.id)
        self.course._close("achieved")
        for appointment in (past, coming):
            self.assertEqual(appointment.sudo().state, "cancelled")
            self.assertFalse(self.asked(appointment))
        self.assertFalse(self.found())

    def test_it_follows_the_workers(self):
        appointment = self.plan()
        appointment.worker_ids = self.colleague
        self.assertEqual(self.asked(appointment), [(self.colleague, FRIDAY)])
        self.course.sudo().assignment_ids.filtered(
            lambda row: row.user_id == self.colleague
        ).write({"date_to": TODAY})
        self.assertEqual(appointment.sudo().worker_ids, self.worker)
        self.assertEqual(self.asked(appointment), [(self.worker, FRIDAY)])

    def test_one_that_is_over_goes_to_who_may_still_log_it(self):
        appointment = self.plan(workers=self.colleague, starts_at=NOW - 2 * HOUR)
        self.assertEqual(self.asked(appointment), [(self.colleague, date(2026, 9, 17))])
        self.course.sudo().assignment_ids.filtered(
            lambda row: row.user_id == self.colleague
        ).write({"date_to": TODAY})
        self.assertEqual(self.asked(appointment), [(self.worker, date(2026, 9, 17))])
        self.worker.sudo().active = False
        self.assertEqual(
            self.asked(appointment), [(self.supervisor, date(2026, 9, 17))]
        )

    def test_a_cover_is_asked_from_the_day_the_access_begins(self):
        cover = self.course.with_user(self.supervisor)._assign(
            self.other_worker, "cover", "Ferie", TOMORROW.date(), MONDAY
        )
        appointment = self.plan(workers=self.other_worker)
        self.assertEqual(self.asked(appointment), [(self.worker, FRIDAY)])
        self.follow_up()
        self.assertEqual(self.asked(appointment), [(self.worker, FRIDAY)])
        with self.at(TOMORROW - HOUR):
            self.env.invalidate_all()
            self.assertIn(appointment, self.found())
            self.follow_up()
            self.assertEqual(self.asked(appointment), [(self.other_worker, FRIDAY)])
            self.assertNotIn(appointment, self.found())
            cover.sudo().write({"date_to": TOMORROW.date()})
            self.assertEqual(self.asked(appointment), [(self.worker, FRIDAY)])
            self.assertNotIn(appointment, self.found())

    def test_the_follow_up_asks_where_nobody_was_asked_and_only_once(self):
        appointment, held = self.plan(), self.plan(starts_at=NOW - 2 * HOUR)
        self.log(self.course, appointment_id=held.id)
        appointment.sudo().activity_ids.unlink()
        self.assertEqual(self.found().sudo(False), appointment.sudo(False))
        self.follow_up()
        self.follow_up()
        self.assertEqual(self.asked(appointment), [(self.worker, FRIDAY)])
        self.assertFalse(self.asked(held))
        self.assertFalse(self.found())

    def test_it_is_not_ticked_by_hand(self):
        appointment = self.plan()
        with self.assertRaisesRegex(UserError, "ends by itself"):
            appointment.activity_ids.action_feedback()

    def test_its_owner_gets_there_by_the_systray(self):
        appointment = self.plan(starts_at=NOW - 2 * HOUR)
        with self.at(NOW + timedelta(days=1)):
            groups = self.env["res.users"].with_user(self.worker)._get_activity_groups()
            ours = [group for group in groups if group["model"] == appointment._name]
            self.assertEqual([group["today_count"] for group in ours], [1])
            found = appointment.search([("activity_user_id", "=", self.worker.id)])
            self.assertEqual(found, appointment)
        view = appointment.get_view(view_type="form")["arch"]
        self.assertIn('name="action_log_contact"', view)

    def test_the_list_of_what_is_not_logged(self):
        over, _coming = self.plan(starts_at=NOW - 2 * HOUR), self.plan()
        cancelled = self.plan(starts_at=NOW - 2 * HOUR)
        cancelled.action_cancel()
        action = self.env.ref("sekp_outreach.sekp_appointment_action_unlogged")
        domain = safe_eval(action.domain)
        for user, expected in (
            (self.worker, over),
            (self.supervisor, over),
            (self.other_worker, over.browse()),
        ):
            found = over.with_user(user).search(domain)
            self.assertEqual(found.ids, expected.ids, user.login)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestPlanAgain(AppointmentCase):
    """What was cancelled is planned again; accompaniment says where to."""

    def test_what_was_cancelled_fills_the_dialog(self):
        appointment = self.plan(
            workers=self.worker | self.colleague, place="Molen", minutes=45
        )
        with self.assertRaisesRegex(UserError, "Only a cancelled"):
            appointment.action_plan_again()
        appointment.action_cancel()
        self.colleague.sudo().active = False
        action = appointment.action_plan_again()
        new = appointment.with_context(**action["context"]).create({})
        self.assertEqual(
            (new.form_id, new.place, new.minutes, new.worker_ids, new.state),
            (self.home_visit, "Molen", 45, self.worker, "planned"),
        )
        self.assertEqual(new.starts_at, NOW + HOUR)

    def test_accompaniment_says_where_to(self):
        form = self.env.ref("sekp_outreach.contact_form_accompaniment")
        appointment = self.plan(form_id=form.id, accompanies_to="authority")
        self.assertTrue(appointment.is_accompaniment)
        appointment.form_id = self.home_visit
        self.assertFalse(appointment.accompanies_to)
        with self.assertRaisesRegex(UserError, "accompaniment"):
            self.plan(accompanies_to="court")

    def test_none_stores_nothing_of_where_to(self):
        form = self.env.ref("sekp_outreach.contact_form_accompaniment")
        standard = self.course.sudo().standard_id
        self.env.cr.execute(
            "UPDATE sekp_standard SET registration_mode = 'none' WHERE id = %s",
            [standard.id],
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "cannot be stored"):
            self.plan(form_id=form.id, accompanies_to="health")
        self.plan(form_id=form.id)
