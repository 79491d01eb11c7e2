import os
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..models.sekp_retention_outside import PROPOSED_DAYS
from ..tools import limits
from .common import TODAY
from .test_canaries import DISGUISES
from .test_retention import RetentionCase

WORD = "kanarie-udefra-ikkeoptaget"


class OutsideCase(RetentionCase):
    def outside(self, channel="web", outcome="advice", days=100, **vals):
        """Return a referral from outside that was not accepted some days ago."""
        referral = self.refer(channel=channel, **vals).sudo()
        if outcome:
            referral._close(outcome)
            self.closed_days_ago(referral, days)
        return referral

    def closed_days_ago(self, referral, days):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sekp_referral SET closed_on = %s WHERE id = %s",
            [TODAY - timedelta(days=days), referral.id],
        )
        self.env.invalidate_all()

    def outside_rule(self, amount=90, **vals):
        return self.rule(amount, record_class="referral", from_outside=True, **vals)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestOutsideRule(OutsideCase):
    """What comes from outside and is not accepted goes by a short rule of its own."""

    def test_it_takes_what_came_from_outside_and_nothing_else(self):
        gone = [self.outside(channel) for channel in ("web", "mail", "system")]
        kept = [
            self.outside("phone"),
            self.outside("letter"),
            self.outside(days=89),
            self.outside(outcome=None),
        ]
        course = self.allocate(self.refer(channel="web"))
        self.outside_rule()
        self.run_job()
        self.assertEqual(self.left(*gone), [False] * 3)
        self.assertEqual(self.left(*kept, course), [True] * 5)

    def test_the_more_special_rule_goes_first(self):
        self.rule(10, record_class="referral")
        self.rule(20, record_class="referral", referral_outcome="redirect")
        self.outside_rule(30)
        self.outside_rule(40, referral_outcome="redirect")
        # Days after which each goes, by where it came from and how it ended.
        for channel, outcome, days in (
            ("phone", "advice", 10), ("phone", "redirect", 20),
            ("web", "advice", 30), ("web", "redirect", 40),
        ):  # fmt: skip
            gone = self.outside(channel, outcome, days)
            kept = self.outside(channel, outcome, days - 1)
            self.run_job()
            self.assertEqual(self.left(gone, kept), [False, True], (channel, outcome))

    def test_with_an_outcome_only_it_leaves_the_others_to_the_rule_for_all(self):
        self.rule(10, record_class="referral")
        self.outside_rule(30, referral_outcome="redirect")
        gone, kept = self.outside(days=10), self.outside(outcome="redirect", days=10)
        self.run_job()
        self.assertEqual(self.left(gone, kept), [False, True])

    def test_one_of_each_is_in_force(self):
        earlier = self.outside_rule(30)
        general = self.rule(500, record_class="referral")
        later = self.outside_rule(40)
        self.assertEqual(
            [rule.state for rule in (earlier, general, later)],
            ["ended", "in_force", "in_force"],
        )
        self.assertIn("only from outside", later.display_name)
        with self.assertRaises(ValidationError):
            self.rule(30, record_class="course", from_outside=True, force=False)
        with self.assertRaises(UserError):
            later.with_user(self.manager).from_outside = False

    def test_alone_it_leaves_the_class_without_a_rule_for_all(self):
        self.outside_rule()
        lines = self.preview(self.manager).line_ids
        own = [line for line in lines if line.record_class == "referral"]
        self.assertEqual([line.without_rule for line in own], [False, True])

    # --- the proposal ---------------------------------------------------------------
    def proposals(self, company=None):
        return self.env["sekp.retention.rule"].search(
            [
                ("company_id", "=", (company or self.company).id),
                ("from_outside", "=", True),
            ]
        )

    def receive(self, channel="web", **vals):
        """Take something from outside, as the system."""
        return self.env["sekp.referral"].create(
            {
                "company_id": self.company.id,
                "source_id": self.source_relative.id,
                "channel": channel,
                **vals,
            }
        )

    def test_who_takes_from_outside_gets_a_short_rule_to_put_in_force(self):
        self.receive("phone")
        self.assertFalse(self.proposals())
        self.receive()
        rule = self.proposals()
        self.assertEqual(
            (rule.state, rule.record_class, rule.keep_amount, rule.keep_unit),
            ("draft", "referral", PROPOSED_DAYS, "days"),
        )
        self.receive("mail")
        self.assertEqual(self.proposals(), rule)
        self.assertFalse(self.proposals(self.foreign_company))
        # Nothing goes before the municipality has said so.
        referral = self.outside()
        self.run_job()
        self.assertTrue(referral.exists())
        self.preview(self.manager, rule).action_put_in_force()
        self.run_job()
        self.assertFalse(referral.exists())

    def test_who_has_or_had_such_a_rule_gets_no_proposal(self):
        rule = self.outside_rule()
        self.receive()
        self.assertEqual(self.proposals(), rule)
        rule.with_user(self.manager).action_end()
        self.receive()
        self.assertEqual(self.proposals(), rule)

    def test_the_scheme_managers_are_told_once(self):
        subtype = self.env.ref("sekp_outreach.mt_notice")

        def told():
            return self.env["mail.message"].search_count(
                [
                    ("subtype_id", "=", subtype.id),
                    ("partner_ids", "in", self.manager.partner_id.ids),
                ]
            )

        before = told()
        self.receive()
        self.receive()
        self.assertEqual(told(), before + 1)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestIntakePurge(OutsideCase):
    """What was not accepted is gone from every table and from the files."""

    def full(self):
        """Return a referral from outside with all that can hang on it."""
        claim = self.env["sekp.intake.key"]._claim(self.company, "en-formular")
        referral = (
            self.env["sekp.referral"]
            .create(
                {
                    "company_id": self.company.id,
                    "source_id": self.source_relative.id,
                    "channel": "web",
                    "concern": f"Sover ude. {WORD}",
                    "place": WORD,
                    "referrer_name": WORD,
                    "referrer_contact": WORD,
                }
            )
            .sudo()
        )
        claim.referral_id = referral
        self.documents = referral._keep_files(
            [("a.txt", WORD.encode()), (f"{WORD}.txt", b"Hej")]
        )
        self.dialogue, self.code = self.env["sekp.dialogue"]._open_for(
            referral, "referrer"
        )
        self.dialogue._say(f"Er der nyt? {WORD}")
        staff = referral.with_user(self.intake)
        staff.action_begin()
        staff.district = WORD
        done = staff.activity_schedule(
            "mail.mail_activity_data_todo",
            automated=False,
            user_id=self.intake.id,
            summary=WORD,
            note=f"<p>{WORD}</p>",
        )
        done.action_feedback(feedback=WORD)
        staff.activity_schedule(
            "mail.mail_activity_data_todo",
            automated=False,
            user_id=self.intake.id,
            summary=WORD,
        )
        staff.outcome_note = WORD
        return referral

    def holding(self):
        """Return the tables that hold the word, in clear or in another writing."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        )
        found = set()
        for (table,) in self.env.cr.fetchall():
            self.env.cr.execute(
                SQL(
                    "SELECT 1 FROM %s t WHERE t::text LIKE ANY(%s) LIMIT 1",
                    SQL.identifier(table),
                    [f"%{word}%" for word in (WORD, *DISGUISES)],
                )
            )
            if self.env.cr.rowcount:
                found.add(table)
        return found

    def naming(self, table, ids):
        """Return the tables with a foreign key to rows that are gone."""
        self.env.cr.execute(
            """
            SELECT src.relname, a.attname
              FROM pg_constraint c
              JOIN pg_class src ON src.oid = c.conrelid
              JOIN pg_class dst ON dst.oid = c.confrelid
              JOIN pg_attribute a
                ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
             WHERE c.contype = 'f' AND dst.relname = %s
               AND src.relnamespace = current_schema()::regnamespace
            """,
            [table],
        )
        found = {}
        for name, column in self.env.cr.fetchall():
            self.env.cr.execute(
                SQL(
                    "SELECT count(*) FROM %s WHERE %s = ANY(%s)",
                    SQL.identifier(name),
                    SQL.identifier(column),
                    list(ids),
                )
            )
            if number := self.env.cr.fetchone()[0]:
                found[name] = number
        return found

    def paths(self):
        """Return where the files of the documents lie."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT store_fname FROM ir_attachment "
            "WHERE res_model = 'sekp.document' AND res_id = ANY(%s)",
            [self.documents.ids],
        )
        full_path = self.env["ir.attachment"]._full_path
        return [full_path(name) for (name,) in self.env.cr.fetchall()]

    def test_nothing_of_it_is_left(self):
        self.assertFalse(self.holding())
        referral = self.full()
        ids, documents = referral.ids, self.documents
        paths = self.paths()
        self.assertEqual([os.path.exists(path) for path in paths], [True, True])
        referral.with_user(self.intake).action_advice()
        self.closed_days_ago(referral, 100)
        self.assertLessEqual({"sekp_referral", "mail_activity"}, self.holding())
        self.assertLessEqual(
            {
                "sekp_document", "sekp_history", "sekp_intake_key", "sekp_deadline",
                "sekp_dialogue", "sekp_dialogue_message",
            },
            set(self.naming("sekp_referral", ids)),
        )  # fmt: skip
        self.assertTrue(self.env["sekp.dialogue"]._enter(self.company, self.code))
        self.preview(
            self.manager,
            self.env["sekp.retention.rule"].search([("from_outside", "=", True)]),
        ).action_put_in_force()
        self.run_job()
        self.assertFalse(referral.exists() or documents.exists())
        self.assertFalse(self.dialogue.exists())
        self.assertFalse(self.env["sekp.dialogue"]._enter(self.company, self.code))
        self.assertEqual(self.holding(), set())
        self.assertEqual(self.naming("sekp_referral", ids), {})
        self.assertEqual(self.Erasure._leftovers("sekp.referral", ids), set())
        self.assertEqual(self.Erasure._leftovers("sekp.document", documents.ids), set())
        self.env["ir.attachment"]._gc_file_store_unsafe()
        self.assertEqual([os.path.exists(path) for path in paths], [False, False])
        certificate = self.Certificate.search([], limit=1)
        self.assertEqual(
            (certificate.referral_count, certificate.document_count), (1, 2)
        )
        self.assertGreaterEqual(certificate.activity_count, 2)

    def test_the_same_key_begins_anew_when_it_is_gone(self):
        referral = self.full()
        self.Erasure._erase(referral, "Regel")
        claim = self.env["sekp.intake.key"]._claim(self.company, "en-formular")
        self.assertFalse(claim.referral_id)

    def test_what_is_held_back_stays_with_its_documents(self):
        referral = self.full()
        referral.with_user(self.intake).action_advice()
        self.closed_days_ago(referral, 100)
        referral.with_user(self.supervisor)._hold("complaint")
        self.outside_rule()
        self.run_job()
        self.assertTrue(referral.exists() and self.documents.exists())


@tagged("post_install", "-at_install", "sekp_outreach")
class TestReferralLimits(OutsideCase):
    """No text of a referral is longer than it may be, whoever writes it."""

    def test_what_is_too_long_gets_a_sentence(self):
        referral = self.refer()
        for name, longest in limits.TEXTS.items():
            text = "æ" * longest
            referral.write({name: text})
            self.assertEqual(referral[name], text)
            for act in (
                lambda name=name, text=text: referral.write({name: text + "x"}),
                lambda name=name, text=text: self.refer(**{name: text + "x"}),
            ):
                with self.assertRaises(ValidationError) as caught:
                    act()
                self.assertIn(str(longest), str(caught.exception))
                self.assertNotIn("æ", str(caught.exception))

    @mute_logger("odoo.sql_db")
    def test_the_columns_refuse_it_as_well(self):
        referral = self.refer()
        self.env.flush_all()
        for name, longest in limits.TEXTS.items():
            with self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.env.cr.execute(
                    SQL(
                        "UPDATE sekp_referral SET %s = %s WHERE id = %s",
                        SQL.identifier(name),
                        "x" * (longest + 1),
                        referral.id,
                    )
                )
