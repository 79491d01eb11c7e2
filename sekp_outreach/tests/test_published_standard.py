import re
from datetime import date
from unittest.mock import patch

import lxml.html
from markupsafe import Markup

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import format_date

from odoo.addons.base.models.ir_actions_report import IrActionsReport

from ..tools.printed_text import html_lines
from .common import TODAY, OutreachCase, make_company, make_user
from .test_presets import PRESETS

REPORT = "sekp_outreach.report_standard_%s"
# What a choice of a parameter reads as, for the choices that the five papers make;
# for both forms of address where they differ.
SAYS = {
    ("acute_policy", "handle"): "go out on acute referrals",
    ("acute_policy", "redirect"): "they are led elsewhere",
    ("action_plan", "offered"): "wants, we make an action plan",
    ("action_plan", "required"): "We make an action plan together with you",
    ("absence_agreement", "required"): "is away, we always agree with you",
    ("age_max", 64): "to 64 years old",
    ("age_min", 18): "from 18",
    (
        "anonymity_citizen",
        "not_offered",
    ): "The support is not offered to you anonymously",
    (
        "anonymity_citizen",
        "right",
    ): "have a right to be anonymous|has a right to be anony",
    ("anonymity_referrer", "right"): "Whoever contacts us about someone has a right to",
    ("anyone_may_refer", False): "These are named as those who may contact us",
    ("anyone_may_refer", True): "Anyone may say that someone needs help",
    ("choice_of_provider", "off"): "There is no free choice of provider",
    ("complaint_block", True): "You can complain to us",
    ("diagnosis_required", False): "No psychiatric diagnosis is required",
    ("duty_to_inform", "off"): "has no duty to tell of changes",
    ("duty_to_inform", "required"): "You have to tell the authority of changes",
    ("form_of_address", "citizen"): "The citizen (borgeren)",
    ("form_of_address", "you"): "You (du)",
    ("grant", "off"): "You need no grant",
    ("grant", "required"): "The support is given when there is a grant",
    ("hour_from", 8.0): "from 8.00",
    ("hour_to", 16.0): "to 16.00",
    ("hours_rule", "agreement"): "When the support is given is agreed with you",
    ("hours_rule", "window"): "mainly given on weekdays",
    ("ordinary_offer_assessment", "required"): "whether an ordinary offer suits you",
    ("outreach_without_request", "offered"): "although (you|the citizen) did not ask",
    ("registration_mode", "full"): "registered in your name",
    ("registration_mode", "none"): "Nothing is registered about the citizen",
    ("reopening", "offered"): "The support can begin again",
    ("review_interval_months", 6): "every 6 months",
    ("review_rule", "before_grant_expiry"): "We follow up before the grant ends",
    ("review_rule", "continuous"): "We follow up as we go along",
    ("review_rule", "interval"): "We follow up every",
    ("review_rule", "none"): "no fixed intervals for following up",
    ("review_with_authority", True): "the authority that decides",
    ("review_with_citizen", True): "take part in following up: you",
    ("review_with_provider", True): "the provider",
    ("rhythm_count", 1): "at least once a month",
    ("status_report", "required"): "Together with you we write a status",
    ("sub_goals", "required"): "The goals have sub-goals",
    ("visitation", "off"): "No assessment (visitation) is needed",
    ("visitation", "offered"): "You can contact us without an assessment (visitation)",
    ("worker_matching", "required"): "is chosen to suit you",
}
UNITS = {"day": "days", "working_day": "working days", "week": "weeks"}
# What the citizen looks for in the leaflet: how to get help, anonymity, deadlines,
# cost and complaint; an acute matter stands above it.
FOR_CITIZENS = re.compile(r"R(00[126]|04[89]|05[123]|06[0-4]|07[0-35]|134|137|138)$")
NOT_ON_LEAFLET = {
    "source_ids", "anyone_may_refer", "outreach_without_request", "acute_policy",
    "form_of_address", "complaint_block",
}  # fmt: skip
# What decides nothing under the settings of the test of every parameter.
DECIDES_NOTHING = {"transient_days", "review_lead_days", "not_seen_plan_id"}
# A line that says too little to be looked for where it should not be.
SHORT = 40


