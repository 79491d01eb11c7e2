from datetime import datetime, timedelta

from odoo.tests import tagged

from .common import NOW, TODAY, OutreachCase

TOMORROW = TODAY + timedelta(days=1)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestCheck(OutreachCase):
    """Each fault is planted behind the system's back, and found."""

    impossible = "plants faults by SQL, to see them found"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(
            rhythm_count=1,
            grant="offered",
            review_rule="interval",
            review_interval_months=6,
            closing_grace_days=30,
            deadlines=[
                {"kind": "response", "amount": 7, "unit": "day"},
                {"kind": "first_visit", "amount": 14, "unit": "day"},
            ],
        )
        cls.course = cls.allocate()
        cls.waiting = cls.refer()

    def setUp(self):
        super().setUp()
        self.assertEqual(self.problems(), [])

    def plant(self, query, *args):
        """Change rows as no act does."""
        self.env.flush_all()
        self.env.cr.execute(query, args)
        self.env.invalidate_all()

    def activity(self, record, type_name):
        type_ = self.env.ref(f"sekp_outreach.{type_name}")
        return record.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == type_
        )

    def assertFound(self, *words, now=None):
        """Assert that one problem tells of each of the words."""
        found = self.problems(now)
        for word in words:
            self.assertTrue([text for text in found if word in text], (word, found))
        return found

    # --- owners -------------------------------------------------------------------
    def test_an_obligation_without_an_owner(self):
        activity = self.activity(self.course, "activity_next_contact")
        self.plant("UPDATE mail_activity SET user_id = NULL WHERE id = %s", activity.id)
        self.assertFound(f"activity {activity.id} on sekp.course {self.course.id}: it")

    def test_an_obligation_of_one_who_may_not_open_the_record(self):
        activity = self.activity(self.course, "activity_next_contact")
        for user in (self.colleague, self.employee, self.foreign_supervisor):
            self.plant(
                "UPDATE mail_activity SET user_id = %s WHERE id = %s",
                user.id,
                activity.id,
            )
            self.assertFound(f"user {user.id}, may not open it")

    def test_an_obligation_of_one_who_left(self):
        self.plant("UPDATE res_users SET active = FALSE WHERE id = %s", self.worker.id)
        self.assertFound(f"user {self.worker.id}, may not open it")

    def test_an_obligation_whose_record_is_gone(self):
        activity = self.activity(self.waiting, "activity_triage")
        self.plant("UPDATE mail_activity SET res_id = -1 WHERE id = %s", activity.id)
        self.assertFound(f"activity {activity.id} on sekp.referral -1")

    def test_access_that_ends_by_the_clock_leaves_its_obligations_behind(self):
        self.plant(
            "UPDATE sekp_assignment SET date_to = %s, ends_at = %s "
            "WHERE course_id = %s",
            TODAY,
            datetime(2026, 9, 16, 22),
            self.course.id,
        )
        self.assertEqual(self.problems(datetime(2026, 9, 16, 21, 59)), [])
        self.assertFound("may not open it", now=datetime(2026, 9, 16, 22))

    # --- what is owed ---------------------------------------------------------------
    def test_two_obligations_of_a_kind(self):
        self.plant(
            "INSERT INTO mail_activity (res_model_id, res_model, res_id, "
            "activity_type_id, date_deadline, user_id, automated, active) "
            "SELECT res_model_id, res_model, res_id, activity_type_id, date_deadline, "
            "user_id, automated, active FROM mail_activity WHERE id = %s",
            self.activity(self.course, "activity_next_contact").id,
        )
        self.assertFound(f"sekp.course {self.course.id}: 2 open activities of type")

    def test_two_colleagues_may_ask(self):
        self.course.sudo().with_user(self.colleague).sudo()._colleague_asks()
        self.course.sudo().with_user(self.other_worker).sudo()._colleague_asks()
        self.assertEqual(self.problems(), [])
        self.plant("UPDATE mail_activity SET create_uid = %s", self.colleague.id)
        self.assertFound(f"sekp.course {self.course.id}: 2 open activities of type")

    def test_an_obligation_of_what_has_ended(self):
        self.waiting.with_user(self.intake).action_advice()
        self.course._close("achieved")
        self.assertEqual(self.problems(), [])
        for record, name in (
            (self.course, "activity_next_contact"),
            (self.waiting, "activity_triage"),
        ):
            record.sudo()._set_obligation(name, TODAY)
            self.assertFound(f"{record._name} {record.id} has ended")
        self.activity(self.course, "activity_next_contact").unlink()
        self.course.sudo()._set_obligation("activity_break_glass", TODAY)
        self.assertFalse([text for text in self.problems() if "sekp.course" in text])

    def test_a_lost_obligation(self):
        for record, name in (
            (self.course, "activity_next_contact"),
            (self.waiting, "activity_triage"),
        ):
            self.plant(
                "DELETE FROM mail_activity WHERE id = %s",
                self.activity(record, name).id,
            )
            self.assertFound(f"{record._name} {record.id}: no open {name}")

    def test_an_obligation_of_a_handover_that_was_lost(self):
        handover = (
            self.env["sekp.handover"]
            .with_user(self.worker)
            .create({"course_id": self.course.id, "offer_id": self.offer.id})
        )
        handover.action_consent_oral()
        handover.action_send()
        self.assertEqual(self.problems(), [])
        self.activity(handover, "activity_handover_waiting").unlink()
        self.assertFound(f"sekp.handover {handover.id}: no open")

    def test_the_person_is_to_be_told_and_nobody_is_reminded(self):
        self.assertEqual(self.course.inform_state, "due")
        self.activity(self.course, "activity_inform").unlink()
        self.assertFound("no open activity_inform")

    def test_an_obligation_on_another_day(self):
        self.plant(
            "UPDATE mail_activity SET date_deadline = %s WHERE id = %s",
            TODAY + timedelta(days=99),
            self.activity(self.course, "activity_next_contact").id,
        )
        self.assertFound("no open activity_next_contact")

    def test_a_clock_without_its_obligation(self):
        for record, name in (
            (self.course, "activity_course_first_visit"),
            (self.waiting, "activity_referral_response"),
        ):
            self.activity(record, name).unlink()
            clock = record.sudo().deadline_ids.filtered(
                lambda clock, name=name: name.endswith(clock.kind)
            )
            self.assertFound(f"sekp.deadline {clock.id}: no obligation")

    # --- people -------------------------------------------------------------------
    def test_a_course_with_nobody(self):
        self.plant(
            "UPDATE sekp_assignment SET role = 'second' WHERE course_id = %s",
            self.course.id,
        )
        self.assertEqual(self.problems(), [], "it has risen to the supervisor")
        self.plant(
            "DELETE FROM sekp_team_supervisor_rel WHERE team_id = %s", self.harbour.id
        )
        self.assertFound(f"sekp.course {self.course.id}: neither")

    def test_a_missed_deadline_that_nobody_sees(self):
        late = TODAY + timedelta(days=30)
        now = datetime.combine(late, NOW.time())
        self.assertEqual(self.problems(now), [])
        self.plant(
            "DELETE FROM sekp_team_supervisor_rel WHERE team_id = %s", self.harbour.id
        )
        self.assertFound(
            f"sekp.course {self.course.id}: something was missed",
            f"sekp.referral {self.waiting.id}: something was missed",
            now=now,
        )

    def test_a_missed_deadline_of_a_supervisor_who_left(self):
        self.plant(
            "UPDATE res_users SET active = FALSE WHERE id = %s", self.supervisor.id
        )
        self.assertFound(
            "something was missed",
            now=datetime.combine(TODAY + timedelta(days=30), NOW.time()),
        )

    # --- access -------------------------------------------------------------------
    def test_an_entitlement_outside_its_dates(self):
        self.plant(
            "UPDATE sekp_assignment SET date_from = %s, date_to = %s "
            "WHERE course_id = %s",
            TODAY - timedelta(days=9),
            TODAY - timedelta(days=1),
            self.course.id,
        )
        self.assertFound(f"sekp.course {self.course.id}: user {self.worker.id} reads")

    def test_a_rule_that_lets_in_too_many(self):
        self.env.ref(
            "sekp_outreach.sekp_course_rule_contact_person_read"
        ).domain_force = []
        self.env.ref("sekp_outreach.sekp_course_rule_confidential").domain_force = []
        self.assertFound(
            f"sekp.course {self.course.id}: user {self.colleague.id} reads"
        )

    def test_access_ends_at_midnight_in_the_municipality_on_both_sides_of_a_change(
        self,
    ):
        row = self.course._assign(
            self.colleague, "cover", "Ferie", TODAY, datetime(2026, 10, 25).date()
        )
        self.assertEqual(row.ends_at, datetime(2026, 10, 25, 23))
        for now in (datetime(2026, 10, 24, 22), datetime(2026, 10, 25, 23)):
            for moment in (now - timedelta(seconds=1), now):
                self.assertEqual(
                    [text for text in self.problems(moment) if "entitled" in text], []
                )
        self.plant("UPDATE sekp_assignment SET ends_at = ends_at + interval '1 hour'")
        self.assertFound("without being entitled", now=datetime(2026, 10, 25, 23))

    def test_access_that_outlasts_the_grace(self):
        self.course._close("achieved")
        self.plant(
            "UPDATE sekp_assignment SET date_to = %s, create_date = %s "
            "WHERE course_id = %s",
            TODAY + timedelta(days=31),
            NOW,
            self.course.id,
        )
        self.assertFound(f"outlasts the grace of sekp.course {self.course.id}")

    # --- appointments ---------------------------------------------------------------
    def visit(self):
        return (
            self.env["sekp.appointment"]
            .with_user(self.worker)
            .create({"course_id": self.course.id, "starts_at": NOW + timedelta(days=1)})
        )

    def test_a_visit_to_which_nobody_may_go(self):
        visit = self.visit()
        self.assertEqual(self.problems(), [])
        self.plant(
            "UPDATE sekp_appointment_worker_rel SET user_id = %s", self.colleague.id
        )
        self.assertFound(f"sekp.appointment {visit.id}: no worker may go")

    def test_a_calendar_out_of_step(self):
        visit = self.visit()
        block = visit.sudo().block_ids
        step = f"sekp.appointment {visit.id}: the calendar of user {self.worker.id}"
        with self.subTest("moved"):
            self.plant(
                "UPDATE calendar_event SET stop = stop + interval '1 hour' "
                "WHERE id = %s",
                block.event_id.id,
            )
            self.assertFound(step)
        with self.subTest("gone"):
            self.plant("DELETE FROM sekp_appointment_block WHERE id = %s", block.id)
            self.assertFound(step)

    def test_a_block_of_nobody(self):
        visit = self.visit()
        block = visit.sudo().block_ids
        self.plant("UPDATE sekp_appointment SET state = 'cancelled'")
        self.assertFound(f"sekp.appointment.block {block.id} belongs to nobody")
        self.plant("UPDATE sekp_appointment SET state = 'planned'")
        self.plant("DELETE FROM sekp_appointment_worker_rel")
        self.assertFound(f"sekp.appointment.block {block.id} belongs to nobody")

    # --- absence ----------------------------------------------------------------------
    def test_nobody_stands_in_and_nobody_is_called_for(self):
        self.course.standard_id.sudo().absence_agreement = "required"
        self.env["sekp.absence"].with_user(self.worker).create(
            {"date_from": TODAY, "date_to": TOMORROW}
        )
        activity = self.activity(self.course, "activity_absence_agreement")
        self.assertEqual(len(activity), 1)
        self.assertEqual(self.problems(), [])
        self.plant("DELETE FROM mail_activity WHERE id = %s", activity.id)
        self.assertFound(f"sekp.course {self.course.id}: nobody stands in today")

    # --- grants and reviews -----------------------------------------------------------
    def test_two_grants_at_once(self):
        grants = self.env["sekp.grant"]
        for start in (TODAY, TODAY + timedelta(days=100)):
            grants |= grants.create(
                {
                    "course_id": self.course.id,
                    "date_from": start,
                    "date_to": start + timedelta(days=50),
                }
            )
        self.assertEqual(self.problems(), [])
        self.plant("ALTER TABLE sekp_grant DROP CONSTRAINT sekp_grant_no_overlap")
        self.plant("UPDATE sekp_grant SET date_from = %s", TODAY)
        self.assertFound(f"sekp.grant {grants[0].id} and {grants[1].id} overlap")

    def test_two_planned_reviews_and_one_of_a_closed_course(self):
        other = self.allocate()
        self.plant("DROP INDEX sekp_review_one_planned")
        self.plant(
            "UPDATE sekp_review SET course_id = %s WHERE course_id = %s",
            self.course.id,
            other.id,
        )
        self.assertFound(f"sekp.course {self.course.id}: 2 planned reviews")
        self.plant(
            "UPDATE sekp_course SET phase = 'closed', date_end = %s WHERE id = %s",
            TODAY,
            self.course.id,
        )
        self.assertFound(f"sekp.course {self.course.id}: 2 planned reviews")

    # --- the whole ------------------------------------------------------------------
    def test_nothing_is_told_of_a_person_and_nothing_is_changed(self):
        self.name_as(self.course, "Kaptajnen")
        self.plant("UPDATE mail_activity SET user_id = NULL, summary = 'Kaptajnen'")
        self.plant("DELETE FROM sekp_team_supervisor_rel")
        found = self.problems(NOW + timedelta(days=60))
        self.assertTrue(found)
        for word in ("Kaptajnen", self.course.reference, self.worker.name):
            self.assertNotIn(word, "\n".join(found))
        self.assertEqual(found, self.problems(NOW + timedelta(days=60)))

    def test_every_invariant_has_a_fault_that_it_finds(self):
        """None of them is left out of the questions, nor asked twice."""
        check = self.env["sekp.check"]
        self.assertEqual(
            [
                name
                for name in check._invariants()
                if getattr(type(check), name).__module__.endswith("sekp_check")
            ],
            [
                "_check_absences", "_check_appointments", "_check_blocks",
                "_check_clocks", "_check_courses", "_check_doubles",
                "_check_ended", "_check_entitlement", "_check_grace", "_check_grants",
                "_check_missed_seen", "_check_owed", "_check_owners", "_check_reviews",
            ],
        )  # fmt: skip
