from datetime import date, datetime, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import TODAY, OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestReview(OutreachCase):
    def called_for(self, course):
        """Return the open obligations besides the first contact."""
        obligations = self.obligations(course)
        obligations.pop("next_contact", None)
        return obligations

    def begin(self):
        """Begin a course of somebody who asked for it: nothing else is due."""
        return self.allocate(source_id=self.source_self.id)

    def test_an_interval_plans_the_next_review_from_the_last(self):
        self.make_standard(review_rule="interval", review_interval_months=6)
        with self.at(datetime(2026, 8, 31, 10)):
            course = self.begin()
        self.assertEqual(course.review_ids.due, date(2027, 2, 28))
        self.assertEqual(self.called_for(course), {"review": date(2027, 2, 28)})
        with self.at(datetime(2027, 2, 20, 10)):
            course.review_ids.action_hold()
        planned = course.review_ids.filtered(lambda review: not review.held_on)
        self.assertEqual(planned.due, date(2027, 8, 20))
        self.assertEqual(self.called_for(course), {"review": date(2027, 8, 20)})

    def test_the_last_day_of_a_month_is_followed_by_the_last_day(self):
        self.make_standard(review_rule="interval", review_interval_months=6)
        with self.at(datetime(2027, 8, 31, 10)):
            course = self.begin()
        # A leap year.
        self.assertEqual(course.review_ids.due, date(2028, 2, 29))
        with self.at(datetime(2028, 2, 29, 10)):
            course.review_ids.action_hold()
        planned = course.review_ids.filtered(lambda review: not review.held_on)
        self.assertEqual(planned.due, date(2028, 8, 29))

    def test_what_the_standard_dates_is_not_moved_by_hand(self):
        self.make_standard(review_rule="interval", review_interval_months=6)
        course = self.begin()
        with self.assertRaisesRegex(UserError, "says when this review is due"):
            course.review_ids.due = date(2028, 1, 1)
        with self.assertRaisesRegex(UserError, "by hand"):
            course.review_ids.action_call_off()
        self.assertEqual(self.called_for(course), {"review": date(2027, 3, 16)})

    def test_a_continuous_review_is_held_at_any_time(self):
        self.make_standard(review_rule="continuous")
        course = self.begin()
        self.assertFalse(course.last_review_on)
        action = course.action_review()
        self.assertEqual(action["res_model"], "sekp.review")
        self.assertNotIn("res_id", action)
        review = (
            self.env["sekp.review"]
            .with_user(self.worker)
            .with_context(**action["context"])
            .create({})
        )
        review.action_hold()
        self.assertEqual(course.last_review_on, TODAY)
        self.assertFalse(self.called_for(course))
        self.assertNotIn("res_id", course.action_review())

    def test_a_review_planned_by_hand_is_not_forgotten(self):
        self.make_standard(review_rule="none")
        course = self.begin()
        review = (
            self.env["sekp.review"]
            .with_user(self.worker)
            .create({"course_id": course.id, "due": date(2026, 10, 1)})
        )
        self.assertEqual(self.called_for(course), {"review": date(2026, 10, 1)})
        review.due = date(2026, 11, 1)
        self.assertEqual(self.called_for(course), {"review": date(2026, 11, 1)})
        self.assertEqual(course.action_review()["res_id"], review.id)
        review.action_call_off()
        self.assertFalse(course.review_ids)
        self.assertFalse(self.called_for(course))

    def test_a_party_that_stayed_away_holds_nothing_up(self):
        self.make_standard(
            review_rule="interval",
            review_interval_months=6,
            review_with_citizen=True,
            review_with_authority=True,
            review_with_provider=True,
        )
        review = self.begin().review_ids
        with self.assertRaises(ValidationError) as caught:
            review.action_hold()
        self.assertEqual(len(str(caught.exception).splitlines()), 3)
        review.write(
            {
                "citizen_absence": "not_come",
                "authority_absence": "nobody",
                "with_provider": True,
                "provider_absence": "not_reached",
            }
        )
        review.action_hold()
        self.assertEqual(review.held_on, TODAY)
        self.assertEqual(review.citizen_absence, "not_come")
        # Who took part has no reason for being away.
        self.assertFalse(review.provider_absence)

    def test_a_review_keeps_how_far_the_goals_were_then(self):
        self.make_standard(review_rule="none", action_plan="offered")
        course = self.begin()
        Goal = self.env["sekp.goal"].with_user(self.worker)
        goal = Goal.create({"course_id": course.id, "goal": "Et sted at bo"})
        step = Goal.create(
            {"course_id": course.id, "goal": "En nøgle", "parent_id": goal.id}
        )
        review = (
            self.env["sekp.review"]
            .with_user(self.worker)
            .create({"course_id": course.id})
        )
        review.goal_ids.filtered(lambda one: one == goal).attainment = "part"
        self.assertFalse(review.goals_then)
        review.action_hold()
        step.attainment = goal.attainment = "full"
        Goal.create({"course_id": course.id, "goal": "Ro om natten"})
        self.assertEqual(
            review.goals_then.splitlines(),
            ["Et sted at bo: On the way", "En nøgle: Not assessed yet"],
        )
        # The words are read where they stand, and go with them.
        step.unlink()
        review.invalidate_recordset()
        self.assertEqual(review.goals_then, "Et sted at bo: On the way")

    def test_a_review_of_a_short_period_is_due_within_it(self):
        self.make_standard(
            registration_mode="full",
            grant="required",
            review_rule="before_grant_expiry",
        )
        course = self.begin()
        self.env["sekp.grant"].with_user(self.supervisor).create(
            {"course_id": course.id, "date_from": TODAY, "date_to": date(2026, 9, 30)}
        )
        self.assertEqual(course.review_ids.due, TODAY)

    def test_no_intervals_means_no_planned_review(self):
        self.make_standard(review_rule="none")
        course = self.begin()
        self.assertFalse(course.review_ids)
        self.assertFalse(self.called_for(course))

    def test_a_review_before_the_grant_expires_asks_for_all_it_needs(self):
        self.make_standard(
            registration_mode="full",
            grant="required",
            action_plan="required",
            sub_goals="required",
            review_rule="before_grant_expiry",
            review_lead_days=30,
            status_report="required",
            review_with_citizen=True,
            review_with_authority=True,
            review_with_provider=True,
        )
        course = self.begin()
        self.assertFalse(course.review_ids)
        self.env["sekp.grant"].with_user(self.supervisor).create(
            {"course_id": course.id, "date_from": TODAY, "date_to": date(2027, 3, 15)}
        )
        review = course.review_ids
        self.assertEqual(review.due, date(2027, 2, 13))
        goal = (
            self.env["sekp.goal"]
            .with_user(self.worker)
            .create({"course_id": course.id, "goal": "Et sted at bo"})
        )
        self.env["sekp.goal"].with_user(self.worker).create(
            {"course_id": course.id, "goal": "En nøgle", "parent_id": goal.id}
        )
        with self.assertRaises(ValidationError) as caught:
            review.action_hold()
        self.assertEqual(len(str(caught.exception).splitlines()), 5)
        review.write(
            {
                "with_citizen": True,
                "with_authority": True,
                "with_provider": True,
                "written_status": "Vi er på vej.",
            }
        )
        course.goal_ids.attainment = "part"
        review.action_hold()
        self.assertEqual(review.held_on, TODAY)
        self.assertFalse(course.review_ids - review)
        self.assertEqual(
            self.called_for(course),
            {"written_status": date(2026, 9, 18), "grant_expiry": date(2027, 1, 18)},
        )

    def test_extending_the_grant_moves_the_review(self):
        self.make_standard(
            registration_mode="full",
            grant="required",
            review_rule="before_grant_expiry",
        )
        course = self.begin()
        grant = (
            self.env["sekp.grant"]
            .with_user(self.supervisor)
            .create(
                {
                    "course_id": course.id,
                    "date_from": TODAY,
                    "date_to": date(2027, 3, 15),
                }
            )
        )
        grant.date_to = date(2027, 6, 15)
        self.assertEqual(course.review_ids.due, date(2027, 5, 16))
        self.assertEqual(
            self.called_for(course),
            {"review": date(2027, 5, 16), "grant_expiry": date(2027, 4, 20)},
        )

    def test_renewing_early_keeps_the_review_of_the_running_period(self):
        self.make_standard(
            registration_mode="full",
            grant="required",
            review_rule="before_grant_expiry",
        )
        course = self.begin()
        Grant = self.env["sekp.grant"].with_user(self.supervisor)
        first = Grant.create(
            {"course_id": course.id, "date_from": TODAY, "date_to": date(2027, 3, 15)}
        )
        second = Grant.create(
            {
                "course_id": course.id,
                "date_from": date(2027, 3, 16),
                "date_to": date(2027, 9, 15),
            }
        )
        review = course.review_ids
        self.assertEqual((review.due, review.grant_id), (date(2027, 2, 13), first))
        with self.at(datetime(2027, 3, 20, 10)):
            review.action_hold()
        planned = course.review_ids - review
        self.assertEqual((planned.due, planned.grant_id), (date(2027, 8, 16), second))

    def test_the_running_assessment_is_called_for_and_answered(self):
        self.make_standard(
            ordinary_offer_assessment="required", assessment_interval_days=90
        )
        course = self.begin()
        self.assertEqual(
            self.called_for(course), {"ordinary_offer": TODAY + timedelta(days=90)}
        )
        action = course.action_assess_ordinary_offer()
        review = self.env["sekp.review"].with_user(self.worker).browse(action["res_id"])
        with self.assertRaisesRegex(ValidationError, "ordinary offer is possible"):
            review.action_hold()
        review.assessment = "not_yet"
        with self.at(datetime(2026, 10, 1, 10)):
            review.action_hold()
        self.assertEqual(
            self.called_for(course),
            {"ordinary_offer": date(2026, 10, 1) + timedelta(days=90)},
        )

    def test_a_held_review_is_kept_as_it_was(self):
        self.make_standard(review_rule="interval", review_interval_months=6)
        course = self.begin()
        review = course.review_ids
        with self.assertRaises(UserError):
            review.held_on = TODAY
        review.action_hold()
        with self.assertRaisesRegex(UserError, "not changed"):
            review.findings = "Noget andet"
        with self.assertRaises(UserError):
            review.sudo().unlink()
        with self.assertRaisesRegex(UserError, "already held"):
            review.action_hold()

    def test_sub_goals_belong_to_a_goal_of_the_same_course(self):
        self.make_standard(action_plan="offered")
        first, second = self.begin(), self.begin()
        Goal = self.env["sekp.goal"].with_user(self.worker)
        goal = Goal.create({"course_id": first.id, "goal": "Ro"})
        with self.assertRaisesRegex(ValidationError, "same course"):
            Goal.create({"course_id": second.id, "goal": "Søvn", "parent_id": goal.id})

    def test_goals_are_refused_without_an_action_plan(self):
        self.make_standard(action_plan="off")
        course = self.begin()
        with self.assertRaisesRegex(UserError, "action plan"):
            self.env["sekp.goal"].with_user(self.worker).create(
                {"course_id": course.id, "goal": "Ro"}
            )
