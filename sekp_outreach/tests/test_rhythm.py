from datetime import date, datetime, time, timedelta

from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY, OutreachCase

GAP = "rhythm_gap"


class RhythmCase(OutreachCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(rhythm_count=1, rhythm_unit="month")

    def begin(self, **vals):
        """Begin a course on which nothing else is due."""
        return self.allocate(source_id=self.source_self.id, **vals)

    def on(self, day):
        """Let a ``with`` block happen at noon of a day after the first."""
        return self.at(datetime.combine(TODAY + timedelta(days=day), time(10)))

    def meet(self, course, *days, outcome="met"):
        for day in days:
            with self.on(day):
                self.log(course, outcome=outcome)

    def follow_up(self):
        with self.enter_registry_test_mode():
            self.env.ref("sekp_outreach.cron_follow_up").method_direct_trigger()
        self.env.invalidate_all()

    def gaps(self, course, active=True):
        """Return the obligations that the gap brought, open or all."""
        return (
            self.env["mail.activity"]
            .with_context(active_test=active)
            .search(
                [
                    ("res_model", "=", "sekp.course"),
                    ("res_id", "=", course.id),
                    (
                        "activity_type_id",
                        "=",
                        self.env.ref("sekp_outreach.activity_rhythm_gap").id,
                    ),
                ]
            )
        )


@tagged("post_install", "-at_install", "sekp_outreach")
class TestGap(RhythmCase):
    """A gap is a departure from this course's own rhythm (F3)."""

    def test_the_agreed_interval_decides_until_the_own_rhythm_is_known(self):
        course = self.begin()
        self.assertEqual(course.gap_since, TODAY + timedelta(days=45))
        self.meet(course, 10, 13)
        self.assertEqual(course.usual_days, 0)
        self.assertEqual(course.gap_since, TODAY + timedelta(days=13 + 45))
        self.meet(course, 16)
        self.assertEqual(course.usual_days, 3)
        self.assertEqual(course.gap_since, TODAY + timedelta(days=16 + 5))

    def test_met_more_seldom_than_agreed_is_a_gap_of_the_promise(self):
        course = self.begin()
        course.rhythm_days = 7
        self.meet(course, 10, 30, 50)
        self.assertEqual(course.usual_days, 20)
        self.assertEqual(course.gap_since, TODAY + timedelta(days=50 + 11))

    def test_a_day_is_the_municipality_s_on_both_sides_of_a_clock_change(self):
        course = self.begin()
        for moment in (
            # Half past midnight in Copenhagen, in summer time and in winter time.
            datetime(2026, 10, 23, 22, 30),
            datetime(2026, 10, 24, 22, 30),
            datetime(2026, 10, 25, 23, 30),
        ):
            with self.at(moment):
                self.log(course)
        self.assertEqual(course.last_met_on, date(2026, 10, 26))
        self.assertEqual(course.usual_days, 1)

    def test_an_attempt_is_shown_and_does_not_end_the_gap(self):
        course = self.begin()
        self.meet(course, 0)
        self.meet(course, 20, 40, outcome="no_answer")
        self.meet(course, 46, outcome="seen")
        self.assertEqual(course.gap_since, TODAY + timedelta(days=45))
        self.assertEqual(course.attempts_since_met, 3)
        with self.on(44):
            self.assertFalse(course.gap_text)
        with self.on(48):
            self.env.invalidate_all()
            self.follow_up()
            self.assertEqual(
                course.gap_text,
                "Not met for 48 days. 3 attempts meanwhile. Seen 2 days ago.",
            )
            self.log(course, outcome="no_answer")
            self.assertIn(GAP, self.obligations(course))
            self.log(course)
            self.assertNotIn(GAP, self.obligations(course))
            self.assertFalse(course.gap_text)
        self.assertEqual(course.attempts_since_met, 0)

    def test_it_says_so_where_nobody_was_met_or_tried(self):
        course = self.begin()
        with self.on(45):
            self.assertEqual(
                course.gap_text, "Not met yet, after 45 days. No attempt meanwhile."
            )

    def test_it_tells_when_the_person_was_seen_and_how_it_usually_goes(self):
        course = self.begin()
        self.meet(course, 0, 1, 2)
        self.meet(course, 9, outcome="seen")
        for day, seen in ((9, "Seen today."), (10, "Seen yesterday.")):
            with self.on(day):
                self.env.invalidate_all()
                self.assertEqual(
                    course.gap_text,
                    f"Not met for {day - 2} days. 1 attempt meanwhile. {seen} "
                    "Usually met every day.",
                )

    def test_nobody_is_forgotten_without_a_rhythm(self):
        standard = self.make_standard(in_force=False, rhythm_count=0)
        self.standard.sudo().valid_to = TODAY - timedelta(days=1)
        standard._put_in_force(TODAY)
        course = self.begin()
        self.meet(course, 0)
        self.assertFalse(course.next_contact_due)
        self.assertEqual(course.gap_since, TODAY + timedelta(days=60))
        with self.on(60):
            self.follow_up()
            self.assertEqual(
                self.obligations(course), {GAP: TODAY + timedelta(days=60)}
            )
        standard.sudo().gap_days = 0
        self.assertFalse(course.gap_since)

    def test_it_is_owed_once_and_found_after_a_week_of_downtime(self):
        course = self.begin()
        self.meet(course, 0)
        with self.on(44):
            self.follow_up()
            self.assertFalse(self.gaps(course))
        with self.on(52):
            self.follow_up()
            self.follow_up()
            gap = self.gaps(course)
            self.assertEqual(len(gap), 1)
            self.assertEqual(gap.date_deadline, TODAY + timedelta(days=45))
            self.assertEqual(gap.user_id, self.worker)
            self.assertTrue(gap.automated)
            found = self.env["sekp.course"].search(
                self.env["sekp.course"]._sekp_to_follow_up(TODAY + timedelta(days=52))
            )
            self.assertNotIn(course, found)

    def test_meeting_the_person_meets_it_and_keeps_the_trace(self):
        course = self.begin()
        with self.on(50):
            self.follow_up()
            self.log(course)
            self.assertFalse(self.gaps(course))
            self.assertEqual(len(self.gaps(course, active=False)), 1)

    def test_a_meeting_of_long_ago_moves_the_gap_only(self):
        course = self.begin()
        with self.on(60):
            self.follow_up()
            self.log(course, started_at=datetime(2026, 9, 20, 10))
            self.assertEqual(
                self.gaps(course).date_deadline, date(2026, 9, 20) + timedelta(days=45)
            )

    def test_a_meeting_corrected_to_an_attempt_opens_the_gap_again(self):
        course = self.begin()
        with self.on(50):
            self.follow_up()
            contact = self.log(course)
            self.log(course, outcome="no_answer", replaces_id=contact.id)
            self.follow_up()
            self.assertEqual(len(self.gaps(course)), 1)

    def test_agreeing_anew_ends_it_or_begins_it_at_once(self):
        course = self.begin()
        self.meet(course, 0)
        with self.on(46):
            self.follow_up()
            course.with_user(self.supervisor).rhythm_days = 90
            self.assertFalse(self.gaps(course))
            course.rhythm_days = 14
            self.assertEqual(
                self.gaps(course).date_deadline, TODAY + timedelta(days=21)
            )

    def test_closing_ends_it(self):
        course = self.begin()
        with self.on(50):
            self.follow_up()
            course._close("other")
            self.assertFalse(course.gap_since)
            self.assertFalse(course.gap_text)
            self.assertFalse(self.gaps(course))
            self.follow_up()
            self.assertFalse(self.gaps(course))

    def test_what_became_stale_is_put_right_by_the_follow_up(self):
        course = self.begin()
        course._set_obligation("activity_rhythm_gap", TODAY)
        self.follow_up()
        self.assertFalse(self.gaps(course))

    def test_it_works_where_nothing_about_the_person_is_stored(self):
        self.standard.sudo().registration_mode = "none"
        course = self.begin()
        with self.on(50):
            self.follow_up()
            self.assertEqual(len(self.gaps(course)), 1)
            course.action_not_seen()
            self.assertTrue(course.steps_open)

    def test_who_may_not_open_the_course_is_told_nothing(self):
        course = self.begin()
        with self.on(50), self.assertRaises(AccessError):
            course.with_user(self.other_worker).read(["gap_text"])

    def test_the_policy_is_bounded(self):
        for vals in ({"gap_percent": 90}, {"gap_percent": 500}, {"gap_days": 400}):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.cr.savepoint(),
            ):
                self.make_standard(in_force=False, **vals)

    def test_nobody_writes_what_the_contacts_say(self):
        course = self.begin()
        for name, value in (
            ("gap_since", False),
            ("usual_days", 3),
            ("attempts_since_met", 0),
            ("last_seen_on", TODAY),
            ("workload", 0),
        ):
            with self.assertRaisesRegex(UserError, "buttons of the record"):
                course.write({name: value})


