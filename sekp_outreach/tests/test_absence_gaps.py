from datetime import date, datetime, timedelta

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import NOW, TODAY, make_user
from .test_absence import FRIDAY, MONDAY, MONDAY_TEN, AbsenceCase

WEDNESDAY, THURSDAY = date(2026, 9, 23), date(2026, 9, 24)
SATURDAY_MORNING = datetime(2026, 9, 19, 6, 0)
LEAVE = datetime(2026, 9, 21, 6, 0), datetime(2026, 9, 25, 14, 0)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAbsenceGaps(AbsenceCase):
    """What was agreed and cannot be kept, and what was lost and comes back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.third = make_user(cls.env, "sekp_third", "contact_person", cls.company)
        cls.harbour.member_ids |= cls.third

    def lacking(self, moment=None):
        return self.problems(moment, ["_check_absences"])

    # --- the cover is away in turn ----------------------------------------------------
    def test_a_cover_who_is_away_in_turn_is_called_for_again(self):
        absence = self.plan()
        self.agree(absence)
        self.assertFalse(self.called())
        theirs = self.plan(user=self.colleague, first=WEDNESDAY, last=THURSDAY)
        self.assertEqual(self.called().user_id, self.worker)
        self.assertEqual(self.called().date_deadline, MONDAY - timedelta(days=3))
        self.assertEqual(absence.lacking_ids, self.course)
        self.assertEqual(absence.progress, "0 of 1 agreed")
        self.assertEqual(
            self.course.sudo()._uncovered(absence.sudo()), (WEDNESDAY, THURSDAY)
        )
        theirs.action_take_back()
        self.assertFalse(self.called())
        absence.invalidate_recordset()
        self.assertFalse(absence.lacking_ids)

    def test_somebody_else_stands_in_on_just_those_days(self):
        visit = self.visit(datetime(2026, 9, 23, 8, 0))
        other = self.visit()
        absence = self.plan()
        first = self.agree(absence)
        self.assertEqual((visit | other).sudo().worker_ids, self.colleague)
        with self.assertRaises(UserError):
            self.agree(absence, date_from=WEDNESDAY, cover_id=self.third.id)
        self.plan(user=self.colleague, first=WEDNESDAY, last=THURSDAY)
        with self.assertRaises(UserError):
            self.agree(absence, date_to=WEDNESDAY, cover_id=self.third.id)
        Agreement = self.env["sekp.absence.agreement"].with_user(self.worker)
        vals = Agreement.with_context(
            default_course_id=self.course.id, default_absence_id=absence.id
        ).default_get(["course_id", "absence_id", "date_from", "date_to", "cover_id"])
        self.assertEqual((vals["date_from"], vals["date_to"]), (WEDNESDAY, THURSDAY))
        self.assertEqual(vals["cover_id"], self.third.id)
        second = Agreement.create({**vals, "how": "visits"})
        self.assertFalse(self.called())
        self.assertEqual(visit.sudo().worker_ids, self.third)
        self.assertEqual(other.sudo().worker_ids, self.colleague)
        with self.at(datetime(2026, 9, 23, 5, 0)):
            self.follow_up()
            owed = self.course.sudo().activity_ids.filtered("automated")
            self.assertEqual(owed.user_id, self.third)
        with self.at(datetime(2026, 9, 25, 5, 0)):
            self.follow_up()
            owed = self.course.sudo().activity_ids.filtered("automated")
            self.assertEqual(owed.user_id, self.colleague)
        self.assertEqual((first.stage, second.stage), ("running", "over"))

    def test_a_cover_who_falls_ill_is_the_supervisor_s_to_replace(self):
        self.agree(self.plan())
        with self.at(MONDAY_TEN):
            self.follow_up()
            owed = self.course.sudo().activity_ids.filtered("automated")
            self.assertEqual(owed.user_id, self.colleague)
            dialogs = self.env["sekp.sick.today"].with_user(self.supervisor)
            dialogs.browse(dialogs._open_for(self.colleague)["res_id"]).action_confirm()
            self.assertEqual(self.called().user_id, self.supervisor)
            self.assertEqual(self.called().date_deadline, MONDAY)
            # The access of the one who is ill stays.
            theirs = self.course.with_user(self.colleague)
            self.assertTrue(theirs.has_access("read"))
            self.assertEqual(self.lacking(MONDAY_TEN), [])
            self.called().unlink()
            self.assertEqual(len(self.lacking(MONDAY_TEN)), 1)
            self.follow_up()
            self.assertEqual(self.called().user_id, self.supervisor)
            self.assertEqual(self.lacking(MONDAY_TEN), [])

    def test_two_taps_replace_also_whom_the_sick_one_was_to_cover(self):
        visit = self.visit(datetime(2026, 9, 21, 12, 0))
        self.agree(self.plan())
        with self.at(MONDAY_TEN):
            self.follow_up()
            dialogs = self.env["sekp.sick.today"].with_user(self.supervisor)
            dialog = dialogs.browse(dialogs._open_for(self.colleague)["res_id"])
            self.assertEqual(dialog.line_ids.course_id, self.course)
            self.assertEqual(dialog.line_ids.cover_id, self.third)
            dialog.action_confirm()
            dialog.action_confirm()
            self.assertFalse(self.called())
            self.assertEqual(visit.sudo().worker_ids, self.third)
            agreement = self.course.absence_agreement_ids.filtered(
                lambda one: one.cover_id == self.third
            )
            self.assertEqual(len(agreement), 1)
            self.assertEqual((agreement.date_from, agreement.date_to), (MONDAY, MONDAY))
        with self.at(datetime(2026, 9, 22, 6, 0)):
            self.follow_up()
            self.assertFalse(self.called())
            owed = self.course.sudo().activity_ids.filtered("automated")
            self.assertLessEqual(owed.user_id, self.colleague)

    def test_a_cover_who_works_no_more_covers_for_nobody(self):
        self.agree(self.plan())
        self.colleague.active = False
        self.assertEqual(self.called().user_id, self.worker)

    def test_a_cover_who_may_not_open_the_course_covers_for_nobody(self):
        agreement = self.agree(self.plan())
        agreement.sudo().assignment_id.unlink()
        self.follow_up()
        self.assertEqual(self.called().user_id, self.worker)

    def test_the_call_is_not_the_cover_s(self):
        absence = self.plan()
        self.agree(absence, date_to=WEDNESDAY)
        self.assertEqual(self.called().user_id, self.worker)
        with self.at(MONDAY_TEN):
            self.follow_up()
            self.assertEqual(self.called().user_id, self.supervisor)
            self.assertEqual(self.called().date_deadline, WEDNESDAY)

    def test_nobody_is_left_to_nobody(self):
        with self.assertRaises(ValidationError):
            self.agree(self.plan(), how="unasked", cover_id=False)

    # --- when it is due ---------------------------------------------------------------
    def test_late_it_is_due_at_once_and_stays_so(self):
        self.plan(first=TODAY, last=FRIDAY)
        self.assertEqual(self.called().date_deadline, TODAY)
        for moment in (datetime(2026, 9, 17, 6, 0), datetime(2026, 9, 21, 6, 0)):
            with self.at(moment):
                self.course.sudo()._sync_absence()
                self.follow_up()
                self.assertEqual(self.called().date_deadline, TODAY)

    def test_entered_on_a_saturday_it_is_due_on_monday(self):
        with self.at(SATURDAY_MORNING):
            self.plan(first=date(2026, 9, 19))
            self.assertEqual(self.called().date_deadline, MONDAY)
        with self.at(datetime(2026, 9, 20, 6, 0)):
            self.course.sudo()._sync_absence()
            self.assertEqual(self.called().date_deadline, MONDAY)

    def test_it_is_due_before_the_municipality_closes(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Lukkedag",
                "calendar_id": self.company.resource_calendar_id.id,
                "date_from": datetime(2026, 9, 18, 6, 0),
                "date_to": datetime(2026, 9, 18, 14, 0),
            }
        )
        self.plan()
        self.assertEqual(self.called().date_deadline, date(2026, 9, 17))

    # --- taken back at once -----------------------------------------------------------
    def test_cover_begun_today_and_taken_back_ends_at_once(self):
        absence = self.plan(first=TODAY, last=FRIDAY)
        agreement = self.agree(absence)
        theirs = self.course.with_user(self.colleague)
        self.assertTrue(theirs.has_access("read"))
        with self.at(NOW + timedelta(minutes=5)):
            agreement.action_take_back()
            theirs.invalidate_recordset()
            self.assertFalse(theirs.has_access("read"))
            row = agreement.sudo().assignment_id
            self.assertEqual((row.date_from, row.date_to), (TODAY, TODAY))
            self.assertFalse(row._covers(TODAY))
            self.assertEqual(self.called().user_id, self.supervisor)
            # And the same colleague can be asked again.
            again = self.agree(absence)
            theirs.invalidate_recordset()
            self.assertTrue(theirs.has_access("read"))
            again.action_take_back()
            # To carry the course is another matter.
            self.course.sudo()._assign(self.colleague, "contact_person", "Skift")
            theirs.invalidate_recordset()
            self.assertTrue(theirs.has_access("read"))

    # --- time off that is made anew ---------------------------------------------------
    def test_time_off_that_is_made_anew_brings_back_what_was_agreed(self):
        visit = self.visit()
        leave = self.leave(*LEAVE)
        absence = self.absences()
        agreement = self.agree(absence)
        vals = leave.copy_data()[0]
        leave.unlink()
        self.assertEqual((agreement.stage, agreement.lapsed), ("cancelled", True))
        self.assertFalse(agreement.sudo().assignment_id)
        self.assertEqual(visit.sudo().worker_ids, self.worker)
        again = self.env["resource.calendar.leaves"].create(vals)
        self.assertEqual(self.absences(), absence)
        self.assertEqual(absence.sudo().leave_id, again)
        self.assertEqual((agreement.stage, agreement.lapsed), ("coming", False))
        self.assertEqual(agreement.sudo().assignment_id.date_from, MONDAY)
        self.assertEqual(visit.sudo().worker_ids, self.colleague)
        self.assertFalse(self.called())

    def test_made_anew_while_it_runs_the_cover_goes_on(self):
        leave = self.leave(datetime(2026, 9, 16, 6, 0), LEAVE[1])
        agreement = self.agree(self.absences())
        self.assertEqual(agreement.stage, "running")
        vals = leave.copy_data()[0]
        leave.unlink()
        self.env["resource.calendar.leaves"].create(vals)
        self.assertEqual(agreement.stage, "running")
        theirs = self.course.with_user(self.colleague)
        theirs.invalidate_recordset()
        self.assertTrue(theirs.has_access("read"))

    def test_made_anew_for_fewer_days_so_is_the_agreement(self):
        leave = self.leave(*LEAVE)
        agreement = self.agree(self.absences())
        vals = {**leave.copy_data()[0], "date_to": datetime(2026, 9, 23, 14, 0)}
        leave.unlink()
        self.env["resource.calendar.leaves"].create(vals)
        self.assertEqual((agreement.stage, agreement.date_to), ("coming", WEDNESDAY))
        self.assertEqual(agreement.sudo().assignment_id.date_to, WEDNESDAY)

    def test_what_people_took_back_stays_taken_back(self):
        leave = self.leave(*LEAVE)
        agreement = self.agree(self.absences())
        agreement.action_take_back()
        vals = leave.copy_data()[0]
        leave.unlink()
        self.env["resource.calendar.leaves"].create(vals)
        self.assertEqual(agreement.stage, "cancelled")
        self.assertTrue(self.called())

    def test_what_was_agreed_by_a_former_worker_stays_taken_back(self):
        leave = self.leave(*LEAVE)
        agreement = self.agree(self.absences())
        vals = leave.copy_data()[0]
        leave.unlink()
        self.course.sudo()._assign(self.third, "contact_person", "Skift")
        self.env["resource.calendar.leaves"].create(vals)
        self.assertEqual(agreement.sudo().stage, "cancelled")
        self.assertFalse(agreement.sudo().assignment_id)

    def test_that_it_lapsed_is_not_written_by_hand(self):
        agreement = self.agree(self.plan())
        with self.assertRaises(UserError):
            agreement.lapsed = True

    # --- time off that was there before -----------------------------------------------
    def test_time_off_from_before_somebody_joined_is_found_by_the_job(self):
        self.harbour.member_ids = [Command.unlink(self.worker.id)]
        self.leave(*LEAVE)
        self.harbour.member_ids = [Command.link(self.worker.id)]
        self.assertFalse(self.absences())
        self.follow_up()
        self.assertEqual(self.absences().user_id, self.worker)
        self.assertTrue(self.called())
        self.follow_up()
        self.assertEqual(len(self.absences()), 1)

    def test_time_off_from_before_there_was_a_user_is_found_by_the_job(self):
        leave = self.leave(*LEAVE)
        agreement = self.agree(self.absences())
        leave.resource_id.user_id = False
        leave.date_to = LEAVE[1] + timedelta(minutes=1)
        self.assertFalse(self.absences())
        leave.resource_id.user_id = self.worker
        self.follow_up()
        self.assertEqual(self.absences().user_id, self.worker)
        self.assertEqual(agreement.stage, "coming")

    def test_time_off_that_went_to_another_goes_on_with_the_job(self):
        leave = self.leave(*LEAVE)
        leave.resource_id.user_id = self.third
        self.follow_up()
        self.assertEqual(self.absences().user_id, self.third)

    def test_the_call_is_looked_for_once(self):
        """The search finds what is out of step; to follow it up asks nothing more."""
        self.plan()
        self.called().unlink()
        asked = []
        Course = type(self.env["sekp.course"])
        find = Course._out_of_step_with_absence

        def count(records, *args):
            asked.append(args)
            return find(records, *args)

        self.patch(Course, "_out_of_step_with_absence", count)
        self.course.sudo()._sekp_follow_up(TODAY)
        self.assertEqual(asked, [])
        self.assertTrue(self.called())
