from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import NOW, OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestIntakeRoom(OutreachCase):
    """The one way in from outside: what may be said, where it goes, what is kept."""

    def receive(self, company=None, key=None, files=(), **values):
        """Receive a referral as the page does, for somebody without rights."""
        public = self.env.ref("base.public_user")
        return (
            self.env["sekp.referral"]
            .with_user(public)
            ._receive(
                company or self.company,
                {"source_id": self.source_relative.id, **values},
                key=key,
                files=files,
            )
        )

    def follow_up(self):
        """Run the hourly job as Odoo runs it."""
        with self.enter_registry_test_mode():
            self.env.ref("sekp_outreach.cron_follow_up").method_direct_trigger()

    def test_a_worried_neighbour_is_received(self):
        self.make_standard(deadlines=[{"kind": "response", "amount": 7, "unit": "day"}])
        group = self.env.ref("sekp_outreach.target_group_homeless")
        referral, new = self.receive(
            channel="web",
            concern="Sover ude",
            place="Bænken ved kirken",
            district="Havnen",
            age=44,
            target_group_ids=group.ids,
            referrer_anonymous=True,
        )
        self.assertTrue(new)
        self.assertEqual(referral.company_id, self.company)
        self.assertEqual(
            (referral.channel, referral.concern, referral.place, referral.age),
            ("web", "Sover ude", "Bænken ved kirken", 44),
        )
        self.assertEqual(referral.target_group_ids, group)
        self.assertEqual(referral.team_id, self.harbour)
        self.assertEqual(set(self.obligations(referral)), {"triage", "response"})
        self.assertTrue(referral.with_user(self.intake).has_access("read"))

    def test_where_nothing_is_stored_it_is_a_message_until_it_was_read(self):
        self.make_standard(registration_mode="none")
        referral, _new = self.receive(
            concern="Sover ude", place="Bænken", age=44, files=[("a.jpg", b"x")]
        )
        self.assertFalse(referral.concern or referral.place or referral.age)
        message = referral.dialogue_line_ids
        self.assertTrue(message.transient)
        text = message.with_user(self.intake).text
        for word in ("Sover ude", "Bænken", "44", ": 1"):
            self.assertIn(word, text)
        self.assertEqual(set(self.obligations(referral)), {"triage", "dialogue_answer"})
        message.with_user(self.intake).action_read()
        self.assertFalse(message.exists())
        self.assertEqual(set(self.obligations(referral)), {"triage"})

    def test_what_nobody_read_is_erased_in_time(self):
        self.make_standard(registration_mode="none", transient_days=3)
        referral, _new = self.receive(concern="Sover ude")
        message = referral.dialogue_line_ids
        with self.at(NOW + timedelta(days=2, hours=23)):
            self.follow_up()
            self.assertTrue(message.exists())
        with self.at(NOW + timedelta(days=3, minutes=1)):
            self.env.invalidate_all()
            self.assertFalse(message.with_user(self.intake).text)
            self.follow_up()
            self.assertFalse(message.exists())
            self.assertNotIn("dialogue_answer", self.obligations(referral))

    def test_what_is_not_allowed_is_refused_and_leaves_nothing(self):
        self.make_standard()
        foreign = self.env["sekp.source"].create(
            {"name": "Andre", "code": "abroad", "company_id": self.foreign_company.id}
        )
        before = self.env["sekp.referral"].search_count([])
        for values in (
            {"state": "closed"},
            {"company_id": self.foreign_company.id},
            {"standard_id": 1},
            {"age": "44"},
            {"age": 140},
            {"age": True},
            {"channel": "carrier pigeon"},
            {"channel": ["web"]},
            {"source_id": "1"},
            {"source_id": foreign.id},
            {"source_id": [self.source_self.id]},
            {"target_group_ids": [0]},
            {"target_group_ids": [[6, 0, [1]]]},
            {"target_group_ids": "1"},
            {"team_id": self.abroad.id},
            {"received_at": "2026-09-17 10:00:00"},
            {"received_at": "soon"},
            {"concern": ["Sover ude"]},
            {"concern": "x" * 8001},
            {"place": "x" * 501},
            {"concern": "Hans nummer er 310290-1234"},
            {"referrer_anonymous": True, "referrer_name": "Bo"},
            {"referrer_anonymous": True, "referrer_contact": "20 11 22 33"},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self.receive(**values)
        self.assertEqual(self.env["sekp.referral"].search_count([]), before)

    def test_what_no_database_takes_is_made_plain(self):
        self.make_standard()
        referral, _new = self.receive(
            concern="Sover\x00 ude\r\npå bænken", place="Ved\nkirken\x1b"
        )
        self.assertEqual(referral.concern, "Sover  ude\npå bænken")
        self.assertEqual(referral.place, "Ved kirken")

    def test_the_caller_cannot_bring_values_along(self):
        self.make_standard()
        Referral = self.env["sekp.referral"].with_context(
            default_state="closed", default_place="Bænken", default_acute=True
        )
        referral, _new = Referral._receive(
            self.company, {"source_id": self.source_relative.id}
        )
        self.assertEqual(referral.state, "received")
        self.assertFalse(referral.place or referral.acute)

    def test_it_goes_where_the_standard_says_and_else_to_the_first(self):
        self.forest.write({"is_entry_point": True, "sequence": 1})
        self.make_standard(
            route_ids=[
                Command.create(
                    {
                        "name": "Unge",
                        "team_id": self.harbour.id,
                        "age_from": 18,
                        "age_to": 29,
                    }
                )
            ]
        )
        young, _new = self.receive(age=20)
        unknown, _new = self.receive()
        chosen, _new = self.receive(team_id=self.harbour.id)
        self.assertEqual(young.team_id, self.harbour)
        self.assertEqual(unknown.team_id, self.forest)
        self.assertEqual(chosen.team_id, self.harbour)

    def test_without_a_standard_nothing_is_taken(self):
        with self.assertRaisesRegex(UserError, "no quality standard"):
            self.receive()

    def test_the_acute_goes_the_acute_way(self):
        self.make_standard()
        referral, _new = self.receive(acute=True)
        self.assertIn("acute", self.obligations(referral))

    def test_the_refusal_never_repeats_what_was_sent(self):
        self.make_standard()
        for values in ({"place": "Kanariebroen" * 50}, {"channel": "Kanariebroen"}):
            with self.assertRaises(UserError) as caught:
                self.receive(**values)
            self.assertNotIn("Kanarie", str(caught.exception))

    def test_the_same_key_is_the_same_referral(self):
        self.make_standard()
        self.make_standard(company=self.foreign_company)
        first, new = self.receive(key="a" * 32, concern="Sover ude")
        again, second_new = self.receive(key="a" * 32, concern="Sover ude")
        other, third_new = self.receive(key="b" * 32, concern="Sover ude")
        abroad, fourth_new = self.receive(company=self.foreign_company, key="a" * 32)
        self.assertEqual((new, second_new, third_new, fourth_new), (1, 0, 1, 1))
        self.assertEqual(again, first)
        self.assertEqual(len(first | other | abroad), 3)

    def test_what_was_refused_can_be_sent_again_with_its_key(self):
        self.make_standard()
        with self.assertRaises(UserError):
            self.receive(key="a" * 32, concern="Hans nummer er 310290-1234")
        referral, new = self.receive(key="a" * 32, concern="Sover ude")
        self.assertTrue(new)
        self.assertEqual(referral.concern, "Sover ude")

    def test_a_long_report_is_a_message_in_parts(self):
        self.make_standard(registration_mode="none")
        referral, _new = self.receive(concern="ord " * 1900, place="Bænken")
        messages = referral.dialogue_line_ids.with_user(self.intake)
        self.assertEqual(len(messages), 2)
        text = "".join(messages.sorted("id").mapped("text"))
        self.assertEqual(text.count("ord"), 1900)
        self.assertIn("Bænken", text)
