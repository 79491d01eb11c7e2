from datetime import date, datetime

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY, OutreachCase, make_user


@tagged("post_install", "-at_install", "sekp_outreach")
class TestGrant(OutreachCase):
    def grant(self, course, date_from, date_to, **vals):
        return (
            self.env["sekp.grant"]
            .with_user(self.supervisor)
            .create(
                {
                    "course_id": course.id,
                    "date_from": date_from,
                    "date_to": date_to,
                    "decided_on": TODAY,
                    **vals,
                }
            )
        )

    def test_a_grant_is_refused_where_the_standard_has_none(self):
        self.make_standard(grant="off")
        course = self.allocate()
        with self.assertRaisesRegex(UserError, "does not use grants"):
            self.grant(course, date(2026, 9, 16), date(2027, 3, 16))

    def test_a_missing_grant_is_shown_where_the_standard_requires_one(self):
        self.make_standard(grant="required", registration_mode="full")
        course = self.allocate()
        self.assertIn("requires a grant", course.missing)
        self.assertIn("Days without a grant: 1", course.missing)
        self.grant(course, date(2026, 9, 16), date(2027, 3, 16), notified_on=TODAY)
        self.assertFalse(course.missing)

    def test_who_was_not_told_of_the_decision_is_missing(self):
        self.make_standard(grant="offered", registration_mode="full")
        course = self.allocate()
        self.assertFalse(course.missing)
        grant = self.grant(course, TODAY, date(2027, 3, 16))
        self.assertEqual(
            course.missing, "The citizen has not been told of the decision."
        )
        grant.notified_on = TODAY
        self.assertFalse(course.missing)

    def test_a_decision_meets_its_clock_and_starts_the_next(self):
        self.make_standard(
            grant="required",
            registration_mode="full",
            deadlines=[
                {"kind": "decision", "amount": 8, "unit": "week"},
                {
                    "kind": "start",
                    "amount": 2,
                    "unit": "week",
                    "clock_start": "decided",
                },
            ],
        )
        course = self.allocate()
        self.assertEqual(self.clocks(course)["start"], (False, "waiting"))
        self.grant(course, date(2026, 9, 16), date(2027, 3, 16))
        self.assertEqual(
            self.clocks(course),
            {
                "decision": (date(2026, 11, 11), "met"),
                "start": (date(2026, 9, 30), "running"),
            },
        )
        self.log(course)
        self.assertEqual(self.clocks(course)["start"][1], "met")

    def test_overlapping_grants_get_a_clear_sentence(self):
        self.make_standard(grant="offered", registration_mode="full")
        course = self.allocate()
        first = self.grant(course, date(2026, 9, 16), date(2027, 3, 16))
        with self.assertRaisesRegex(ValidationError, "cannot overlap"):
            self.grant(course, date(2027, 3, 16), date(2027, 9, 16))
        second = self.grant(course, date(2027, 3, 17), date(2027, 9, 16))
        with self.assertRaisesRegex(ValidationError, "cannot overlap"):
            second.date_from = date(2027, 3, 1)
        with self.assertRaisesRegex(ValidationError, "before it begins"):
            first.date_to = date(2026, 1, 1)
        self.grant(course, date(2026, 9, 16), None, decision="refused")

    def test_overlap_is_held_by_the_database_too(self):
        self.make_standard(grant="offered", registration_mode="full")
        course = self.allocate()
        grant = self.grant(course, date(2026, 9, 16), date(2027, 3, 16))
        self.env.flush_all()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.ExclusionViolation),
            self.cr.savepoint(),
        ):
            self.cr.execute(
                "INSERT INTO sekp_grant "
                "(course_id, company_id, decision, decided_on, date_from) "
                "VALUES (%s, %s, 'granted', %s, %s)",
                [course.id, grant.company_id.id, TODAY, TODAY],
            )

    def test_a_grant_of_a_closed_course_can_be_corrected(self):
        self.make_standard(
            grant="required",
            registration_mode="full",
            review_rule="before_grant_expiry",
        )
        course = self.allocate()
        grant = self.grant(course, TODAY, date(2027, 3, 16))
        course._close("achieved")
        grant.date_to = TODAY
        self.assertFalse(course.review_ids)

    def test_a_decision_cannot_lie_in_the_future(self):
        self.make_standard(grant="offered", registration_mode="full")
        course = self.allocate()
        with self.assertRaisesRegex(ValidationError, "future"):
            self.grant(course, TODAY, None, decided_on=date(2026, 10, 1))

    def test_a_contact_person_does_not_decide(self):
        self.make_standard(grant="offered", registration_mode="full")
        course = self.allocate()
        with self.assertRaises(AccessError):
            self.env["sekp.grant"].with_user(self.worker).create(
                {"course_id": course.id}
            )

    # --- what follows the period --------------------------------------------------
    def begin(self, **vals):
        """Begin a course whose grant runs from today to the middle of March."""
        self.make_standard(
            grant="required",
            registration_mode="full",
            **{"review_rule": "before_grant_expiry", **vals},
        )
        course = self.allocate(source_id=self.source_self.id)
        grant = self.grant(course, TODAY, date(2027, 3, 15), notified_on=TODAY)
        return course, grant

    def expiry(self, course):
        return self.obligations(course).get("grant_expiry")

    def extend(self, grant, **vals):
        """Take the proposal of the dialog, as the supervisor does."""
        action = grant.action_extend()
        return (
            self.env[action["res_model"]]
            .with_user(self.supervisor)
            .with_context(**action["context"])
            .create(vals)
        )

    def done(self, course):
        """Return how many calls for a decision on a grant were met."""
        return course.sudo().activity_ids.search_count(
            [
                ("res_model", "=", "sekp.course"),
                ("res_id", "=", course.id),
                ("active", "=", False),
                (
                    "activity_type_id",
                    "=",
                    self.env.ref("sekp_outreach.activity_grant_expiry").id,
                ),
            ]
        )

    def test_a_grant_calls_before_its_review(self):
        course, _grant = self.begin()
        obligations = self.obligations(course)
        self.assertEqual(obligations["grant_expiry"], date(2027, 1, 18))
        self.assertEqual(obligations["review"], date(2027, 2, 13))
        activity = course.sudo().activity_ids.filtered(
            lambda one: one.date_deadline == date(2027, 1, 18)
        )
        self.assertEqual(activity.user_id, self.supervisor, "who can extend it")
        review = course.sudo().activity_ids.filtered(
            lambda one: one.date_deadline == date(2027, 2, 13)
        )
        self.assertEqual(review.user_id, self.worker, "who prepares the review")

    # --- who owns what follows ------------------------------------------------------
    def owner(self, course):
        type_ = self.env.ref("sekp_outreach.activity_grant_expiry")
        return (
            course.sudo()
            .activity_ids.filtered(lambda one: one.activity_type_id == type_)
            .user_id
        )

    def test_who_is_asked_for_the_next_grant_can_give_it(self):
        course, grant = self.begin()
        for asked in (self.owner(course), self.supervisor):
            with self.env.cr.savepoint() as savepoint:
                self.assertTrue(grant.with_user(asked).action_extend())
                grant.with_user(asked).action_let_end()
                savepoint.rollback()
            self.env.invalidate_all()

    def test_it_stays_the_supervisor_s_whoever_carries_the_course(self):
        course, _grant = self.begin()
        course.with_user(self.supervisor)._assign(
            self.colleague, "contact_person", "Skift"
        )
        self.assertEqual(self.owner(course), self.supervisor)
        self.colleague.active = False
        self.assertEqual(self.owner(course), self.supervisor)
        deputy = make_user(self.env, "sekp_deputy", "supervisor", self.company)
        self.harbour.supervisor_ids |= deputy
        self.supervisor.active = False
        self.assertEqual(self.owner(course), deputy)
        self.assertEqual(self.problems(), [])

    def test_with_another_team_it_is_that_team_s_supervisor_s(self):
        course, _grant = self.begin()
        course.with_user(self.supervisor).team_id = self.forest
        self.assertEqual(self.owner(course), self.other_supervisor)

    def test_the_end_is_prepared_by_who_carries_the_course(self):
        course, grant = self.begin()
        with self.at(datetime(2027, 2, 1, 10)):
            grant.action_let_end()
            self.assertEqual(self.owner(course), self.worker)
            course.with_user(self.supervisor)._assign(
                self.colleague, "contact_person", "Skift"
            )
            self.assertEqual(self.owner(course), self.colleague)
            self.extend(grant)
            self.assertEqual(self.owner(course), self.supervisor)
        with self.at(datetime(2027, 8, 1, 10)):
            last = course.sudo().grant_ids._last().with_user(self.supervisor)
            self.extend(last, decision="refused")
            self.assertEqual(self.owner(course), self.colleague)

    def test_a_grant_extended_is_followed_without_a_gap(self):
        course, grant = self.begin()
        with self.at(datetime(2027, 2, 1, 10)):
            second = self.extend(grant, notified_on=date(2027, 2, 1))
        self.assertEqual(
            (second.date_from, second.date_to, second.decided_on),
            (date(2027, 3, 16), date(2027, 9, 15), date(2027, 2, 1)),
        )
        self.assertEqual(self.expiry(course), date(2027, 7, 21))
        self.assertEqual(self.done(course), 1)
        self.assertEqual(course.grant_until, date(2027, 9, 15))
        self.assertFalse(course.missing)
        # The review of the first period is still to be held.
        self.assertEqual(self.obligations(course)["review"], date(2027, 2, 13))
        with self.assertRaisesRegex(UserError, "Only the last grant"):
            grant.action_extend()

    def test_a_refusal_leaves_an_end_to_prepare(self):
        course, grant = self.begin()
        with self.at(datetime(2027, 2, 1, 10)):
            self.extend(grant, decision="refused", notified_on=date(2027, 2, 1))
            self.assertIn("Prepare the end", course.missing)
        self.assertEqual(self.expiry(course), date(2027, 3, 15))
        self.assertEqual(self.done(course), 1)
        self.assertEqual(course.expected_end, date(2027, 3, 15))
        course._close("achieved")
        self.assertFalse(self.obligations(course))

    def test_a_grant_left_to_end_calls_for_the_closing(self):
        course, grant = self.begin()
        with self.at(datetime(2027, 2, 1, 10)):
            grant.action_let_end()
            grant.action_let_end()
        self.assertEqual(grant.let_end_on, date(2027, 2, 1))
        self.assertEqual(self.expiry(course), date(2027, 3, 15))
        self.assertEqual(self.done(course), 1)
        self.assertEqual(course.expected_end, date(2027, 3, 15))
        with self.assertRaisesRegex(UserError, "buttons"):
            grant.let_end_on = False
        # Who changes his mind extends it all the same.
        self.extend(grant)
        self.assertEqual(self.expiry(course), date(2027, 7, 21))

    def test_a_first_refusal_leaves_an_end_to_prepare(self):
        self.make_standard(grant="required", registration_mode="full")
        course = self.allocate(source_id=self.source_self.id)
        self.grant(course, TODAY, None, decision="refused", notified_on=TODAY)
        self.assertIn("The grant was refused", course.missing)
        self.assertEqual(self.expiry(course), TODAY)

    def test_an_expired_grant_stays_overdue_and_is_found(self):
        course, grant = self.begin()
        domain = [("phase", "!=", "closed"), ("grant_until", "<", "today")]
        with self.at(datetime(2027, 3, 15, 10)):
            self.assertNotIn(course, course.search(domain))
            self.assertFalse(course.missing)
        with self.at(datetime(2027, 3, 20, 10)):
            self.assertIn(course, course.search(domain))
            self.assertEqual(self.expiry(course), date(2027, 1, 18))
            course.invalidate_recordset(["missing"])
            self.assertEqual(course.missing, "Days without a grant: 5")
            # A gap is not closed by itself; the extension proposes the day after.
            self.assertEqual(self.extend(grant).date_from, date(2027, 3, 16))
            self.assertNotIn(course, course.search(domain))

    def test_a_grant_without_a_last_day_calls_for_nothing(self):
        course, grant = self.begin()
        grant.date_to = False
        self.assertFalse(course.grant_until)
        self.assertNotIn("grant_expiry", self.obligations(course))
        with self.assertRaisesRegex(UserError, "last day"):
            grant.action_extend()

    def test_a_contact_person_neither_extends_nor_ends(self):
        _course, grant = self.begin()
        for act in (grant.action_extend, grant.action_let_end):
            with self.assertRaises(AccessError):
                act.__func__(grant.with_user(self.worker))

    def test_the_warning_comes_before_the_review(self):
        with self.assertRaisesRegex(ValidationError, "at least 30 days"):
            self.begin(grant_warning_days=29)
        self.begin(grant_warning_days=30)

    def test_the_follow_up_mends_what_is_lacking(self):
        """Whatever a course lacks of what its standard calls for comes by itself."""
        course, _grant = self.begin(
            ordinary_offer_assessment="required", status_report="required"
        )
        before = self.obligations(course)
        lacking = course._sekp_to_follow_up(TODAY)
        everything = course.sudo().with_context(active_test=False)
        self.assertNotIn(course, everything.search(lacking))
        for activity in course.sudo().activity_ids.filtered("automated"):
            kind = activity.activity_type_id
            if kind == self.env.ref("sekp_outreach.activity_next_contact"):
                continue
            activity.unlink()
            self.assertIn(course, everything.search(lacking), kind.name)
            course.sudo()._sekp_follow_up(TODAY)
            self.assertNotIn(course, everything.search(lacking), kind.name)
            self.assertEqual(self.obligations(course), before)
        course.sudo().review_ids.unlink()
        self.assertIn(course, everything.search(lacking))
        with self.enter_registry_test_mode():
            self.env.ref("sekp_outreach.cron_follow_up").method_direct_trigger()
        self.assertEqual(self.obligations(course), before)
        self.assertNotIn(course, everything.search(lacking))
