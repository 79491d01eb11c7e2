import base64
import html
import re
from datetime import datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..models.sekp_access_request import REPORT
from ..tools import cpr
from .common import NOW, TODAY, OutreachCase, make_user

AS_CITIZEN = "sekp_outreach.sekp_course_as_citizen"
PLACEHOLDER = "Her er noget holdt tilbage."
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
# Models about a person that are not printed, and why.
MODELS_NOT_PRINTED = {
    "sekp.access.request.item": "It says what is withheld and our reason for it.",
    "sekp.dialogue": "Holds no words; its messages are printed.",
    "sekp.lone.work": "About the worker; it names no citizen.",
    "sekp.complaint": "Leads to no citizen, and those who print do not read it.",
}
# Stored texts that are not printed as a field, and why.
TEXTS_NOT_PRINTED = {
    "reference": "The code stands on the first page.",
    "referrer_name": "In the line that says who referred.",
    "referrer_contact": "In the line that says who referred.",
    "referrer_confidential_reason": "A line of its own, with what is proposed.",
    "sealed_facts": "Ciphertext; its title is printed.",
    "sealed_named": "Ciphertext; what it holds is printed.",
    "sealed_text": "Ciphertext; what it holds is printed.",
    "sealed_registered": "Ciphertext; what it holds is printed.",
    "former_alias": "Only to find it in texts when it is to be forgotten.",
    "token": "Binds a ciphertext to its row; says nothing.",
    "quick_key": "Drawn by chance on a phone; says nothing.",
    "record_model": "Technical; told in words.",
    "field_name": "Technical; told in words.",
    "summary": "Printed with the letter it stands in.",
    "old_value": "Told in words by “what”.",
    "new_value": "Told in words by “what”.",
}


