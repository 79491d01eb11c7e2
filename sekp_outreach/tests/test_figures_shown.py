import re
from datetime import date, datetime, timedelta

from lxml import html

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..tools.figures import OTHER
from .common import OutreachCase, make_user

GOALS = "sekp_outreach.sekp_quality_goals"
REPORT = "sekp_outreach.sekp_committee_report"
WEEK = "sekp_outreach.sekp_homeless_week"
# A month after week 6 of 2026.
MARCH = datetime(2026, 3, 10, 9, 0)
MONDAY, SUNDAY = date(2026, 2, 2), date(2026, 2, 8)


class FiguresCase(OutreachCase):
    """Figures as they are kept, written down as the nightly job would."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Prints fall back on the user's language: what is asserted is the source.
        cls.env["res.lang"].search([("code", "=", "da_DK")]).active = False
        cls.reader = make_user(cls.env, "sekp_reader", "statistics_reader", cls.company)
        cls.standard = cls.make_standard(
            review_rule="interval",
            review_interval_months=6,
            deadlines=[{"kind": "response", "amount": 7, "unit": "day"}],
            goal_ids=[
                Command.create(
                    {
                        "sentence": "Vi svarer inden for 7 dage.",
                        "indicator": "response_kept",
                        "target": 100,
                    }
                ),
                Command.create(
                    {"sentence": "Flere finder vej.", "indicator": "bridged"}
                ),
                Command.create({"sentence": "Vi er fagligt dygtige."}),
            ],
        )

    @classmethod
    def keep(cls, measure, dimension, numbers, first, last, company=None, **vals):
        """Keep one block of a breakdown; ``numbers`` by category key."""
        cls.env["sekp.statistic"].create(
            [
                {
                    "company_id": (company or cls.company).id,
                    "measure": measure,
                    "dimension": dimension,
                    "category_key": key,
                    "category": f"[{key}]" if key else False,
                    "several": key == OTHER,
                    "date_from": first,
                    "date_to": last,
                    "period": f"{first} – {last}",
                    "months": (last.year - first.year) * 12
                    + last.month
                    - first.month
                    + 1,
                    "value": value,
                    **vals,
                }
                for key, value in numbers.items()
            ]
        )

    def render(self, report, record, user=None):
        """Return the text of a print as a user gets it, each run of spaces as one."""
        page, _kind = (
            self.env["ir.actions.report"]
            .with_user(user or record.env.user)
            ._render_qweb_html(report, record.ids)
        )
        self.page = html.fromstring(page.decode())
        return " ".join(" ".join(self.page.find("body").itertext()).split())


@tagged("post_install", "-at_install", "sekp_outreach")
class TestFigures(FiguresCase):
    """Quality goals and the committee's report are told from the kept figures only."""

    def goal(self, key):
        """Return one goal of the page, as the statistics reader is told."""
        figures = self.env["sekp.figures"].with_user(self.reader)
        told = figures._goals(self.standard, self.company)
        return next(
            goal for goal in told["goals"] + told["others"] if goal["key"] == key
        )

    def keep_quarters(self):
        for number, (kept, late) in enumerate(((6, 6), (9, 5), (16, 0))):
            first = date(2025, 10, 1) if not number else date(2026, 3 * number - 2, 1)
            last = (first + timedelta(days=95)).replace(day=1) - timedelta(days=1)
            numbers = {"kept": kept, "late": late} if late else {"kept": kept}
            self.keep("deadline_response", "kept", numbers, first, last)

    # --- one figure -------------------------------------------------------------------
    def test_a_goal_has_figure_target_trend_and_picture(self):
        self.keep_quarters()
        goal = self.goal("response_kept")
        self.assertEqual(goal["value"], "74 %")
        self.assertEqual(goal["said"], "31 of 42, Oct 2025 – Jun 2026")
        self.assertEqual(
            (goal["target"], goal["promise"]), ("100 %", "7 calendar days")
        )
        self.assertEqual(
            [point["value"] for point in goal["points"]], ["50 %", "64 %", "100 %"]
        )
        self.assertEqual((goal["trend"], goal["arrow"]), ("rising", "↗"))
        self.assertEqual(len(goal["chart"].dots), 3)
        # The promise is the one that runs the clocks.
        self.standard.deadline_ids.sudo().amount = 9
        self.assertEqual(self.goal("response_kept")["promise"], "9 calendar days")

    def test_what_waits_or_is_not_counted_says_so_and_shows_no_number(self):
        for key, said in (
            ("response_kept", "Too few to show yet."),
            ("bridged", "Too few to show yet."),
            ("none", "Not counted by this system."),
        ):
            with self.subTest(key):
                goal = self.goal(key)
                self.assertEqual((goal["value"], goal["said"]), ("", said))
                self.assertFalse(goal["points"] or goal["trend"] or goal["chart"])

    def test_categories_put_together_give_no_share_of_one_of_them(self):
        first, last = date(2026, 1, 1), date(2026, 6, 30)
        self.keep("courses_closed", "outcome", {OTHER: 12, "moved": 6}, first, last)
        self.assertEqual(self.goal("bridged")["value"], "")
        first, last = date(2026, 7, 1), date(2026, 8, 31)
        self.keep("courses_closed", "outcome", {OTHER: 10, "bridged": 6}, first, last)
        goal = self.goal("bridged")
        self.assertEqual((goal["value"], goal["national"]), ("38 %", "40 %"))
        self.assertEqual(goal["said"], "6 of 16, Jul – Aug 2026")

    def test_of_a_number_that_is_at_least_so_much_no_more_is_told(self):
        days = date(2026, 1, 1), date(2026, 6, 30)
        for measure in ("reviews", "rhythm"):
            self.keep(measure, "total", {"": 30}, *days)
        self.keep("reviews", "kept", {"kept": 26}, *days, at_least=True)
        # What was told under one threshold is read alike under another.
        self.company.sekp_statistic_threshold = 9
        goal = self.goal("reviews_kept")
        self.assertEqual(goal["value"], "at least 87 %")
        self.assertEqual(goal["said"], "at least 26 of 30, Jan – Jun 2026")
        self.keep("rhythm", "kept", {"late": 26}, *days, at_least=True)
        self.assertEqual(self.goal("rhythm_kept")["value"], "at most 13 %")

    def test_counts_are_compared_by_the_month(self):
        self.keep("contacts", "total", {"": 30}, date(2026, 1, 1), date(2026, 1, 31))
        self.keep("contacts", "total", {"": 60}, date(2026, 2, 1), date(2026, 4, 30))
        goal = self.goal("contacts")
        self.assertEqual((goal["value"], goal["trend"]), ("90", "falling"))
        self.assertEqual(goal["points"][1]["value"], "20 a month")

    def test_the_teams_parts_are_added_up(self):
        days = date(2026, 1, 1), date(2026, 6, 30)
        for team, kept in ((self.harbour, 10), (self.forest, 6)):
            numbers = {"kept": kept, "late": 8}
            self.keep("reviews", "kept", numbers, *days, team_id=team.id)
        self.assertEqual(self.goal("reviews_kept")["said"], "16 of 32, Jan – Jun 2026")

    def test_contacts_about_a_plan_are_found_by_the_catalogue_s_entry(self):
        self.standard.goal_ids.create(
            {
                "standard_id": self.standard.id,
                "sentence": "Vi tilbyder en handleplan.",
                "indicator": "action_plan",
            }
        )
        plan = self.env.ref("sekp_outreach.support_function_action_plan")
        numbers = {str(plan.id): 9, str(plan.id + 1): 70}
        days = date(2026, 1, 1), date(2026, 6, 30)
        self.keep("contacts", "support_function", numbers, *days)
        self.assertEqual(self.goal("action_plan")["value"], "9")

    def test_another_municipality_s_figures_are_not_told(self):
        days = date(2026, 1, 1), date(2026, 6, 30)
        self.keep("contacts", "total", {"": 80}, *days, company=self.foreign_company)
        self.assertEqual(self.goal("contacts")["value"], "")

    # --- the page ---------------------------------------------------------------------
    def test_the_page_of_the_goals(self):
        self.keep_quarters()
        for user in (self.reader, self.manager):
            action = self.env["sekp.standard"].with_user(user)
            url = action.with_company(self.company).action_show_goals_in_force()["url"]
            self.assertTrue(url.endswith(f"/{self.standard.id}"))
            text = self.render(GOALS, self.standard, user)
            for said in (
                "Vi svarer inden for 7 dage.",
                "74 %",
                "Target: 100 %",
                "Trend: rising",
                "Vi er fagligt dygtige. Not counted by this system.",
                "fewer than 5 persons",
            ):
                self.assertIn(said, text)
        # What a picture shows stands as words beside it.
        for picture in self.page.iter("svg"):
            self.assertEqual(picture.get("aria-hidden"), "true")
        self.assertIn("Oct – Dec 2025: 50 %; Jan – Mar 2026: 64 %", text)

    def test_who_may_not_read_figures_sees_no_goals(self):
        for user in (self.worker, self.supervisor, self.intake, self.employee):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.render(GOALS, self.standard, user)
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.standard.with_user(user).action_show_goals()
        with self.assertRaises(AccessError):
            self.render(GOALS, self.standard, self.foreign_supervisor)

    def test_goals_are_part_of_the_standard(self):
        goal = self.standard.goal_ids[:1].with_user(self.manager)
        with self.assertRaises(UserError):
            goal.target = 90
        copy = self.standard.with_user(self.manager).copy()
        self.assertEqual(
            copy.goal_ids.mapped("sentence"), self.standard.goal_ids.mapped("sentence")
        )
        with self.assertRaises(ValidationError):
            copy.goal_ids[:1].target = 120

    def test_every_preset_has_goals_and_their_clocks_are_its_own(self):
        for preset in self.env["sekp.standard"].search([("state", "=", "preset")]):
            with self.subTest(preset.code):
                self.assertTrue(preset.goal_ids)
                clocks = preset.deadline_ids.filtered(
                    lambda clock: clock.timing != "worded"
                )
                kinds = set(clocks.mapped("kind"))
                measured = set(preset.goal_ids.mapped("indicator"))
                every = {
                    f"{kind}_kept" for kind in self.env["sekp.figures"]._clock_kinds()
                }
                self.assertEqual(measured & every, {f"{kind}_kept" for kind in kinds})

    # --- the report -------------------------------------------------------------------
    def report(self, user=None, **vals):
        return (
            self.env["sekp.committee.report.dialog"]
            .with_user(user or self.reader)
            .create({"year": 2026, **vals})
        )

    def test_the_report_shows_what_lies_in_its_period(self):
        self.keep_quarters()
        days = date(2026, 1, 1), date(2026, 6, 30)
        self.keep("referrals", "source", {"self": 11, OTHER: 8}, *days)
        self.keep("contacts", "contact_form", {"home": 1234, "phone": 40}, *days)
        self.keep("attempts", "contact_form", {"home": 55}, *days)
        self.keep("courses_opened", "total", {"": 14}, *days)
        self.keep("absence_days", "kept", {"kept": 33, "late": 7}, *days)
        text = self.render(REPORT, self.report())
        for said in (
            "Jan – Dec 2026",
            "[self] 11",
            "[other] 8",
            "[home] 1,234 55",
            "Begun 14",
            "33 7 83 %",
            "First response (7 calendar days) 25 5 83 %",
            "Reviews Too few to show yet.",
            "What is not shown, and why",
            "just under 40 %",
        ):
            self.assertIn(said, text)
        # A block is told in the period in which it ends, and in no other.
        days = date(2025, 11, 1), date(2026, 1, 31)
        self.keep("courses_closed", "total", {"": 7}, *days)
        text = self.render(REPORT, self.report())
        self.assertIn("Begun Jan – Jun 2026 14", text)
        self.assertIn("Closed Nov 2025 – Jan 2026 7", text)
        text = self.render(REPORT, self.report(year=2025))
        self.assertNotIn("Nov 2025 – Jan 2026", text)
        # A quarter that a block ends after tells nothing of it.
        text = self.render(
            REPORT, self.report(period="quarters", year_to=2026, quarter_to="1")
        )
        self.assertIn("First response (7 calendar days) 9 5 64 %", text)
        self.assertNotIn("[self]", text)

    def test_the_report_asks_for_a_period_that_can_be(self):
        self.assertEqual(
            self.report(period="quarters", quarter_from="2", year_to=2027)._days(),
            (date(2026, 4, 1), date(2027, 12, 31)),
        )
        for vals in (
            {"year": 3},
            {
                "period": "quarters",
                "quarter_from": "4",
                "quarter_to": "1",
                "year_to": 2026,
            },
        ):
            with self.subTest(vals), self.assertRaises(UserError):
                self.report(**vals).action_print()

    def test_the_report_is_for_those_who_read_figures(self):
        dialog = self.report()
        with self.assertRaises(AccessError):
            self.render(REPORT, dialog, self.supervisor)
        with self.assertRaises(AccessError):
            self.report(self.worker)
        with self.assertRaises(AccessError):
            self.render(REPORT, self.report(company_id=self.foreign_company.id))


