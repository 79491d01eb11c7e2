import re
from datetime import timedelta

import lxml.html

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import HttpCase, tagged

from ..tools import limits
from .common import NOW, OutreachCase

PAGE = "/sekp/havnby"
CODE = re.compile(r"[0-9]{4}")


class PublicCase(OutreachCase, HttpCase):
    """A municipality with a public page, and a sender nobody knows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(**cls.standard_values())
        cls.company.write({"sekp_public_page": True, "sekp_public_name": "havnby"})

    @classmethod
    def standard_values(cls):
        """Return what the standard in force says."""
        return {}

    def setUp(self):
        super().setUp()
        self.env.flush_all()

    def get(self, path="", status=200, **options):
        """Return a page below the municipality's as a tree."""
        answer = self.url_open(f"{PAGE}{path}", **options)
        self.assertEqual(answer.status_code, status, answer.text)
        return self.tree(answer)

    def tree(self, answer):
        """Return an answer as a tree, after what holds for every page."""
        self.assertNotIn("Set-Cookie", answer.headers)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        page = lxml.html.document_fromstring(answer.text)
        self.assertTrue(page.get("lang"))
        self.assertEqual(len(page.xpath("//h1")), 1)
        return page

    def words(self, page):
        """Return the text of a page with single spaces."""
        return " ".join(page.text_content().split())

    def token(self, door="worried"):
        return self.get(f"/{door}").xpath("//input[@name='token']/@value")[0]

    def send(self, door="worried", status=200, token=None, files=None, **values):
        """Fill in a form, half a minute after it was opened; return the answer."""
        data = {"token": token or self.token(door), "concern": "Sidder alene", **values}
        if door != "self":
            data.setdefault("source", str(self.source_relative.id))
            data.setdefault("anonymous", "yes")
        with self.at(fields.Datetime.now() + timedelta(seconds=30)):
            answer = self.url_open(f"{PAGE}/{door}", data=data, files=files)
        self.assertEqual(answer.status_code, status, answer.text)
        return self.tree(answer)

    def code(self, page):
        """Return the receipt code on a page."""
        groups = page.xpath("//*[@class='sekp-code']/span/text()")
        self.assertEqual(len(groups), 4)
        self.assertTrue(all(CODE.fullmatch(group) for group in groups))
        return " ".join(groups)

    def errors(self, page):
        """Return the error messages of a page by the field they lead to."""
        links = page.xpath("//*[@id='errors']//a")
        for link in links:
            field = page.get_element_by_id(link.get("href")[1:])
            self.assertIn(field.tag, ("input", "textarea"))
        return {link.get("href")[3:]: link.text_content() for link in links}

    def referrals(self):
        return self.env["sekp.referral"].search([("company_id", "=", self.company.id)])


