from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..tools.receipt_code import tidy_receipt
from .common import NOW, TODAY, OutreachCase

SECRET = "Kanariefuglen bor ved kirken"


class DialogueCase(OutreachCase):
    """A referral and a course, each with a conversation."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard()
        cls.Dialogue = cls.env["sekp.dialogue"]
        cls.referral = cls.refer(concern="Sover ude").sudo()

    def open_for(self, record=None, **kwargs):
        """Give a conversation a code; return both."""
        record = record or self.referral
        kind = "referrer" if record._name == "sekp.referral" else "citizen"
        return self.Dialogue._open_for(record.sudo(), kind, **kwargs)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestReceiptCode(DialogueCase):
    """A code opens one conversation, and nobody can read it anywhere."""

    def test_the_code_opens_it_and_is_kept_nowhere(self):
        dialogue, code = self.open_for()
        self.assertRegex(code, r"^\d{4} \d{4} \d{4} \d{4}$")
        self.env.flush_all()
        for table in ("sekp_dialogue", "sekp_history", "sekp_referral"):
            self.env.cr.execute(f"SELECT t::text FROM {table} t")  # noqa: S608
            stored = " ".join(text for (text,) in self.env.cr.fetchall())
            self.assertNotIn(tidy_receipt(code), stored)
            self.assertNotIn(code, stored)
        for typed in (code, tidy_receipt(code), code.replace(" ", "-")):
            self.assertEqual(self.Dialogue._enter(self.company, typed), dialogue)

    def test_another_code_or_municipality_opens_nothing(self):
        _dialogue, code = self.open_for()
        other = f"{(int(tidy_receipt(code)) + 1) % 10**16:016d}"
        for company, typed in (
            (self.company, other),
            (self.company, ""),
            (self.company, None),
            (self.company, "x" * 10000),
            (self.company, self.referral.reference),
            (self.foreign_company, code),
        ):
            self.assertFalse(self.Dialogue._enter(company, typed))

    def test_a_code_that_staff_knew_is_exchanged(self):
        dialogue, code = self.open_for(by_staff=True)
        entered = self.Dialogue._enter(self.company, code)
        self.assertTrue(entered.must_exchange)
        self.assertFalse(entered.confirmed)
        new = entered._exchange()
        self.assertNotEqual(new, code)
        self.assertFalse(self.Dialogue._enter(self.company, code))
        self.assertEqual(self.Dialogue._enter(self.company, new), dialogue)
        self.assertTrue(dialogue.confirmed)

    def test_a_sender_who_has_a_code_keeps_it(self):
        dialogue, first = self.open_for()
        _same, second = self.open_for()
        self.assertFalse(self.Dialogue._enter(self.company, first))
        dialogue._confirm()
        self.assertEqual(self.open_for(), (dialogue, ""))
        self.assertEqual(self.Dialogue._enter(self.company, second), dialogue)

    def test_a_pass_leads_from_page_to_page_for_a_while(self):
        dialogue, code = self.open_for()
        given = dialogue._pass(code)
        self.assertNotIn(tidy_receipt(code), given)
        self.assertNotIn(bytes(code, "ascii").hex(), given)
        by_pass = self.Dialogue._by_pass
        self.assertEqual(by_pass(self.company, given), (dialogue, code))
        for company, text in (
            (self.foreign_company, given),
            (self.company, given[:-2]),
            (self.company, "00" + given[2:]),
            (self.company, "no pass"),
            (self.company, ""),
            (self.company, None),
            (self.company, 7),
        ):
            self.assertEqual(by_pass(company, text), (self.Dialogue, ""))
        dialogue._confirm()
        self.assertEqual(by_pass(self.company, given), (dialogue, ""))
        with self.at(NOW + timedelta(minutes=31)):
            self.assertEqual(by_pass(self.company, given), (self.Dialogue, ""))

    def test_of_two_who_exchange_at_once_one_has_the_code(self):
        dialogue, code = self.open_for(by_staff=True)
        given = dialogue._pass()
        first, _none = self.Dialogue._by_pass(self.company, given)
        first._exchange()
        self.assertEqual(
            self.Dialogue._by_pass(self.company, given), (self.Dialogue, "")
        )
        self.assertFalse(self.Dialogue._enter(self.company, code))

    def test_an_ended_code_opens_nothing_until_a_new_one_is_given(self):
        dialogue, code = self.open_for()
        given = dialogue._pass()
        dialogue.with_user(self.intake).action_close()
        self.assertFalse(self.Dialogue._enter(self.company, code))
        self.assertFalse(self.Dialogue._by_pass(self.company, given)[0])
        with self.assertRaisesRegex(UserError, "has ended"):
            dialogue._say("Hallo")
        _same, new = self.open_for(by_staff=True)
        self.assertEqual(self.Dialogue._enter(self.company, new), dialogue)

    def test_it_expires_with_the_rule_on_erasure(self):
        dialogue, code = self.open_for()
        rule = self.env["sekp.retention.rule"].create(
            {
                "company_id": self.company.id,
                "record_class": "referral",
                "keep_amount": 1,
            }
        )
        rule._put_in_force()
        self.assertFalse(dialogue._expires_on())
        self.referral.with_user(self.intake).action_outside()
        self.assertEqual(dialogue._expires_on(), TODAY.replace(month=10))
        with self.at(NOW + timedelta(days=30)):
            self.assertTrue(self.Dialogue._enter(self.company, code))
        with self.at(NOW + timedelta(days=31)):
            given = dialogue._pass()
            self.assertFalse(self.Dialogue._enter(self.company, code))
            self.assertFalse(self.Dialogue._by_pass(self.company, given)[0])

    def test_it_is_erased_with_its_referral_and_its_course(self):
        course = self.allocate().sudo()
        for record in (self.referral, course):
            dialogue, _code = self.open_for(record)
            message = dialogue._say("Hallo")
            if record == self.referral:
                record.with_user(self.intake).action_outside()
            else:
                record.with_user(self.worker)._close("achieved")
            self.env["sekp.erasure"]._erase(record, "Regel")
            self.assertFalse(dialogue.exists() or message.exists())

    def test_a_kind_belongs_to_its_record(self):
        with self.assertRaises(ValueError):
            self.Dialogue._open_for(self.referral, "citizen")
        with self.assertRaises(ValueError):
            self.Dialogue._open_for(self.allocate().sudo(), "referrer")


@tagged("post_install", "-at_install", "sekp_outreach")
class TestDialogue(DialogueCase):
    """Messages both ways: sealed, answered, and read by the entitled only."""

    def setUp(self):
        super().setUp()
        self.dialogue, self.code = self.open_for()
        self.message = self.dialogue._say(SECRET)

    def test_the_text_is_sealed(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT tablename FROM pg_tables WHERE tablename LIKE 'sekp%%' "
            "OR tablename LIKE 'mail%%' OR tablename LIKE 'ir_attachment%%'"
        )
        for (table,) in self.env.cr.fetchall():
            self.env.cr.execute(
                f"SELECT 1 FROM {table} t WHERE t::text LIKE '%%Kanarie%%'"  # noqa: S608
            )
            self.assertFalse(self.env.cr.fetchall(), table)
        self.assertEqual(self.message.with_user(self.intake).text, SECRET)

    def test_a_text_moved_elsewhere_does_not_open(self):
        other = self.dialogue._say("Andet")
        other.sealed_text = self.message.sealed_text
        other.invalidate_recordset(["text"])
        self.assertIn("damaged", other.text)

    def test_those_of_the_referral_read_and_nobody_else(self):
        course = self.allocate().sudo()
        of_course, _code = self.open_for(course)
        in_course = of_course._say("Hallo")
        readers = {
            self.message: self.intake | self.supervisor,
            in_course: self.worker | self.supervisor,
        }
        everyone = (
            self.intake | self.supervisor | self.worker | self.colleague
            | self.other_worker | self.other_supervisor | self.manager | self.receiver
            | self.employee | self.foreign_supervisor
        )  # fmt: skip
        for message, entitled in readers.items():
            for user in everyone:
                mine = message.with_user(user)
                for record in (mine, message.dialogue_id.with_user(user)):
                    self.assertEqual(record.has_access("read"), user in entitled)
                self.env.invalidate_all()
                if user in entitled:
                    self.assertTrue(mine.text)
                else:
                    with self.assertRaises(AccessError):
                        mine.read(["text"])
                    with self.assertRaises(AccessError):
                        mine.create(
                            {"dialogue_id": message.dialogue_id.id, "text": "x"}
                        )

    def test_an_answer_is_read_by_the_one_with_the_code(self):
        self.assertEqual(
            self.obligations(self.referral)["dialogue_answer"],
            TODAY + timedelta(days=1),
        )
        Message = self.env["sekp.dialogue.message"].with_user(self.intake)
        answer = Message.create(
            {"dialogue_id": self.dialogue.id, "text": "Tak. Vi går derud."}
        )
        self.assertEqual((answer.direction, answer.user_id), ("out", self.intake))
        self.assertNotIn("dialogue_answer", self.obligations(self.referral))
        self.assertTrue(self.message.read_at)
        told = self.dialogue._messages()
        self.assertEqual(
            [(one["ours"], one["text"]) for one in told],
            [(False, SECRET), (True, "Tak. Vi går derud.")],
        )
        self.assertNotIn(self.intake.name, str(told))

    def test_reading_is_enough(self):
        self.message.with_user(self.intake).action_read()
        self.assertTrue(self.message.read_at)
        self.assertNotIn("dialogue_answer", self.obligations(self.referral))

    def test_who_waits_is_not_forgotten_when_the_referral_is_closed(self):
        self.referral.with_user(self.intake).action_outside()
        self.assertIn("dialogue_answer", self.obligations(self.referral))
        self.dialogue.with_user(self.intake).action_read()
        self.assertEqual(self.obligations(self.referral), {})
        self.dialogue._say("En ting til")
        self.assertIn("dialogue_answer", self.obligations(self.referral))

    def test_what_is_written_is_bounded(self):
        for text in ("", "  \n ", "x" * 4001, None, 7):
            with self.assertRaises(ValidationError):
                self.dialogue._say(text)
        with self.assertRaisesRegex(ValidationError, "CPR number"):
            self.dialogue._say("Nummeret er 310290-1234")
        kept = self.dialogue._say(" Hej\x00\x1b\r\nigen \n")
        self.assertEqual(kept.text, "Hej\nigen")
        self.assertEqual(self.dialogue._say("Hej\nigen"), kept, "sent twice")
        with self.assertRaisesRegex(UserError, "have not been read"):
            for number in range(25):
                self.dialogue._say(f"Hallo? {number}")

    def test_what_acts_set_is_not_set_by_hand(self):
        Message = self.env["sekp.dialogue.message"].with_user(self.intake)
        for vals in (
            {"direction": "in"},
            {"user_id": self.supervisor.id},
            {"at": "2026-01-01 10:00:00"},
            {"transient": True},
            {"sealed_text": "x"},
            {"referral_id": self.referral.id},
        ):
            with self.assertRaises(UserError):
                Message.create({"dialogue_id": self.dialogue.id, "text": "x", **vals})
        mine = self.message.with_user(self.intake)
        for record, vals in (
            (mine, {"text": "x"}),
            (mine, {"read_at": False}),
            (mine.dialogue_id, {"closed": True}),
            (mine.dialogue_id, {"code_digest": "x"}),
            (mine.dialogue_id, {"must_exchange": False}),
        ):
            with self.assertRaises(UserError):
                record.write(vals)
        for record in (mine, mine.dialogue_id):
            with self.assertRaises(AccessError):
                record.unlink()
        with self.assertRaises(UserError):
            mine.dialogue_id.create({"referral_id": self.referral.id})

    def test_the_sealed_is_nobodys_to_read(self):
        for field in ("sealed_text", "token"):
            with self.assertRaises(AccessError):
                self.message.with_user(self.intake).read([field])
        with self.assertRaises(AccessError):
            self.dialogue.with_user(self.supervisor).read(["code_digest"])

    def test_what_the_person_no_longer_wants_known_is_blanked(self):
        course = self.allocate()
        self.name_as(course, "Kaptajnen")
        dialogue, _code = self.open_for(course)
        message = dialogue._say("Kaptajnen her, jeg er ved havnen")
        course.citizen_id._move("unknown")
        self.assertNotIn("Kaptajnen", message.text)
        self.assertIn("havnen", message.text)

    def test_it_is_sealed_anew_with_a_new_key(self):
        sealed = self.message.sealed_text
        self.message._reseal()
        self.assertNotEqual(self.message.sealed_text, sealed)
        self.assertEqual(self.message.text, SECRET)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestStatus(DialogueCase):
    """Three plain words, and nothing of the course for the one who referred."""

    def test_received_visited_closed(self):
        dialogue, _code = self.open_for()
        self.assertEqual(dialogue._status(), "received")
        course = self.allocate(self.referral.with_user(self.intake))
        self.assertEqual(dialogue._status(), "received")
        self.log(course)
        self.assertEqual(dialogue._status(), "visited")
        course._close("achieved")
        self.assertEqual(dialogue._status(), "closed")

    def test_one_that_is_not_accepted_is_closed(self):
        dialogue, _code = self.open_for()
        self.referral.with_user(self.intake).action_advice()
        self.assertEqual(dialogue._status(), "closed")

    def test_an_acute_one_where_we_went_out_is_visited(self):
        referral = self.refer(acute=True)
        dialogue, _code = self.open_for(referral)
        referral.action_go_out()
        self.assertEqual(dialogue._status(), "visited")

    def test_staff_gives_a_code_once(self):
        answer = self.referral.with_user(self.intake).action_give_code()
        code = answer["params"]["title"]
        dialogue = self.Dialogue._enter(self.company, code.partition(": ")[2])
        self.assertEqual(dialogue.referral_id, self.referral)
        self.assertTrue(dialogue.must_exchange)
        course = self.allocate()
        answer = course.action_give_code()
        own = self.Dialogue._enter(
            self.company, answer["params"]["title"].partition(": ")[2]
        )
        self.assertEqual(own.course_id, course.sudo())
        for record, user in (
            (self.referral, self.worker),
            (course, self.colleague),
            (course, self.other_supervisor),
        ):
            for act in ("action_give_code", "action_answer"):
                with self.assertRaises(AccessError):
                    getattr(record.with_user(user), act)()

    def test_the_citizen_says_that_it_is_to_stop(self):
        course = self.allocate().sudo()
        dialogue, _code = self.open_for(course)
        dialogue.course_id._wish_to_stop()
        self.assertEqual(course.stop_wished_on, TODAY)
        self.assertEqual(self.obligations(course)["wants_to_stop"], TODAY)
        self.assertNotEqual(course.phase, "closed")
        course.with_user(self.worker).action_go_on()
        self.assertFalse(course.stop_wished_on)
        self.assertNotIn("wants_to_stop", self.obligations(course))
        course._wish_to_stop()
        course.with_user(self.worker).action_opt_out()
        self.assertEqual(self.obligations(course), {})
        with self.assertRaisesRegex(UserError, "already closed"):
            course._wish_to_stop()

    def test_the_next_meeting_is_the_first_that_is_planned(self):
        course = self.allocate()
        self.assertFalse(course._next_meeting())
        for days in (9, 2):
            self.env["sekp.appointment"].with_user(self.worker).create(
                {
                    "course_id": course.id,
                    "form_id": self.home_visit.id,
                    "starts_at": NOW + timedelta(days=days),
                }
            )
        self.assertEqual(course._next_meeting(), NOW + timedelta(days=2))

    def test_the_citizen_sees_who_has_looked(self):
        course = self.allocate()
        course.read(["phase"])
        self.env.flush_all()
        looks = course._looks()
        self.assertTrue(looks["lines"])
        self.assertNotIn(self.worker.name, str(looks))