@tagged("post_install", "-at_install", "sekp_outreach")
class TestPublishedStandard(OutreachCase, HttpCase):
    """What is printed is what drives: leaflet, committee version, public page."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Prints speak Danish where it is installed; the sentences here are the source.
        cls.env["res.lang"].search([("code", "=", "da_DK")]).active = False
        cls.presets = {
            code: cls.env.ref(f"sekp_outreach.preset_{code}") for code in PRESETS
        }
        cls.company.write({"sekp_public_page": True, "sekp_public_name": "havnby"})

    # --- reading prints -----------------------------------------------------------
    def words(self, html):
        page = lxml.html.document_fromstring(html)
        for style in page.iter("style"):
            style.text = ""
        return " ".join(page.text_content().split())

    def printed(self, standard, part, user=None):
        report = self.env["ir.actions.report"].with_user(user or self.env.user)
        return self.words(report._render_qweb_html(REPORT % part, standard.ids)[0])

    def page(self, path="/standard"):
        self.env.flush_all()
        answer = self.url_open(f"/sekp/havnby{path}?lang=en")
        self.assertEqual(answer.status_code, 200)
        return answer.text

    def draft(self, code="lejre", **vals):
        """Adopt a preset for the municipality, as a draft with a team."""
        draft = self.presets[code].with_company(self.company).copy(vals)
        draft.route_ids.team_id = self.harbour
        return draft

    # --- every fact of the papers -------------------------------------------------
    def expected(self, standard, home, entry):
        """Return what a print must say of a home, as patterns; empty for a lost one."""
        value = standard[home]
        if home == "section_ids":
            section = value.filtered(lambda one: one.kind == entry)
            return [re.escape(line) for line in section.mapped("title")] + [
                re.escape(line) for one in section for line in html_lines(one.body)
            ]
        if home == "deadline_ids":
            line = value.filtered(lambda one: one.kind == entry)
            if line.timing == "worded":
                return [re.escape(line.wording)]
            return [f"within {line.amount} {UNITS[line.unit]}"] if line else []
        if home == "route_ids":
            route = value.filtered(lambda one: one.name == entry)
            known = (route.name, route.phone, route.mailbox, route.address)
            ages = [
                f"{route.age_from} or older" if route.age_from else "",
                f"under {route.age_to + 1}" if route.age_to else "",
            ]
            return [re.escape(one) for one in (*known, *ages) if one]
        if value and standard._fields[home].relational:
            chosen = value.filtered(lambda one: not entry or one.code == entry)
            return [
                re.escape(one.name)
                if one.code != "self"
                else "You yourself|The citizen"
                for one in chosen
            ]
        if home == "source_ids":
            return ["Anyone may say that someone needs help"]
        if (home, value) in SAYS:
            said = SAYS[home, value]
            return [said if "|" in said else re.escape(said).replace(r"\ ", " ")]
        if isinstance(value, date):
            return [format_date(self.env, value, date_format="long")]
        return [re.escape(value.strip(". "))] if isinstance(value, str) else []

    def missing(self, statements, standard, text):
        """Return the requirements whose fact a text does not say."""
        return {
            statement.requirement
            for statement in statements
            if not (
                patterns := self.expected(standard, statement.home, statement.entry)
            )
            or not all(re.search(pattern, text) for pattern in patterns)
        }

    def test_each_fact_of_the_papers_is_printed(self):
        for code, preset in self.presets.items():
            with self.subTest(preset=code):
                stated = preset.statement_ids.filtered("requirement")
                self.assertGreater(len(stated), 40)
                committee = self.printed(preset, "committee")
                self.assertEqual(self.missing(stated, preset, committee), set())
                for_citizens = stated.filtered(
                    lambda one: (
                        FOR_CITIZENS.match(one.requirement)
                        and one.home not in NOT_ON_LEAFLET
                        and one.entry not in ("scope", "more", "legal_basis")
                    )
                )
                self.assertGreater(len(for_citizens), 4)
                leaflet = self.printed(preset, "leaflet")
                self.assertEqual(self.missing(for_citizens, preset, leaflet), set())
                self.assertFalse(preset.number_hint, "A number stands twice.")

    def test_a_fact_that_lost_its_home_is_missed(self):
        preset = self.presets["lejre"]
        stated = preset.statement_ids.filtered("requirement")
        draft = self.draft()
        draft.deadline_ids.filtered(lambda one: one.kind == "first_visit").unlink()
        draft.section_ids.filtered(lambda one: one.kind == "complaint").unlink()
        draft.write({"provider": False, "review_rule": "continuous"})
        self.assertEqual(
            self.missing(stated, preset, self.printed(draft, "committee")),
            {"R071", "R115", "R130", "R132", "R137", "R138"}
            # Another deadline of the same length still says its number.
            - {"R071"},
        )
        draft.deadline_ids.amount = 9
        self.assertLess(
            {"R070", "R071", "R075", "R076"},
            self.missing(stated, preset, self.printed(draft, "committee")),
        )

    # --- one field ----------------------------------------------------------------
    def test_a_changed_deadline_is_printed_shown_and_counted(self):
        self.draft()._put_in_force(date(2026, 1, 1))
        first = self.env["sekp.standard"]._in_force(self.company, TODAY)
        draft = first.browse(first.action_new_version()["res_id"])
        draft.deadline_ids.filtered(lambda one: one.kind == "response").amount = 3
        before, after = "answer within 7 days", "answer within 3 days"
        self.assertIn(after, self.printed(draft, "leaflet"))
        self.assertIn(before, self.words(self.page()))
        draft._put_in_force(TODAY)
        for text in (
            self.printed(draft, "leaflet"),
            self.printed(draft, "committee"),
            self.words(self.page()),
        ):
            self.assertIn(after, text)
            self.assertNotIn(before, text.partition("In an emergency")[2])
        self.assertEqual(self.clocks(self.refer())["response"][0], date(2026, 9, 19))

    def test_the_page_shows_the_leaflet_and_then_the_rest(self):
        standard = self.draft()
        standard._put_in_force(TODAY)
        page = self.words(self.page())
        leaflet, rest = page.split("More of the quality standard")
        self.assertIn(
            "Approved by Udvalget for Social, Sundhed og Ældre on September 8, 2021",
            leaflet,
        )
        self.assertIn("In force from September 16, 2026.", leaflet)
        for topic in standard._published_facts("public"):
            place, other = (leaflet, rest) if topic["leaflet"] else (rest, leaflet)
            self.assertIn(topic["title"], place)
            for line in html_lines(topic["body"]):
                self.assertIn(line, place)
                if len(line) > SHORT:
                    self.assertNotIn(line, other)
            for fact in topic["facts"]:
                self.assertIn(" ".join(html_lines(fact["text"])), place)
        # What the staff work by is the committee's to see.
        self.assertNotIn("out alone", page)
        self.assertIn("out alone", self.printed(standard, "committee"))

    def test_every_parameter_is_printed(self):
        """No parameter is forgotten, and each that decides something is told of."""
        standard = self.draft(
            "thisted",
            age_min=18,
            age_max=64,
            hours_rule="window",
            review_rule="interval",
            review_interval_months=6,
            acute_policy="redirect",
            acute_phone="114",
            anonymity_ids=[Command.create({"towards": "offer"})],
        )
        homes = {home for fact in standard._facts() for home in fact.homes}
        self.assertEqual(set(standard._parameter_fields()) - homes, {"section_ids"})
        standard.statement_ids.unlink()
        alike, changed = set(), standard.copy()
        for name in set(standard._parameter_fields()) - DECIDES_NOTHING:
            found = [standard._changes_from(standard)]
            for value in self.other_values(standard, name):
                try:
                    with self.env.cr.savepoint():
                        changed[name] = value
                except ValidationError:
                    # Two parameters that exclude each other: nothing to print.
                    changed.invalidate_recordset()
                    continue
                found.append(changed._changes_from(standard))
                if standard._fields[name].relational:
                    changed = standard.copy()
                else:
                    changed[name] = standard[name]
            if len(found) < 2 or any(one in found[:at] for at, one in enumerate(found)):
                alike.add(name)
        self.assertEqual(alike, set())

    def other_values(self, standard, name):
        """Return what a parameter could be instead."""
        field, value = standard._fields[name], standard[name]
        if field.relational:
            return [[Command.clear()]]
        if field.type == "selection":
            keys = [key for key, _label in field._description_selection(self.env)]
            return [key for key in keys if key != value]
        if field.type == "boolean":
            return [not value]
        if field.type in ("integer", "float"):
            return [value + 1]
        return [TODAY if field.type == "date" else f"{value} x"]

    def test_generated_sentences_keep_the_form_of_address(self):
        for code in PRESETS:
            preset = self.presets[code]
            for form, never in (
                ("you", r"(?i)\bthe citizen\b"),
                ("citizen", r"(?i)\byour?\b"),
            ):
                lines = [
                    line
                    for fact in preset._facts(form)
                    if fact.topic not in ("approval", "emergency")
                    for line in fact.lines()
                ]
                for line in lines:
                    self.assertNotRegex(line, never)

    # --- what changes -------------------------------------------------------------
    def test_a_draft_is_marked_and_tells_what_it_changes(self):
        first = self.draft()
        first._put_in_force(date(2026, 1, 1))
        self.assertIn(
            "There is no version in force before", self.printed(first, "committee")
        )
        self.assertFalse(first.changes)
        draft = first.browse(first.action_new_version()["res_id"]).with_user(
            self.manager
        )
        self.assertEqual(draft._changes_from(first), [])
        self.assertIn("Nothing changes against", self.words(draft.changes))
        response = draft.deadline_ids.filtered(lambda one: one.kind == "response")
        response.amount = 5
        (draft.deadline_ids - response).unlink()
        draft.route_ids[0].phone = "00 00 00 01"
        section = draft.section_ids.filtered(lambda one: one.kind == "purpose")
        section.body += Markup("<p>Og vi bliver ved.</p>")
        draft.write({"rhythm_count": 2, "form_of_address": "citizen"})
        changes = {
            change.key: (change.kind, change.old, change.new)
            for change in draft._changes_from(first)
        }
        self.assertEqual(
            changes["deadline_ids:response"],
            (
                "changed",
                ["The citizen gets an answer within 7 days after we were contacted."],
                ["The citizen gets an answer within 5 days after we were contacted."],
            ),
        )
        self.assertEqual(
            changes["deadline_ids:first_visit"],
            (
                "gone",
                ["We come out to the citizen within 7 days after we were contacted."],
                [],
            ),
        )
        self.assertEqual(
            changes["rhythm_count"],
            ("new", [], ["We seek the citizen out at least 2 times a month."]),
        )
        self.assertEqual(
            changes["section_ids:purpose"], ("changed", [], ["Og vi bliver ved."])
        )
        self.assertEqual(
            changes["form_of_address"],
            ("changed", ["You (du)"], ["The citizen (borgeren)"]),
        )
        self.assertEqual(
            set(changes),
            {
                "deadline_ids:response", "deadline_ids:response/counting",
                "deadline_ids:first_visit", "rhythm_count", "form_of_address",
                "route_ids:Huset Horseager", "section_ids:purpose",
            },
        )  # fmt: skip
        committee = self.printed(draft, "committee", self.manager)
        self.assertIn(f"Draft {draft.name}", committee)
        for mark in ("+ New", "→ Changed", "\N{MINUS SIGN} No longer"):
            self.assertIn(mark, committee)
        self.assertIn("within 5 days after we were contacted. [→ Changed]", committee)
        self.assertIn("at least 2 times a month. [+ New]", committee)
        self.assertIn(f"{section.title} [→ Changed]", committee)
        # The dialog, the form and the print say the same.
        wizard = (
            self.env["sekp.put.in.force"]
            .with_user(self.manager)
            .create({"standard_id": draft.id, "day": TODAY})
        )
        told = self.words(wizard.changes)
        self.assertEqual(told, self.words(draft.changes))
        self.assertIn(told, committee)
        wizard.action_confirm()
        self.assertEqual(draft._version_before(), first)
        self.assertNotIn("Draft", self.printed(draft, "committee"))

    def test_a_number_in_a_section_is_pointed_at(self):
        draft = self.draft()
        section = draft.section_ids.filtered(lambda one: one.kind == "purpose")
        self.assertFalse(draft.number_hint)
        section.body = "<p>Vi svarer inden for 7 dage.</p>"
        self.assertEqual(draft.number_hint, f"{section.title}: 7 dage")

    # --- who may ------------------------------------------------------------------
    def test_who_may_read_the_standard_may_print_it(self):
        draft = self.draft()
        auditor = make_user(self.env, "sekp_paper_auditor", "auditor", self.company)
        reader = make_user(
            self.env, "sekp_paper_reader", "statistics_reader", self.company
        )
        for user in (self.worker, self.intake, self.manager, auditor, reader):
            for part in ("leaflet", "committee"):
                self.env.invalidate_all()
                self.assertIn("46 46 46 46", self.printed(draft, part, user))
        for user in (self.employee, self.foreign_supervisor):
            self.env.invalidate_all()
            with self.assertRaises(AccessError):
                self.printed(draft, "committee", user)
        foreign = make_company(self.env, "Bakkeby Kommune")
        self.assertFalse(self.env["sekp.standard"]._in_force(foreign, TODAY))

    # --- as a PDF -----------------------------------------------------------------
    def test_the_leaflet_is_a_pdf_where_one_can_be_made(self):
        self.draft()._put_in_force(TODAY)
        state = "get_wkhtmltopdf_state"
        with patch.object(IrActionsReport, state, lambda self: "install"):
            self.assertNotIn("standard.pdf", self.page())
            self.assertEqual(
                self.url_open("/sekp/havnby/standard.pdf").status_code, 404
            )
            self.assertIn(
                "This server cannot make a PDF itself",
                self.printed(self.presets["lejre"], "leaflet"),
            )
        made = []

        def make(self, bodies, **kwargs):
            made.extend(bodies)
            return b"%PDF-1.4 leaflet"

        with (
            patch.object(IrActionsReport, state, lambda self: "ok"),
            patch.object(IrActionsReport, "_run_wkhtmltopdf", make),
        ):
            self.assertIn("/sekp/havnby/standard.pdf", self.page())
            for _turn in range(2):
                answer = self.url_open("/sekp/havnby/standard.pdf")
                self.assertEqual(answer.content, b"%PDF-1.4 leaflet")
                self.assertEqual(answer.headers["Content-Type"], "application/pdf")
                self.assertNotIn("Set-Cookie", answer.headers)
        self.assertEqual(len(made), 1, "Made once, however often it is asked for.")
        self.assertIn("within 7 days", self.words(made[0]))
        self.assertNotIn("This server cannot", made[0])
        # Nothing is fetched while it is made.
        self.assertFalse(
            lxml.html.document_fromstring(made[0]).xpath("//@src | //link")
        )
