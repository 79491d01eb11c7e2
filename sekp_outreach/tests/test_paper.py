import re
from datetime import date, datetime

from lxml import html

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY, OutreachCase, make_user

FIRST, LAST = date(2026, 10, 12), date(2026, 10, 16)
PERSON = ("Kaptajnen", "Sover ude", "Broen", "54")
YOU = re.compile(r"\b(you|your)\b", re.IGNORECASE)


class PaperCase(OutreachCase):
    """One course with something of everything that is printed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.harbour.write({"phone": "99 99 99 99", "opening_hours": "Hverdage 9-14"})
        cls.statistician = make_user(
            cls.env, "sekp_statistician", "statistics_reader", cls.company
        )
        cls.handler = make_user(
            cls.env, "sekp_handler", "complaint_handler", cls.company
        )
        cls.standard = cls.make_standard(
            action_plan="required",
            review_rule="interval",
            review_interval_months=6,
            deadlines=[
                {"kind": "response", "amount": 7, "unit": "day"},
                {"kind": "decision", "amount": 8, "unit": "week"},
            ],
        )
        cls.course = cls.allocate(concern="Sover ude", place="Broen", age=54)
        cls.name_as(cls.course.sudo(), "Kaptajnen")
        cls.referral = cls.course.sudo().referral_id.with_user(cls.intake)

    def alter(self, **vals):
        """Let the standard of the course say something else, as no act does."""
        self.standard.sudo().write(vals)

    def in_english(self):
        """Print in the language that tests are written in."""
        mixin = self.env.registry["sekp.print.mixin"]
        self.patch(mixin, "_citizen_print_lang", lambda self: "en_US")

    def render(self, name, record):
        report = self.env.ref(f"sekp_outreach.report_{name}")
        page, _kind = record.env["ir.actions.report"]._render_qweb_html(
            report.report_name, record.ids
        )
        return page.decode()

    def words(self, name, record):
        """Return the words of a print, as one line."""
        page = html.fromstring(self.render(name, record))
        return " ".join(" ".join(page.xpath("//main//text()")).split())

    def without_codes(self, text, *records):
        """Return a text without codes: their digits may be those of an age."""
        for record in records:
            text = text.replace(record.reference, "")
        return text

    def offered(self, record):
        """Return the names of the reports of the record's print menu."""
        reports = self.env["ir.actions.report"].search(
            [("binding_model_id.model", "=", record._name)]
        )
        valid = reports.with_user(record.env.user).get_valid_action_reports(
            record._name, record.ids
        )
        return {report.report_name.split(".")[1] for report in reports.browse(valid)}

    def agree(self, **vals):
        absence = (
            self.env["sekp.absence"]
            .with_user(self.worker)
            .create({"date_from": FIRST, "date_to": LAST})
        )
        return (
            self.env["sekp.absence.agreement"]
            .with_user(self.worker)
            .create(
                {
                    "absence_id": absence.id,
                    "course_id": self.course.id,
                    "date_from": FIRST,
                    "date_to": LAST,
                    "how": "visits",
                    "cover_id": self.colleague.id,
                    "agreed_on": TODAY,
                    "note": "Ring først",
                    **vals,
                }
            )
        )

    def complain(self):
        return (
            self.env["sekp.complaint"]
            .with_user(self.handler)
            .create({"text": "Ingen kom", "subject_user_ids": []})
        )


