import lxml.html

from odoo import Command
from odoo.tests import HttpCase, tagged

from ..tools.printed_text import html_lines
from .common import TODAY, OutreachCase, make_company

UNDER_30, FROM_30 = "0-29", "30-0"
# What the five papers say of how one gets help (R030-R032, R040-R053), and so must
# their pages: sources by door, ages, entry points with what one reaches them by, the
# acute matter, how soon, and words of the printed standard.
FACTS = {
    "broenderslev": {
        "worried": {"relative", "other"},
        "professional": {"doctor", "other"},
        "ages": {UNDER_30, FROM_30, ""},
        "says": {
            "Visitationen – Det Specialiserede Område", "9945 4421", "UngeCentret",
            "9945 4705", "30 or older", "under 30", "sets no deadline",
        },
        "never": {"114", "after a decision"},
        "prints": {"You need no grant", "9945 4705"},
    },
    "hvidovre": {
        "worried": {"relative", "neighbour", "voluntary", "other"},
        "professional": {
            "doctor", "psychiatry", "police", "jobcentre", "municipal_partner",
            "housing_company", "voluntary", "other",
        },
        "ages": {"0-17", "18-64", "65-0", ""},
        "says": {
            "Støtte- og kontaktpersonordningen", "write here that it is acute",
            "sets no deadline",
        },
        "never": {"114", "after a decision"},
        "prints": {"from 18 to 64 years"},
    },
    "lejre": {
        "worried": {"relative", "neighbour", "other"},
        "professional": {"psychiatry", "police", "jobcentre", "other"},
        "ages": set(),
        "says": {
            "Huset Horseager", "post@lejre.dk", "Horseager 15 B, 4330 Hvalsø",
            "Team Social Service", "46 46 46 46", "Sikkerjobcenter@lejre.dk",
            "Is it acute? Call 114.", "We answer: within 7 days.",
            "We come out: within 7 days.",
        },
        "never": {"after a decision"},
        "prints": {"114"},
    },
    "greve": {
        "worried": {"relative", "other"},
        "professional": {"municipal_partner", "housing_company", "other"},
        "ages": set(),
        "says": {
            "Støtte- og kontaktpersonerne",
            "We begin to work on it: within 5 working days.",
        },
        "never": {"114", "after a decision"},
        "prints": {"visitation"},
    },
    "thisted": {
        "worried": {"relative", "other"},
        "professional": {"other"},
        "ages": set(),
        "says": {
            "Visitationen for Handicap og Socialpsykiatri", "99 17 19 20",
            "social@thisted.dk", "There is a decision: within 8 weeks.",
            "The support begins: hurtigst muligt, efter at bevillingen er givet.",
            "after a decision", "nobody has to be referred",
            "Only the decision may take so long.", "call if you do not hear from us",
        },
        "never": {"114"},
        "prints": {"visitation"},
    },
}  # fmt: skip


