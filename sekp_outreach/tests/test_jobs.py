from datetime import date, datetime, timedelta

from odoo.tests import tagged
from odoo.tools import SQL

from .common import NOW, TODAY, OutreachCase

LEAD = timedelta(days=60)
# Tables of other apps that our jobs write to.
OTHERS = ("mail_activity", "mail_message", "mail_mail", "calendar_event")


@tagged("post_install", "-at_install", "sekp_outreach")
class TestJobs(OutreachCase):
    """Jobs may run twice, late and on any night, and it makes no difference."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(
            rhythm_count=1,
            review_rule="interval",
            review_interval_months=6,
            deadlines=[
                {"kind": "response", "amount": 7, "unit": "day"},
                {"kind": "first_visit", "amount": 5, "unit": "working_day"},
            ],
            revision_due=TODAY + LEAD + timedelta(days=3),
        )
        cls.jobs = cls.env["ir.cron"].browse(
            cls.env["ir.model.data"]
            .search([("module", "=", "sekp_outreach"), ("model", "=", "ir.cron")])
            .mapped("res_id")
        )

    def build(self):
        """Let there be something for every job: what is due, lost and not sealed."""
        self.course = self.allocate()
        self.course.read(["phase"])
        self.covered = self.allocate()
        self.covered._assign(
            self.colleague, "cover", "Ferie", TODAY, TODAY + timedelta(days=2)
        )
        # Given to the one who stands in, and due while that one may do it.
        self.by_hand = self.covered.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=TODAY + timedelta(days=1),
            user_id=self.colleague.id,
            automated=False,
        )
        for _number in range(8):
            self.refer()

    def run_jobs(self):
        with self.enter_registry_test_mode():
            for job in self.jobs:
                job.method_direct_trigger()

    def state(self):
        """Return a number for the content of every table that jobs may change."""
        self.env.flush_all()
        tables = {
            model._table
            for name, model in self.env.items()
            if name.startswith("sekp.") and model._auto and not model._abstract
        }
        state = {}
        for table in sorted({*tables, *OTHERS}):
            self.env.cr.execute(
                SQL(
                    "SELECT count(*), md5(string_agg(%s::text, '' ORDER BY id)) "
                    "FROM %s",
                    SQL.identifier(table),
                    SQL.identifier(table),
                )
            )
            state[table] = self.env.cr.fetchone()
        return state

    def notices(self):
        return self.env["mail.message"].search_count(
            [("message_type", "=", "user_notification")]
        )

    # --- twice --------------------------------------------------------------------
    def test_every_job_changes_nothing_the_second_time(self):
        self.build()
        with self.at(NOW + timedelta(days=5)):
            for job in self.jobs:
                with self.subTest(job.cron_name):
                    with self.enter_registry_test_mode():
                        job.method_direct_trigger()
                    once = self.state()
                    with self.enter_registry_test_mode():
                        job.method_direct_trigger()
                    now = self.state()
                    self.assertEqual([k for k in now if now[k] != once[k]], [])

    def test_the_jobs_have_something_to_do(self):
        """Or else doing it twice would prove nothing."""
        self.build()
        with self.at(NOW + timedelta(days=5)):
            before = self.state()
            self.run_jobs()
            after = self.state()
            self.assertEqual(self.by_hand.user_id, self.worker)
            self.assertTrue(self.standard.activity_ids)
        self.assertEqual(
            {table for table in before if before[table] != after[table]}
            & {"mail_activity", "sekp_access_seal"},
            {"mail_activity", "sekp_access_seal"},
        )

    def test_all_of_them_are_there(self):
        names = {job.get_external_id().popitem()[1] for job in self.jobs}
        self.assertGreaterEqual(
            names,
            {
                "sekp_outreach.cron_follow_up",
                "sekp_outreach.cron_seal_access_log",
                "sekp_outreach.cron_erase",
                "sekp_outreach.ir_cron_hand_on_activities",
            },
        )

    def test_what_is_with_nobody_entitled_is_so_for_an_hour_at_most(self):
        for name in ("ir_cron_hand_on_activities", "cron_follow_up"):
            job = self.env.ref(f"sekp_outreach.{name}")
            self.assertEqual((job.interval_number, job.interval_type), (1, "hours"))

    # --- late ---------------------------------------------------------------------
    def test_after_a_week_without_jobs_one_run_catches_up_without_a_flood(self):
        self.build()
        told = self.notices()
        with self.at(NOW + timedelta(days=8)):
            self.assertTrue(self.problems(), "the jobs are missed")
            self.run_jobs()
            self.assertEqual(self.problems(), [])
            once = self.state()
            # One for each who has to know, whatever there is to know.
            users = self.env["res.users"].search_count([("share", "=", False)])
            self.assertLessEqual(self.notices() - told, users)
            self.run_jobs()
            now = self.state()
        self.assertEqual([k for k in now if now[k] != once[k]], [])
        seals = self.env["sekp.access.seal"].search([])
        self.assertEqual(len(seals), len(set(seals.mapped("day"))))

    def test_a_week_late_and_every_night_come_to_the_same(self):
        """What is open at the end, for whom and when, does not depend on the jobs."""
        self.build()

        def open_activities():
            return sorted(
                (
                    activity.res_model,
                    activity.res_id,
                    activity.activity_type_id.id,
                    activity.date_deadline,
                    activity.user_id.id,
                )
                for activity in self.env["mail.activity"].search([])
            )

        with self.env.cr.savepoint() as late:
            with self.at(NOW + timedelta(days=8)):
                self.run_jobs()
                at_once = open_activities()
            late.rollback()
        self.env.invalidate_all()
        for day in range(1, 9):
            with self.at(NOW + timedelta(days=day)):
                self.run_jobs()
        self.assertEqual(open_activities(), at_once)

    # --- both changes of the clock, and the end of the year -------------------------
    def test_the_day_changes_at_midnight_in_the_municipality(self):
        for midnight, day in (
            (datetime(2026, 10, 24, 22), date(2026, 10, 25)),
            (datetime(2026, 10, 25, 23), date(2026, 10, 26)),
            (datetime(2026, 12, 31, 23), date(2027, 1, 1)),
            (datetime(2027, 3, 27, 23), date(2027, 3, 28)),
            (datetime(2027, 3, 28, 22), date(2027, 3, 29)),
        ):
            with self.subTest(day=day):
                self.assertEqual(self.company._sekp_start_of_day(day), midnight)
                with self.freeze(midnight - timedelta(seconds=1)):
                    self.assertEqual(
                        self.company._sekp_today(), day - timedelta(days=1)
                    )
                with self.freeze(midnight):
                    self.assertEqual(self.company._sekp_today(), day)

    def test_the_follow_up_comes_with_the_day_and_not_an_hour_off(self):
        for day in (
            date(2026, 10, 25),
            date(2026, 10, 26),
            date(2027, 1, 1),
            date(2027, 3, 28),
            date(2027, 3, 29),
        ):
            with self.subTest(day=day):
                self.standard.revision_due = day + LEAD
                midnight = self.company._sekp_start_of_day(day)
                with self.at(midnight - timedelta(seconds=1)):
                    self.run_jobs()
                    self.assertFalse(self.standard.activity_ids)
                with self.at(midnight):
                    self.run_jobs()
                    self.assertEqual(
                        self.standard.activity_ids.date_deadline, day + LEAD
                    )

    def test_due_dates_count_days_and_not_hours(self):
        for received, response, visit in (
            # Friday before each change of the clock, and the last of the year.
            (datetime(2026, 10, 23, 8), date(2026, 10, 30), date(2026, 10, 30)),
            (datetime(2027, 3, 19, 8), date(2027, 3, 26), date(2027, 3, 31)),
            (datetime(2026, 12, 30, 8), date(2027, 1, 6), date(2027, 1, 7)),
            # Late in the evening it is already the next day here.
            (datetime(2026, 10, 24, 22, 30), date(2026, 11, 1), date(2026, 10, 30)),
            (datetime(2026, 10, 25, 22, 30), date(2026, 11, 1), date(2026, 10, 30)),
        ):
            with self.subTest(received=received), self.at(received):
                clocks = self.clocks(self.refer())
                self.assertEqual(clocks["response"][0], response)
                self.assertEqual(clocks["first_visit"][0], visit)

    def test_access_and_obligations_over_each_change_of_the_clock(self):
        for last in (date(2026, 10, 25), date(2026, 12, 31), date(2027, 3, 28)):
            with self.subTest(last=last):
                midnight = self.company._sekp_end_of_day(last)
                with self.at(midnight - timedelta(days=3)):
                    course = self.allocate()
                    course._assign(self.colleague, "cover", "Ferie", date_to=last)
                    activity = course.sudo().activity_schedule(
                        "mail.mail_activity_data_todo",
                        date_deadline=last,
                        user_id=self.colleague.id,
                        automated=False,
                    )
                with self.at(midnight - timedelta(seconds=1)):
                    self.run_jobs()
                    self.assertEqual(activity.user_id, self.colleague)
                    self.assertEqual(self.problems(), [])
                with self.at(midnight):
                    self.run_jobs()
                    self.assertEqual(activity.user_id, self.worker)
                    self.assertEqual(self.problems(), [])
