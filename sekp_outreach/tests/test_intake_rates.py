from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..models import sekp_mail_held
from ..models.sekp_intake_flood import FLOOD
from ..tools import limits, sender
from .common import NOW, OutreachCase
from .test_mail import MailIntakeCase, fixture

SOURCE, OTHER = "203.0.113.7", "2001:db8:1:2:3:4:5:6"


class IntakeCase(OutreachCase):
    """A municipality that takes three an hour from one sender, six from all."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {"sekp_intake_source_limit": 3, "sekp_intake_company_limit": 6}
        )

    def setUp(self):
        super().setUp()
        self.registry_enter_test_mode()
        self.traces = self.env["sekp.intake.trace"]

    def allow(self, times, source=SOURCE, kind="submit", company=None):
        """Send something so many times; return how often it was allowed."""
        company = company or self.company
        return [self.traces._allow(company, kind, source) for _time in range(times)]

    def rows(self, table="sekp_intake_trace"):
        """Return all that a table holds, as texts."""
        self.env.cr.execute(SQL("SELECT t::text FROM %s t", SQL.identifier(table)))
        return [text for (text,) in self.env.cr.fetchall()]


@tagged("post_install", "-at_install", "sekp_outreach")
class TestIntakeRates(IntakeCase):
    def test_a_source_has_its_limit_and_uses_up_nobody_elses(self):
        self.assertEqual(self.allow(50), [True] * 3 + [False] * 47)
        # Half of the municipality's six are used: once each.
        self.assertEqual(self.allow(3, OTHER), [True, False, False])
        self.assertEqual(self.allow(2, "203.0.113.99"), [True, False])
        self.assertEqual(self.allow(1, "203.0.113.100"), [True])
        self.assertEqual(self.allow(1, "203.0.113.101"), [False])

    def test_few_who_flood_leave_half_to_those_who_write_once(self):
        self.company.sekp_intake_company_limit = 40
        flood = [self.allow(1, f"198.51.100.{number % 10}")[0] for number in range(500)]
        self.assertEqual(flood.count(True), 20)
        real = [self.allow(1, f"192.0.2.{number}")[0] for number in range(25)]
        self.assertEqual(real, [True] * 20 + [False] * 5)

    def test_a_day_has_its_limit_too(self):
        def fill(hours):
            with self.at(NOW + timedelta(hours=hours)):
                return sum(
                    self.allow(1, f"192.0.2.{number}")[0] for number in range(20)
                )

        self.assertEqual([fill(hours) for hours in range(5)], [6, 6, 6, 0, 0])
        self.assertEqual([fill(23), fill(24), fill(25)], [0, 6, 6])
        # In which hour how much came, of a day, and the senders of an hour or two.
        self.assertLessEqual(len(self.rows()), 5 + 2 * 6)
        self.assertEqual(self.allow(1, kind="mail"), [True])

    def test_files_count_by_the_megabyte(self):
        def files(number, source):
            return self.traces._allow(self.company, "file", source, number)

        # However low the limit, one report brings what a report may bring.
        self.assertTrue(files(20, SOURCE))
        self.assertFalse(files(1, SOURCE))
        self.assertFalse(files(20, OTHER))
        self.assertTrue(files(5, OTHER))

    def test_kinds_and_municipalities_are_counted_apart(self):
        self.assertEqual(self.allow(4), [True] * 3 + [False])
        self.assertEqual(self.allow(1, kind="mail"), [True])
        self.assertEqual(self.allow(16, kind="code"), [True] * 15 + [False])
        self.assertEqual(self.allow(1, company=self.foreign_company), [True])
        with self.assertRaises(ValueError):
            self.allow(1, kind="anything")

    def test_without_a_source_the_municipality_is_counted(self):
        self.assertEqual(self.allow(7, ""), [True] * 6 + [False])
        self.assertEqual(len(self.rows()), 1)

    def test_the_next_hour_begins_anew_and_forgets_the_one_before_last(self):
        self.assertEqual(self.allow(4)[-1], False)
        with self.at(NOW + timedelta(hours=1)):
            self.assertEqual(self.allow(1), [True])
            self.assertEqual(len(self.rows()), 4)
        with self.at(NOW + timedelta(hours=2)):
            self.allow(1)
            self.assertEqual(len(self.rows()), 5)
        with self.at(NOW + timedelta(hours=5)):
            self.traces._gc_traces()
            # How much came of all together, and no sender.
            self.assertEqual(len(self.rows()), 3)
            self.assertTrue(all('""' in row for row in self.rows()))
        with self.at(NOW + timedelta(hours=30)):
            self.traces._gc_traces()
            self.assertFalse(self.rows())

    def test_nothing_of_the_source_is_kept(self):
        self.allow(2)
        self.allow(1, "somebody@example.org", kind="mail")
        text = "\n".join(self.rows())
        for part in (SOURCE, "203", "somebody", "example"):
            self.assertNotIn(part, text)

    def test_the_hash_changes_every_day_and_with_the_municipality(self):
        digest = self.traces._digest
        today = digest(self.company, NOW, SOURCE)
        self.assertEqual(today, digest(self.company, NOW + timedelta(hours=1), SOURCE))
        others = {
            digest(self.company, NOW + timedelta(days=1), SOURCE),
            digest(self.foreign_company, NOW, SOURCE),
            digest(self.company, NOW, OTHER),
        }
        self.assertEqual(len(others | {today}), 4)

    def test_a_flood_from_everywhere_has_bounded_rows(self):
        allowed = [
            self.traces._allow(self.company, "submit", f"198.51.100.{number}")
            for number in range(200)
        ]
        self.assertEqual(allowed.count(True), 6)
        # One for each that was let in, and one for all.
        self.assertEqual(len(self.rows()), 7)

    @mute_logger("odoo.sql_db")
    def test_a_limit_is_at_least_one(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.company.sekp_intake_source_limit = 0


@tagged("post_install", "-at_install", "sekp_outreach")
class TestIntakeKey(IntakeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard()

    def claim(self, key="fra-en-formular", company=None):
        return self.env["sekp.intake.key"]._claim(company or self.company, key)

    def test_the_same_key_leads_to_the_same_referral(self):
        claim = self.claim()
        self.assertFalse(claim.referral_id)
        referral = self.refer().sudo()
        claim.referral_id = referral
        self.assertEqual(self.claim(), claim)
        self.assertEqual(self.claim().referral_id, referral)
        self.assertFalse(self.claim("en anden").referral_id)
        self.assertFalse(self.claim(company=self.foreign_company).referral_id)

    def test_of_the_key_a_hash_is_kept_for_two_days(self):
        self.claim()
        self.assertNotIn("formular", "\n".join(self.rows("sekp_intake_key")))
        with self.at(NOW + timedelta(days=1)):
            self.env["sekp.intake.key"]._gc_keys()
            self.assertTrue(self.claim().exists())
        with self.at(NOW + timedelta(days=3)):
            self.env["sekp.intake.key"]._gc_keys()
            self.assertFalse(self.rows("sekp_intake_key"))

    def test_the_key_goes_with_the_referral(self):
        claim = self.claim()
        claim.referral_id = self.refer().sudo()
        claim.referral_id.unlink()
        self.assertFalse(claim.exists())

    def test_a_key_has_a_length(self):
        self.assertTrue(self.claim("x" * limits.KEY))
        with self.assertRaises(UserError):
            self.claim("x" * (limits.KEY + 1))


@tagged("post_install", "-at_install", "sekp_outreach")
class TestIntakeFlood(IntakeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard()

    def floods(self):
        return self.env["sekp.intake.flood"].search(
            [("company_id", "=", self.company.id)]
        )

    def notices(self):
        """Return how often something was said to somebody."""
        notice = self.env.ref("sekp_outreach.mt_notice")
        messages = self.env["mail.message"].search([("subtype_id", "=", notice.id)])
        return sum(len(message.partner_ids) for message in messages)

    def section(self, user=None):
        self.env.flush_all()
        board = self.env["sekp.morning"].with_user(user or self.supervisor).get_board()
        return {part["key"]: part for part in board["sections"]}.get("flood")

    def test_what_is_refused_is_one_row_an_hour(self):
        self.allow(30)
        with self.at(NOW + timedelta(minutes=30)):
            self.allow(20)
            self.traces._allow(self.company, "mail", SOURCE)
        (flood,) = self.floods()
        self.assertEqual((flood.kind, flood.count), ("submit", 47))
        self.assertEqual(flood.begun, NOW)
        self.assertEqual(flood.last, NOW + timedelta(minutes=30))
        self.assertNotIn(SOURCE, "".join(self.rows("sekp_intake_flood")))
        with self.at(NOW + timedelta(hours=1)):
            self.allow(4)
        self.assertEqual(len(self.floods()), 2)

    def test_it_is_told_of_once(self):
        before = self.notices()
        self.allow(3 + FLOOD - 1)
        self.assertEqual(self.notices(), before)
        self.allow(1)
        told = self.notices()
        self.assertEqual(told - before, len(self.supervisor | self.other_supervisor))
        with self.at(NOW + timedelta(minutes=30)):
            self.allow(50)
        # What goes on into the next hour is the same flood.
        with self.at(NOW + timedelta(hours=1)):
            self.allow(50)
            # Nor is what comes by another door.
            self.allow(50, kind="mail")
        self.assertEqual(self.notices(), told)
        # Hours later it is another one.
        with self.at(NOW + timedelta(hours=9)):
            self.allow(50, kind="mail")
        self.assertEqual(self.notices() - told, told - before)

    def test_the_morning_board_has_one_line(self):
        self.assertIsNone(self.section())
        self.allow(10)
        self.assertIsNone(self.section())
        self.allow(50)
        self.traces._allow(self.company, "mail", SOURCE)
        section = self.section()
        self.assertEqual([line["code"] for line in section["lines"]], ["57"])
        self.assertFalse(section["late"])
        shown = self.env["sekp.intake.flood"].with_user(self.supervisor)
        self.assertEqual(shown.search(section["action"]["domain"]), self.floods())
        self.assertIsNone(self.section(self.worker))
        self.assertIsNone(self.section(self.foreign_supervisor))
        with self.at(NOW + timedelta(hours=26)):
            self.assertIsNone(self.section())

    def test_a_flood_hides_no_report(self):
        referral = self.refer()
        self.allow(100)
        board = self.env["sekp.morning"].with_user(self.supervisor).get_board()
        parts = {part["key"]: part for part in board["sections"]}
        self.assertEqual(
            [line["code"] for line in parts["referrals"]["lines"]], [referral.reference]
        )

    def test_what_is_refused_for_another_reason_is_counted_too(self):
        for _time in range(FLOOD):
            self.env["sekp.intake.flood"]._refused(self.company, "submit")
        self.assertEqual(self.floods().count, FLOOD)
        self.assertTrue(self.section())

    def test_old_ones_go(self):
        self.allow(4)
        with self.at(NOW + timedelta(days=89)):
            self.env["sekp.intake.flood"]._gc_floods()
            self.assertTrue(self.floods())
        with self.at(NOW + timedelta(days=91)):
            self.env["sekp.intake.flood"]._gc_floods()
            self.assertFalse(self.floods())


@tagged("post_install", "-at_install", "sekp_outreach")
class TestFloodBounds(MailIntakeCase):
    """However much comes, the database does not grow, and the staff go on working."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard()
        cls.company.write(
            {"sekp_intake_source_limit": 3, "sekp_intake_company_limit": 5}
        )

    def flood(self, times, name):
        """Send so many of each kind, each from somebody else, as the doors do."""
        Referral, traces = self.env["sekp.referral"], self.env["sekp.intake.trace"]
        with self.enter_registry_test_mode():
            for number in range(times):
                for kind in sender.SHARES:
                    if traces._allow(self.company, kind, f"{name}-{number}"):
                        self.assertIn(name, "first")
                        if kind == "submit":
                            Referral._receive(
                                self.company,
                                {"source_id": self.source_relative.id},
                                key=f"{name}-{number}",
                            )

    def rows(self):
        """Return how many rows each table has."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        )
        tables = [name for (name,) in self.env.cr.fetchall()]
        self.env.cr.execute(
            SQL(" UNION ALL ").join(
                SQL("SELECT %s, count(*) FROM %s", name, SQL.identifier(name))
                for name in tables
            )
        )
        return dict(self.env.cr.fetchall())

    def mails(self, name, shape, count):
        raw = fixture(shape)
        return [
            raw.replace(b"<kanarie-", f"<{name}-{number}-".encode())
            for number in range(count)
        ]

    def test_beyond_the_limits_no_table_grows(self):
        begun = self.rows()
        self.flood(80, "first")
        full = self.rows()
        self.assertEqual(full["sekp_referral"] - begun["sekp_referral"], 5)
        self.assertEqual(full["sekp_intake_key"] - begun["sekp_intake_key"], 5)
        kinds = len(sender.SHARES)
        self.assertEqual(full["sekp_intake_flood"] - begun["sekp_intake_flood"], kinds)
        rooms = [sender.limit(kind, 5) for kind in sender.SHARES]
        added = full["sekp_intake_trace"] - begun["sekp_intake_trace"]
        self.assertLessEqual(added, sum(rooms) + kinds)
        self.flood(80, "second")
        self.assertEqual(self.rows(), full)
        # Mails that no person wrote are counted, and nothing of them is kept.
        self.deliver(*self.mails("tidligere", "out_of_office", 3))
        full = self.rows()
        self.deliver(*self.mails("senere", "out_of_office", 20))
        self.assertEqual(self.rows(), full)

    def test_held_mails_have_a_limit_and_are_told_of_once(self):
        self.flood(80, "first")
        self.patch(sekp_mail_held, "MOST", 4)
        self.deliver(*self.mails("flod", "plain", 4))
        full = self.rows()
        with self.assertRaises(UserError), mute_logger("odoo.sql_db"):
            self.deliver(*self.mails("mere", "plain", 1))
        self.assertEqual(self.rows(), full)

    def test_the_staff_take_a_call_and_their_report_stands_out(self):
        self.flood(80, "first")
        called = self.refer(self.intake, channel="phone", acute=True)
        Referral = self.env["sekp.referral"].with_user(self.supervisor)
        self.assertEqual(Referral.search([], limit=1), called)
        self.assertEqual(Referral.search_count([("channel", "=", "web")]), 5)
        board = self.env["sekp.morning"].with_user(self.supervisor).get_board()
        parts = {part["key"]: part for part in board["sections"]}
        self.assertEqual(len(parts["flood"]["lines"]), 1)
        lines = [line["code"] for line in parts["referrals"]["lines"]]
        self.assertEqual(lines[0], called.reference)

    def test_what_a_day_let_in_is_forgotten(self):
        self.flood(80, "first")
        with self.at(NOW + timedelta(days=100)):
            for model in ("trace", "key", "flood"):
                records = self.env[f"sekp.intake.{model}"]
                getattr(records, f"_gc_{model}s")()
        rows = self.rows()
        self.assertEqual(
            [rows[f"sekp_intake_{name}"] for name in ("trace", "key", "flood")],
            [0, 0, 0],
        )
