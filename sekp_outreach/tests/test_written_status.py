from datetime import date, datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import NAME, TODAY, OutreachCase

REPORT = "sekp_outreach.sekp_written_status"

REFUSED = "no written status|ingen skriftlig status"


@tagged("post_install", "-at_install", "sekp_outreach")
class TestWrittenStatus(OutreachCase):
    """The status that a review ends in goes to the authority, and is not forgotten."""

    def begin(self, **vals):
        self.make_standard(
            **{
                "registration_mode": "full",
                "grant": "required",
                "action_plan": "required",
                "review_rule": "before_grant_expiry",
                "status_report": "required",
                "review_with_citizen": True,
                **vals,
            }
        )
        course = self.allocate(source_id=self.source_self.id)
        if course.uses_grant:
            self.env["sekp.grant"].with_user(self.supervisor).create(
                {
                    "course_id": course.id,
                    "date_from": TODAY,
                    "date_to": date(2027, 3, 15),
                    "notified_on": TODAY,
                }
            )
        return course

    def hold(self, course, **vals):
        """Hold the planned review, or a new one, on the day the clock shows."""
        review = course._planned_review("review") or course.env["sekp.review"].create(
            {"course_id": course.id}
        )
        review.write(
            {"with_citizen": True, "written_status": "Vi nåede halvvejs.", **vals}
        )
        course.goal_ids.attainment = "part"
        review.action_hold()
        return review

    def due(self, course):
        return self.obligations(course).get("written_status")

    def render(self, review):
        page, _kind = review.env["ir.actions.report"]._render_qweb_html(
            REPORT, review.ids
        )
        return page.decode()

    # --- the obligation -----------------------------------------------------------
    def test_it_is_due_with_the_review_and_soon_after_it_was_held(self):
        course = self.begin()
        self.assertEqual(self.due(course), date(2027, 2, 13))
        # A Thursday: two days on is a Saturday.
        with self.at(datetime(2027, 2, 11, 10)):
            review = self.hold(course)
        self.assertEqual(self.due(course), date(2027, 2, 15))
        activity = course.sudo().activity_ids.filtered(
            lambda one: one.date_deadline == date(2027, 2, 15)
        )
        self.assertEqual((activity.user_id, activity.automated), (self.worker, True))
        for act in (activity.with_user(self.worker).action_done, activity.unlink):
            with self.assertRaises(UserError):
                act.__func__(activity.with_user(self.worker))
        with self.at(datetime(2027, 2, 12, 10)):
            review.action_status_sent()
        self.assertEqual(review.status_sent_on, date(2027, 2, 12))
        self.assertFalse(self.due(course))
        with self.assertRaisesRegex(UserError, "already sent"):
            review.action_status_sent()

    def test_only_the_act_says_that_it_was_sent(self):
        course = self.begin()
        review = course.review_ids
        with self.assertRaisesRegex(UserError, "buttons"):
            review.status_sent_on = TODAY
        with self.assertRaisesRegex(UserError, "Hold the review first"):
            review.action_status_sent()

    def test_a_course_is_not_closed_before_it_was_sent(self):
        course = self.begin()
        review = self.hold(course)
        with self.assertRaisesRegex(UserError, "written status"):
            course._close("achieved")
        review.action_status_sent()
        course._close("achieved")
        self.assertFalse(self.obligations(course))

    def test_who_wants_no_more_is_let_go_at_once(self):
        course = self.begin()
        self.hold(course)
        course.action_opt_out()
        self.assertEqual(course.phase, "closed")
        self.assertFalse(self.obligations(course))

    def test_at_intervals_the_next_one_follows(self):
        course = self.begin(
            grant="off", review_rule="interval", review_interval_months=6
        )
        self.assertEqual(self.due(course), date(2027, 3, 16))
        review = self.hold(course)
        self.assertEqual(self.due(course), date(2026, 9, 18))
        review.action_status_sent()
        self.assertEqual(self.due(course), date(2027, 3, 16))

    def test_offered_it_can_be_sent_and_is_not_called_for(self):
        course = self.begin(status_report="offered")
        review = self.hold(course)
        self.assertFalse(self.due(course))
        review.action_status_sent()
        self.assertEqual(review.status_sent_on, TODAY)

    def test_no_text_is_asked_for_where_none_may_be_stored(self):
        course = self.begin(
            registration_mode="alias",
            grant="off",
            action_plan="off",
            review_rule="continuous",
        )
        review = self.hold(course, written_status=False)
        self.assertEqual(self.due(course), date(2026, 9, 18))
        self.assertIn(course.reference, self.render(review))
        review.action_status_sent()
        self.assertFalse(self.due(course))

    def test_where_nothing_is_stored_there_is_none(self):
        for vals in (
            {"registration_mode": "none", "status_report": "offered"},
            {"registration_mode": "full", "status_report": "off"},
        ):
            with self.subTest(**vals), self.env.cr.savepoint() as savepoint:
                course = self.begin(
                    grant="off", action_plan="off", review_rule="none", **vals
                )
                review = self.hold(course, written_status=False)
                for act in (review.action_status_sent, review.action_print_status):
                    with self.assertRaisesRegex(UserError, REFUSED):
                        act()
                with self.assertRaisesRegex(UserError, REFUSED):
                    self.render(review)
                savepoint.rollback()

    # --- the paper ----------------------------------------------------------------
    def full_course(self):
        course = self.begin(review_with_authority=True)
        self.register(course.citizen_id, alias="Kaptajnen")
        Goal = course.env["sekp.goal"]
        goal = Goal.create({"course_id": course.id, "goal": "Et sted at bo"})
        Goal.create({"course_id": course.id, "goal": "En nøgle", "parent_id": goal.id})
        self.log(course, note="Sagde noget i fortrolighed")
        self.log(course, form_id=self.phone.id)
        self.log(course, outcome="no_answer", form_id=self.phone.id)
        return course

    def test_it_tells_of_the_period_and_nothing_of_the_vault(self):
        course = self.full_course()
        with self.at(datetime(2027, 2, 11, 10)):
            review = self.hold(
                course,
                authority_absence="declined",
                agreed="Fortsætter et halvt år",
                findings="Kun for holdet",
            )
            page, values = self.render(review), review._status_values()
        self.assertEqual((values["contacts"], values["attempts"]), (2, 1))
        self.assertEqual(
            values["forms"],
            sorted([(self.phone.name, 2), (self.home_visit.name, 1)]),
        )
        self.assertEqual(
            values["parties"],
            [
                ("The citizen", "took part"),
                ("The authority", "Invited, did not want to take part"),
            ],
        )
        self.assertEqual(
            values["goals"],
            [
                ("Et sted at bo", False, "On the way"),
                ("En nøgle", True, "On the way"),
            ],
        )
        self.assertFalse(values["draft"])
        for words in (
            "Et sted at bo", "En nøgle", "Vi nåede halvvejs.",
            "Fortsætter et halvt år", course.reference,
            self.worker.name, "Havnby Kommune",
            "16. september 2026", "15. marts 2027", 'class="line"',
        ):  # fmt: skip
            self.assertIn(words, page)
        for words in (NAME, "Havtorn", "Kaptajnen", "fortrolighed", "Kun for holdet"):
            self.assertNotIn(words, page)
        self.assertNotIn("<script", page)

    def test_contacts_outside_the_period_are_not_counted(self):
        course = self.full_course()
        with self.at(datetime(2027, 2, 11, 10)):
            review = self.hold(course, authority_absence="nobody")
        with self.at(datetime(2027, 2, 20, 10)):
            self.log(course)
            self.assertEqual(review._status_values()["contacts"], 2)

    def test_a_draft_is_called_so(self):
        course = self.full_course()
        self.assertIn('class="note"', self.render(course.review_ids))
        values = course.review_ids._status_values()
        self.assertTrue(values["draft"])
        self.assertEqual(
            [goal[2] for goal in values["goals"]], ["Not assessed yet"] * 2
        )
        self.assertNotIn(
            'class="note"',
            self.render(self.hold(course, authority_absence="nobody")),
        )

    def test_a_print_is_logged_and_bears_a_neutral_name(self):
        review = self.hold(self.full_course(), authority_absence="nobody")
        Log = self.env["sekp.access.log"]
        newest = Log.search([], order="id desc", limit=1).id
        self.render(review)
        rows = Log.search([("id", ">", newest)])
        self.assertEqual(
            rows.mapped(lambda row: (row.kind, row.model, row.user_id)),
            [("print", "sekp.review", self.worker)],
        )
        report = self.env.ref("sekp_outreach.report_written_status")
        self.assertEqual(report.print_report_name, '"%s-status" % object.reference')
        action = review.action_print_status()
        self.assertEqual(action["report_name"], REPORT)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_only_the_entitled_print_and_send(self):
        review = self.hold(self.full_course(), authority_absence="nobody")
        for user in (
            self.colleague, self.other_supervisor, self.intake, self.manager,
            self.receiver, self.employee, self.foreign_supervisor,
        ):  # fmt: skip
            theirs = review.with_user(user)
            for act in (
                theirs.action_print_status,
                theirs.action_status_sent,
                theirs.action_call_off,
                lambda theirs=theirs: self.render(theirs),
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    act()
        self.assertFalse(review.status_sent_on)
        self.assertTrue(self.render(review.with_user(self.supervisor)))
