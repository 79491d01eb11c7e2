from collections import Counter
from datetime import date, datetime
from itertools import cycle

from psycopg2.errors import CheckViolation, InsufficientPrivilege

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import OutreachCase, make_user
from .recount import differences, happened, queries

# Referrals by month, with the day of the month on which they are looked at.
REFERRED = {2: 3, 3: 4, 4: 9, 5: 0, 6: 6}
NIGHT = 1
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestStatistic(OutreachCase):
    """Figures are right, are told once, and are never small (C12)."""

    impossible = "Months pass in which nobody does what is owed."

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(deadlines=[{"kind": "response", "amount": 7, "unit": "day"}])
        cls.reader = make_user(cls.env, "sekp_reader", "statistics_reader", cls.company)
        cls.Statistic = cls.env["sekp.statistic"].with_user(cls.reader)
        sources = cycle(cls.source_self | cls.source_relative)
        cls.referrals = cls.env["sekp.referral"]
        for month, count in REFERRED.items():
            with cls.freeze(datetime(2026, month, 12, 9)):
                for _number in range(count):
                    cls.referrals |= cls.refer(source_id=next(sources).id, age=44)
        cls.spring = cls.referrals[:16]
        with cls.freeze(datetime(2026, 4, 20, 9)):
            cls.courses = cls.env["sekp.course"]
            for referral in cls.spring:
                cls.courses |= cls.allocate(referral).sudo(False)
            for course in cls.courses:
                cls.log(course)
            for course in cls.courses[:4]:
                cls.log(course, outcome="no_answer", minutes=10)

    def count(self, month, day=NIGHT):
        """Let the nightly job run on a day of a month."""
        with self.freeze(datetime(2026, month, day, 12)):
            self.env["sekp.statistic"].sudo()._count(self.company)
            self.env.flush_all()

    def told(self, measure="referrals", dimension="total"):
        """Return what a reader gets, in the order of the months."""
        rows = self.Statistic.search(
            [("measure", "=", measure), ("dimension", "=", dimension)],
            order="date_from, category_key",
        )
        return [
            (row.date_from.month, row.date_to.month, row.category_key, row.value)
            for row in rows
        ]

    # --- what is told -----------------------------------------------------------------
    def test_a_small_month_waits_and_is_told_with_the_next(self):
        self.count(3, 20)
        self.assertEqual(self.told(), [])
        self.count(4, 20)
        self.assertEqual(self.told(), [(2, 3, "", 7)])
        for month in (5, 6, 7):
            self.count(month, 20)
        self.assertEqual(
            self.told(), [(2, 3, "", 7), (4, 4, "", 9), (5, 5, "", 0), (6, 6, "", 6)]
        )

    def test_a_month_is_told_some_days_after_it_has_ended(self):
        self.count(5, 10)
        self.assertEqual(self.told(), [(2, 3, "", 7)])
        self.count(5, 11)
        self.assertEqual(self.told()[-1], (4, 4, "", 9))

    def test_counting_twice_is_counting_once(self):
        self.count(7, 20)
        rows = self.env["sekp.statistic"].search([])
        entries = self.env["sekp.statistic.entry"].search_count([])
        self.count(7, 20)
        self.assertEqual(self.env["sekp.statistic"].search([]), rows)
        self.assertEqual(self.env["sekp.statistic.entry"].search_count([]), entries)

    def test_all_at_once_tells_no_more_than_night_by_night(self):
        for month in range(3, 8):
            self.count(month, 20)
        by_night = self.told(), self.told(dimension="source")
        self.env.cr.execute("ALTER TABLE sekp_statistic DISABLE TRIGGER USER")
        self.env.cr.execute("DELETE FROM sekp_statistic")
        self.env.cr.execute("DELETE FROM sekp_statistic_entry")
        self.env.cr.execute("ALTER TABLE sekp_statistic ENABLE TRIGGER USER")
        self.env.invalidate_all()
        self.company.sekp_statistic_from = self.company.sekp_statistic_closed = False
        self.count(7, 20)
        self.assertEqual((self.told(), self.told(dimension="source")), by_night)

    def test_figures_agree_with_a_recount(self):
        """What was told and what waits add up to what happened, counted otherwise."""
        self.env.flush_all()
        # By the clock of the transaction, which no test can stop, all are late.
        for table, when in (
            ("sekp_contact", "started_at"),
            ("sekp_referral", "received_at"),
            ("sekp_course", "date_start"),
        ):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET create_date = %s",
                    SQL.identifier(table),
                    SQL.identifier(when),
                )
            )
        for month in range(3, 8):
            self.count(month, 20)
        self.assertEqual(differences(self.env, self.company), [])
        figures = ["_check_breakdowns", "_check_figures"]
        self.assertEqual(self.env["sekp.check"]._problems(only=figures), [])
        for measure in queries(self.company):
            self.assertEqual(
                sum(value for *_when, value in self.told(measure))
                + self.waiting(measure),
                happened(self.company, measure, FIRST, LAST),
                measure,
            )
        self.assertIn((4, 4, "", 16 * 30 + 40), self.told("minutes"))
        # Four attempts are too few, whatever the month.
        self.assertEqual({row[-1] for row in self.told("attempts")}, {0})

    def waiting(self, measure):
        """Return what is written down of months after the last that was told."""
        ends = [last for _first, last, *_rest in self.told(measure)]
        entries = self.env["sekp.statistic.entry"].search(
            [
                ("measure", "=", measure),
                ("month", ">", date(2026, max(ends, default=1), 1)),
            ]
        )
        return sum(entries.mapped("value"))

    def test_every_breakdown_counts_everything_once(self):
        for month in range(3, 8):
            self.count(month, 20)
        totals = {(first, last): value for first, last, _key, value in self.told()}
        told = Counter()
        rows = self.told(dimension="source")
        self.assertTrue(rows)
        for first, last, _key, value in rows:
            told[first, last] += value
        for (first, last), value in told.items():
            inside = [
                number
                for (begin, end), number in totals.items()
                if first <= begin and end <= last
            ]
            self.assertEqual(value, sum(inside))

    def test_small_categories_are_put_together_at_the_end_of_the_year(self):
        with self.freeze(datetime(2026, 7, 2, 9)):
            police = self.env.ref("sekp_outreach.source_police")
            for source in [police] * 2 + [self.source_self] * 6:
                self.refer(source_id=source.id)
        self.count(8, 20)
        self.assertNotIn("Politi", self.labels())
        with self.freeze(datetime(2027, 1, 20, 9)):
            self.env["sekp.statistic"].sudo()._count(self.company)
        rows = self.Statistic.search(
            [("measure", "=", "referrals"), ("dimension", "=", "source")]
        )
        self.assertNotIn(str(police.id), rows.mapped("category_key"))
        self.assertEqual(sum(rows.mapped("value")), 30)

    def labels(self):
        return self.Statistic.search([]).mapped("category")

    def test_a_promise_that_few_did_not_get_is_told_as_at_least(self):
        with self.freeze(datetime(2026, 6, 13, 9)):
            for referral in self.referrals[16:]:
                referral.with_user(self.intake).action_begin()
        self.env.cr.execute(
            "UPDATE sekp_deadline SET met_on = due WHERE company_id = %s",
            [self.company.id],
        )
        self.env.cr.execute(
            "UPDATE sekp_deadline SET met_on = due + 1 WHERE id IN (SELECT min(id) "
            "FROM sekp_deadline WHERE company_id = %s AND met_on IS NOT NULL)",
            [self.company.id],
        )
        self.env.invalidate_all()
        with self.freeze(datetime(2027, 1, 20, 9)):
            self.env["sekp.statistic"].sudo()._count(self.company)
        rows = self.Statistic.search(
            [("measure", "=", "deadline_response"), ("dimension", "=", "kept")]
        )
        self.assertEqual(set(rows.mapped("category_key")), {"kept"})
        first = min(rows, key=lambda row: row.date_from)
        self.assertTrue(first.at_least)
        self.assertEqual((first.value, first.date_to.month), (18, 12))

    # --- what stays -------------------------------------------------------------------
    def test_what_was_told_does_not_change(self):
        self.count(5, 20)
        before = self.told("contacts")
        with self.freeze(datetime(2026, 5, 25, 9)):
            for course in self.courses[:6]:
                self.log(course, started_at=datetime(2026, 4, 28, 9))
        self.count(6, 20)
        self.assertEqual(self.told("contacts")[: len(before)], before)
        with self.assertRaises(UserError):
            self.env["sekp.statistic"].search([], limit=1).write({"value": 99})
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(InsufficientPrivilege),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute("UPDATE sekp_statistic SET value = 99")

    def test_what_is_erased_stays_counted(self):
        """Of a month that is told already, that waits, and that is not over."""
        gone = self.courses[0]
        self.env["sekp.erasure"].sudo()._erase(gone.sudo(), "Ønske", on_request=True)
        self.assertFalse(gone.exists())
        for month in range(3, 8):
            self.count(month, 20)
        self.assertEqual(sum(row[-1] for row in self.told("courses_opened")), 16)
        self.assertEqual(sum(row[-1] for row in self.told("contacts")), 16)
        self.assertEqual(sum(row[-1] for row in self.told()), 22)

    def test_an_entry_names_nobody_after_the_erasure(self):
        self.count(4, 5)
        self.env["sekp.erasure"].sudo()._erase(
            self.courses[0].sudo(), "Ønske", on_request=True
        )
        self.env.cr.execute(
            "SELECT count(*) FROM sekp_statistic_entry WHERE measure != 'advice' "
            "AND referral_id IS NULL AND course_id IS NULL"
        )
        self.assertTrue(self.env.cr.fetchone()[0])
        self.env.cr.execute(
            "SELECT DISTINCT jsonb_object_keys(keys) FROM sekp_statistic_entry"
        )
        self.assertLessEqual(
            {key for (key,) in self.env.cr.fetchall()},
            {
                "source",
                "outcome",
                "contact_form",
                "phase",
                "support_function",
                "kept",
                "offer",
            },
        )

    # --- who reads --------------------------------------------------------------------
    def test_nothing_small_is_stored(self):
        for month in range(3, 8):
            self.count(month, 20)
        self.env.cr.execute("SELECT value FROM sekp_statistic")
        values = {value for (value,) in self.env.cr.fetchall()}
        self.assertTrue(all(value == 0 or value >= 5 for value in values), values)
        row = self.env["sekp.statistic"].search([], limit=1)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(CheckViolation),
            self.env.cr.savepoint(),
        ):
            row.copy({"value": 2, "category_key": "andet"})
            self.env.flush_all()

    def test_readers_read_and_nobody_writes(self):
        self.count(7, 20)
        rows = self.env["sekp.statistic"].search([])
        for user in (self.reader, self.manager):
            self.assertTrue(rows.with_user(user).mapped("value"))
            with self.assertRaises(UserError):
                rows.with_user(user).write({"value": 7})
            with self.assertRaises(AccessError):
                rows.with_user(user).unlink()
        for user in (self.worker, self.supervisor, self.intake, self.employee):
            self.assertFalse(rows.with_user(user).has_access("read"))
        foreign = make_user(
            self.env, "sekp_abroad", "statistics_reader", self.foreign_company
        )
        self.assertFalse(self.env["sekp.statistic"].with_user(foreign).search([]))
        entries = self.env["sekp.statistic.entry"].search([])
        for user in (self.reader, self.manager, self.env.ref("base.user_admin")):
            self.assertFalse(entries.with_user(user).has_access("read"))

    def test_blocks_within_a_year_add_up(self):
        self.count(7, 20)
        self.assertEqual(
            self.Statistic._sum(self.company, "referrals", "total", "", FIRST, LAST),
            (22, date(2026, 2, 1), date(2026, 6, 30)),
        )
        self.assertIsNone(
            self.Statistic._sum(
                self.company,
                "referrals",
                "total",
                "",
                date(2026, 2, 1),
                date(2026, 2, 28),
            )
        )

    def test_reports_of_one_person_are_one_person(self):
        """Also under a standard and a district that make five reports look many."""
        with self.freeze(datetime(2026, 7, 2, 9)):
            first = self.refer()
            others = self.env["sekp.referral"]
            for _number in range(4):
                others |= self.refer()
            others.sudo().write(
                {"state": "closed", "outcome": "duplicate", "duplicate_of_id": first.id}
            )
        self.count(8, 20)
        self.assertEqual([row for row in self.told() if row[1] >= 7], [])
