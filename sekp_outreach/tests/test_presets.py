import csv
import re
from datetime import date, timedelta
from pathlib import Path

from odoo.modules.module import get_module_path
from odoo.tests import TransactionCase, tagged
from odoo.tools import file_open, html2plaintext

from ..tools.danish_calendar import due_date
from .common import make_company

PRESETS = ("broenderslev", "hvidovre", "lejre", "greve", "thisted")
PARTS = (
    "deadline_ids",
    "route_ids",
    "anonymity_ids",
    "section_ids",
    "goal_ids",
    "statement_ids",
)
CATALOGUES = (
    "target_group_ids",
    "source_ids",
    "contact_form_ids",
    "support_function_ids",
)
# What a statement names an entry of a list by; catalogue entries go by their code.
ENTRY_KEYS = {
    "deadline_ids": "kind",
    "section_ids": "kind",
    "route_ids": "name",
    "anonymity_ids": "towards",
}
RECEIVED = date(2026, 12, 18)
CHRISTMAS_EVE = date(2026, 12, 24)
SHORTEST_SECTION = 40

# What the five papers say, in the order of PRESETS. A value for each of them,
# or one value for all five where they agree.
PARAMETERS = {
    "municipality": (
        "Brønderslev Kommune",
        "Hvidovre Kommune",
        "Lejre Kommune",
        "Greve Kommune",
        "Thisted Kommune",
    ),
    "form_of_address": ("you", "citizen", "you", "citizen", "you"),
    "approved_on": (date(2024, 12, 2), False, date(2021, 9, 8), False, False),
    "registration_mode": ("alias", "alias", "alias", "none", "full"),
    "anonymity_citizen": ("allowed", "right", "right", "right", "not_offered"),
    "anonymity_referrer": ("allowed", "allowed", "allowed", "right", "allowed"),
    "diagnosis_required": False,
    "age_min": (0, 18, 0, 0, 0),
    "age_max": (0, 64, 0, 0, 0),
    "anyone_may_refer": (False, False, True, True, False),
    "outreach_without_request": "offered",
    "visitation": ("off", "off", "off", "off", "offered"),
    "grant": ("off", "off", "off", "off", "required"),
    "acute_policy": ("unstated", "handle", "redirect", "unstated", "unstated"),
    "acute_phone": (False, False, "114", False, False),
    "rhythm_count": (1, 0, 0, 1, 1),
    "rhythm_unit": "month",
    "hours_rule": ("unstated", "window", "unstated", "unstated", "agreement"),
    "hours_weekends": False,
    "closing_grace_days": 30,
    "action_plan": ("off", "offered", "off", "off", "required"),
    "sub_goals": ("off", "off", "off", "off", "required"),
    "review_rule": ("continuous", "interval", "none", "none", "before_grant_expiry"),
    "review_interval_months": (0, 6, 0, 0, 0),
    "grant_warning_days": 56,
    "review_with_citizen": (False, False, False, False, True),
    "review_with_authority": (False, False, False, False, True),
    "review_with_provider": (False, False, False, False, True),
    "status_report": ("off", "off", "off", "off", "required"),
    "ordinary_offer_assessment": ("required", "off", "off", "off", "required"),
    "absence_agreement": ("off", "off", "off", "off", "required"),
    "reopening": "offered",
    "duty_to_inform": ("off", "off", "off", "off", "required"),
    "choice_of_provider": "off",
    "worker_matching": ("off", "off", "off", "off", "required"),
    "complaint_block": (False, False, True, False, False),
}
ALL_FORMS = {
    "home_visit",
    "public_space",
    "venue",
    "accompaniment",
    "phone",
    "sms",
}
TEN_FUNCTIONS = {
    "isolation",
    "accompany_authorities",
    "bridging_activities",
    "bridge_builder",
    "rights",
    "clarify_needs",
    "rehousing",
    "keep_dwelling",
    "family_network",
    "treatment",
}
GROUPS = {"mental_illness", "drugs", "alcohol", "homeless", "vulnerable"}
CIRCUMSTANCES = {
    "not_in_offers",
    "no_earlier_support",
    "needs_more",
    "sporadic_contact",
}
LISTS = {
    "target_group_ids": (
        GROUPS | CIRCUMSTANCES,
        {"mental_illness"},
        GROUPS | {"isolated", "not_in_offers"},
        GROUPS | {"not_in_offers"},
        GROUPS | {"isolated"} | CIRCUMSTANCES,
    ),
    "source_ids": (
        {"self", "relative", "doctor"},
        set(),
        {
            "self",
            "relative",
            "neighbour",
            "psychiatry",
            "police",
            "jobcentre",
            "other",
        },
        {"self", "relative", "municipal_partner", "housing_company"},
        {"self", "relative"},
    ),
    "contact_form_ids": (
        ALL_FORMS,
        set(),
        set(),
        {"home_visit", "public_space", "phone", "sms"},
        ALL_FORMS,
    ),
    "support_function_ids": (
        TEN_FUNCTIONS,
        {
            "talks",
            "counselling",
            "influence",
            "isolation",
            "authorities",
            "family_network",
            "outward_activities",
            "structure",
            "everyday_training",
            "action_plan",
            "outreach",
            "acute_outreach",
        },
        set(),
        {"authorities", "housing_company", "family_network", "treatment", "motivation"},
        TEN_FUNCTIONS,
    ),
}
# kind: (timing, amount, unit, clock start)
DEADLINES = (
    {},
    {},
    {
        "response": ("counted", 7, "day", "received"),
        "first_visit": ("counted", 7, "day", "received"),
    },
    {"processing": ("counted", 5, "working_day", "received")},
    {
        "decision": ("counted", 8, "week", "received"),
        "start": ("worded", 0, False, "decided"),
    },
)
# (name, age from, age to, phone, mailbox)
ROUTES = (
    [
        (
            "Visitationen \N{EN DASH} Det Specialiserede Område",
            30,
            0,
            "9945 4421",
            False,
        ),
        ("UngeCentret", 0, 29, "9945 4705", False),
    ],
    [("Støtte- og kontaktpersonordningen", 0, 0, False, False)],
    [
        ("Huset Horseager", 0, 0, False, "post@lejre.dk"),
        ("Team Social Service", 0, 0, "46 46 46 46", "Sikkerjobcenter@lejre.dk"),
    ],
    [("Støtte- og kontaktpersonerne", 0, 0, False, False)],
    [
        (
            "Visitationen for Handicap og Socialpsykiatri",
            0,
            0,
            "99 17 19 20",
            "social@thisted.dk",
        )
    ],
)
# Due dates for a referral of RECEIVED: (Christmas Eve a working day, a closing day).
WORKED_DATES = {
    ("lejre", "response"): (date(2026, 12, 25), date(2026, 12, 25)),
    ("lejre", "first_visit"): (date(2026, 12, 25), date(2026, 12, 25)),
    ("greve", "processing"): (date(2026, 12, 28), date(2026, 12, 29)),
    ("thisted", "decision"): (date(2027, 2, 12), date(2027, 2, 12)),
    ("thisted", "start"): (False, False),
}
# Facts that a printed topic must not lose, said by a section or made from a parameter:
# {preset: {topic: words}}.
FACTS = {
    "broenderslev": {
        "legal_basis": ("§ 99",),
        "intake": ("30 or older", "under 30", "9945 4421", "9945 4705", "no grant"),
        "scope": ("once a month", "permanent"),
    },
    "hvidovre": {
        "legal_basis": ("§ 99",),
        "target_group": ("18", "64"),
        "anonymity": ("frivilligt", "right to be anonymous"),
        "scope": ("weekdays", "om aftenen"),
        "exclusions": ("Behandling", "terapi"),
        "follow_up": ("every 6 months",),
    },
    "lejre": {
        "legal_basis": ("§ 99",),
        "emergency": ("114", "112"),
        "deadline": ("answer within 7 days", "come out to you within 7 days"),
        "exclusions": ("§ 85",),
        "intake": ("bekymringshenvendelse", "46 46 46 46", "post@lejre.dk"),
        "complaint": ("Borgerrådgiveren", "Lejrevej 15", "4320 Lejre"),
        "more": ("10284", "1287", "retsinformation.dk"),
    },
    "greve": {
        "legal_basis": ("§ 99",),
        "anonymity": ("right to be anonymous", "Nothing is registered"),
        "deadline": ("within 5 working days",),
        "scope": ("once a month", "midlertidig"),
    },
    "thisted": {
        "legal_basis": ("§ 99",),
        "target_group": ("§ 85",),
        "intake": ("99 17 19 20", "social@thisted.dk"),
        "deadline": ("within 8 weeks", "hurtigst muligt"),
        "provider": ("frit valg",),
        "absence": ("sygdom", "ferie"),
        "anonymity": ("frivilligt", "tavshedspligt"),
    },
}
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<!\d)\d(?:[ \xa0.-]?\d){7}(?!\d)")


