import json
from datetime import date, datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools.json import json_default

from .common import TODAY, OutreachCase

# Statements at most for one board, the log of what it shows included.
BOARD = 70


@tagged("post_install", "-at_install", "sekp_outreach")
class TestMorning(OutreachCase):
    """The board shows what waits, to those it waits for, with codes only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(
            rhythm_count=1,
            deadlines=[{"kind": "response", "amount": 7, "unit": "day"}],
        )

    def board(self, user=None, *args, **kwargs):
        self.env.flush_all()
        self.env.invalidate_all()
        Morning = self.env["sekp.morning"].with_user(user or self.supervisor)
        return Morning.get_board(*args, **kwargs)

    def sections(self, *args, **kwargs):
        board = self.board(*args, **kwargs)
        return {section["key"]: section for section in board["sections"]}

    def codes(self, section):
        return [line["code"] for line in section["lines"]]

    # --- who ----------------------------------------------------------------------
    def test_only_those_who_carry_or_supervise_have_a_board(self):
        for user in (self.intake, self.manager, self.receiver, self.employee):
            with self.assertRaises(AccessError):
                self.board(user)

    def test_another_team_s_board_is_refused(self):
        self.board(self.supervisor, self.harbour.id)
        for team in (self.forest.id, self.abroad.id, str(self.harbour.id), [1]):
            with self.assertRaises(AccessError):
                self.board(self.supervisor, team)
        with self.assertRaises(AccessError):
            self.board(self.worker, self.harbour.id)

    def test_each_sees_the_own_and_nobody_else_s(self):
        course, other = self.allocate(), self.allocate(user=self.colleague)
        with self.at(datetime(2026, 12, 1, 10)):
            both = {course.reference, other.reference}
            shown = self.sections(self.supervisor)
            self.assertEqual(set(self.codes(shown["gaps"])), both)
            for user, own in ((self.worker, course), (self.colleague, other)):
                text = repr(self.board(user))
                self.assertIn(own.reference, text)
                for code in both - {own.reference}:
                    self.assertNotIn(code, text)
            for user in (self.other_supervisor, self.foreign_supervisor):
                text = repr(self.board(user))
                for code in both:
                    self.assertNotIn(code, text)

    def test_no_name_is_on_it(self):
        course = self.allocate(concern="Sidder ved havnen", place="Havnen")
        self.name_as(course, "Kaptajnen")
        self.refer(concern="Sidder ved havnen", place="Havnen")
        with self.at(datetime(2026, 12, 1, 10)):
            text = repr(self.board())
        for secret in ("Kaptajnen", "Sidder", "Havnen'"):
            self.assertNotIn(secret, text)

    # --- what ---------------------------------------------------------------------
    def test_on_the_first_day_it_says_what_to_do(self):
        self.assertIn("Register the first referral", self.board()["first"])
        self.assertIn("no course", self.board(self.worker)["first"])
        self.harbour.supervisor_ids = [Command.unlink(self.supervisor.id)]
        self.assertIn("no team", self.board()["first"])
        self.refer()
        for section in self.sections(self.other_supervisor).values():
            self.assertEqual(section["count"], 0)
            self.assertTrue(section["calm"])

    def test_an_untouched_referral_is_on_it_until_somebody_begins(self):
        referral = self.refer()
        with self.at(datetime(2026, 9, 18, 10)):
            section = self.sections()["referrals"]
            self.assertEqual(self.codes(section), [referral.reference])
            self.assertEqual((section["late"], section["worst"]), (1, "2 days late"))
            referral.with_user(self.intake).action_begin()
            self.assertEqual(self.sections()["referrals"]["count"], 0)

    def test_clocks_that_run_out_soon_or_have(self):
        referral = self.refer()
        self.assertEqual(self.sections()["clocks"]["count"], 0)
        for day, late in ((22, 0), (23, 0), (24, 1)):
            with self.at(datetime(2026, 9, day, 10)):
                section = self.sections()["clocks"]
                self.assertEqual(self.codes(section), [referral.reference], day)
                self.assertEqual(section["late"], late)
        with self.at(datetime(2026, 9, 24, 10)):
            self.assertEqual(section["worst"], "1 day late")

    def test_reviews_handovers_and_emergencies(self):
        course = self.allocate()
        handover = course.env["sekp.handover"].create(
            {
                "course_id": course.id,
                "offer_id": self.offer.id,
                "receiver_id": self.receiver.id,
            }
        )
        handover.action_consent_oral()
        handover.action_send()
        course.sudo()._set_obligation("activity_review", TODAY + timedelta(days=14))
        course.sudo()._set_obligation(
            "activity_break_glass", TODAY, user=self.supervisor
        )
        sections = self.sections()
        for key in ("reviews", "handovers", "emergencies"):
            self.assertEqual(self.codes(sections[key]), [course.reference], key)
        course.sudo()._set_obligation("activity_review", TODAY + timedelta(days=15))
        self.assertEqual(self.sections()["reviews"]["count"], 0)

    def test_today_s_and_tomorrow_s_cover(self):
        course = self.allocate()
        course.with_user(self.supervisor)._assign(
            self.colleague,
            "cover",
            "Ferie",
            date_from=date(2026, 9, 18),
            date_to=date(2026, 9, 20),
        )
        for day, count in ((16, 0), (17, 1), (18, 1), (20, 1), (21, 0)):
            with self.at(datetime(2026, 9, day, 10)):
                section = self.sections()["cover"]
                self.assertEqual((section["count"], section["late"]), (count, 0), day)
                own = self.sections(self.colleague)["cover"]
                # Before the first day the cover may not open the course.
                self.assertEqual(own["count"], int(18 <= day <= 20), day)

    def test_a_cover_who_is_away_in_turn_is_no_cover(self):
        course = self.allocate()
        course.with_user(self.supervisor)._assign(
            self.colleague,
            "cover",
            "Ferie",
            date_from=date(2026, 9, 18),
            date_to=date(2026, 9, 25),
        )
        absences = self.env["sekp.absence"].with_user(self.colleague)
        absences.create({"date_from": date(2026, 9, 22), "date_to": date(2026, 9, 23)})
        for day, late in ((20, 0), (21, 1), (23, 1), (24, 0)):
            with self.at(datetime(2026, 9, day, 10)):
                section = self.sections()["cover"]
                self.assertEqual((section["count"], section["late"]), (1, late), day)
                line = section["lines"][0]
                self.assertEqual(line["late"], bool(late))
                self.assertEqual("Away too" in (line["text"] or ""), bool(late))

    def test_a_colleague_who_is_missed_stands_first(self):
        Work = self.env["sekp.lone.work"].with_user(self.colleague)
        row = Work._go_out(datetime(2026, 9, 16, 10, 30)).sudo()
        self.assertNotIn("missed", self.sections())
        self.env["sekp.duty"].create(
            {"team_id": self.harbour.id, "user_id": self.worker.id}
        )
        row._alarm()
        for user in (self.supervisor, self.worker):
            section = self.board(user)["sections"][0]
            self.assertEqual((section["key"], section["count"]), ("missed", 1))
            self.assertTrue(section["urgent"])
            (line,) = section["lines"]
            self.assertEqual(line["code"], self.colleague.name)
            self.assertEqual((line["model"], line["res_id"]), (row._name, row.id))
            self.assertIs(line["text"], False)
            action = section["action"]
            Model = self.env[action["res_model"]].with_user(user)
            self.assertEqual(Model.search(action["domain"]), row.with_user(user))
        self.assertEqual(self.sections(self.worker)["mine"]["count"], 0)
        row.with_user(self.worker).action_look()
        (line,) = self.sections()["missed"]["lines"]
        self.assertEqual(line["text"], f"{self.worker.name} is looking")
        for user in (self.colleague, self.other_supervisor, self.other_worker):
            self.assertNotIn("missed", self.sections(user))
        row.with_user(self.worker).action_reached()
        self.assertNotIn("missed", self.sections())

    def test_my_own_activities(self):
        referral = self.refer()
        # Looking at it is the responsible supervisor's.
        self.assertEqual(self.sections()["mine"]["count"], 1)
        referral.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=TODAY,
            user_id=self.supervisor.id,
        )
        section = self.sections()["mine"]
        self.assertEqual(self.codes(section), [referral.reference] * 2)

    # --- where it leads -----------------------------------------------------------
    def test_every_number_leads_to_as_many_records(self):
        self.refer()
        course = self.allocate()
        course.with_user(self.supervisor)._assign(
            self.colleague, "cover", "Ferie", date_to=date(2026, 10, 30)
        )
        course.sudo()._set_obligation("activity_review", TODAY)
        with self.at(datetime(2026, 12, 1, 10)):
            board = self.board()
            led = 0
            for section in board["sections"] + board["caseload"]:
                action = json.loads(json.dumps(section["action"], default=json_default))
                self.assertFalse(action["cache"])
                Model = self.env[action["res_model"]].with_user(self.supervisor)
                number = section.get("count", section.get("courses"))
                self.assertEqual(Model.search_count(action["domain"]), number, section)
                led += number
                Model.get_views(action["views"] + [[False, "search"]])
            self.assertGreater(led, 5)

    def test_what_is_shown_is_logged(self):
        self.allocate()
        with self.at(datetime(2026, 12, 1, 10)):
            log = self.env["sekp.access.log"]
            before = log.search([])
            self.board()
            rows = log.search([]) - before
            self.assertEqual(rows.user_id, self.supervisor)
            self.assertEqual(set(rows.mapped("kind")), {"list"})

    # --- caseload -----------------------------------------------------------------
    def test_the_caseload_by_worker(self):
        for user in (self.worker, self.worker, self.colleague):
            self.allocate(user=user)
        with self.at(datetime(2026, 9, 18, 10)):
            load = self.board()["caseload"]
        self.assertEqual(
            [(row["user_id"], row["courses"], row["share"]) for row in load],
            [(self.worker.id, 2, 100), (self.colleague.id, 1, 50)],
        )
        self.assertEqual([row["late"] for row in load], [2, 1])

    def test_who_is_sick_is_the_own_supervisor_s(self):
        for user, of in (
            (self.worker, self.colleague.id),
            (self.other_supervisor, self.worker.id),
            (self.supervisor, self.other_worker.id),
            (self.supervisor, "1"),
        ):
            with self.assertRaises(AccessError):
                self.env["sekp.morning"].with_user(user).open_sick(of)

    # --- cost ---------------------------------------------------------------------
    def test_it_costs_the_same_with_three_and_with_many(self):
        def make(number):
            for _number in range(number):
                course = self.allocate()
                course.sudo()._set_obligation("activity_review", TODAY)
                course.sudo()._set_obligation(
                    "activity_break_glass", TODAY, user=self.supervisor
                )
                self.refer()

        def statements():
            self.board()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["sekp.morning"].with_user(self.supervisor).get_board()
            return self.env.cr.sql_log_count - before

        make(6)
        with self.at(datetime(2026, 12, 1, 10)):
            few = statements()
        make(20)
        with self.at(datetime(2026, 12, 1, 10)):
            many = statements()
            board = self.board()
        self.assertEqual(many, few)
        self.assertLessEqual(many, BOARD, many)
        for section in board["sections"]:
            self.assertLessEqual(len(section["lines"]), 5)