class AccessRequestCase(OutreachCase):
    """A course in which every text says something of its own."""

    standard_values = {"action_plan": "offered", "grant": "offered"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The citizen reads Danish, whatever the colleague who prints reads.
        cls.env["res.lang"]._activate_lang("da_DK")
        cls.env.ref("base.module_sekp_outreach")._update_translations(
            "da_DK", overwrite=True
        )
        cls.standard = cls.make_standard(
            deadlines=[{"kind": "response", "amount": 7, "unit": "day"}],
            **cls.standard_values,
        )
        cls.course = cls.allocate(cls.make_referral())
        cls.citizen = cls.course.citizen_id
        cls.sentences = cls.fill(cls.course)
        cls.env.flush_all()

    @classmethod
    def make_referral(cls):
        return cls.refer(
            concern="Ordet i bekymringen",
            place="Ordet om stedet",
            district="Ordet om kvarteret",
            referrer_name="Ordet om naboen",
            referrer_contact="Ordet om telefonen",
            referrer_confidential=True,
            referrer_confidential_reason="Ordet om frygten",
        )

    @classmethod
    def fill(cls, course):
        """Say something in every part of the course; return what was said."""
        env = course.env
        cls.name_as(course, "Ordet Ræven")
        course.district = "Ordet Havnen"
        cls.contact = cls.log(course, note="Ordet i noten", next_step="Ordet bagefter")
        cls.log(course, outcome="no_answer", note="Ordet ved døren", minutes=5)
        course.next_step = "Ordet om næste skridt"
        common = {"course_id": course.id}
        cls.goal = env["sekp.goal"].create({**common, "goal": "Ordet om målet"})
        env["sekp.grant"].with_user(cls.supervisor).create(
            {**common, "date_from": TODAY}
        )
        env["sekp.review"].create({**common, "findings": "Ordet om opfølgning"})
        env["sekp.handover"].create(
            {**common, "offer_id": cls.offer.id, "summary": "Ordet til modtageren"}
        )
        env["sekp.appointment"].create(
            {
                **common,
                "form_id": cls.home_visit.id,
                "starts_at": NOW + timedelta(days=2),
                "place": "Ordet om bænken",
                "note": "Ordet om aftalen",
                "worker_ids": [Command.set(cls.worker.ids)],
            }
        )
        env["sekp.document"].create(
            {
                **common,
                "title": "Ordet paa brevet.txt",
                "upload": base64.b64encode(b"Ordet inde i filen").decode(),
            }
        )
        return {
            "Ordet i bekymringen", "Ordet om stedet", "Ordet om kvarteret",
            "Ordet om næste skridt", "Ordet Ræven", "Ordet Havnen", "Ordet i noten",
            "Ordet bagefter", "Ordet ved døren", "Ordet om målet",
            "Ordet om opfølgning", "Ordet til modtageren", "Ordet om bænken",
            "Ordet om aftalen", "Ordet paa brevet.txt",
        }  # fmt: skip

    def request(self, user=None, course=None, **vals):
        """Ask for the citizen's print as a user; return the request."""
        course = (course or self.course).with_user(user or self.worker)
        action = course.action_print_for_citizen()
        request = self.env[action["res_model"]].browse(action["res_id"])
        request = request.with_user(user or self.worker)
        if vals := {"verified_by": "known", **vals}:
            request.write(vals)
        return request

    def render(self, request, report=REPORT):
        """Return the page as the user of a record gets it."""
        self.env.flush_all()
        self.env.invalidate_all()
        page, _kind = request.env["ir.actions.report"]._render_qweb_html(
            report, request.ids
        )
        return html.unescape(page.decode())

    def item(self, request, record, key=""):
        """Return the item of a record, or of one line of it."""
        return request.item_ids.filtered(
            lambda item: (
                (item.record_model, item.record_id, item.field_name or "")
                == (record._name, record.id, key)
            )
        )

    def logged(self, kind):
        """Return how many rows of a kind the log has on the citizen's code."""
        self.env.flush_all()
        return self.env["sekp.access.log"].search_count(
            [("kind", "=", kind), ("reference", "=", self.citizen.reference)]
        )

    def refused(self, record):
        """Check that the user of a record gets neither print nor preview."""
        report = REPORT if record._name == "sekp.access.request" else AS_CITIZEN
        with self.assertRaises(AccessError):
            self.render(record, report)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAccessRequest(AccessRequestCase):
    """What the citizen gets to read, and what is withheld."""

    # --- declared -------------------------------------------------------------------
    def test_every_model_is_printed_or_has_a_reason(self):
        names = self.env["sekp.confidential.mixin"]._confidential_models()
        printed = set(self.env["sekp.print.mixin"]._citizen_print_models())
        self.assertEqual(set(names) - printed, set(MODELS_NOT_PRINTED))
        for name in printed:
            model = self.env[name]
            for field in model._sekp_print_fields:
                self.assertIn(field, model._fields, name)
            # Otherwise nothing would ever be found of it.
            domain = model._citizen_print_domain(self.citizen, self.course)
            self.assertFalse(domain.is_false(), name)

    def test_every_stored_text_is_printed_or_has_a_reason(self):
        unsaid = [
            f"{name}.{field.name}"
            for name in self.env["sekp.print.mixin"]._citizen_print_models()
            for field in self.env[name]._fields.values()
            if field.type in ("char", "text", "html")
            and field.store
            and field.model_name == name
            and field.name not in self.env[name]._sekp_print_fields
            and field.name not in TEXTS_NOT_PRINTED
            and not field.name.startswith("activity_")
        ]
        self.assertEqual(unsaid, [])
        for name in self.env["sekp.print.mixin"]._citizen_print_models():
            model = self.env[name]
            self.assertEqual(
                set(model._sekp_person_fields)
                - set(model._sekp_print_fields)
                - set(TEXTS_NOT_PRINTED),
                set(),
                name,
            )

    # --- verification ---------------------------------------------------------------
    def test_nothing_is_printed_before_the_person_is_verified(self):
        request = self.request()
        request.sudo().verified_by = False
        for act in (request.action_print, request.action_answer):
            with self.assertRaisesRegex(ValidationError, "know that it is the person"):
                act()
        with self.assertRaises(ValidationError):
            self.render(request)
        request.verified_by = "facts"
        self.assertEqual(
            (request.verified_by_id, request.verified_on), (self.worker, TODAY)
        )
        self.assertTrue(
            request.action_print()["url"].endswith(f"{REPORT}/{request.id}")
        )
        self.assertIn("Ordet i noten", self.render(request))

    def test_who_verified_and_the_state_are_not_set_by_hand(self):
        request = self.request()
        for vals in (
            {"verified_by_id": self.colleague.id},
            {"verified_on": TODAY},
            {"state": "answered"},
            {"answered_on": TODAY},
            {"show_names": True},
            {"citizen_id": self.citizen.id},
            {"team_id": self.forest.id},
        ):
            with self.subTest(vals), self.assertRaises(UserError):
                request.write(vals)

    # --- the contents -----------------------------------------------------------------
    def test_everything_that_was_said_is_printed(self):
        page = self.render(self.request())
        for sentence in self.sentences:
            self.assertIn(sentence, page)
        for word in (
            "Vi mødtes",
            "Vi forsøgte",
            "16. september 2026",
            self.citizen.reference,
        ):
            self.assertIn(word, page)
        self.assertNotIn("Ordet inde i filen", page)
        # Colleagues are not named beyond the person's own contact person.
        for user in (self.supervisor, self.intake):
            self.assertNotIn(user.name, page)
        self.assertFalse(cpr.find_cpr(page))

    def test_the_referrer_is_proposed_to_be_withheld(self):
        request = self.request()
        referral = self.course.referral_id
        item = self.item(request, referral, "referrer")
        self.assertEqual((item.withheld, item.ground), (True, "referrer"))
        page = self.render(request)
        for word in ("naboen", "telefonen", "frygten", self.source_relative.name):
            self.assertNotIn(word, page)
        self.assertEqual(page.count(PLACEHOLDER), 2)
        self.assertIn("Grund: Hvem der henvendte sig", page)
        item.withheld = False
        page = self.render(request)
        self.assertIn("Ordet om naboen", page)
        self.assertEqual(page.count(PLACEHOLDER), 1)
        self.assertEqual((item.decided_by_id, item.decided_on), (self.worker, TODAY))

    def test_what_came_after_the_list_follows_the_proposal(self):
        request = self.request()
        request.sudo().item_ids.unlink()
        page = self.render(request)
        self.assertNotIn("naboen", page)
        self.assertEqual(page.count(PLACEHOLDER), 2)

    def test_what_is_withheld_is_not_there_and_is_told(self):
        request = self.request()
        self.item(request, self.contact.sudo(), "note").write(
            {"withheld": True, "ground": "others", "reason": "Ordet om vores grund"}
        )
        self.item(request, self.goal.sudo()).write(
            {"withheld": True, "ground": "ongoing"}
        )
        page = self.render(request)
        for word in ("Ordet i noten", "Ordet om målet", "Ordet om vores grund"):
            self.assertNotIn(word, page)
        self.assertNotRegex(page, r"\bMål\b")
        self.assertIn("Hensyn til andre", page)
        self.assertIn("Noget, der stadig er under behandling", page)
        self.assertIn("Ordet ved døren", page)
        self.assertEqual(page.count(PLACEHOLDER), 4)
        self.assertRegex(page, r"er holdt tilbage: <strong>4</strong>")
        self.assertEqual(request.withheld_count, 4)
        self.assertEqual(
            self.item(request, self.contact.sudo(), "note").reason,
            "Ordet om vores grund",
        )

    def test_the_history_tells_nothing_of_what_is_withheld(self):
        self.goal.attainment = "part"
        request = self.request()
        self.assertIn("På vej", self.render(request).split("Det er blevet ændret")[1])
        item = self.item(request, self.goal.sudo(), "goal")
        item.write({"withheld": True, "ground": "self"})
        history = self.render(request).split("Det er blevet ændret")[1]
        self.assertNotIn("På vej", history)
        self.assertIn("Mål: ændret", history)

    def test_withholding_needs_a_ground(self):
        item = self.item(self.request(), self.contact.sudo(), "note")
        with self.assertRaisesRegex(ValidationError, "ground"):
            item.withheld = True
        item.write({"withheld": True, "ground": "other"})
        with self.assertRaises(ValidationError):
            item.ground = False

    def test_items_point_and_hold_nothing(self):
        request = self.request()
        self.env.flush_all()
        self.env.cr.execute("SELECT t::text FROM sekp_access_request_item t")
        rows = " ".join(row for (row,) in self.env.cr.fetchall())
        self.assertIn("sekp.contact", rows)
        self.assertNotIn("Ordet", rows)
        item = self.item(request, self.contact.sudo(), "note")
        self.assertNotIn("Ordet", " ".join(request.item_ids.mapped("label")))
        self.assertIn("Note", item.label)
        for vals in ({"record_id": 1}, {"record_model": "x"}, {"field_name": "x"}):
            with self.assertRaises(UserError):
                item.write(vals)
        with self.assertRaises(AccessError):
            item.create({"request_id": request.id, "record_model": "x", "record_id": 1})

    def test_collecting_again_keeps_what_was_decided(self):
        request = self.request()
        note = self.item(request, self.contact.sudo(), "note")
        note.write({"withheld": True, "ground": "others", "reason": "Grund"})
        referrer = self.item(request, self.course.referral_id, "referrer")
        referrer.withheld = False
        before = request.item_ids
        request.action_collect()
        self.assertEqual(request.item_ids, before)
        new = self.log(self.course, note="Ordet siden")
        request.action_collect()
        self.assertEqual(set((request.item_ids - before).mapped("record_id")), {new.id})
        self.assertEqual((note.withheld, note.reason), (True, "Grund"))
        self.assertFalse(referrer.withheld)
        goal = self.item(request, self.goal.sudo())
        self.goal.unlink()
        request.action_collect()
        self.assertFalse(goal.exists())

    def test_a_later_request_begins_with_what_was_withheld(self):
        request = self.request()
        self.item(request, self.contact.sudo(), "note").write(
            {"withheld": True, "ground": "others", "reason": "Grund"}
        )
        request.action_answer()
        later = self.request()
        self.assertNotEqual(later, request)
        note = self.item(later, self.contact.sudo(), "note")
        self.assertEqual(
            (note.withheld, note.ground, note.reason), (True, "others", "Grund")
        )

    def test_a_corrected_note_is_printed_with_its_earlier_words(self):
        self.log(self.course, note="Ordet rettet", replaces_id=self.contact.id)
        page = self.render(self.request())
        self.assertIn("Ordet rettet", page)
        self.assertIn("Ordet i noten", page)
        self.assertIn("(rettet senere)", page)

    def test_no_script_survives(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sekp_contact SET note = %s WHERE id = %s", [SCRIPT, self.contact.id]
        )
        self.env.cr.execute("UPDATE sekp_citizen SET alias = %s", [SCRIPT])
        self.env.invalidate_all()
        request = self.request()
        page, _kind = request.env["ir.actions.report"]._render_qweb_html(
            REPORT, request.ids
        )
        page = page.decode()
        self.assertIn(html.escape("<script>alert(1)", quote=False), page)
        self.assertFalse(re.search(r"<script|<img|<[^>]+\son\w+=", page))

    # --- once -------------------------------------------------------------------------
    def test_one_open_request_and_one_obligation(self):
        request = self.request()
        self.assertEqual(self.request(), request)
        with self.assertRaisesRegex(UserError, "already open"):
            request.create({"citizen_id": self.citizen.id})
        self.assertEqual(
            self.obligations(request), {"access_request": datetime(2026, 10, 16).date()}
        )
        request.action_answer()
        self.assertEqual((request.state, request.answered_on), ("answered", TODAY))
        self.assertEqual(self.obligations(request), {})
        for act in (request.action_answer, request.action_collect):
            with self.assertRaises(UserError):
                act()
        with self.assertRaises(UserError):
            request.scope = "looks"
        with self.assertRaises(UserError):
            request.item_ids[0].write({"withheld": True, "ground": "other"})
        self.assertIn("Ordet i noten", self.render(request))

    def test_the_obligation_follows_the_course(self):
        request = self.request()
        self.course.sudo().with_user(self.supervisor)._assign(
            self.colleague, "contact_person", "Ferie"
        )
        with self.at(NOW + timedelta(days=1)):
            self.course.sudo()._hand_on_activities()
            self.assertNotIn(self.worker, request.sudo().activity_ids.user_id)

    def test_a_print_is_logged_once(self):
        request = self.request()
        before = self.logged("print")
        self.render(request)
        self.assertEqual(self.logged("print"), before + 1)
        self.render(self.course, AS_CITIZEN)
        self.assertEqual(self.logged("print"), before + 2)
        report = self.env.ref("sekp_outreach.sekp_access_request_report")
        self.assertEqual(report.print_report_name, "object.reference")
        self.assertIn(f"<title>{self.citizen.reference}</title>", self.render(request))

    # --- reading as the citizen ---------------------------------------------------
    def test_read_as_the_citizen_marks_what_is_withheld(self):
        self.assertIn(AS_CITIZEN, self.course.action_read_as_citizen()["url"])
        request = self.request()
        self.item(request, self.contact.sudo(), "note").write(
            {"withheld": True, "ground": "others"}
        )
        page = self.render(self.course, AS_CITIZEN)
        for sentence in self.sentences | {"Ordet om naboen"}:
            self.assertIn(sentence, page)
        self.assertEqual(page.count("Holdt tilbage i personens udskrift:"), 3)
        self.assertNotIn(PLACEHOLDER, page)

    # --- who may ----------------------------------------------------------------------
    def test_the_unentitled_are_refused(self):
        request = self.request()
        strangers = (
            self.colleague, self.other_supervisor, self.foreign_supervisor,
            self.intake, self.receiver, self.manager, self.employee,
        )  # fmt: skip
        for user in strangers:
            with self.subTest(user.login):
                self.refused(request.with_user(user))
                self.refused(self.course.with_user(user))
                for record, method in (
                    (request, "action_print"),
                    (request, "action_collect"),
                    (request, "action_show_names"),
                    (request, "action_answer"),
                    (self.citizen, "action_print_for_citizen"),
                    (self.course, "action_print_for_citizen"),
                    (self.course, "action_read_as_citizen"),
                ):
                    with self.assertRaises(AccessError):
                        call_kw(
                            self.env[record._name].with_user(user),
                            method,
                            [record.ids],
                            {},
                        )
        self.assertIn("Ordet", self.render(request.with_user(self.supervisor)))

    def test_emergency_access_prints_nothing(self):
        self.course.sudo().with_user(self.other_worker)._break_glass("acute", "Brand")
        request = self.request()
        self.assertTrue(self.course.with_user(self.other_worker).has_access("read"))
        self.refused(request.with_user(self.other_worker))
        self.refused(self.course.with_user(self.other_worker))
        for act in ("action_print_for_citizen", "action_read_as_citizen"):
            with self.assertRaises(AccessError):
                getattr(self.course.with_user(self.other_worker), act)()
        with self.assertRaises(AccessError):
            self.citizen.with_user(self.other_worker).action_print_for_citizen()

    def test_another_teams_course_is_announced_and_not_told(self):
        self.course.sudo().write({"next_step": "Ordet fra den anden"})
        self.course.sudo().handover_ids._withdraw()
        self.course.sudo()._close("achieved")
        self.course.sudo().assignment_ids.sudo().write({"date_to": TODAY})
        self.course.sudo().write({"team_id": self.forest.id})
        with self.at(NOW + timedelta(days=40)):
            course = self.course.sudo().create(
                {
                    "citizen_id": self.course.sudo().citizen_id.id,
                    "reference": self.course.sudo().reference,
                    "company_id": self.company.id,
                    "team_id": self.harbour.id,
                    "standard_id": self.standard.id,
                    "previous_course_id": self.course.id,
                    "date_start": TODAY + timedelta(days=40),
                }
            )
            course._assign(self.colleague, "contact_person", "Nyt forløb")
            # As at the end of the colleague's request, who began it.
            self.env.flush_all()
            course = course.with_user(self.colleague)
            self.log(course, note="Ordet i det nye")
            request = self.request(user=self.colleague, course=course)
            page = self.render(request)
            labels = request.item_ids.mapped("label")
        self.assertTrue(labels)
        self.assertNotIn("Something you may not open yourself", labels)
        self.assertIn("Der er flere forløb hos andre teams", page)
        self.assertIn("Ordet i det nye", page)
        self.assertNotIn(self.forest.name, page)
        for sentence in self.sentences - {"Ordet Ræven", "Ordet Havnen"}:
            self.assertNotIn(sentence, page)

    # --- a person without a name ------------------------------------------------------
    def test_a_person_known_by_an_alias_only_can_ask(self):
        course = self.allocate(source_id=self.source_self.id, concern="Sover ude")
        self.name_as(course, "Uglen")
        page = self.render(self.request(course=course, verified_by="facts"))
        self.assertIn("Uglen", page)
        self.assertIn("Sover ude", page)
        self.assertNotIn(PLACEHOLDER, page)

    # --- scope ------------------------------------------------------------------------
    def test_only_what_was_asked_for(self):
        page = self.render(self.request(scope="contents", large_type=False))
        self.assertIn("Ordet i noten", page)
        self.assertNotIn("Hvem der har set dine oplysninger", page)
        self.assertNotIn('class="large"', page)
        page = self.render(self.request(scope="looks", large_type=True))
        self.assertNotIn("Ordet", page)
        self.assertIn("Hvem der har set dine oplysninger", page)
        self.assertIn('class="large"', page)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAccessRequestWithoutText(AccessRequestCase):
    """Under a standard that lets nothing be stored of the person."""

    standard_values = {"registration_mode": "none"}

    @classmethod
    def make_referral(cls):
        return cls.refer()

    @classmethod
    def fill(cls, course):
        cls.contact = cls.log(course, minutes=20)
        return set()

    def test_dates_forms_and_outcomes_only(self):
        request = self.request(verified_by="facts")
        page = self.render(request)
        self.assertIn("16. september 2026", page)
        self.assertIn(self.home_visit.with_context(lang="da_DK").name, page)
        self.assertIn("Vi mødtes", page)
        item = self.item(request, self.contact.sudo())
        item.write({"withheld": True, "ground": "ongoing"})
        self.assertNotIn("Vi mødtes", self.render(request))
        with self.assertRaisesRegex(ValidationError, "cannot be stored"):
            item.reason = "Fordi"
        request.names_reason = "essential"
        request.with_user(self.supervisor).action_show_names()
        self.assertIn(self.worker.name, self.render(request))


@tagged("post_install", "-at_install", "sekp_outreach")
class TestWhoLooked(AccessRequestCase):
    """Who has looked: date, role and purpose; names only when decided."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = make_user(cls.env, "sekp_auditor", "auditor", cls.company)

    def look(self, user, day, record=None, minute=0):
        """Let a user open the course on a day of September."""
        record = record or self.course
        with self.at(datetime(2026, 9, day, 8, minute)):
            record.with_user(user).read(["phase" if "phase" in record else "state"])
            self.env.flush_all()

    def looks(self, **vals):
        """Return the lines of the print on a late day, as the supervisor prints it."""
        with self.at(datetime(2026, 9, 30, 12)):
            request = self.request(user=self.supervisor, scope="looks", **vals)
            values = request._print_values()["looks"]
            page = self.render(request)
        return values["lines"], page

    def roles(self, day, lines):
        """Return what was told of a day of September."""
        return [
            (one["role"], one["what"], one["count"])
            for one in lines
            if re.search(rf"\b{day}\b", one["date"].replace("2026", ""))
        ]

    def test_roles_at_that_time(self):
        course = self.course.sudo()
        course._assign(
            self.colleague, "cover", "Ferie",
            date_from=datetime(2026, 9, 17).date(),
            date_to=datetime(2026, 9, 18).date(),
        )  # fmt: skip
        self.look(self.worker, 17)
        self.look(self.worker, 17, minute=9)
        self.look(self.colleague, 18)
        self.look(self.supervisor, 19)
        with self.at(datetime(2026, 9, 20, 8)):
            course.with_user(self.other_worker)._break_glass("acute", "Brand")
            self.env.flush_all()
        self.look(self.other_worker, 20, minute=1)
        self.look(self.intake, 21, record=self.course.referral_id)
        with self.at(datetime(2026, 9, 22, 8)):
            course._assign(self.colleague, "contact_person", "Skifte")
        lines, page = self.looks()
        opened = "opened it"
        self.assertEqual(self.roles(17, lines), [("your contact person", opened, 2)])
        self.assertEqual(
            self.roles(18, lines), [("a colleague who covered", opened, 1)]
        )
        self.assertEqual(self.roles(19, lines), [("the leader of the team", opened, 1)])
        self.assertEqual(
            self.roles(20, lines),
            [
                ("a colleague with emergency access", "took emergency access", 1),
                ("a colleague with emergency access", opened, 1),
            ],
        )
        self.assertEqual(
            self.roles(21, lines), [("the one who receives referrals", opened, 1)]
        )
        # 10:00 in Copenhagen, for 8:00 in Greenwich.
        self.assertIn("10:00–10:09", page)
        self.assertIn("Akut behov", page)
        self.assertIn(self.harbour.name, page)
        for user in (self.worker, self.colleague, self.other_worker, self.supervisor):
            self.assertNotIn(user.name, page)

    def test_names_only_when_decided_with_a_reason(self):
        self.look(self.worker, 17)
        with self.at(datetime(2026, 9, 30, 12)):
            request = self.request(scope="looks")
            decider = request.with_user(self.supervisor)
            with self.assertRaisesRegex(UserError, "reason"):
                decider.action_show_names()
            request.names_reason = "misuse"
            # Those whose looking may be the question do not read the names alone.
            with self.assertRaisesRegex(AccessError, "supervisor"):
                request.action_show_names()
            before = self.logged("reveal")
            decider.action_show_names()
            self.assertEqual(self.logged("reveal"), before + 1)
            self.assertIn(self.worker.name, self.render(request))
            request.names_reason = False
            self.assertFalse(request.show_names)
            self.assertNotIn(self.worker.name, self.render(request))
            request.names_reason = "agreed"
            decider.action_show_names()
            request.action_hide_names()
            self.assertNotIn(self.worker.name, self.render(request))

    def test_lists_and_refusals_are_told(self):
        Log = self.env["sekp.access.log"]
        with self.at(datetime(2026, 9, 17, 8)):
            other = self.allocate(concern="En anden")
            courses = self.env["sekp.course"].with_user(self.worker)
            shown = courses.web_search_read([], {"phase": {}})
            self.assertGreater(len(shown["records"]), 1)
            self.env.flush_all()
        with self.at(datetime(2026, 9, 18, 8)):
            Log.with_user(self.other_worker).sudo()._insert(
                "refused", self.course.sudo(), False, {"user_id": self.other_worker.id}
            )
            Log.with_user(self.worker).sudo()._insert(
                "open", other.sudo(), False, {"user_id": self.worker.id}
            )
        lines, page = self.looks()
        self.assertEqual(
            self.roles(17, lines), [("your contact person", "saw you in a list", 1)]
        )
        self.assertEqual(
            self.roles(18, lines),
            [("another member of staff", "tried to open it and was refused", 1)],
        )
        self.assertNotIn(other.sudo().reference, page)

    def test_the_list_says_when_it_is_cut(self):
        self.patch_length(2)
        for day in (17, 18, 19):
            self.look(self.worker, day)
        lines, page = self.looks()
        self.assertLessEqual(len(lines), 2)
        self.assertIn("De ældste linjer er udeladt", page)
        self.assertEqual(self.roles(17, lines), [])

    def patch_length(self, length):
        self.patch(
            __import__(
                "odoo.addons.sekp_outreach.models.sekp_who_looked", fromlist=["LONGEST"]
            ),
            "LONGEST",
            length,
        )


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAccessRequestOverHttp(AccessRequestCase, HttpCase):
    """The page as a browser asks for it."""

    def setUp(self):
        super().setUp()
        self.page = f"/report/html/{REPORT}/{self.request().id}"
        self.preview = f"/report/html/{AS_CITIZEN}/{self.course.id}"

    @mute_logger("odoo.http")
    def test_the_entitled_get_the_page_and_nobody_else(self):
        for login, status in (
            ("sekp_worker", 200),
            ("sekp_supervisor", 200),
            ("sekp_colleague", 403),
            ("sekp_other_supervisor", 403),
            ("sekp_employee", 403),
        ):
            self.authenticate(login, login)
            for path in (self.page, self.preview):
                with self.subTest(login=login, path=path):
                    response = self.url_open(path, allow_redirects=False)
                    self.assertEqual(response.status_code == 200, status == 200)
                    self.assertEqual("Ordet i noten" in response.text, status == 200)
        self.authenticate(None, None)
        response = self.url_open(self.page, allow_redirects=False)
        self.assertNotIn("Ordet", response.text)
        self.assertNotEqual(response.status_code, 200)

    def test_a_page_is_logged_once_and_fetches_nothing(self):
        self.authenticate("sekp_worker", "sekp_worker")
        before = self.logged("print")
        page = self.url_open(self.page).text
        self.assertEqual(self.logged("print"), before + 1)
        self.assertFalse(re.search(r"<(script|link|img|iframe)\b", page))
        self.assertIn('name="viewport"', page)