@tagged("post_install", "-at_install", "sekp_outreach")
class TestPublicPresets(OutreachCase, HttpCase):
    """The page of each of the five municipalities says what its own paper says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standards = {}
        for code in FACTS:
            company = make_company(cls.env, f"{code} by")
            cls.foreign_supervisor.sudo().company_ids |= company
            preset = cls.env.ref(f"sekp_outreach.preset_{code}")
            wizard = cls.env["sekp.adopt.standard"].create(
                {"standard_id": preset.id, "company_id": company.id}
            )
            standard = preset.browse(wizard.action_adopt()["res_id"])
            standard.route_ids.team_id.write(
                {
                    "responsible_id": cls.foreign_supervisor.id,
                    "supervisor_ids": [Command.set(cls.foreign_supervisor.ids)],
                    "opening_hours": "man-fre 9-15",
                }
            )
            standard._put_in_force(TODAY)
            company.write({"sekp_public_page": True, "sekp_public_name": code})
            cls.standards[code] = standard

    def page(self, code, path="", lang="en"):
        self.env.flush_all()
        answer = self.url_open(f"/sekp/{code}{path}?lang={lang}")
        self.assertEqual(answer.status_code, 200)
        return lxml.html.document_fromstring(answer.text)

    def words(self, page):
        return " ".join(page.text_content().split())

    def each(self):
        return [(code, self.standards[code], facts) for code, facts in FACTS.items()]

    def test_the_landing_page_says_what_the_paper_says(self):
        for code, standard, facts in self.each():
            words = self.words(self.page(code))
            self.assertIn("Call 112", words)
            self.assertIn("man-fre 9-15", words)
            for fact in facts["says"]:
                self.assertIn(fact, words)
            for other in facts["never"]:
                self.assertNotIn(other, words)
            self.assertIn(
                standard.acute_text or "112", self.words(self.page(code, lang="da"))
            )

    def test_a_decision_that_takes_long_is_no_silence(self):
        self.assertNotIn("so long", self.words(self.page("lejre")))
        standard = self.make_standard(
            in_force=False,
            deadlines=[
                {"kind": "decision", "amount": 8, "unit": "week"},
                {"kind": "response", "amount": 2, "unit": "day"},
            ],
        )
        decision, answer = standard._public_promises()[1:]
        self.assertIn("somebody answers you before", decision)
        self.assertEqual(answer, "We answer: within 2 days.")

    def test_each_door_offers_whom_the_paper_names_and_everybody_else(self):
        for code, _standard, facts in self.each():
            for door in ("worried", "professional"):
                page = self.page(code, f"/{door}")
                ids = page.xpath("//input[@name='source']/@value")
                found = self.env["sekp.source"].browse(map(int, ids)).mapped("code")
                # With one there is nothing to choose.
                self.assertEqual(set(found or ["other"]), facts[door], door)

    def test_an_age_is_asked_for_where_it_decides(self):
        for code, _standard, facts in self.each():
            for door in ("self", "worried", "professional"):
                ages = self.page(code, f"/{door}").xpath("//input[@name='age']/@value")
                self.assertEqual(set(ages), facts["ages"])

    def test_the_printed_sections_are_there_whole(self):
        for code, standard, facts in self.each():
            page = self.page(code, "/standard")
            titles = page.xpath("//*[@class='sekp-section']/h2/span[@lang='da']/text()")
            self.assertEqual(set(titles), set(standard.section_ids.mapped("title")))
            words = self.words(page)
            for fact in facts["prints"]:
                self.assertIn(fact, words)
            own = page.xpath("//*[@class='sekp-section']/div[@lang='da']")
            self.assertEqual(
                {self.words(section) for section in own},
                {" ".join(html_lines(one.body)) for one in standard.section_ids},
            )

    def test_the_age_leads_to_the_right_entry_point(self):
        standard = self.standards["broenderslev"]
        self.assertEqual(len(standard.route_ids.team_id), 2)
        relative = self.source_relative.id
        for band, name in (
            (UNDER_30, "UngeCentret"),
            (FROM_30, "Visitationen – Det Specialiserede Område"),
        ):
            page = self.page("broenderslev", "/worried")
            token = page.xpath("//input[@name='token']/@value")[0]
            with self.at("2026-09-16 10:01:00"):
                answer = self.url_open(
                    "/sekp/broenderslev/worried",
                    data={
                        "token": token, "concern": "Sidder alene", "age": band,
                        "source": relative, "anonymous": "yes",
                    },
                )  # fmt: skip
            self.assertEqual(answer.status_code, 200)
            referral = self.env["sekp.referral"].search(
                [("company_id", "=", standard.company_id.id)], limit=1
            )
            self.assertEqual(referral.team_id.name, name)

    def test_anonymity_and_registration_follow_the_paper(self):
        for code, standard, _facts in self.each():
            page = self.page(code, "/worried")
            self.assertEqual(
                page.xpath("//input[@name='anonymous']/@value"), ["yes", "no"]
            )
            stored = standard.registration_mode != "none"
            self.assertEqual(bool(page.xpath("//input[@type='file']")), stored)
            self.assertEqual(
                "nothing is stored about the person" in self.words(page), not stored
            )
            named = self.page(code, "/self").xpath("//input[@name='referrer_name']")
            self.assertEqual(bool(named), standard.registration_mode == "full")
