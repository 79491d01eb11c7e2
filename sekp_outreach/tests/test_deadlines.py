from datetime import date, datetime, timedelta

from odoo.tests import tagged

from .common import OutreachCase

SEVEN_DAYS = {"kind": "response", "amount": 7, "unit": "day"}
FIRST_VISIT = {"kind": "first_visit", "amount": 7, "unit": "day"}
PROCESSING = {"kind": "processing", "amount": 5, "unit": "working_day"}
DECISION = {"kind": "decision", "amount": 8, "unit": "week"}


@tagged("post_install", "-at_install", "sekp_outreach")
class TestDeadlines(OutreachCase):
    def close_municipality(self, day):
        """Close the municipality on a day, as a company-wide day off."""
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Lukket",
                "company_id": self.company.id,
                "calendar_id": self.company.resource_calendar_id.id,
                "date_from": self.company._sekp_start_of_day(day),
                "date_to": self.company._sekp_end_of_day(day) - timedelta(seconds=1),
            }
        )

    def test_working_days_skip_closing_days_and_holidays(self):
        self.make_standard(deadlines=[PROCESSING])
        received = datetime(2026, 12, 18, 9)
        with self.at(received):
            self.assertEqual(
                self.clocks(self.refer())["processing"][0], date(2026, 12, 28)
            )
            self.close_municipality(date(2026, 12, 24))
            self.assertEqual(
                self.clocks(self.refer())["processing"][0], date(2026, 12, 29)
            )

    def test_a_closing_day_of_one_person_closes_nothing(self):
        self.make_standard(deadlines=[PROCESSING])
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Ferie",
                "resource_id": self.env["resource.resource"]
                .create({"name": "Karen", "company_id": self.company.id})
                .id,
                "date_from": datetime(2026, 12, 23, 23),
                "date_to": datetime(2026, 12, 24, 22),
            }
        )
        with self.at(datetime(2026, 12, 18, 9)):
            self.assertEqual(
                self.clocks(self.refer())["processing"][0], date(2026, 12, 28)
            )

    def test_several_clocks_run_on_one_referral(self):
        self.make_standard(deadlines=[SEVEN_DAYS, FIRST_VISIT, PROCESSING, DECISION])
        referral = self.refer()
        self.assertEqual(
            self.clocks(referral),
            {
                "response": (date(2026, 9, 23), "running"),
                "first_visit": (date(2026, 9, 23), "running"),
                "processing": (date(2026, 9, 23), "running"),
                "decision": (date(2026, 11, 11), "running"),
            },
        )
        self.assertEqual(referral.next_due, date(2026, 9, 23))

    def test_a_clock_that_waits_for_information_starts_when_it_is_complete(self):
        self.make_standard(deadlines=[DECISION | {"clock_start": "complete"}])
        referral = self.refer()
        self.assertEqual(self.clocks(referral)["decision"], (False, "waiting"))
        referral.information_complete_on = date(2026, 9, 16)
        self.assertEqual(
            self.clocks(referral)["decision"], (date(2026, 11, 11), "running")
        )
        self.assertIn("decision", self.obligations(referral))

    def test_a_worded_promise_is_a_clock_without_a_date(self):
        self.make_standard(
            deadlines=[
                {"kind": "start", "timing": "worded", "wording": "hurtigst muligt"}
            ]
        )
        referral = self.refer()
        self.assertEqual(self.clocks(referral)["start"], (False, "running"))
        self.assertNotIn("start", self.obligations(referral))

    def test_a_promise_is_met_in_time_or_late(self):
        self.make_standard(deadlines=[SEVEN_DAYS])
        in_time, late = self.refer(), self.refer()
        with self.at(datetime(2026, 9, 23, 20)):
            in_time.action_respond()
            self.assertEqual(self.clocks(in_time)["response"][1], "met")
        with self.at(datetime(2026, 9, 23, 22, 30)):
            late.deadline_ids.invalidate_recordset(["state"])
            self.assertEqual(self.clocks(late)["response"][1], "overdue")
            late.action_respond()
            self.assertEqual(self.clocks(late)["response"][1], "late")

    def test_begin_meets_processing_and_its_activity_is_done(self):
        self.make_standard(deadlines=[PROCESSING])
        referral = self.refer()
        self.assertIn("processing", self.obligations(referral))
        referral.action_begin()
        self.assertEqual(self.clocks(referral)["processing"][1], "met")
        self.assertNotIn("processing", self.obligations(referral))
        done = (
            self.env["mail.activity"]
            .with_context(active_test=False)
            .search([("res_model", "=", "sekp.referral"), ("res_id", "=", referral.id)])
            .filtered(lambda activity: not activity.active)
        )
        self.assertEqual(
            done.activity_type_id,
            self.env.ref("sekp_outreach.activity_referral_processing"),
        )

    def test_an_attempt_at_the_door_meets_the_first_visit_and_a_call_does_not(self):
        self.make_standard(deadlines=[SEVEN_DAYS, FIRST_VISIT])
        course = self.allocate()
        self.log(course, form_id=self.phone.id, outcome="no_answer")
        self.assertEqual(self.clocks(course)["response"][1], "met")
        self.assertEqual(self.clocks(course)["first_visit"][1], "running")
        self.log(course, outcome="no_answer")
        self.assertEqual(self.clocks(course)["first_visit"][1], "met")

    def test_clocks_cannot_be_edited_by_anyone(self):
        self.make_standard(deadlines=[SEVEN_DAYS])
        referral = self.refer()
        for user in (self.intake, self.supervisor):
            for operation in ("write", "create", "unlink"):
                self.assertFalse(
                    referral.deadline_ids.with_user(user).has_access(operation)
                )