@tagged("post_install", "-at_install", "sekp_outreach")
class TestPublicPage(PublicCase):
    """What the pages say and ask, and what comes of it."""

    def test_the_landing_page_opens_with_what_cannot_wait(self):
        page = self.get()
        main = self.words(page.get_element_by_id("wrap"))
        self.assertTrue(
            main.startswith(self.words(page.find_class("sekp-emergency")[0]))
        )
        self.assertIn("112", main)
        doors = page.xpath("//*[@class='sekp-doors']//a/@href")
        self.assertEqual(
            doors, [f"{PAGE}/{door}" for door in ("self", "worried", "professional")]
        )
        for href in page.xpath("//main//a/@href"):
            self.assertTrue(href.startswith((PAGE, "#", "tel:", "mailto:")), href)

    def test_only_a_professional_is_told_of_systems_that_report(self):
        for door in ("self", "worried", "professional"):
            told = "own system" in self.words(self.get(f"/{door}?lang=en"))
            self.assertEqual(told, door == "professional", door)

    def test_each_page_speaks_the_language_asked_for(self):
        for path in ("", "/standard", "/self", "/worried", "/professional"):
            for query, language in (
                ("", "da"), ("?lang=en", "en"), ("?lang=da", "da"), ("?lang=xx", "da"),
            ):  # fmt: skip
                page = self.get(f"{path}{query}")
                self.assertEqual(page.get("lang"), language, path)
                for address in page.xpath("//main//form/@action | //main//a/@href"):
                    other = "hreflang" in address
                    if address.startswith(PAGE) and not other and language == "en":
                        is_switch = page.xpath(f"//a[@hreflang][@href='{address}']")
                        self.assertTrue(
                            is_switch or address.endswith("?lang=en"), address
                        )

    def test_a_page_asks_nobody_else_for_anything(self):
        for path in ("", "/standard", "/worried", "/nowhere"):
            page = self.get(path, status=404 if path == "/nowhere" else 200)
            for address in page.xpath("//@src | //link/@href"):
                self.assertTrue(
                    address.startswith("/sekp_outreach/static/public/"), address
                )
            self.assertEqual(len(page.xpath("//link[contains(@rel, 'icon')]")), 1)
            self.assertFalse(page.xpath("//script[not(@src)] | //iframe"))

    def test_no_page_where_it_is_off_or_no_standard_holds(self):
        self.company.sekp_public_page = False
        self.env.flush_all()
        self.get(status=404)
        self.foreign_company.write(
            {"sekp_public_page": True, "sekp_public_name": "skovby"}
        )
        self.env.flush_all()
        self.assertEqual(self.url_open("/sekp/skovby").status_code, 404)
        self.make_standard(self.foreign_company)
        self.env.flush_all()
        self.assertEqual(self.url_open("/sekp/skovby").status_code, 200)

    # --- what comes of it -----------------------------------------------------------
    def test_a_neighbour_stays_unknown(self):
        page = self.send(place="Bænken ved biblioteket", district="Havnen")
        referral = self.referrals()
        self.assertEqual(
            (referral.channel, referral.concern, referral.place, referral.district),
            ("web", "Sidder alene", "Bænken ved biblioteket", "Havnen"),
        )
        self.assertEqual(
            (referral.source_id, referral.team_id, referral.state, referral.acute),
            (self.source_relative, self.harbour, "received", False),
        )
        self.assertTrue(referral.referrer_anonymous)
        self.assertFalse(referral.referrer_name or referral.referrer_contact)
        self.assertIn("triage", self.obligations(referral))
        opened = self.env["sekp.dialogue"]._enter(self.company, self.code(page))
        self.assertEqual(opened.referral_id, referral)

    def test_a_professional_gives_a_name_and_wishes_confidentiality(self):
        doctor = self.env.ref("sekp_outreach.source_doctor")
        self.send(
            "professional", source=str(doctor.id), anonymous="no",
            referrer_name="Læge Bo Engsig", referrer_contact="bo@example.org",
            referrer_confidential_reason="Er blevet truet",
        )  # fmt: skip
        referral = self.referrals()
        self.assertEqual(
            (referral.source_id, referral.referrer_name, referral.referrer_contact),
            (doctor, "Læge Bo Engsig", "bo@example.org"),
        )
        self.assertTrue(referral.referrer_confidential)
        self.assertFalse(referral.referrer_anonymous)

    def test_one_who_needs_help_is_asked_for_no_name(self):
        page = self.get("/self")
        self.assertFalse(page.xpath("//*[@name='referrer_name' or @name='anonymous']"))
        self.send("self", referrer_contact="Spørg efter mig på væreshuset")
        referral = self.referrals()
        self.assertEqual(referral.source_id, self.source_self)
        self.assertFalse(referral.is_concern)
        self.assertEqual(referral.referrer_contact, "Spørg efter mig på væreshuset")

    def test_what_is_sent_twice_is_one_referral_and_one_code(self):
        token = self.token()
        first = self.code(self.send(token=token))
        second = self.code(self.send(token=token))
        self.assertEqual(len(self.referrals()), 1)
        enter = self.env["sekp.dialogue"]._enter
        self.assertFalse(enter(self.company, first))
        self.assertTrue(enter(self.company, second))
        # The one who has the code gets no other.
        page = self.send(token=token)
        self.assertFalse(page.find_class("sekp-code"))
        self.assertEqual(len(self.referrals()), 1)

    def test_the_code_is_shown_until_it_was_written_down(self):
        page = self.send()
        code = self.code(page)
        data = {"pass": page.xpath("//input[@name='pass']/@value")[0]}
        page = self.tree(self.url_open(f"{PAGE}/receipt", data=data))
        self.assertEqual(self.code(page), code)
        self.assertEqual(set(self.errors(page)), {"noted"})
        data["noted"] = "1"
        page = self.tree(self.url_open(f"{PAGE}/receipt", data=data))
        self.assertFalse(page.find_class("sekp-code"))
        self.assertNotIn(code, page.text_content())
        dialogue = self.env["sekp.dialogue"]._enter(self.company, code)
        self.assertTrue(dialogue.confirmed)
        page = self.tree(self.url_open(f"{PAGE}/receipt", data={"pass": "x"}))
        self.assertFalse(page.find_class("sekp-code"))

    # --- what is wrong ----------------------------------------------------------------
    def test_what_is_wrong_is_said_at_the_field_and_nothing_is_lost(self):
        for values, wrong in (
            ({"concern": " "}, {"concern"}),
            ({"concern": "Født 310290-1234"}, {"concern"}),
            ({"place": "x" * 501}, {"place"}),
            ({"anonymous": ""}, {"anonymous"}),
            ({"anonymous": "yes", "referrer_name": "Bo"}, {"referrer_name"}),
            ({"source": "0", "district": "y" * 101}, {"source", "district"}),
            ({"source": str(self.source_self.id)}, {"source"}),
            ({"acute": "perhaps"}, {"acute"}),
            ({"website": "http://example.org"}, {"website"}),
        ):
            with self.subTest(values):
                page = self.send(status=422, **values)
                self.assertEqual(set(self.errors(page)), wrong)
                for name, value in values.items():
                    shown = page.xpath(
                        f"//input[@type='text'][@name='{name}']/@value | "
                        f"//textarea[@name='{name}']/text()"
                    )
                    if name != "website" and shown:
                        self.assertEqual(shown[0].strip(), value.strip())
                summary = page.get_element_by_id("errors")
                self.assertEqual(summary.get("role"), "alert")
                self.assertIsNotNone(summary.get("autofocus"))
        self.assertFalse(self.referrals())

    def test_far_too_much_text_comes_back_cut(self):
        many = {"concern": "x" * 2_000_000}
        # Where no file can be in it, nothing of it is read.
        self.assertIn("112", self.words(self.send(status=413, **many)))
        page = self.send(status=422, files={"other": ("x", b"x")}, **many)
        self.assertEqual(set(self.errors(page)), {"concern"})
        (text,) = page.xpath("//textarea[@name='concern']/text()")
        self.assertLessEqual(len(text), limits.REQUEST_SIZE + 1)
        self.assertFalse(self.referrals())

    def test_what_staff_has_ended_no_form_opens_again(self):
        token = self.token()
        code = self.code(self.send(token=token))
        dialogue = self.env["sekp.dialogue"]._enter(self.company, code)
        dialogue.action_close()
        self.env.flush_all()
        page = self.send(token=token)
        self.assertFalse(page.find_class("sekp-code"))
        self.env.invalidate_all()
        self.assertTrue(dialogue.closed)
        self.assertFalse(dialogue.code_digest)

    def test_a_form_comes_back_neither_at_once_nor_late_nor_from_elsewhere(self):
        token = self.token()
        data = {
            "token": token, "concern": "Sidder alene", "anonymous": "yes",
            "source": str(self.source_relative.id),
        }  # fmt: skip
        for change, later in (
            ({}, timedelta(seconds=1)),
            ({}, timedelta(hours=13)),
            ({"token": self.token("professional")}, timedelta(minutes=1)),
            (
                {"token": f"{token[:-1]}{int(token[-1], 16) ^ 1:x}"},
                timedelta(minutes=1),
            ),
            ({"token": ""}, timedelta(minutes=1)),
        ):
            with self.subTest(later), self.at(NOW + later):
                answer = self.url_open(f"{PAGE}/worried", data={**data, **change})
                self.assertEqual(answer.status_code, 422)
                page = self.tree(answer)
                self.assertEqual(
                    page.xpath("//textarea[@name='concern']/text()"), ["Sidder alene"]
                )
                again = page.xpath("//input[@name='token']/@value")[0]
                self.assertEqual(again == token, later == timedelta(seconds=1))
        self.assertFalse(self.referrals())

    def test_beyond_the_limit_the_text_is_still_there(self):
        self.company.sekp_intake_source_limit = 1
        self.env.flush_all()
        self.send()
        page = self.send(status=429, concern="Endnu en")
        self.assertIn("Endnu en", page.xpath("//textarea/text()"))
        self.assertEqual(len(self.referrals()), 1)

    def test_machines_are_seen_as_one_line(self):
        self.send(status=422, website="https://example.com")
        self.send(status=422, token="forged")
        self.send(status=422, concern="")
        floods = self.env["sekp.intake.flood"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual((floods.kind, floods.count), ("submit", 2))
        self.assertFalse(self.referrals())

    def test_errors_have_pages_that_quote_nothing(self):
        for path, status in (("/ida-havtorn", 404), ("/worried/ida-havtorn", 404)):
            answer = self.url_open(f"{PAGE}{path}")
            self.assertEqual(answer.status_code, status)
            self.assertNotIn("ida-havtorn", answer.text)
            self.assertIn("112", self.tree(answer).text_content())
        answer = self.url_open(
            f"{PAGE}/worried", data=b"x" * (22 * 1024 * 1024),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        self.assertEqual(answer.status_code, 413)
        self.assertIn("112", self.tree(answer).text_content())

    def test_an_address_that_can_be_none_has_no_page_either(self):
        for path in (
            "/sekp/Ida_H", "/sekp/%00", "/sekp/%0A", f"{PAGE}/%0A%00", "/sekp//",
            "/sekp//%0A", f"/da{PAGE}", f"/en_US{PAGE}/worried",
        ):  # fmt: skip
            answer = self.url_open(path)
            self.assertEqual(answer.status_code, 404, path)
            self.assertIn("112", self.tree(answer).text_content())

    def test_an_error_of_ours_tells_neither_the_sender_nor_the_log(self):
        words = "Kanariefugl 4071"

        def fail(model, *args, **kwargs):
            raise RuntimeError(words)

        token = self.token()
        self.patch(type(self.env["sekp.referral"]), "_receive", fail)
        with self.assertLogs("odoo.http", "ERROR") as log:
            page = self.send(token=token, status=500, concern=words)
        self.assertNotIn(words, page.text_content())
        self.assertIn("112", page.text_content())
        self.assertNotIn(words, "\n".join(log.output))
        self.assertIn("RuntimeError", log.output[0])
        self.assertIn("public.py", log.output[0])

    # --- nobody is noted --------------------------------------------------------------
    def everything(self, *words):
        """Return the tables that hold one of some words."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT c.relname FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY 1"
        )
        found = {}
        for (table,) in self.env.cr.fetchall():
            self.env.cr.execute(
                f'SELECT count(*) FROM "{table}" t '  # noqa: S608
                "WHERE t::text ~ ANY(%s)",
                [list(words)],
            )
            if count := self.env.cr.fetchone()[0]:
                found[table] = count
        return found

    def test_of_an_unknown_sender_nothing_is_kept_anywhere(self):
        marks = (
            "127\\.0\\.0\\.1",
            "Kanariebrowser",
            "203\\.0\\.113\\.77",
            "Kanarienet",
        )
        before = self.everything(*marks)
        self.opener.headers["User-Agent"] = "Kanariebrowser/7"
        self.opener.headers["X-Forwarded-For"] = "203.0.113.77"
        self.opener.headers["Referer"] = "http://kanarienet.example/"
        with self.assertLogs(level="DEBUG") as log:
            page = self.send()
            self.url_open(
                f"{PAGE}/receipt",
                data={
                    "pass": page.xpath("//input[@name='pass']/@value")[0],
                    "noted": "1",
                },
            )
        self.assertEqual(len(self.referrals()), 1)
        self.assertEqual(self.everything(*marks), before)
        served = [row for row in log.output if ":werkzeug:" in row]
        self.assertEqual(len(served), 3)
        # The lines of the one who asks are not the server's.
        for row in (row for row in log.output if ":urllib3." not in row):
            self.assertNotRegex(row, "|".join((*marks, "havnby", "Sidder alene")))

    def test_one_who_is_logged_in_is_nobody_here(self):
        self.employee.password = self.employee.login
        self.env.flush_all()
        self.authenticate(self.employee.login, self.employee.login)
        page = self.get()
        self.assertNotIn(self.employee.name, page.text_content())
        devices = self.env["res.device.log"].search_count([])
        self.send()
        referral = self.referrals()
        self.assertNotIn(self.employee, referral.create_uid | referral.write_uid)
        self.assertEqual(self.env["res.device.log"].search_count([]), devices)

    # --- where it lies ----------------------------------------------------------------
    def test_the_name_in_the_address(self):
        for name in (
            "Havnby",
            "havn by",
            "-havn",
            "havn--by",
            "æble",
            "document",
            "a/b",
        ):
            with self.subTest(name), self.assertRaises(ValidationError):
                self.company.sekp_public_name = name
        with self.assertRaises(ValidationError):
            self.company.sekp_public_name = False
        self.company.write({"sekp_public_page": False, "sekp_public_name": False})


@tagged("post_install", "-at_install", "sekp_outreach")
class TestPublicRedirect(PublicCase):
    """Acute matters go elsewhere, by the standard (R053)."""

    @classmethod
    def standard_values(cls):
        return {"acute_policy": "redirect", "acute_phone": "114"}

    def test_nothing_is_ticked_that_nobody_ticked(self):
        page = self.get("/worried")
        boxes = page.xpath("//input[@type='checkbox']")
        self.assertTrue(boxes)
        self.assertFalse(page.xpath("//input[@type='checkbox'][@checked]"))
        chosen = page.xpath("//input[@type='radio'][@checked]/@name")
        self.assertEqual(chosen, ["acute"])
        self.assertFalse(page.xpath("//*[@aria-invalid]"))

    def test_acute_is_told_to_call_first_and_may_then_be_sent(self):
        self.assertIn("114", self.words(self.get()))
        page = self.send(acute="yes", status=422)
        self.assertIn("114", self.errors(page)["acute"])
        self.assertFalse(self.referrals())
        token = page.xpath("//input[@name='token']/@value")[0]
        page = self.send(acute="yes", called="1", token=token)
        self.assertIn("114", self.words(page))
        self.assertTrue(self.referrals().acute)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestPublicAcute(PublicCase):
    """The scheme itself goes out (R053)."""

    @classmethod
    def standard_values(cls):
        return {"acute_policy": "handle"}

    def test_acute_is_received_as_acute(self):
        self.send(acute="yes")
        referral = self.referrals()
        self.assertTrue(referral.acute)
        self.assertIn("acute", self.obligations(referral))


@tagged("post_install", "-at_install", "sekp_outreach")
class TestPublicNothingStored(PublicCase):
    """Where nothing about the person may be stored, the page says so and it is so."""

    @classmethod
    def standard_values(cls):
        return {"registration_mode": "none"}

    def test_only_a_passing_text(self):
        page = self.get("/worried")
        self.assertIn(str(self.standard.transient_days), self.words(page))
        self.assertFalse(page.xpath("//input[@type='file']"))
        self.send(place="Under Kanariebroen", district="Kanariehavnen")
        referral = self.referrals()
        self.assertFalse(referral.concern or referral.place or referral.district)
        self.assertFalse(TestPublicPage.everything(self, "Kanarie", "Sidder alene"))

    def test_how_to_reach_oneself_passes_too(self):
        self.send("self", referrer_contact="Kanarievej")
        referral = self.referrals()
        self.assertFalse(referral.referrer_contact or referral.referrer_name)
        self.assertFalse(TestPublicPage.everything(self, "Kanarievej"))
        dialogue = self.env["sekp.dialogue"].search([("referral_id", "=", referral.id)])
        self.assertIn("Kanarievej", dialogue._messages()[0]["text"])

    def test_what_is_put_together_is_counted_together(self):
        longest = limits.TEXTS["concern"]
        contact = {"referrer_contact": "Spørg på væreshuset"}
        page = self.send("self", status=422, concern="x" * longest, **contact)
        self.assertEqual(set(self.errors(page)), {"concern"})
        room = int(page.xpath("//textarea[@name='concern']/@maxlength")[0])
        self.assertLess(room, longest)
        self.send("self", concern="x" * room, **contact)
        self.send("self", concern="x" * longest)
        self.assertEqual(len(self.referrals()), 2)