def matrix():
    """Return the matrix of requirements as ``{requirement: {preset: cell}}``."""
    with file_open("sekp_outreach/tests/requirements.csv") as file:
        return {
            row["requirement"]: {code: row[code].strip() for code in PRESETS}
            for row in csv.DictReader(file)
        }


def words(html):
    """Return the text of a section with single spaces."""
    return " ".join(html2plaintext(html).split())


def topics(preset):
    """Return what is printed of each topic, as ``{kind: text}``."""
    said = {}
    for topic in preset._published_facts("committee"):
        lines = [
            line for fact in topic["facts"] for line in (fact["text"], *fact["items"])
        ]
        text = " ".join([*map(str, lines), words(topic["body"])])
        said[topic["kind"]] = " ".join(
            [said.get(topic["kind"], ""), *text.split()]
        ).strip()
    return said


@tagged("post_install", "-at_install", "sekp_outreach")
class TestPresets(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.presets = {
            code: cls.env.ref(f"sekp_outreach.preset_{code}") for code in PRESETS
        }
        cls.company = make_company(cls.env, "Havnby Kommune")

    def adopt(self, code):
        return self.presets[code].with_company(self.company).copy()

    def texts(self, preset):
        """Return every text of a preset and its parts."""
        records = [preset, *(part for parts in PARTS for part in preset[parts])]
        return [
            record[name] or ""
            for record in records
            for name, field in record._fields.items()
            if field.store and field.type in ("char", "text", "html")
        ]

    # --- the matrix of requirements -----------------------------------------------
    def test_every_requirement_of_a_paper_has_a_home(self):
        requirements = matrix()
        self.assertTrue(requirements)
        for code, preset in self.presets.items():
            with self.subTest(preset=code):
                stated = {number for number, row in requirements.items() if row[code]}
                self.assertGreater(len(stated), 40)
                self.assertEqual(
                    set(preset.statement_ids.filtered("lives_in").mapped("requirement"))
                    - {False},
                    stated,
                    "The matrix and the statements name the same requirements.",
                )

    def test_every_statement_has_a_sentence_and_a_home(self):
        for code, preset in self.presets.items():
            with self.subTest(preset=code):
                for statement in preset.statement_ids:
                    name = f"{statement.requirement} {statement.home} {statement.entry}"
                    self.assertTrue((statement.sentence or "").strip(), name)
                    self.assertLessEqual(len(statement.sentence), 200, name)
                    self.assertTrue(statement.lives_in, name)

    def test_the_entry_of_a_statement_exists(self):
        """A statement about one entry of a list names one that is in that list."""
        for code, preset in self.presets.items():
            with self.subTest(preset=code):
                for statement in preset.statement_ids.filtered("entry"):
                    key = ENTRY_KEYS.get(statement.home, "code")
                    entries = preset[statement.home].mapped(key)
                    self.assertEqual(entries.count(statement.entry), 1, statement.entry)

    def test_the_date_of_a_paper_stands_at_its_statements(self):
        for code, preset in self.presets.items():
            with self.subTest(preset=code):
                self.assertEqual(
                    set(preset.statement_ids.mapped("document_date")),
                    {preset.approved_on},
                )

    # --- the texts ----------------------------------------------------------------
    def test_sections_say_something(self):
        for code, preset in self.presets.items():
            with self.subTest(preset=code):
                kinds, printed = preset.section_ids.mapped("kind"), topics(preset)
                self.assertEqual(
                    len(kinds), len(set(kinds)), "one section of each kind"
                )
                for section in preset.section_ids:
                    text = words(section.body)
                    self.assertGreater(len(text), SHORTEST_SECTION, section.title)
                    self.assertTrue(section.title.strip())
                for topic, facts in FACTS[code].items():
                    for fact in facts:
                        self.assertIn(fact, printed[topic])

    def test_sections_keep_the_form_of_address(self):
        """A citizen is spoken to in all sections or in none."""
        spoken_to = re.compile(r"\b(du|dig|din|dit|dine)\b", re.IGNORECASE)
        for code, preset in self.presets.items():
            with self.subTest(preset=code):
                text = " ".join(words(section.body) for section in preset.section_ids)
                self.assertEqual(
                    bool(spoken_to.search(text)), preset.form_of_address == "you"
                )
                if preset.form_of_address == "you":
                    self.assertNotRegex(text, r"(?i)\bborgeren\b")

    def test_no_private_address_or_number_is_shipped(self):
        """Only entry points can be reached: no address or number of an employee."""
        for code, preset in self.presets.items():
            with self.subTest(preset=code):
                text = " ".join(" ".join(self.texts(preset)).split())
                mailboxes = {
                    box.lower() for box in preset.route_ids.mapped("mailbox") if box
                }
                phones = {
                    re.sub(r"\D", "", phone)
                    for phone in preset.route_ids.mapped("phone")
                    if phone
                }
                self.assertEqual(
                    {address.lower() for address in EMAIL.findall(text)}, mailboxes
                )
                self.assertEqual(
                    {re.sub(r"\D", "", phone) for phone in PHONE.findall(text)}, phones
                )
                self.assertNotRegex(text, r"(?i)mailto:|tel:")

    def test_every_way_in_is_printed(self):
        for code, preset in self.presets.items():
            with self.subTest(preset=code):
                text = topics(preset)["intake"]
                for way in filter(
                    None,
                    preset.route_ids.mapped("phone")
                    + preset.route_ids.mapped("mailbox"),
                ):
                    self.assertIn(way, text)

    # --- the parameters -----------------------------------------------------------
    def test_presets_belong_to_nobody(self):
        for code, preset in self.presets.items():
            with self.subTest(preset=code):
                self.assertEqual(preset.code, code)
                self.assertEqual((preset.state, preset.status), ("preset", "preset"))
                self.assertFalse(preset.company_id)
                self.assertFalse(preset.valid_from)
                self.assertFalse(preset.route_ids.team_id)

    def test_parameters(self):
        for index, (code, preset) in enumerate(self.presets.items()):
            with self.subTest(preset=code):
                expected = {
                    name: values[index] if isinstance(values, tuple) else values
                    for name, values in PARAMETERS.items()
                }
                self.assertEqual({name: preset[name] for name in expected}, expected)

    def test_catalogue_entries(self):
        for index, (code, preset) in enumerate(self.presets.items()):
            with self.subTest(preset=code):
                for name in CATALOGUES:
                    self.assertEqual(
                        set(preset[name].mapped("code")), LISTS[name][index], name
                    )

    def test_deadlines(self):
        for index, (code, preset) in enumerate(self.presets.items()):
            with self.subTest(preset=code):
                self.assertEqual(
                    {
                        line.kind: (
                            line.timing,
                            line.amount,
                            line.unit,
                            line.clock_start,
                        )
                        for line in preset.deadline_ids
                    },
                    DEADLINES[index],
                )
        start = self.presets["thisted"].deadline_ids.filtered(
            lambda line: line.kind == "start"
        )
        self.assertEqual(
            start.wording, "hurtigst muligt, efter at bevillingen er givet"
        )

    def test_entry_points(self):
        for index, (code, preset) in enumerate(self.presets.items()):
            with self.subTest(preset=code):
                self.assertEqual(
                    [
                        (way.name, way.age_from, way.age_to, way.phone, way.mailbox)
                        for way in preset.route_ids
                    ],
                    ROUTES[index],
                )

    def test_texts_of_single_presets(self):
        hvidovre, lejre = self.presets["hvidovre"], self.presets["lejre"]
        self.assertEqual((hvidovre.hour_from, hvidovre.hour_to), (8, 16))
        self.assertIn("aften", hvidovre.hours_exception)
        self.assertIn("114", lejre.acute_text)
        self.assertIn("112", lejre.acute_text)
        self.assertIn("terapi", hvidovre.exclusions)
        self.assertIn("§ 85", lejre.exclusions)
        for code in ("broenderslev", "greve", "thisted"):
            self.assertFalse(self.presets[code].exclusions)
        for code in ("broenderslev", "hvidovre", "lejre", "thisted"):
            self.assertTrue(self.presets[code].competence)
        for code in ("broenderslev", "lejre", "thisted"):
            self.assertTrue(self.presets[code].provider)

    def test_age_decides_the_entry_point_in_broenderslev(self):
        preset = self.presets["broenderslev"]
        young, adult = (
            "UngeCentret",
            "Visitationen \N{EN DASH} Det Specialiserede Område",
        )
        for age, expected in ((18, young), (29, young), (30, adult), (0, False)):
            self.assertEqual(preset._route(age=age).name, expected, age)

    # --- the worked dates ---------------------------------------------------------
    def test_worked_dates(self):
        drafts = {code: self.adopt(code) for code in PRESETS}
        for closed in (False, True):
            if closed:
                start = self.company._sekp_start_of_day
                self.env["resource.calendar.leaves"].with_company(self.company).create(
                    {
                        "name": "Lukkedag",
                        "company_id": self.company.id,
                        "resource_id": False,
                        "date_from": start(CHRISTMAS_EVE),
                        "date_to": start(CHRISTMAS_EVE + timedelta(days=1))
                        - timedelta(seconds=1),
                    }
                )
            self.assertEqual(
                {
                    (code, line.kind): line._due_date(RECEIVED)
                    for code, draft in drafts.items()
                    for line in draft.deadline_ids
                },
                {key: dates[closed] for key, dates in WORKED_DATES.items()},
                f"closed on Christmas Eve: {closed}",
            )

    def test_worked_date_of_an_evaluation(self):
        months = self.adopt("hvidovre").review_interval_months
        self.assertEqual(
            due_date(date(2026, 8, 31), months, "month"), date(2027, 2, 28)
        )

    def test_an_adopted_copy_carries_everything(self):
        for code, preset in self.presets.items():
            with self.subTest(preset=code):
                draft = self.adopt(code)
                self.assertEqual(
                    (draft.state, draft.company_id), ("draft", self.company)
                )
                self.assertEqual(draft.preset_id, preset)
                for part in PARTS:
                    self.assertEqual(len(draft[part]), len(preset[part]), part)
                self.assertEqual(
                    draft.statement_ids.mapped("lives_in"),
                    preset.statement_ids.mapped("lives_in"),
                )

    # --- docs/standards.md --------------------------------------------------------
    def test_the_table_has_every_requirement_and_every_reading(self):
        table = self.env["sekp.standard"]._requirement_table()
        rows = {
            cells[0]: cells[1:]
            for cells in (
                [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
                for line in table.splitlines()
                if re.match(r"\| (R\d+|Requirement) ", line)
            )
        }
        order = sorted(PRESETS)
        self.assertEqual(
            rows.pop("Requirement"),
            [self.presets[code].municipality for code in order],
        )
        requirements = matrix()
        self.assertEqual(list(rows), sorted(requirements))
        for number, cells in rows.items():
            stated = [bool(requirements[number][code]) for code in order]
            self.assertEqual([cell != "\N{EN DASH}" for cell in cells], stated, number)
            self.assertNotIn("not found", " ".join(cells), number)
        for preset in self.presets.values():
            for reading in preset.statement_ids.filtered("interpretation"):
                self.assertIn(reading.interpretation, table)

    def test_the_committed_table_is_the_generated_one(self):
        docs = Path(get_module_path("sekp_outreach")).parent / "docs"
        table = self.env["sekp.standard"]._requirement_table()
        if not docs.is_dir():
            # The addon is installed without its repository: nothing is committed, so
            # the table itself must at least agree with the presets.
            self.assertEqual(
                set(re.findall(r"^\| (R\d+) ", table, re.MULTILINE)), set(matrix())
            )
            return
        self.assertEqual(
            (docs / "standards.md").read_text(encoding="utf-8"),
            table.rstrip() + "\n",
            "Run `make standards-table` and commit docs/standards.md.",
        )
