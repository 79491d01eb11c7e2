from contextlib import contextmanager
from datetime import date, datetime

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import SQL

from .common import OutreachCase, make_user

TABLES = ("sekp_access_log", "sekp_access_seal")


@tagged("post_install", "-at_install", "sekp_outreach")
class TestSeal(OutreachCase):
    """Each day is sealed once, and a change made since is found on its day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Seal = cls.env["sekp.access.seal"]
        cls.auditor = make_user(cls.env, "sekp_auditor", "auditor", cls.company)
        with cls.unguarded():
            for table in TABLES:
                cls.env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(table)))
        for day in (14, 14, 15, 17):
            with cls.freeze(datetime(2026, 9, day, 10)):
                cls.env["sekp.access.log"]._record("open", cls.env["sekp.course"])
        # Ten minutes past midnight in Copenhagen, still the day before in UTC.
        with cls.freeze(datetime(2026, 9, 15, 22, 10)):
            cls.env["sekp.access.log"]._record("open", cls.env["sekp.course"])

    @classmethod
    @contextmanager
    def unguarded(cls):
        """Do by SQL what the guards refuse, as one who owns the database could."""
        for act in ("DISABLE", "ENABLE"):
            for table in TABLES:
                cls.env.cr.execute(
                    SQL(
                        "ALTER TABLE %s %s TRIGGER USER",
                        SQL.identifier(table),
                        SQL(act),
                    )
                )
            if act == "DISABLE":
                yield

    def seal(self, moment=datetime(2026, 9, 18, 10)):
        with self.at(moment):
            while self.Seal._seal_next():
                pass
        return self.Seal.search([], order="day")

    def broken(self, moment=datetime(2026, 9, 18, 10)):
        self.env.invalidate_all()
        with self.at(moment):
            return self.Seal._verify()

    def tamper(self, statement, *params):
        with self.unguarded():
            self.env.cr.execute(SQL(statement, *params))

    def test_every_day_that_is_over_is_sealed_once(self):
        seals = self.seal()
        self.assertEqual(
            [(seal.day, seal.count) for seal in seals],
            [
                (date(2026, 9, 14), 2),
                (date(2026, 9, 15), 1),
                (date(2026, 9, 16), 1),
                (date(2026, 9, 17), 1),
            ],
        )
        self.assertFalse(seals[0].previous)
        self.assertEqual(seals[1].previous, seals[0].digest)
        self.assertEqual(self.seal(), seals)
        self.assertIsNone(self.broken())

    def test_a_day_is_over_when_its_transactions_are(self):
        seals = self.seal(datetime(2026, 9, 15, 23, 30))
        self.assertEqual(seals.mapped("day"), [date(2026, 9, 14)])
        seals = self.seal(datetime(2026, 9, 16, 0, 30))
        self.assertEqual(seals[-1].day, date(2026, 9, 15))

    def test_downtime_is_caught_up_by_the_nightly_job(self):
        self.registry_enter_test_mode()
        with self.at(datetime(2026, 9, 30, 10)):
            self.env.ref("sekp_outreach.cron_seal_access_log").method_direct_trigger()
        self.env.invalidate_all()
        seals = self.Seal.search([], order="day")
        self.assertEqual(len(seals), 16)
        self.assertEqual(seals[-1].day, date(2026, 9, 29))
        self.assertIsNone(self.broken(datetime(2026, 9, 30, 10)))

    def test_another_worker_at_it_seals_nothing_twice(self):
        with self.registry.cursor() as other:
            other.execute("SELECT pg_advisory_xact_lock(1809572)")
            self.assertFalse(self.seal())

    def test_a_missing_row(self):
        self.seal()
        self.tamper("DELETE FROM sekp_access_log WHERE at < %s", "2026-09-15")
        self.assertEqual(self.broken(), (date(2026, 9, 14), "gone"))

    def test_a_changed_row(self):
        self.seal()
        for column, value in (
            ("kind", "list"),
            ("user_id", self.worker.id),
            ("reference", "rumo-lita-47"),
            ("hour", 3),
        ):
            with self.subTest(column), self.env.cr.savepoint() as point:
                self.tamper(
                    "UPDATE sekp_access_log SET %s = %s WHERE at = %s",
                    SQL.identifier(column),
                    value,
                    "2026-09-15 10:00:00",
                )
                self.assertEqual(self.broken(), (date(2026, 9, 15), "changed"))
                point.rollback()

    def test_an_added_row(self):
        self.seal()
        with self.at(datetime(2026, 9, 15, 11)):
            self.env["sekp.access.log"]._record("open", self.env["sekp.course"])
        self.assertEqual(self.broken(), (date(2026, 9, 15), "added"))

    def test_a_row_added_before_the_first_day(self):
        self.seal()
        with self.at(datetime(2026, 9, 1, 11)):
            self.env["sekp.access.log"]._record("open", self.env["sekp.course"])
        self.assertEqual(self.broken(), (date(2026, 9, 14), "added"))

    def test_a_changed_seal(self):
        self.seal()
        self.tamper(
            "UPDATE sekp_access_seal SET digest = %s WHERE day = %s",
            "0" * 64,
            "2026-09-15",
        )
        self.assertEqual(self.broken(), (date(2026, 9, 15), "changed"))

    def test_a_seal_made_anew_without_the_key(self):
        """Whoever changes a row and its seal does not know the key."""
        self.seal()
        self.tamper("DELETE FROM sekp_access_log WHERE at >= '2026-09-17 00:00:00'")
        self.tamper(
            "UPDATE sekp_access_seal SET count = 0, first_id = 0, last_id = 0, "
            "digest = md5('x') WHERE day = '2026-09-17'"
        )
        self.assertEqual(self.broken(), (date(2026, 9, 17), "changed"))

    def test_a_missing_seal(self):
        self.seal()
        self.tamper("DELETE FROM sekp_access_seal WHERE day = '2026-09-15'")
        self.assertEqual(self.broken(), (date(2026, 9, 15), "missing"))

    def test_seals_that_were_never_made(self):
        self.assertEqual(self.broken(), (date(2026, 9, 14), "missing"))
        self.seal()
        self.assertEqual(
            self.broken(datetime(2026, 9, 25, 10)), (date(2026, 9, 18), "missing")
        )

    def test_batches_add_up(self):
        self.seal()
        self.patch(
            __import__(
                "odoo.addons.sekp_outreach.models.sekp_access_seal", fromlist=["BATCH"]
            ),
            "BATCH",
            1,
        )
        self.assertIsNone(self.broken())

    def test_the_auditor_is_told_the_first_broken_day(self):
        self.seal()
        button = self.Seal.with_user(self.auditor)
        with self.at(datetime(2026, 9, 18, 10)):
            self.assertEqual(button.action_verify()["params"]["type"], "success")
            self.tamper(
                "UPDATE sekp_access_log SET kind = 'list' WHERE at > '2026-09-15'"
            )
            self.env.invalidate_all()
            told = button.action_verify()["params"]
        self.assertEqual(told["type"], "danger")
        self.assertIn("09/15/2026", told["message"])

    def test_nobody_else_verifies(self):
        for user in (self.supervisor, self.manager, self.env.ref("base.user_admin")):
            with self.assertRaises(AccessError):
                self.Seal.with_user(user).action_verify()

    def test_a_large_day_is_read_in_little_memory(self):
        """The sum of a day does not grow with its rows."""
        import tracemalloc

        self.env.cr.execute(
            SQL(
                "INSERT INTO sekp_access_log (at, user_id, kind, model, amount) "
                "SELECT '2026-09-16 10:00:00'::timestamp, %s, 'open', 'sekp.course', 1 "
                "FROM generate_series(1, 40000)",
                self.worker.id,
            )
        )
        tracemalloc.start()
        seals = self.seal()
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        self.assertEqual(seals[2].count, 40001)
        self.assertLess(peak, 24 * 1024 * 1024)