@tagged("post_install", "-at_install", "sekp_outreach")
class TestWorkload(RhythmCase):
    """What a course asks for weighs as much as its rhythm."""

    def test_the_agreed_interval_weighs_and_closing_takes_it_away(self):
        course = self.begin()
        self.assertEqual(course.workload, 1)
        course.rhythm_days = 7
        self.assertEqual(course.workload, 4.29)
        course._close("other")
        self.assertEqual(course.workload, 0)

    def test_without_an_agreement_the_usual_interval_weighs(self):
        course = self.begin()
        self.meet(course, 0, 3, 6)
        course.rhythm_days = 0
        self.assertEqual(course.workload, 10)

    def test_the_caseload_is_the_sum_of_a_contact_person_s_courses(self):
        self.begin().rhythm_days = 10
        self.begin()
        self.allocate(user=self.colleague)
        groups = (
            self.env["sekp.course"]
            .with_user(self.supervisor)
            .formatted_read_group(
                [("phase", "!=", "closed")], ["contact_person_id"], ["workload:sum"]
            )
        )
        self.assertEqual(
            {group["contact_person_id"][0]: group["workload:sum"] for group in groups},
            {self.worker.id: 4, self.colleague.id: 1},
        )


@tagged("post_install", "-at_install", "sekp_outreach")
class TestNotSeen(RhythmCase):
    """Steps towards a person who is not seen: planned once, done by hand."""

    def steps(self, course):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "sekp.course"),
                ("res_id", "=", course.id),
                ("sekp_steps_since", "!=", False),
            ],
            order="date_deadline",
        )

    def test_the_steps_are_planned_once_with_the_contact_person(self):
        course = self.begin()
        for _twice in range(2):
            course.with_user(self.supervisor).action_not_seen()
        steps = self.steps(course)
        self.assertEqual(
            [(step.summary, step.date_deadline) for step in steps],
            [
                ("Ask at the shelter", TODAY),
                ("Ask the caretaker", TODAY + timedelta(days=2)),
                ("Check on the person's welfare", TODAY + timedelta(days=5)),
            ],
        )
        self.assertEqual(steps.user_id, self.worker)
        self.assertEqual(steps.create_uid, self.supervisor)
        self.assertFalse(any(steps.mapped("automated")))

    def test_a_step_ends_with_a_note_that_stays_behind_the_gate(self):
        course = self.begin()
        course.action_not_seen()
        step = self.steps(course)[0].with_user(self.worker)
        before = self.env["mail.message"].search_count([])
        step.action_feedback(feedback="Sov der i går")
        self.assertEqual(self.env["mail.message"].search_count([]), before)
        supervisor = step.with_user(self.supervisor)
        self.assertEqual(supervisor.feedback, "Sov der i går")
        with self.assertRaises(AccessError):
            step.with_user(self.other_worker).read(["feedback"])
        self.assertEqual(len(self.steps(course)), 2)

    def test_who_is_met_or_seen_is_looked_for_no_more(self):
        for outcome, left in (
            ("no_answer", 3),
            ("letter", 3),
            ("met", 0),
            ("seen", 0),
            ("declined", 0),
        ):
            with self.subTest(outcome=outcome):
                course = self.begin()
                course.action_not_seen()
                done = self.steps(course)[0]
                own = course.activity_schedule(
                    "mail.mail_activity_data_todo",
                    user_id=self.worker.id,
                    automated=False,
                )
                self.log(course, outcome=outcome)
                self.assertEqual(len(self.steps(course)), left)
                self.assertEqual(bool(done.exists()), bool(left))
                self.assertTrue(own.exists(), "one's own activity stays")

    def test_what_was_seen_before_they_were_started_ends_no_step(self):
        course = self.begin()
        with self.on(10):
            course.action_not_seen()
            self.log(course, outcome="seen", started_at=datetime(2026, 9, 24, 10))
            self.assertEqual(len(self.steps(course)), 3)

    def test_they_hold_no_closing_back_and_end_with_the_course(self):
        course = self.begin()
        course.action_not_seen()
        course._close("not_found")
        self.assertFalse(self.steps(course))
        with self.assertRaisesRegex(UserError, "already closed"):
            course.with_user(self.supervisor).action_not_seen()

    def test_opting_out_ends_them_too(self):
        course = self.begin()
        course.action_not_seen()
        course.action_opt_out()
        self.assertFalse(self.steps(course))

    def test_only_who_may_change_the_course_starts_them(self):
        course = self.begin()
        for user in (self.other_worker, self.intake, self.manager):
            with self.assertRaises(AccessError):
                course.with_user(user).action_not_seen()
        self.assertFalse(self.steps(course))

    def test_a_municipality_has_steps_of_its_own(self):
        plan = self.make_plan()
        self.standard.with_user(self.manager).not_seen_plan_id = plan
        course = self.begin()
        course.action_not_seen()
        steps = self.steps(course)
        self.assertEqual(steps.mapped("summary"), ["Spørg på biblioteket", "Ring"])
        self.assertEqual(
            steps.mapped("user_id"),
            self.worker | self.supervisor,
            "one who may open the course is asked, another is not",
        )
        plan.template_ids.unlink()
        with self.assertRaisesRegex(UserError, "has no steps"):
            self.begin().action_not_seen()

    def make_plan(self, **vals):
        todo = self.env.ref("mail.mail_activity_data_todo")
        return (
            self.env["mail.activity.plan"]
            .with_user(self.manager)
            .create(
                {
                    "name": "Borte",
                    "res_model": "sekp.course",
                    "template_ids": [
                        Command.create(
                            {
                                "activity_type_id": todo.id,
                                "summary": "Spørg på biblioteket",
                                "responsible_type": "other",
                                "responsible_id": self.other_worker.id,
                            }
                        ),
                        Command.create(
                            {
                                "activity_type_id": todo.id,
                                "summary": "Ring",
                                "delay_count": 1,
                                "delay_from": "after_plan_date",
                                "responsible_type": "other",
                                "responsible_id": self.supervisor.id,
                            }
                        ),
                    ],
                    **vals,
                }
            )
        )

    def test_a_scheme_manager_keeps_the_plans_of_the_municipality_only(self):
        common = self.env.ref("sekp_outreach.plan_not_seen").with_user(self.manager)
        self.assertEqual(len(common.template_ids), 3)
        for plan in (common, common.template_ids[0]):
            for verb in ("write", "unlink"):
                with self.assertRaises(AccessError):
                    plan.check_access(verb)
        with self.assertRaises(AccessError):
            self.make_plan(company_id=False)
        with self.assertRaises(AccessError):
            self.make_plan(res_model="res.partner")
        own = common.copy()
        self.assertEqual(own.company_id, self.company)
        own.template_ids[0].delay_count = 3
        self.assertFalse(
            self.env["mail.activity.plan"]
            .with_user(self.foreign_supervisor)
            .search([("id", "=", own.id)])
        )
        with self.assertRaises(AccessError):
            own.with_user(self.supervisor).name = "Andet"

    def test_a_foreign_plan_or_a_meeting_is_refused(self):
        foreign = self.env["mail.activity.plan"].create(
            {
                "name": "Fremmed",
                "res_model": "sekp.course",
                "company_id": self.foreign_company.id,
            }
        )
        with self.assertRaisesRegex(ValidationError, "of your municipality"):
            self.standard.not_seen_plan_id = foreign
        with self.assertRaisesRegex(UserError, "Everybody reads the calendar"):
            self.env["mail.activity.plan.template"].create(
                {
                    "plan_id": foreign.id,
                    "activity_type_id": self.env.ref(
                        "mail.mail_activity_data_meeting"
                    ).id,
                }
            )

    def test_odoo_s_own_dialog_starts_them_too_and_only_once(self):
        course = self.begin()

        def launch():
            self.env["mail.activity.schedule"].with_user(self.worker).create(
                {
                    "res_model": "sekp.course",
                    "res_ids": repr(course.ids),
                    "plan_id": self.env.ref("sekp_outreach.plan_not_seen").id,
                    "plan_on_demand_user_id": self.worker.id,
                }
            ).action_schedule_plan()

        launch()
        self.assertEqual(len(self.steps(course)), 3)
        with self.assertRaisesRegex(UserError, "already under way"):
            launch()
        self.log(course)
        self.assertFalse(self.steps(course))

    def test_they_follow_the_course_to_another_contact_person(self):
        course = self.begin()
        course.action_not_seen()
        course.with_user(self.supervisor)._assign(
            self.colleague, "contact_person", "Skift"
        )
        later = self.steps(course).filtered(lambda step: step.date_deadline > TODAY)
        self.assertEqual(later.user_id, self.colleague)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestRhythmStrip(RhythmCase):
    """Persistence can be seen: contacts and attempts by week."""

    def days(self, course):
        self.env.flush_all()
        self.env.invalidate_all()
        return course.with_user(self.worker).outreach_days

    def day(self, number):
        return (TODAY + timedelta(days=number)).isoformat()

    def test_contacts_and_attempts_are_told_apart_by_day(self):
        course = self.begin()
        self.assertEqual(self.days(course), {"met": [], "tried": []})
        self.meet(course, 0, 1)
        self.meet(course, 7, outcome="no_answer")
        self.assertEqual(
            self.days(course),
            {"met": [self.day(0), self.day(1)], "tried": [self.day(7)]},
        )

    def test_what_was_corrected_counts_once_and_what_is_old_not_at_all(self):
        course = self.begin()
        self.meet(course, 0)
        contact = course.sudo().contact_ids
        again = contact.with_user(self.worker).action_correct()["context"]
        self.env["sekp.contact"].with_user(self.worker).with_context(**again).create(
            {"minutes": 15}
        )
        self.assertEqual(self.days(course)["met"], [self.day(0)])
        self.meet(course, 7 * 13 + 1)
        self.assertEqual(self.days(course)["met"], [self.day(7 * 13 + 1)])

    def test_it_is_read_with_the_course(self):
        courses = self.begin() | self.begin()
        self.meet(courses[0], 0)
        self.env.flush_all()
        self.env.invalidate_all()
        courses = courses.with_user(self.worker)
        with self.assertQueryCount(1):
            courses.fetch(["reference", "outreach_days"])
