from datetime import datetime, timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY, make_user
from .test_appointment import HOUR, PLACE, AppointmentCase

MINUTE = timedelta(minutes=1)
DUE = NOW + HOUR


@tagged("post_install", "-at_install", "sekp_outreach")
class TestLoneWork(AppointmentCase):
    """Who is out alone and missed is looked for; nobody learns whom they visit."""

    def out(self, user=None, until=DUE, appointment=None):
        """Let a user go out; return the row as that user."""
        Work = self.env["sekp.lone.work"].with_user(user or self.worker)
        return Work._go_out(until, appointment)

    def alarm(self, moment=DUE):
        with self.at(moment), self.enter_registry_test_mode():
            self.env.ref("sekp_outreach.cron_lone_work").method_direct_trigger()

    def notices(self, user):
        return self.env["mail.message"].search_count(
            [
                ("subtype_id", "=", self.env.ref("sekp_outreach.mt_notice").id),
                ("partner_ids", "in", user.partner_id.ids),
            ]
        )

    def asked(self, row):
        return [
            (activity.user_id, activity.date_deadline)
            for activity in row.sudo().activity_ids
        ]

    # --- out and back ---------------------------------------------------------------
    def test_out_and_back_with_one_tap_each(self):
        Dialog = self.env["sekp.go.out"].with_user(self.worker)
        dialog = Form(Dialog).save()
        self.assertEqual(dialog.expected_back, NOW + HOUR + 15 * MINUTE)
        dialog.action_go()
        row = dialog.env["sekp.lone.work"].search([])
        self.assertEqual(
            (row.user_id, row.team_id, row.company_id, row.state, row.started_at),
            (self.worker, self.harbour, self.company, "out", NOW),
        )
        again = Dialog.create({})
        self.assertEqual(again.lone_work_id, row)
        self.assertEqual(again.awaited, row.expected_back)
        with self.at(NOW + HOUR):
            again.action_back()
            self.assertEqual((row.state, row.back_at), ("back", NOW + HOUR))
        row.action_back()
        self.assertEqual(row.back_at, NOW + HOUR, "a double tap changes nothing")
        self.assertFalse(Dialog.create({}).lone_work_id)

    def test_a_double_tap_goes_out_once(self):
        row = self.out()
        self.assertEqual(self.out(until=DUE + HOUR), row)
        self.assertEqual(row.expected_back, DUE + HOUR)
        self.assertEqual(row.search_count([]), 1)

    def test_the_alarm_is_set_for_the_very_time(self):
        self.out()
        cron = self.env.ref("sekp_outreach.cron_lone_work")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertIn(DUE, triggers.mapped("call_at"))

    def test_the_appointment_says_until_when(self):
        appointment = self.plan(starts_at=NOW + HOUR)
        action = appointment.action_go_out()
        self.assertEqual(action["res_model"], "sekp.go.out")
        dialog = (
            self.env["sekp.go.out"]
            .with_user(self.worker)
            .with_context(**action["context"])
            .create({})
        )
        self.assertEqual(dialog.expected_back, NOW + 2 * HOUR + 15 * MINUTE)
        dialog.action_go()
        row = self.env["sekp.lone.work"].with_user(self.worker)._mine()
        self.assertEqual(row.sudo().appointment_id, appointment.sudo())

    def test_the_grace_is_the_standard_s(self):
        for minutes in (-1, 241):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.cr.savepoint(),
            ):
                self.make_standard(in_force=False, lone_work_minutes=minutes)
        self.env.cr.execute("UPDATE sekp_standard SET lone_work_minutes = 0")
        self.env.invalidate_all()
        Work = self.env["sekp.lone.work"].with_user(self.worker)
        self.assertEqual(Work._default_expected_back(), NOW + HOUR)
        past = self.plan(starts_at=NOW - 2 * HOUR)
        self.assertGreater(Work._default_expected_back(past), NOW)

    def test_a_time_that_cannot_be_meant(self):
        for until in (NOW, NOW - HOUR, NOW + timedelta(hours=25), False):
            with self.assertRaisesRegex(ValidationError, "next 24 hours"):
                self.out(until=until)
        with self.assertRaisesRegex(UserError, "no team"):
            self.out(
                user=make_user(
                    self.env, "sekp_teamless", "contact_person", self.company
                )
            )

    def test_thirty_minutes_more(self):
        row = self.out()
        row.action_extend()
        self.assertEqual(row.expected_back, DUE + 30 * MINUTE)
        self.alarm(DUE)
        self.assertEqual(row.state, "out")
        with self.at(DUE + 2 * HOUR):
            row.action_extend()
            self.assertEqual(row.expected_back, DUE + 2 * HOUR + 30 * MINUTE)
            row.action_back()
            with self.assertRaisesRegex(UserError, "back already"):
                row.action_extend()

    # --- missed ---------------------------------------------------------------------
    def test_who_is_missed_is_told_of_once(self):
        second = make_user(self.env, "sekp_second", "supervisor", self.company)
        self.harbour.supervisor_ids |= second
        row = self.out()
        self.alarm(DUE - MINUTE)
        self.assertEqual(row.state, "out")
        self.assertFalse(self.asked(row))
        self.alarm()
        self.assertEqual((row.state, row.alarmed_at), ("alarmed", DUE))
        self.assertEqual(self.asked(row), [(self.supervisor, TODAY)])
        for user in (self.supervisor, second):
            self.assertEqual(self.notices(user), 1, user.login)
        self.assertFalse(self.notices(self.worker))
        self.alarm(DUE + HOUR)
        self.alarm(DUE + timedelta(days=2))
        self.assertEqual(self.notices(second), 1)
        self.assertEqual(row.alarmed_at, DUE)
        self.assertEqual(len(self.asked(row)), 1)

    def test_the_alarm_is_told_though_something_was_told_a_moment_ago(self):
        with self.at(DUE - MINUTE):
            self.supervisor._sekp_notice()
        self.out()
        self.alarm()
        self.assertEqual(self.notices(self.supervisor), 2)

    def test_the_notice_names_nobody(self):
        row = self.out(appointment=self.plan(place=PLACE))
        self.alarm()
        message = self.env["mail.message"].search(
            [("partner_ids", "in", self.supervisor.partner_id.ids)], limit=1
        )
        activity = row.sudo().activity_ids
        for text in (message.subject, message.body, activity.summary, row.display_name):
            for secret in (PLACE, self.worker.name, self.course.reference):
                self.assertNotIn(secret, text)

    # --- nobody answers ---------------------------------------------------------------
    def duty(self, *users):
        """Let users be on duty today, the first one called first."""
        for number, user in enumerate(users):
            self.env["sekp.duty"].create(
                {
                    "team_id": self.harbour.id,
                    "user_id": user.id,
                    "sequence": number,
                    "date_from": TODAY,
                    "date_to": TODAY,
                }
            )

    def test_an_alarm_nobody_answers_goes_on_to_the_next_and_to_all_supervisors(self):
        second = make_user(self.env, "sekp_second", "supervisor", self.company)
        self.harbour.supervisor_ids |= second
        self.duty(self.worker, self.intake, self.colleague)
        row = self.out()
        ten = 10 * MINUTE
        cron = self.env.ref("sekp_outreach.cron_lone_work")
        Trigger, told = self.env["ir.cron.trigger"], self.env["res.users"]
        for number, (people, owner) in enumerate(
            (
                (self.intake, self.intake),
                (self.colleague, self.colleague),
                (self.supervisor | second, self.supervisor),
            )
        ):
            moment = DUE + number * ten
            if number:
                self.alarm(moment - MINUTE)
                self.assertEqual(row.sudo().told_user_ids, told, "not too early")
            self.alarm(moment)
            if number < 2:
                self.assertEqual(row.next_told_at, moment + ten)
                triggers = Trigger.search([("cron_id", "=", cron.id)])
                self.assertIn(moment + ten, triggers.mapped("call_at"))
            self.alarm(moment)
            told |= people
            self.assertEqual(row.sudo().told_user_ids, told)
            self.assertEqual(self.asked(row), [(owner, TODAY)])
            for user in told:
                self.assertEqual(self.notices(user), 1, user.login)
                self.assertTrue(row.with_user(user).has_access("read"), user.login)
        self.assertFalse(row.next_told_at, "everybody knows")
        self.alarm(DUE + timedelta(days=7))
        self.assertEqual(self.notices(second), 1)
        self.assertEqual(row.alarmed_at, DUE)
        self.assertFalse(self.notices(self.worker))

    def test_after_a_long_time_one_step_is_taken(self):
        self.duty(self.intake, self.colleague)
        row = self.out()
        self.alarm(DUE + timedelta(days=7))
        self.assertEqual(row.sudo().told_user_ids, self.supervisor, "on duty that day")
        self.assertFalse(self.notices(self.intake))

    def test_the_standard_says_how_long_an_answer_may_take(self):
        for minutes in (0, 121):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.cr.savepoint(),
            ):
                self.make_standard(in_force=False, lone_work_answer_minutes=minutes)
        self.env.cr.execute("UPDATE sekp_standard SET lone_work_answer_minutes = 3")
        self.env.invalidate_all()
        self.duty(self.intake)
        row = self.out()
        self.alarm()
        self.assertEqual(row.next_told_at, DUE + 3 * MINUTE)

    def test_where_no_standard_is_in_force_the_alarm_goes_on_too(self):
        row = self.out()
        self.env.cr.execute("UPDATE sekp_standard SET valid_to = valid_from")
        self.env.invalidate_all()
        self.duty(self.colleague)
        self.alarm()
        self.assertEqual(row.next_told_at, DUE + 10 * MINUTE)

    def test_who_looks_lets_the_others_wait_and_is_not_waited_for_for_ever(self):
        self.duty(self.intake, self.colleague)
        row = self.out()
        with self.assertRaisesRegex(AccessError, "I Am Back"):
            row.action_look()
        with self.assertRaises(AccessError):
            row.with_user(self.intake).action_look()
        with self.assertRaisesRegex(UserError, "not missed"):
            row.with_user(self.supervisor).action_look()
        self.alarm()
        looking = row.with_user(self.intake)
        with self.at(DUE + 9 * MINUTE):
            looking.action_look()
        self.assertEqual(looking.looking_user_id, self.intake)
        self.alarm(DUE + 18 * MINUTE)
        self.assertFalse(self.notices(self.colleague))
        with self.at(DUE + 18 * MINUTE):
            looking.action_look()
        self.alarm(DUE + 28 * MINUTE)
        self.assertEqual(self.notices(self.colleague), 1)
        self.assertEqual(self.asked(row), [(self.colleague, TODAY)])
        with self.at(DUE + 29 * MINUTE):
            row.with_user(self.supervisor).action_look()
        self.assertEqual(self.asked(row), [(self.supervisor, TODAY)])
        with self.at(DUE + 30 * MINUTE):
            looking.action_reached()
        self.alarm(DUE + 60 * MINUTE)
        self.assertFalse(self.asked(row))
        self.assertFalse(self.notices(self.supervisor))
        with self.assertRaisesRegex(UserError, "not missed"):
            looking.action_look()

    def test_who_is_back_in_time_is_not_told_of_to_the_next(self):
        self.duty(self.intake, self.colleague)
        row = self.out()
        self.alarm()
        with self.at(DUE + 5 * MINUTE):
            row.action_extend()
        self.assertFalse(row.next_told_at)
        self.alarm(DUE + 10 * MINUTE)
        self.assertFalse(self.notices(self.colleague))
        self.alarm(DUE + 35 * MINUTE)
        self.assertEqual(row.sudo().told_user_ids, self.intake, "from the first again")
        self.assertEqual(self.notices(self.intake), 2)

    def test_intake_staff_open_what_they_are_told_of_and_nothing_else(self):
        row, other = self.out(), self.out(user=self.colleague)
        self.duty(self.intake)
        Work = self.env["sekp.lone.work"].with_user(self.intake)
        self.assertFalse(Work.search([]))
        row.sudo()._alarm()
        self.assertEqual(Work.search([]), row)
        mine = self.env["mail.activity"].with_user(self.intake).search([])
        self.assertEqual(mine.mapped("res_model"), ["sekp.lone.work"])
        self.assertTrue(mine.activity_type_id.name)
        self.assertFalse(other.with_user(self.intake).has_access("read"))
        views = Work.get_views([(False, "list"), (False, "form")])
        names = views["models"]["sekp.lone.work"]["fields"]
        told = row.with_user(self.intake).web_read({name: {} for name in names})
        self.assertEqual(told[0]["state"], "alarmed")
        row.with_user(self.intake).action_reached()
        self.assertEqual(row.state, "closed")

    def test_reached_and_safe(self):
        row = self.out()
        with self.assertRaisesRegex(UserError, "not missed yet"):
            row.with_user(self.supervisor).action_reached()
        self.alarm()
        with self.assertRaisesRegex(AccessError, "I Am Back"):
            row.action_reached()
        with self.assertRaises(AccessError):
            row.with_user(self.supervisor).action_back()
        with self.at(DUE + 10 * MINUTE):
            row.with_user(self.supervisor).action_reached()
        with self.at(DUE + HOUR):
            row.with_user(self.supervisor).action_reached()
        self.assertEqual(
            (row.state, row.closed_at, row.closed_by_id),
            ("closed", DUE + 10 * MINUTE, self.supervisor),
        )
        self.assertFalse(self.asked(row))
        row.action_back()
        self.assertEqual(row.state, "closed")
        self.assertNotEqual(self.out(until=DUE + 9 * HOUR), row, "out again")

    def test_who_was_missed_comes_back_or_needs_longer(self):
        row = self.out()
        self.alarm()
        with self.at(DUE + MINUTE):
            row.action_extend()
        self.assertEqual((row.state, row.alarmed_at), ("out", False))
        self.assertFalse(self.asked(row))
        self.alarm(DUE + 31 * MINUTE)
        self.assertEqual(row.state, "alarmed")
        self.assertEqual(len(self.asked(row)), 1)
        with self.at(DUE + HOUR):
            row.action_back()
        self.assertFalse(self.asked(row))
        self.assertEqual(self.notices(self.supervisor), 2)

    def test_one_that_fails_keeps_no_other_back(self):
        broken, row = self.out(), self.out(user=self.colleague)
        self.assertNotEqual(broken, row)
        self.env.cr.execute(
            "ALTER TABLE sekp_lone_work ADD CONSTRAINT sekp_test_broken "
            "CHECK (state <> 'alarmed' OR id <> %s)",
            [broken.id],
        )
        with (
            mute_logger("odoo.sql_db"),
            self.assertLogs(
                "odoo.addons.sekp_outreach.models.sekp_lone_work", "ERROR"
            ) as log,
        ):
            self.alarm()
        self.assertNotIn(self.worker.name, str(log.output))
        self.assertEqual((broken.state, row.state), ("out", "alarmed"))
        self.env.cr.execute(
            "ALTER TABLE sekp_lone_work DROP CONSTRAINT sekp_test_broken"
        )
        self.alarm(DUE + HOUR)
        self.assertEqual(broken.state, "alarmed")

    def test_a_supervisor_out_alone_is_told_of_to_another(self):
        row = self.out(user=self.supervisor)
        self.harbour.responsible_id = self.intake
        second = make_user(self.env, "sekp_second", "supervisor", self.company)
        self.harbour.supervisor_ids |= second
        self.alarm()
        self.assertEqual(self.asked(row), [(second, TODAY)])
        self.assertEqual(row.told_user_ids, second)

    def test_archived_people(self):
        second = make_user(self.env, "sekp_second", "supervisor", self.company)
        self.harbour.supervisor_ids |= second
        row = self.out()
        self.worker.active = False
        self.alarm()
        self.assertEqual(self.asked(row), [(self.supervisor, TODAY)])
        self.supervisor.active = False
        self.assertEqual([user for user, _due in self.asked(row)], [second])
        row.with_user(second).action_reached()
        self.assertEqual(row.sudo().state, "closed")

    def test_out_across_midnight_and_the_hour_that_comes_twice(self):
        with self.at(datetime(2026, 10, 24, 21, 0)):
            row = self.out(until=datetime(2026, 10, 25, 1, 30))
        self.alarm(datetime(2026, 10, 25, 1, 29))
        self.assertEqual(row.state, "out")
        self.alarm(datetime(2026, 10, 25, 1, 30))
        self.assertEqual(row.state, "alarmed")
        self.assertEqual(
            self.asked(row), [(self.supervisor, datetime(2026, 10, 25).date())]
        )

    # --- who reads it -----------------------------------------------------------------
    def test_who_reads_it(self):
        row = self.out()
        for user, reads in (
            (self.worker, True),
            (self.supervisor, True),
            (self.colleague, False),
            (self.other_worker, False),
            (self.other_supervisor, False),
            (self.foreign_supervisor, False),
            (self.manager, False),
            (self.employee, False),
        ):
            self.assertEqual(row.with_user(user).has_access("read"), reads, user.login)
            for operation in ("write", "create", "unlink"):
                self.assertFalse(row.with_user(user).has_access(operation))

    def test_who_was_told_reads_it(self):
        row = self.out()
        row.sudo()._alarm()
        self.assertFalse(row.with_user(self.colleague).has_access("read"))
        row.sudo().told_user_ids = self.colleague
        self.assertTrue(row.with_user(self.colleague).has_access("read"))
        with self.at(DUE):
            row.with_user(self.colleague).action_reached()

    def test_the_phone_of_the_worker(self):
        self.worker.partner_id.phone = "20 30 40 50"
        row = self.out()
        self.assertEqual(row.with_user(self.supervisor).phone, "20 30 40 50")

    def test_the_visit_is_open_to_who_may_open_it(self):
        appointment = self.plan(place=PLACE)
        row = self.out(appointment=appointment)
        row.sudo().told_user_ids = self.other_worker
        seen = row.with_user(self.supervisor)
        self.assertTrue(seen.has_visit)
        self.assertEqual(seen.action_open_visit()["res_id"], appointment.id)
        told = row.with_user(self.other_worker)
        self.assertTrue(told.has_access("read"))
        self.assertFalse(told.has_visit)
        with self.assertRaisesRegex(UserError, "no visit"):
            told.action_open_visit()
        for reader in (seen, told, row):
            self.assertNotIn("appointment_id", reader.fields_get())
            with self.assertRaises(AccessError):
                reader.read(["appointment_id"])
            with self.assertRaises(AccessError):
                reader.search([("appointment_id", "=", appointment.id)])

    def test_nobody_goes_out_to_what_they_may_not_open(self):
        appointment = self.plan()
        with self.assertRaises(AccessError):
            self.out(
                user=self.other_worker,
                appointment=appointment.with_user(self.other_worker),
            )
        Dialog = self.env["sekp.go.out"].with_user(self.other_worker)
        with self.assertRaises(AccessError):
            Dialog.create({"appointment_id": appointment.id})
        with self.assertRaises(AccessError):
            Dialog.with_context(default_appointment_id=appointment.id).create({})

    # --- how long ---------------------------------------------------------------------
    def test_it_is_forgotten_after_a_month(self):
        back, missed = self.out(), self.out(user=self.colleague)
        back.action_back()
        self.alarm()
        work = self.env["sekp.lone.work"]
        for days, left in ((29, 2), (31, 1)):
            with self.at(NOW + timedelta(days=days)):
                self.env.flush_all()
                self.env.cr.execute("UPDATE sekp_lone_work SET write_date = %s", [NOW])
                self.env.invalidate_all()
                work._gc_lone_work()
            self.assertEqual(len((back | missed.with_user(self.worker)).exists()), left)
        self.assertTrue(missed.exists(), "who was never reached is not forgotten")

    def test_erasing_the_course_leaves_the_row_and_no_link(self):
        row = self.out(appointment=self.plan())
        self.course._close("achieved")
        self.env["sekp.erasure"]._erase(self.course.sudo(), "Prøve")
        self.assertTrue(row.exists())
        self.assertFalse(row.sudo().appointment_id)
        self.assertEqual(row.state, "out")