@tagged("post_install", "-at_install", "sekp_outreach")
class TestHomelessWeek(FiguresCase):
    """The worksheet for week 6 is of the courses that the user may open."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group = cls.env.ref("sekp_outreach.target_group_homeless")
        with cls.freeze(datetime(2026, 1, 20, 9, 0)):
            cls.course = cls.allocate(target_group_ids=[Command.set(cls.group.ids)])
            cls.housed = cls.allocate(
                target_group_ids=[
                    Command.set(cls.env.ref("sekp_outreach.target_group_alcohol").ids)
                ]
            )
            cls.unknown = cls.allocate()
            cls.name_as(cls.course, "Kaptajnen")
            cls.course.citizen_id.sudo().age_band = "30_49"
        for moment, outcome in (
            ("2026-02-01 09:00:00", "met"),
            ("2026-02-02 09:00:00", "met"),
            ("2026-02-08 22:30:00", "no_answer"),
            ("2026-02-08 23:30:00", "met"),
        ):
            with cls.freeze(datetime.fromisoformat(moment)):
                cls.log(cls.course, outcome=outcome, note="Sover i porten")

    def worksheet(self, user):
        with self.at(MARCH):
            dialog = self.env["sekp.homeless.week"].with_user(user).create({})
            self.assertEqual(dialog.year, 2026)
            return self.render(WEEK, dialog)

    def test_a_page_for_each_homeless_person_with_what_is_stored(self):
        for user in (self.worker, self.supervisor):
            text = self.worksheet(user)
            for said in (
                "Persons with the target group homeless 1",
                "… of whom we met 1",
                f"Code {self.course.reference}",
                "30–49",
                "Contacts in the week 1",
                "Attempts in the week 1",
                f"{self.home_visit.name}: 2",
                "Offers, as they stand today",
                f"No target group is noted on {self.unknown.reference}",
            ):
                self.assertIn(said, text)
            self.assertNotIn(self.housed.reference, text)
            self.assertNotIn("Kaptajnen", text)
            self.assertNotIn("porten", text)

    def test_others_get_an_empty_one(self):
        for user in (self.colleague, self.other_supervisor, self.foreign_supervisor):
            with self.subTest(user.login):
                text = self.worksheet(user)
                self.assertNotIn(self.course.reference, text)
                self.assertIn("Persons with the target group homeless 0", text)
        for user in (self.intake, self.manager, self.reader):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.worksheet(user)

    def test_an_emergency_access_takes_nothing_out(self):
        with self.at(MARCH):
            self.env["sekp.break.glass"].with_user(self.colleague).create(
                {
                    "reference": self.course.reference,
                    "purpose": "acute",
                    "note": "Melding om fare",
                }
            ).action_open()
        self.assertNotIn(self.course.reference, self.worksheet(self.colleague))

    def test_it_is_logged_and_nobody_else_s(self):
        log = self.env["sekp.access.log"]
        before = log.search([("kind", "=", "print")])
        self.worksheet(self.worker)
        rows = log.search([("kind", "=", "print")]) - before
        self.assertEqual(
            set(rows.references.split()),
            {self.course.reference, self.unknown.reference},
        )
        with self.at(MARCH):
            dialog = self.env["sekp.homeless.week"].with_user(self.worker).create({})
            with self.assertRaises(AccessError):
                self.render(WEEK, dialog, self.supervisor)

    def test_where_nothing_is_stored_the_rest_is_blank(self):
        self.make_standard(company=self.foreign_company, registration_mode="none")
        self.abroad.member_ids |= self.foreign_supervisor
        referral = self.refer(self.foreign_supervisor, team_id=self.abroad.id)
        course = referral.with_user(self.foreign_supervisor)._allocate(
            self.foreign_supervisor, self.abroad
        )
        with self.at("2027-03-01 09:00:00"):
            dialog = self.env["sekp.homeless.week"].with_user(self.foreign_supervisor)
            text = self.render(WEEK, dialog.create({}))
        self.assertIn(f"Code {course.reference}", text)
        self.assertIn("Was the person homeless in that week?", text)
        self.assertRegex(text, r"Age Target groups Contacts in the week 0")

    def test_a_week_that_lies_ahead_is_refused(self):
        for year in (2027, 3):
            dialog = self.env["sekp.homeless.week"].with_user(self.worker)
            with self.subTest(year), self.assertRaises(UserError):
                dialog.create({"year": year}).action_print()


@tagged("post_install", "-at_install", "sekp_outreach")
class TestTeamFigures(FiguresCase):
    """Live figures of the team: by Odoo's pivot and graph, for those entitled."""

    ACTIONS = (
        "sekp_course_action_caseload",
        "sekp_course_action_gaps",
        "sekp_deadline_action_clocks",
        "sekp_assignment_action_roles",
    )

    def grouped(self, action, user):
        """Return the rows of a graph of ours, grouped as its view groups them."""
        model = self.env[action.res_model].with_user(user)
        views = [(view_id, mode) for view_id, mode in action.views if mode == "graph"]
        graph = model.get_views(views)["views"]["graph"]["arch"]
        fields = [
            node
            for node in html.fragment_fromstring(graph).iter("field")
            if not node.get("type") and not node.get("invisible")
        ]
        specs = [
            f"{node.get('name')}:{node.get('interval')}"
            if node.get("interval")
            else node.get("name")
            for node in fields
        ]
        for name in (spec.split(":")[0] for spec in specs):
            self.assertTrue(model._fields[name].store, name)
            self.assertNotIn(name, model._sekp_person_fields)
        return model.formatted_read_group([], specs, ["__count"])

    def test_each_sees_the_own_team_s_numbers(self):
        self.allocate()
        self.allocate()
        for name in self.ACTIONS:
            action = self.env.ref(f"sekp_outreach.{name}")
            with self.subTest(name):
                rows = self.grouped(action, self.supervisor)
                self.assertEqual(sum(row["__count"] for row in rows), 2)
                for user in (self.other_supervisor, self.foreign_supervisor):
                    self.assertEqual(self.grouped(action, user), [])

    def test_nothing_told_of_the_person_is_offered_to_group_by(self):
        offered = []
        for name in self.env["sekp.confidential.mixin"]._confidential_models():
            model = self.env[name]
            fields = model.fields_get(attributes=["groupable"])
            offered += [
                f"{name}.{field}"
                for field in model._sekp_person_fields
                if fields[field].get("groupable")
                and model._fields[field].type in ("char", "text", "html")
                and field != "district"
            ]
        self.assertEqual(offered, [])
        self.assertIn("next_step", self.env["sekp.course"]._sekp_person_fields)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestFiguresPage(HttpCase, FiguresCase):
    """The prints over the web client's route."""

    @mute_logger("odoo.http")
    def test_the_pages(self):
        report = (
            self.env["sekp.committee.report.dialog"]
            .with_user(self.reader)
            .create({"year": 2026})
        )
        week = self.env["sekp.homeless.week"].with_user(self.worker)
        urls = (
            (self.standard.with_user(self.reader).action_show_goals(), self.reader),
            (report.action_print(), self.reader),
            (week.create({"year": 2026}).action_print(), self.worker),
        )
        for action, user in urls:
            for visitor, found in ((user, True), (self.receiver, False)):
                self.authenticate(visitor.login, visitor.login)
                page = self.url_open(action["url"])
                with self.subTest(action["url"], user=visitor.login):
                    self.assertEqual(page.status_code == 200, found)
                    if found:
                        start = page.text.lstrip()[:15]
                        self.assertEqual(start, "<!DOCTYPE html>")
                        self.assertNotRegex(page.text, re.compile("<script|https?:"))
