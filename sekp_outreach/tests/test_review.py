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
        self.assertFalse(self.called_for(course))

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
        self.assertEqual(self.called_for(course), {"review": date(2027, 5, 16)})

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