@tagged("post_install", "-at_install", "sekp_outreach")
class TestPaper(PaperCase):
    """What people get on paper: who prints it, what it says, and what it does not."""

    # --- who prints, and that it is logged ------------------------------------------
    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_the_entitled_print_once_and_nobody_else(self):
        course = self.course
        agreement = self.agree()
        complaint = self.complain()
        prints = [
            ("referral_receipt", self.referral, self.supervisor),
            ("action_plan", course, self.supervisor),
            ("absence_agreement", agreement, self.supervisor),
            ("complaint_guidance_course", course, self.supervisor),
            ("complaint_guidance_complaint", complaint, self.handler),
        ]
        Log = self.env["sekp.access.log"]
        nobody = (
            self.colleague, self.other_supervisor, self.manager, self.receiver,
            self.statistician, self.employee, self.foreign_supervisor,
        )  # fmt: skip
        for close in (False, True):
            if close:
                course._close("achieved")
                prints = [("closing_letter", course, self.supervisor)]
            for name, record, reader in prints:
                newest = Log.search([], order="id desc", limit=1).id
                page = self.render(name, record.with_user(reader))
                with self.subTest(name):
                    rows = Log.search([("id", ">", newest)])
                    self.assertEqual(
                        rows.mapped(lambda row: (row.kind, row.model, row.user_id)),
                        [("print", record._name, reader)],
                    )
                    title = html.fromstring(page).findtext(".//title")
                    self.assertRegex(title, rf"^({record.reference}-)?\w+$")
                    self.assertNotIn("<script", page)
                    # Danish, whatever language the one who prints reads.
                    danish = record.with_user(reader).with_context(lang="da_DK")
                    self.assertEqual(self.render(name, danish), page)
                    self.assertIn('<html lang="da-DK">', page)
                for user in nobody:
                    if user == self.colleague and record == agreement:
                        continue
                    with (
                        self.subTest(name, user=user.login),
                        self.assertRaises(AccessError),
                    ):
                        self.render(name, record.with_user(user))
        with self.assertRaises(AccessError):
            self.render("complaint_guidance", self.standard.with_user(self.employee))

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_the_buttons_ask_who_presses_them(self):
        course = self.course
        agreement, complaint = self.agree(), self.complain()
        acts = [
            (self.referral, "action_print_receipt"),
            (course, "action_print_plan"),
            (agreement, "action_print"),
            (complaint, "action_print_guidance"),
        ]
        for record, act in acts:
            action = getattr(record, act)()
            self.assertEqual(action["report_type"], "qweb-html")
            for user in (self.receiver, self.other_supervisor, self.statistician):
                with self.subTest(act, user=user.login), self.assertRaises(AccessError):
                    getattr(record.with_user(user), act)()
        course._close("achieved")
        self.assertTrue(course.action_print_closing_letter())
        with self.assertRaises(AccessError):
            course.with_user(self.receiver).action_print_closing_letter()

    # --- the receipt ----------------------------------------------------------------
    def test_a_receipt_tells_how_soon_and_nothing_of_the_citizen(self):
        self.alter(acute_policy="redirect", acute_phone="114")
        course = self.course
        self.in_english()
        text = self.words("referral_receipt", self.referral)
        for words in (
            self.referral.reference, "16. September 2026, 12.00", "Havnby Kommune",
            "within 7 days", "23. September 2026", "Havneholdet", "99 99 99 99",
            "Hverdage 9-14", "Call 112.", "Call 114.", "duty of confidentiality",
        ):  # fmt: skip
            self.assertIn(words, text)
        said = self.without_codes(text, self.referral)
        for words in (*PERSON, course.reference, "decision", self.worker.name):
            self.assertNotIn(words, said)
        # What has been done since is not told.
        with self.at(datetime(2026, 9, 17, 10)):
            self.log(course)
            course._close("declined")
        self.assertEqual(self.words("referral_receipt", self.referral), text)

    def test_a_receipt_says_what_is_noted_of_the_one_who_referred(self):
        self.in_english()
        for vals, words in (
            ({"referrer_anonymous": True}, "neither your name"),
            ({"referrer_name": "Bo Nabo"}, "noted who you are"),
            ({"source_id": self.source_self.id}, "in touch with you"),
        ):
            text = self.words("referral_receipt", self.refer(**vals))
            self.assertIn(words, text)
            self.assertNotIn("Bo Nabo", text)

    # --- the action plan ------------------------------------------------------------
    def test_an_action_plan_tells_goals_steps_and_the_next_review(self):
        course = self.course
        self.in_english()
        Goal = self.env["sekp.goal"].with_user(self.worker)
        goal = Goal.create(
            {"course_id": course.id, "goal": "Et sted at bo", "target_date": LAST}
        )
        Goal.create({"course_id": course.id, "goal": "Ro", "sequence": 20})
        Goal.create({"course_id": course.id, "goal": "En nøgle", "parent_id": goal.id})
        Goal.create({"course_id": course.id, "goal": "Et job", "attainment": "dropped"})
        course.goal_ids.filtered(
            lambda one: one.attainment == "open"
        ).attainment = "part"
        review = course._planned_review("review")
        review.write({"with_citizen": True, "agreed": "Vi skriver til udlejeren"})
        review.findings = "Kun for holdet"
        review.action_hold()
        course.write({"next_step": "Hente papirer", "next_step_on": FIRST})
        text = self.words("action_plan", course)
        order = [
            text.index(words) for words in ("Et sted at bo", "En nøgle", "Ro ", "Who")
        ]
        self.assertEqual(order, sorted(order))
        for words in (
            "16. October 2026", "Vi skriver til udlejeren", "Hente papirer",
            "12. October 2026", self.worker.name, "16. March 2027", course.reference,
        ):  # fmt: skip
            self.assertIn(words, text)
        for words in ("Et job", "Kun for holdet", "Kaptajnen"):
            self.assertNotIn(words, text)

    def test_what_the_standard_does_not_use_is_not_offered(self):
        guidance = "complaint_guidance_course"
        for vals, offered in (
            ({}, {"action_plan", guidance}),
            ({"action_plan": "off"}, {guidance}),
            ({"action_plan": "offered", "registration_mode": "none"}, {guidance}),
        ):
            with self.subTest(**vals), self.env.cr.savepoint() as savepoint:
                self.alter(**vals)
                course = self.course
                self.assertEqual(self.offered(course), offered)
                if offered == {guidance}:
                    with self.assertRaises(UserError):
                        self.render("action_plan", course)
                    with self.assertRaises(UserError):
                        course.action_print_plan()
                course._close("achieved")
                self.assertEqual(self.offered(course), offered | {"closing_letter"})
                savepoint.rollback()

    # --- the absence agreement ------------------------------------------------------
    def test_an_absence_agreement_tells_who_comes_and_when(self):
        self.in_english()
        visit = self.env["sekp.appointment"].create(
            {
                "course_id": self.course.id,
                "form_id": self.home_visit.id,
                "starts_at": datetime(2026, 10, 13, 8, 0),
                "worker_ids": [Command.set(self.worker.ids)],
                "place": "Broen",
            }
        )
        agreement = self.agree()
        self.assertEqual(agreement.moved_ids, visit.with_user(self.worker))
        text = self.words("absence_agreement", agreement)
        for words in (
            self.worker.name, self.colleague.name, "12. October 2026", "comes instead",
            "16. October 2026", "13. October 2026, 10.00", "Ring først", "99 99 99 99",
        ):  # fmt: skip
            self.assertIn(words, text)
        said = self.without_codes(text, agreement, self.course)
        for words in PERSON:
            self.assertNotIn(words, said)
        agreement.action_take_back()
        self.assertEqual(self.offered(agreement), set())
        for act in (
            agreement.action_print,
            lambda: self.render("absence_agreement", agreement),
        ):
            with self.assertRaisesRegex(UserError, "taken back|taget tilbage"):
                act()

    def test_an_absence_agreement_without_a_visit(self):
        self.in_english()
        for how, words in (
            ("nothing", "That is how you want it."),
            ("on_call", "can be rung"),
            ("unasked", "not been able to ask you"),
        ):
            with self.env.cr.savepoint() as savepoint:
                cover = False if how == "nothing" else self.colleague.id
                agreement = self.agree(how=how, cover_id=cover)
                self.assertIn(words, self.words("absence_agreement", agreement))
                savepoint.rollback()

    # --- the closing letter -----------------------------------------------------------
    def keep(self, **vals):
        rule = self.env["sekp.retention.rule"].create(
            {"company_id": self.company.id, "record_class": "course", **vals}
        )
        rule._put_in_force()

    def test_a_closing_letter_tells_how_long_it_is_kept(self):
        course = self.course
        self.in_english()
        with self.assertRaises(UserError):
            self.render("closing_letter", course)
        self.keep(keep_amount=12)
        course._close("achieved")
        text = self.words("closing_letter", course)
        for words in (
            "16. September 2026", "12 months after", "16. September 2027",
            "99 99 99 99", "You can come back", "ask us to erase it", "within 28 days",
        ):  # fmt: skip
            self.assertIn(words, text)
        said = self.without_codes(text, course)
        for words in (*PERSON, "Ankestyrelsen", "not yet decided"):
            self.assertNotIn(words, said)
        # A rule of its own for what ended like this goes first.
        self.keep(keep_amount=1, closing_outcome="achieved")
        self.assertIn("1 month after", self.words("closing_letter", course))

    def test_a_closing_letter_says_what_is_decided_and_nothing_else(self):
        self.alter(grant="required", reopening="off")
        course = self.course
        self.in_english()
        course._close("moved")
        text = self.words("closing_letter", course)
        for words in (
            "not yet decided",
            "get in touch anew",
            "cannot be erased before",
        ):
            self.assertIn(words, text)
        self.assertIn("Ankestyrelsen", text)
        self.assertNotIn("ask us to erase", text)

    def test_nobody_is_written_to_who_is_dead(self):
        course = self.course
        wizard = self.env["sekp.close.course"].with_user(self.worker)
        wizard = wizard.create({"course_id": course.id, "outcome": "died"})
        self.assertEqual(wizard.action_close()["type"], "ir.actions.act_window_close")
        self.assertNotIn("closing_letter", self.offered(course))
        for act in (
            course.action_print_closing_letter,
            lambda: self.render("closing_letter", course),
        ):
            with self.assertRaises(UserError):
                act()

    def test_the_letter_is_offered_when_a_course_was_closed(self):
        course = self.course
        wizard = self.env["sekp.close.course"].with_user(self.worker)
        wizard = wizard.create({"course_id": course.id, "outcome": "bridged"})
        with self.assertRaises(UserError):
            wizard.action_print()
        action = wizard.action_close()
        self.assertEqual(course.phase, "closed")
        self.assertEqual((action["res_id"], action["target"]), (wizard.id, "new"))
        report = wizard.action_print()["report_name"]
        self.assertEqual(report, "sekp_outreach.closing_letter")

    # --- how to complain --------------------------------------------------------------
    def test_how_to_complain_follows_the_standard(self):
        self.alter(complaint_days=14)
        course = self.course
        self.in_english()
        complaint = self.complain()
        texts = {
            self.words("complaint_guidance", self.standard.with_user(self.worker)),
            self.words("complaint_guidance_course", course),
            self.words("complaint_guidance_complaint", complaint),
        }
        self.assertEqual(len(texts), 1)
        (text,) = texts
        for words in (
            "head of the department", "borgerrådgiver", "within 14 days",
            "four weeks", "Ankestyrelsen", "Datatilsynet", "Havneholdet",
        ):  # fmt: skip
            self.assertIn(words, text)
        for words in (
            *PERSON, course.reference, complaint.reference, "Ingen kom",
        ):  # fmt: skip
            self.assertNotIn(words, text)

    def test_the_standards_own_words_go_first(self):
        self.alter(
            complaint_block=True,
            section_ids=[
                Command.create(
                    {
                        "kind": "complaint",
                        "title": "Klage",
                        "body": "<p>Ring til Ditte Leder på 88 88 88 88.</p>",
                    }
                )
            ],
        )
        course = self.course
        self.in_english()
        text = self.words("complaint_guidance_course", course)
        self.assertIn("88 88 88 88", text)
        self.assertNotIn("head of the department", text)

    # --- form of address, and what is not stored --------------------------------------
    def test_the_citizen_is_addressed_as_the_standard_says(self):
        for address in ("you", "citizen"):
            with self.env.cr.savepoint() as savepoint:
                self.alter(form_of_address=address, grant="offered")
                course = self.course
                self.in_english()
                told = {
                    "action_plan": [course],
                    "complaint_guidance_course": [course],
                    "absence_agreement": [self.agree()],
                }
                Goal = self.env["sekp.goal"].with_user(self.worker)
                Goal.create({"course_id": course.id, "goal": "Ro"})
                for name, records in told.items():
                    text = self.words(name, records[0])
                    with self.subTest(name, address=address):
                        self.assertEqual(bool(YOU.search(text)), address == "you", text)
                course._close("bridged")
                for outcome, _label in course._fields["closing_outcome"].selection:
                    if outcome == "died":
                        continue
                    course.sudo().closing_outcome = outcome
                    text = self.words("closing_letter", course)
                    with self.subTest(outcome, address=address):
                        self.assertEqual(bool(YOU.search(text)), address == "you", text)
                savepoint.rollback()

    def test_where_nothing_is_stored_nothing_is_told(self):
        self.alter(registration_mode="none", action_plan="off")
        course = self.course
        self.in_english()
        receipt = self.words("referral_receipt", self.referral)
        self.assertIn("store nothing about who the person is", receipt)
        agreement = self.agree(note=False)
        self.assertNotIn("What Else", self.words("absence_agreement", agreement))
        course._close("achieved")
        letter = self.words("closing_letter", course)
        self.assertIn("nothing that was told is kept", letter)
        self.assertNotIn("find the earlier course", letter)
