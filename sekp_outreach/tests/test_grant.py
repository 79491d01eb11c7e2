from datetime import date

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY, OutreachCase


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
        self.grant(course, date(2026, 9, 16), date(2027, 3, 16))
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
