from datetime import timedelta

from odoo.tests import tagged

from ..tools.receipt_code import tidy_receipt
from .common import NOW, TODAY
from .test_public_page import PAGE, PublicCase

SECRET = "Kanariefuglen bor ved kirken"


class PublicDialogueCase(PublicCase):
    """Somebody who has a code and nothing else: no session, no name, no JavaScript."""

    told = {"concern": "Sover ude", "place": "Bænken"}

    def setUp(self):
        super().setUp()
        self.referral = self.refer(**self.told).sudo()
        # As many as a test needs: who is slowed down is tested apart.
        self.company.write(
            {"sekp_intake_source_limit": 500, "sekp_intake_company_limit": 1000}
        )
        self.env.flush_all()

    def open_for(self, record, **options):
        """Give a conversation about a record a code."""
        kind = "referrer" if record._name == "sekp.referral" else "citizen"
        dialogue, code = self.env["sekp.dialogue"]._open_for(
            record.sudo(), kind, **options
        )
        self.env.flush_all()
        return dialogue, code

    def post(self, path, status=200, **data):
        """Send a form of the page; return the answer in English as a tree."""
        answer = self.url_open(f"{PAGE}/{path}?lang=en", data=data)
        self.env.invalidate_all()
        self.assertEqual(answer.status_code, status, answer.text)
        return self.tree(answer)

    def enter(self, code, status=200):
        return self.post("code", status, code=code)

    def press(self, page, act, status=200, **values):
        """Press the button of an act on a page, with what is hidden beside it."""
        (form,) = page.xpath(f"//form[.//button[@name='act'][@value='{act}']]")
        self.assertEqual(form.get("method"), "post")
        self.assertEqual(form.get("action"), f"{PAGE}/dialogue?lang=en")
        hidden = {
            field.get("name"): field.get("value")
            for field in form.xpath(".//input[@type='hidden']")
        }
        return self.post("dialogue", status, **hidden, act=act, **values)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestPublicDialogue(PublicDialogueCase):
    """What one who has a code sees, and what one who has none does not."""

    def test_the_code_is_asked_for(self):
        page = self.get("/code?lang=en")
        (field,) = page.xpath("//input[@name='code']")
        self.assertEqual(field.get("autocomplete"), "off")
        self.assertTrue(page.xpath(f"//label[@for='{field.get('id')}']"))
        self.assertEqual(
            self.words(self.get("/dialogue?lang=en").find("body")),
            self.words(page.find("body")),
        )

    def test_the_pages_are_danish_unless_asked_for_otherwise(self):
        _dialogue, code = self.open_for(self.allocate())
        page = self.get("/code")
        self.assertEqual(page.get("lang"), "da")
        self.assertIn("Din kode", self.words(page))
        for data, said in (
            ({"code": "1" * 16}, "Koden åbner ikke noget her."),
            ({"code": code}, "Næste møde"),
        ):
            page = self.tree(self.url_open(f"{PAGE}/code", data=data))
            self.assertEqual(page.get("lang"), "da")
            self.assertIn(said, self.words(page))
            for english in ("Your code", "Messages", "I want to stop", "Open"):
                self.assertNotIn(english, self.words(page))

    def test_wrong_and_ended_and_old_codes_look_alike(self):
        dialogue, code = self.open_for(self.referral)
        other = f"{(int(tidy_receipt(code)) + 1) % 10**16:016d}"
        wrong = self.words(self.enter(other, 422))
        self.assertIn("opens nothing here", wrong)
        for typed in ("", "x", "1" * 5000, "' OR 1=1 --", self.referral.reference):
            self.assertEqual(self.words(self.enter(typed, 422)), wrong)
        dialogue.with_user(self.intake).action_close()
        self.env.flush_all()
        self.assertEqual(self.words(self.enter(code, 422)), wrong)
        self.assertEqual(self.errors(self.enter(other, 422)).keys(), {"code"})

    def test_the_one_who_referred_sees_three_words_and_messages(self):
        course = self.allocate(self.referral.with_user(self.intake))
        self.log(course, note=SECRET)
        dialogue, code = self.open_for(self.referral)
        dialogue._say("Er I kommet?")
        self.env.flush_all()
        page = self.enter(code)
        words = self.words(page)
        self.assertIn("Somebody has been there.", words)
        self.assertIn("Er I kommet?", words)
        for kept in (
            SECRET, "Bænken", "Sover ude", course.reference, self.referral.reference,
            self.worker.name, self.intake.name, tidy_receipt(code), code,
        ):  # fmt: skip
            self.assertNotIn(kept, page.text_content())
            self.assertNotIn(kept, str(page.xpath("//@value")))
        self.assertNotIn("Next meeting", words)
        self.assertNotIn("I want to stop", words)

    def test_a_message_reaches_the_entry_point_and_the_answer_comes_back(self):
        dialogue, code = self.open_for(self.referral)
        page = self.press(self.enter(code), "say", text=SECRET)
        self.assertIn("has reached us", self.words(page))
        self.assertEqual(dialogue.line_ids.text, SECRET)
        self.assertIn("dialogue_answer", self.obligations(self.referral))
        self.env["sekp.dialogue.message"].with_user(self.intake).create(
            {"dialogue_id": dialogue.id, "text": "Tak, vi går derud."}
        )
        self.env.flush_all()
        page = self.press(page, "look")
        self.assertIn("Tak, vi går derud.", self.words(page))

    def test_a_message_sent_twice_is_one(self):
        dialogue, code = self.open_for(self.referral)
        page = self.enter(code)
        for _time in range(2):
            self.press(page, "say", text="Er I kommet?\r\n")
        self.assertEqual(len(dialogue.line_ids), 1)

    def test_what_is_wrong_is_said_and_what_was_written_stays(self):
        dialogue, code = self.open_for(self.referral)
        page = self.enter(code)
        for text in ("", "x" * 4001, "Nummeret er 310290-1234"):
            answer = self.press(page, "say", 422, text=text)
            self.assertEqual(self.errors(answer).keys(), {"text"})
            self.assertEqual(answer.xpath("//textarea")[0].text or "", text)
            self.assertTrue(answer.findtext(".//title").startswith("Error: "))
        self.assertFalse(dialogue.line_ids)

    def test_what_is_written_is_text_and_nothing_else(self):
        _dialogue, code = self.open_for(self.referral)
        text = "<script>alert(1)</script><b>x</b>"
        page = self.press(self.enter(code), "say", text=text)
        self.assertIn(text, page.text_content())
        self.assertFalse(page.xpath("//b | //script[not(@src)]"))

    def test_a_code_that_staff_knew_is_exchanged_and_shown_until_noted(self):
        dialogue, code = self.open_for(self.referral, by_staff=True)
        page = self.enter(code)
        new = self.code(page)
        self.assertNotEqual(new, code)
        again = self.press(page, "look")
        self.assertEqual(self.code(again), new)
        self.assertFalse(dialogue.confirmed)
        noted = self.press(again, "noted")
        self.assertFalse(noted.find_class("sekp-code"))
        self.assertTrue(dialogue.confirmed)
        self.assertFalse(self.press(page, "look").find_class("sekp-code"))
        self.enter(code, 422)
        self.enter(new)

    def test_a_pass_is_of_one_page_for_a_while(self):
        dialogue, code = self.open_for(self.referral)
        page = self.enter(code)
        for forged in ("", "00", dialogue._pass()[:-2], "é" * 50, "0" * 20000):
            answer = self.post("dialogue", 422, **{"pass": forged}, act="look")
            self.assertEqual(self.errors(answer).keys(), {"code"})
        with self.at(NOW + timedelta(minutes=31)):
            self.press(page, "look", 422)
        self.company.sekp_public_name = "havnby2"
        self.env.flush_all()
        self.assertEqual(self.url_open(f"{PAGE}/code").status_code, 404)

    def test_guessing_comes_to_an_end(self):
        self.company.sekp_intake_source_limit = 6
        self.env.flush_all()
        _dialogue, code = self.open_for(self.referral)
        seen = [
            self.url_open(f"{PAGE}/code", data={"code": f"{number:016d}"}).status_code
            for number in range(60)
        ]
        self.assertEqual(set(seen), {422, 429})
        self.assertEqual(seen, sorted(seen))
        page = self.enter(code, 429)
        self.assertIn("Too many codes", self.words(page))

    def test_the_citizen_has_a_page_of_their_own(self):
        course = self.allocate()
        self.env["sekp.appointment"].with_user(self.worker).create(
            {
                "course_id": course.id,
                "form_id": self.home_visit.id,
                "starts_at": NOW + timedelta(days=2),
            }
        )
        course.read(["phase"])
        dialogue, code = self.open_for(course)
        page = self.enter(code)
        words = self.words(page)
        self.assertIn("It is going on.", words)
        self.assertIn("18 September 2026 at 12:00", words.replace("18. ", "18 "))
        self.assertIn("your contact person, Havneholdet – opened it", words)
        self.assertNotIn(self.worker.name, words)
        self.assertNotIn(course.reference, words)
        sure = self.press(page, "stop")
        self.assertFalse(course.sudo().stop_wished_on)
        page = self.press(sure, "stop")
        self.assertIn("your contact person is told today", self.words(page).lower())
        self.assertEqual(course.sudo().stop_wished_on, TODAY)
        self.assertIn("wants_to_stop", self.obligations(course))
        self.assertNotEqual(course.sudo().phase, "closed")
        self.assertFalse(self.press(page, "look").xpath("//button[@value='stop']"))
        self.assertTrue(dialogue.confirmed)

    def test_the_one_who_referred_stops_nothing(self):
        course = self.allocate(self.referral.with_user(self.intake)).sudo()
        dialogue, _code = self.open_for(self.referral)
        self.post("dialogue", **{"pass": dialogue._pass(), "act": "stop", "sure": "1"})
        self.assertFalse(course.stop_wished_on)

    def test_nothing_is_left_of_who_wrote(self):
        _dialogue, code = self.open_for(self.referral)
        before = {
            table: self.count(table)
            for table in ("res_partner", "mail_message", "ir_attachment", "res_users")
        }
        # A notice to staff leads to this server, which has the sender's address here.
        marked = self.marked()
        page = self.press(self.enter(code), "say", text=SECRET)
        self.assertTrue(page is not None)
        for table, count in before.items():
            self.assertEqual(self.count(table), count, table)
        self.assertEqual(self.marked(), marked)

    def marked(self):
        """Return how many rows of each table hold the sender's address or the text."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        )
        found = {}
        for (table,) in self.env.cr.fetchall():
            if table != "res_device_log":
                self.env.cr.execute(
                    f'SELECT count(*) FROM "{table}" t '  # noqa: S608
                    "WHERE t::text LIKE '%127.0.0.1%' OR t::text LIKE '%Kanarie%'"
                )
                found[table] = self.env.cr.fetchone()[0]
        return found

    def count(self, table):
        self.env.cr.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608
        return self.env.cr.fetchone()[0]


@tagged("post_install", "-at_install", "sekp_outreach")
class TestPublicDialogueTransient(PublicDialogueCase):
    """Where nothing may be stored, the page says so and forgets."""

    told = {}

    @classmethod
    def standard_values(cls):
        return {"registration_mode": "none"}

    def test_what_was_written_is_gone_when_it_was_read(self):
        dialogue, code = self.open_for(self.referral)
        page = self.press(self.enter(code), "say", text=SECRET)
        self.assertIn("is erased when it was read", self.words(page))
        self.assertIn(SECRET, self.words(page))
        dialogue.line_ids.with_user(self.intake).action_read()
        self.env.flush_all()
        page = self.press(page, "look")
        self.assertNotIn(SECRET, self.words(page))
