from datetime import date, datetime

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestReferral(OutreachCase):
    def test_a_referral_takes_the_standard_of_the_day_it_was_received(self):
        first = self.make_standard()
        second = self.make_standard(in_force=False)
        second._put_in_force(date(2026, 9, 10))
        self.assertEqual(
            self.refer(received_at=datetime(2026, 9, 9, 12)).standard_id, first
        )
        self.assertEqual(self.refer().standard_id, second)

    def test_without_a_standard_the_referral_says_what_to_do(self):
        with self.assertRaisesRegex(UserError, "scheme manager"):
            self.refer()

    def test_the_code_is_the_name_and_says_nothing(self):
        self.make_standard()
        referral = self.refer(concern="Sover under broen", place="Broen")
        self.assertRegex(referral.display_name, r"^[a-z]{4}-[a-z]{4}-\d\d$")
        self.assertNotEqual(referral.display_name, self.refer().display_name)

    def test_a_referral_is_routed_by_age(self):
        self.make_standard(
            route_ids=[
                Command.create(
                    {"name": "unge", "age_to": 29, "team_id": self.forest.id}
                ),
                Command.create(
                    {"name": "voksne", "age_from": 30, "team_id": self.harbour.id}
                ),
            ]
        )
        self.assertEqual(self.refer(age=29).team_id, self.forest)
        self.assertEqual(self.refer(age=30).team_id, self.harbour)

    def test_an_unknown_age_asks_for_the_entry_point(self):
        self.make_standard(
            route_ids=[
                Command.create(
                    {"name": "unge", "age_to": 29, "team_id": self.forest.id}
                ),
                Command.create(
                    {"name": "voksne", "age_from": 30, "team_id": self.harbour.id}
                ),
            ]
        )
        with self.assertRaisesRegex(UserError, "entry point"):
            self.refer()
        referral = self.refer(team_id=self.harbour.id)
        self.assertFalse(referral.warnings, "the entry point was chosen")
        draft = self.env["sekp.referral"].new(
            {"company_id": self.company.id, "source_id": self.source_relative.id}
        )
        self.assertIn("age is not known", draft.warnings)

    def test_an_impossible_age_is_refused_before_it_reaches_the_database(self):
        self.make_standard()
        for age, said in ((-1, "120"), (121, "120"), ("gammel", "Approximate Age")):
            with self.assertRaisesRegex(ValidationError, said):
                self.refer(age=age)
        referral = self.refer(age=40)
        with self.assertRaisesRegex(ValidationError, "120"):
            referral.age = 400

    def test_a_referral_cannot_be_received_in_the_future(self):
        self.make_standard()
        with self.assertRaisesRegex(ValidationError, "future"):
            self.refer(received_at=datetime(2026, 9, 17, 12))

    def test_warnings_ask_for_a_reason_and_never_refuse(self):
        self.make_standard(
            age_min=18,
            age_max=64,
            target_group_ids=[
                Command.set(
                    self.env.ref("sekp_outreach.target_group_mental_illness").ids
                )
            ],
            source_ids=[Command.set(self.source_self.ids)],
            outreach_without_request="off",
            anonymity_referrer="not_offered",
        )
        referral = self.refer(
            age=70,
            target_group_ids=[
                Command.set(self.env.ref("sekp_outreach.target_group_homeless").ids)
            ],
            referrer_anonymous=True,
        )
        self.assertEqual(len(referral.warnings.splitlines()), 5)
        with self.assertRaisesRegex(UserError, "Give a reason"):
            referral.action_accept()
        self.assertEqual(referral.state, "received")
        referral.deviation_reason = "law"
        referral.action_accept()
        self.assertEqual(referral.state, "accepted")

    def test_inside_the_standard_there_is_no_warning(self):
        self.make_standard(age_min=18, age_max=64)
        for age in (18, 64):
            self.assertFalse(self.refer(age=age).warnings, age)
        for age in (17, 65):
            self.assertTrue(self.refer(age=age).warnings, age)

    def test_an_anonymous_referrer_leaves_no_name(self):
        self.make_standard()
        with self.assertRaises(ValidationError):
            self.refer(referrer_anonymous=True, referrer_name="Nabo Nielsen")

    def test_a_referrer_who_becomes_anonymous_must_be_unnamed_first(self):
        self.make_standard()
        referral = self.refer(referrer_name="Nabo Nielsen")
        with self.assertRaises(ValidationError):
            referral.referrer_anonymous = True

    def test_a_standard_without_deadlines_says_so_and_runs_no_clock(self):
        self.make_standard()
        referral = self.refer()
        self.assertFalse(referral.deadline_ids)
        self.assertIn("no deadline", referral.guidance)
        self.assertEqual(self.obligations(referral), {"triage": date(2026, 9, 16)})

    def test_triage_ends_with_clocks_met_or_lapsed_and_nothing_open(self):
        self.make_standard(
            deadlines=[
                {"kind": "response", "amount": 7, "unit": "day"},
                {"kind": "first_visit", "amount": 7, "unit": "day"},
            ]
        )
        for act, outcome in (
            ("action_advice", "advice"),
            ("action_redirect", "redirect"),
            ("action_outside", "outside"),
            ("action_withdraw", "withdrawn"),
        ):
            referral = self.refer()
            getattr(referral, act)()
            self.assertEqual((referral.state, referral.outcome), ("closed", outcome))
            states = {
                kind: state for kind, (_due, state) in self.clocks(referral).items()
            }
            self.assertEqual(states, {"response": "met", "first_visit": "lapsed"})
            self.assertFalse(self.obligations(referral))

    def test_an_acute_referral_is_not_closed_before_it_is_handled(self):
        self.make_standard()
        referral = self.refer(acute=True)
        with self.assertRaisesRegex(UserError, "acute"):
            referral.action_outside()
        referral.action_go_out()
        referral.action_outside()
        self.assertEqual(referral.state, "closed")

    def test_a_referral_closed_by_mistake_is_taken_up_again(self):
        self.make_standard(
            deadlines=[
                {"kind": "response", "amount": 7, "unit": "day"},
                {"kind": "first_visit", "amount": 7, "unit": "day"},
            ]
        )
        referral = self.refer()
        referral.action_outside()
        referral.action_reopen()
        self.assertEqual((referral.state, referral.outcome), ("received", False))
        self.assertEqual(self.clocks(referral)["first_visit"][1], "running")
        self.assertEqual(set(self.obligations(referral)), {"triage", "first_visit"})
        with self.assertRaisesRegex(UserError, "already done"):
            referral.action_reopen()

    def test_what_is_done_is_not_done_again(self):
        self.make_standard()
        referral = self.refer()
        referral.action_advice()
        with self.assertRaisesRegex(UserError, "already done"):
            referral.action_accept()

    def test_states_are_moved_by_acts_only(self):
        self.make_standard()
        referral = self.refer()
        for vals in ({"state": "allocated"}, {"outcome": "accept"}):
            with self.assertRaises(UserError):
                referral.write(vals)

    def test_an_accepted_referral_waits_for_the_supervisor(self):
        self.make_standard()
        referral = self.refer()
        referral.action_accept()
        activity = referral.sudo().activity_ids
        self.assertEqual(
            (activity.activity_type_id, activity.user_id),
            (self.env.ref("sekp_outreach.activity_allocate"), self.supervisor),
        )

    def test_allocation_makes_citizen_course_and_access_in_one_step(self):
        self.make_standard(deadlines=[{"kind": "response", "amount": 7, "unit": "day"}])
        referral = self.refer(age=40, district="Havnen")
        course = self.allocate(referral)
        self.assertEqual(referral.sudo().state, "allocated")
        self.assertEqual(course.citizen_id.reference, course.reference)
        self.assertEqual((course.age_band, course.district), ("30_49", "Havnen"))
        self.assertEqual(course.contact_person_id, self.worker)
        self.assertEqual(course.assignment_ids.role, "contact_person")
        self.assertEqual(course.deadline_ids.course_id, course)
        self.assertEqual(
            self.obligations(course),
            {
                "response": date(2026, 9, 23),
                "next_contact": date(2026, 9, 17),
                "inform": date(2026, 10, 16),
            },
        )
        self.assertFalse(self.obligations(referral))

    def test_a_referral_is_allocated_once(self):
        self.make_standard()
        referral = self.refer()
        self.allocate(referral)
        with self.assertRaisesRegex(UserError, "already done"):
            self.allocate(referral, user=self.colleague)
        self.assertEqual(
            self.env["sekp.course"].search_count([("referral_id", "=", referral.id)]), 1
        )

    def test_a_failed_allocation_leaves_nothing_behind(self):
        self.make_standard()
        referral = self.refer()
        citizens = self.env["sekp.citizen"].search_count([])
        with self.assertRaisesRegex(UserError, "member of the team"):
            self.allocate(referral, user=self.other_worker)
        self.assertEqual(self.env["sekp.citizen"].search_count([]), citizens)
        self.assertNotEqual(referral.state, "allocated")

    def test_moving_a_referral_moves_its_obligations(self):
        self.make_standard()
        referral = self.refer()
        self.assertEqual(referral.sudo().activity_ids.user_id, self.supervisor)
        referral.sudo().team_id = self.forest
        self.assertEqual(referral.sudo().activity_ids.user_id, self.other_supervisor)

    def test_an_acute_referral_is_handled_or_redirected_as_the_standard_says(self):
        self.make_standard(
            acute_policy="redirect", acute_phone="114", acute_text="Ring 114."
        )
        referral = self.refer(acute=True)
        self.assertIn("Ring 114.", referral.guidance)
        self.assertEqual(self.obligations(referral)["triage"], date(2026, 9, 16))
        referral.action_redirect_acute()
        self.assertEqual(referral.acute_handled, "redirected")

    def test_a_corrected_day_of_receipt_moves_the_clock(self):
        self.make_standard(deadlines=[{"kind": "response", "amount": 7, "unit": "day"}])
        referral = self.refer()
        referral.received_at = datetime(2026, 9, 14, 8)
        self.assertEqual(self.clocks(referral)["response"][0], date(2026, 9, 21))
        self.assertEqual(self.obligations(referral)["response"], date(2026, 9, 21))

    def test_the_day_of_receipt_is_the_municipality_s_day(self):
        """Half past midnight in Copenhagen is still yesterday in UTC."""
        self.make_standard(deadlines=[{"kind": "response", "amount": 7, "unit": "day"}])
        referral = self.refer(received_at=datetime(2026, 9, 14, 22, 30))
        self.assertEqual(self.clocks(referral)["response"][0], date(2026, 9, 22))
