from datetime import date, datetime, timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import NOW, TODAY, OutreachCase

MONDAY = date(2026, 9, 21)
FRIDAY = date(2026, 9, 25)
# Copenhagen is two hours ahead in September.
MONDAY_TEN = datetime(2026, 9, 21, 8, 0)


class AbsenceCase(OutreachCase):
    """A course under a standard that asks for an agreement on every absence."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(
            absence_agreement="required", registration_mode="alias"
        )
        cls.course = cls.allocate()
        cls.log(cls.course)

    def follow_up(self):
        with self.enter_registry_test_mode():
            self.env.ref("sekp_outreach.cron_follow_up").method_direct_trigger()

    def plan(self, user=None, first=MONDAY, last=FRIDAY, **vals):
        return (
            self.env["sekp.absence"]
            .with_user(user or self.worker)
            .create({"date_from": first, "date_to": last, **vals})
        )

    def agree(self, absence, user=None, **vals):
        return (
            self.env["sekp.absence.agreement"]
            .with_user(user or self.worker)
            .create(
                {
                    "absence_id": absence.id,
                    "course_id": self.course.id,
                    "date_from": absence.date_from,
                    "date_to": absence.date_to,
                    "how": "visits",
                    "cover_id": self.colleague.id,
                    "agreed_on": TODAY,
                    **vals,
                }
            )
        )

    def visit(self, starts_at=MONDAY_TEN):
        return (
            self.env["sekp.appointment"]
            .with_user(self.worker)
            .create(
                {
                    "course_id": self.course.id,
                    "form_id": self.home_visit.id,
                    "starts_at": starts_at,
                    "worker_ids": [Command.set(self.worker.ids)],
                }
            )
        )

    def leave(self, begin, end, **vals):
        """Enter time off of the worker in the working hours."""
        resource = self.env["resource.resource"].create(
            {
                "name": "Medarbejder",
                "user_id": self.worker.id,
                "company_id": self.company.id,
                "calendar_id": self.company.resource_calendar_id.id,
            }
        )
        return self.env["resource.calendar.leaves"].create(
            {
                "name": "Kanariefugl",
                "resource_id": resource.id,
                "calendar_id": self.company.resource_calendar_id.id,
                "date_from": begin,
                "date_to": end,
                **vals,
            }
        )

    def absences(self):
        return self.env["sekp.absence"].search([("cancelled", "=", False)])

    def called(self):
        """Return the open call for an agreement on the course."""
        kind = self.env.ref("sekp_outreach.activity_absence_agreement")
        return self.course.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == kind
        )


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAbsence(AbsenceCase):
    """Cover begins and ends by itself, and is agreed with the citizen (R120)."""

    # --- the call for an agreement ----------------------------------------------------
    def test_an_absence_calls_for_an_agreement(self):
        absence = self.plan()
        self.assertEqual(
            self.obligations(self.course)["absence_agreement"],
            # The Friday before: a working day.
            MONDAY - timedelta(days=3),
        )
        self.assertEqual(absence.lacking_ids, self.course)
        self.agree(absence)
        self.assertNotIn("absence_agreement", self.obligations(self.course))
        self.assertFalse(absence.lacking_ids)
        self.assertEqual(absence.progress, "1 of 1 agreed")

    def test_taken_back_it_calls_for_nothing(self):
        absence = self.plan()
        absence.action_take_back()
        self.assertNotIn("absence_agreement", self.obligations(self.course))

    def test_without_the_duty_only_what_falls_due_calls(self):
        self.standard.sudo().absence_agreement = "off"
        self.course.sudo().rhythm_days = 30
        self.plan()
        self.assertNotIn("absence_agreement", self.obligations(self.course))
        self.visit()
        self.follow_up()
        self.assertIn("absence_agreement", self.obligations(self.course))

    def test_a_course_given_meanwhile_is_found_by_the_job(self):
        self.plan()
        other = self.allocate()
        self.follow_up()
        self.assertIn("absence_agreement", self.obligations(other))
        self.follow_up()
        self.assertEqual(
            len(
                other.sudo().activity_ids.filtered(
                    lambda act: (
                        act.activity_type_id
                        == self.env.ref("sekp_outreach.activity_absence_agreement")
                    )
                )
            ),
            1,
        )

    def test_of_an_absence_that_is_over_nothing_is_called_agreed(self):
        absence = self.plan()
        with self.at(datetime(2026, 9, 25, 5, 0)):
            self.assertEqual(absence.progress, "0 of 1 agreed")
        self.env.invalidate_all()
        with self.at(datetime(2026, 9, 26, 5, 0)):
            self.assertFalse(absence.progress)
            self.assertFalse(absence.lacking_ids)

    def test_who_carries_no_course_reads_of_no_agreements(self):
        self.assertIs(self.plan(self.colleague).progress, False)

    def test_the_last_day_is_written_as_the_reader_does(self):
        self.assertIn("away until 09/25/2026", self.plan().display_name)

    # --- exactly these days -----------------------------------------------------------
    def test_the_cover_opens_the_course_on_these_days_only(self):
        absence = self.plan()
        self.agree(absence)
        theirs = self.course.with_user(self.colleague)
        for day, open_ in (
            (MONDAY - timedelta(days=1), False),
            (MONDAY, True),
            (FRIDAY, True),
            (FRIDAY + timedelta(days=1), False),
        ):
            noon = datetime.combine(day, datetime.min.time()) + timedelta(hours=10)
            with self.at(noon):
                theirs.invalidate_recordset()
                self.assertEqual(theirs.has_access("read"), open_, day)

    def test_visits_and_obligations_go_to_the_cover_and_come_back(self):
        visit = self.visit()
        self.course.sudo().rhythm_days = 7
        absence = self.plan()
        agreement = self.agree(absence)
        self.assertEqual(visit.sudo().worker_ids, self.colleague)
        with self.at(datetime(2026, 9, 21, 5, 0)):
            self.follow_up()
            self.assertEqual(agreement.stage, "running")
            owners = self.course.sudo().activity_ids.filtered("automated").user_id
            self.assertEqual(owners, self.colleague)
            brief = self.course.with_user(self.colleague).cover_brief
            self.assertIn("away until", brief)
            self.assertIn("a contact every 7 days", brief)
        with self.at(datetime(2026, 9, 26, 5, 0)):
            self.follow_up()
            self.assertEqual(agreement.stage, "over")
            owners = self.course.sudo().activity_ids.filtered("automated").user_id
            self.assertEqual(owners, self.worker)

    def test_nothing_is_called_agreed_with_who_could_not_be_asked(self):
        self.agree(self.plan(), how="unasked", agreed_on=False)
        with self.at(datetime(2026, 9, 21, 5, 0)):
            brief = self.course.with_user(self.colleague).cover_brief
        self.assertIn("The person could not be asked.", brief)
        self.assertNotIn("Agreed:", brief)

    def test_an_absence_taken_back_gives_everything_back(self):
        visit = self.visit()
        absence = self.plan()
        agreement = self.agree(absence)
        absence.action_take_back()
        self.assertEqual(agreement.stage, "cancelled")
        self.assertFalse(agreement.sudo().assignment_id)
        self.assertEqual(visit.sudo().worker_ids, self.worker)

    def test_a_shorter_absence_ends_the_access_earlier(self):
        absence = self.plan()
        agreement = self.agree(absence)
        absence.date_to = MONDAY
        self.assertEqual(agreement.date_to, MONDAY)
        self.assertEqual(agreement.sudo().assignment_id.date_to, MONDAY)

    def test_what_happened_meanwhile_is_told_on_return(self):
        absence = self.plan()
        agreement = self.agree(absence)
        with self.at(MONDAY_TEN):
            self.follow_up()
            self.log(self.course.with_user(self.colleague), next_step="Ring til lægen")
        with self.at(datetime(2026, 9, 26, 6, 0)):
            self.follow_up()
            self.assertIn("cover_summary", self.obligations(self.course))
            self.course.invalidate_recordset()
            self.assertIn("A colleague comes instead", self.course.meanwhile)
            contacts = self.course.meanwhile_contact_ids
            self.assertEqual(contacts.mapped("next_step"), ["Ring til lægen"])
            self.assertFalse(self.course.meanwhile_visit_ids)
            self.course.action_seen_cover()
            self.assertNotIn("cover_summary", self.obligations(self.course))
            self.assertTrue(agreement.seen_on)
            self.course.invalidate_recordset()
            self.assertFalse(self.course.meanwhile)
            self.assertFalse(self.course.meanwhile_contact_ids)

    def test_the_cover_s_visits_are_told_on_return(self):
        visit = self.visit()
        self.agree(self.plan())
        with self.at(MONDAY_TEN - timedelta(hours=1)):
            self.follow_up()
            visit.with_user(self.colleague).action_cancel()
        with self.at(datetime(2026, 9, 26, 6, 0)):
            self.follow_up()
            self.assertIn("cover_summary", self.obligations(self.course))
            self.course.invalidate_recordset()
            self.assertEqual(self.course.meanwhile_visit_ids, visit)
            # It is told to the one who was away, and to nobody else.
            led = self.course.with_user(self.supervisor)
            self.assertFalse(led.meanwhile or led.meanwhile_visit_ids)

    def test_one_screen_shows_contacts_and_visits_with_links(self):
        self.visit()
        self.agree(self.plan())
        with self.at(MONDAY_TEN):
            self.follow_up()
            self.log(self.course.with_user(self.colleague))
        with self.at(datetime(2026, 9, 26, 6, 0)):
            self.follow_up()
            self.env.invalidate_all()
            form = Form(self.course)
            self.assertEqual(len(form.meanwhile_contact_ids), 1)
            self.assertEqual(len(form.meanwhile_visit_ids), 1)

    def test_others_read_until_when_somebody_is_away(self):
        self.agree(self.plan(), date_to=date(2026, 9, 22))
        led = self.course.with_user(self.supervisor)
        self.assertFalse(led.away_text)
        for day, covered in ((21, True), (23, False)):
            with self.at(datetime(2026, 9, day, 8, 0)):
                self.follow_up()
                self.env.invalidate_all()
                text = led.away_text
                self.assertIn("09/25/2026", text)
                self.assertIn(self.worker.name, text)
                self.assertEqual(self.colleague.name in text, covered)
                self.assertFalse(self.course.away_text)

    def test_where_nothing_happened_nothing_is_told(self):
        self.agree(self.plan())
        with self.at(datetime(2026, 9, 28, 6, 0)):
            self.follow_up()
            self.assertNotIn("cover_summary", self.obligations(self.course))

    def test_more_days_call_for_another_agreement(self):
        absence = self.plan()
        self.agree(absence)
        absence.date_to = FRIDAY + timedelta(days=7)
        self.assertIn("absence_agreement", self.obligations(self.course))
        self.assertEqual(absence.lacking_ids, self.course)
        self.agree(absence, date_from=FRIDAY + timedelta(days=1))
        self.assertNotIn("absence_agreement", self.obligations(self.course))

    def test_a_visit_planned_later_goes_to_the_cover(self):
        self.agree(self.plan())
        self.course.sudo().rhythm_days = 7
        visit = self.visit()
        self.assertEqual(visit.sudo().worker_ids, self.colleague)

    def test_a_new_contact_person_ends_what_the_former_agreed(self):
        agreement = self.agree(self.plan())
        third = self.other_worker
        self.harbour.sudo().member_ids |= third
        self.course.sudo()._assign(third, "contact_person", "Skift")
        self.assertEqual(agreement.sudo().stage, "cancelled")
        with self.at(MONDAY_TEN):
            theirs = self.course.with_user(self.colleague)
            theirs.invalidate_recordset()
            self.assertFalse(theirs.has_access("read"))

    # --- who may ----------------------------------------------------------------------
    def test_only_oneself_and_the_supervisor_enter_an_absence(self):
        for user in (self.colleague, self.other_supervisor):
            with self.assertRaises(AccessError):
                self.plan(user=user, user_id=self.worker.id)
        self.assertTrue(self.plan(user=self.supervisor, user_id=self.worker.id))
        self.assertFalse(self.env["sekp.absence"].with_user(self.colleague).search([]))

    def test_sickness_is_not_marked_by_hand(self):
        for vals in ({"kind": "sick"}, {"from_time_off": True}, {"cancelled": True}):
            with self.assertRaises(UserError):
                self.plan(**vals)
            with self.assertRaises(UserError):
                self.env["sekp.absence"].with_user(self.worker).with_context(
                    **{f"default_{name}": value for name, value in vals.items()}
                ).create({"date_from": MONDAY, "date_to": FRIDAY})

    def test_an_absence_of_another_opens_nothing(self):
        self.plan()
        theirs = self.plan(user=self.colleague)
        with self.assertRaises(AccessError):
            self.agree(theirs, cover_id=self.colleague.id)

    def test_a_second_worker_does_not_agree_for_the_first(self):
        absence = self.plan()
        self.course.sudo()._assign(self.colleague, "second", "Aftale")
        with self.assertRaises(AccessError):
            self.agree(absence, user=self.colleague)

    def test_the_cover_is_a_colleague_of_the_team(self):
        absence = self.plan()
        for vals in (
            {"cover_id": self.other_worker.id},
            {"cover_id": self.worker.id},
            {"cover_id": False},
            {"how": "nothing"},
            {"date_from": MONDAY - timedelta(days=1)},
            {"date_to": FRIDAY + timedelta(days=1)},
        ):
            with self.subTest(vals), self.assertRaises(ValidationError):
                self.agree(absence, **vals)
        self.agree(absence)
        with self.assertRaises(UserError):
            self.agree(absence)

    def test_overlapping_days_are_refused_by_hand(self):
        self.plan()
        with self.assertRaises(UserError):
            self.plan(first=FRIDAY, last=FRIDAY)

    def test_an_absence_is_no_access_for_ever(self):
        with self.assertRaises(ValidationError):
            self.plan(last=MONDAY + timedelta(days=400))

    def test_days_and_cover_stay_as_agreed(self):
        agreement = self.agree(self.plan())
        with self.assertRaises(UserError):
            agreement.date_to = FRIDAY + timedelta(days=30)
        with self.assertRaises(UserError):
            agreement.cover_id = self.other_worker

    # --- who knows the citizen --------------------------------------------------------
    def test_who_has_met_the_citizen_is_proposed(self):
        third = self.other_worker
        self.harbour.sudo().member_ids |= third
        self.course.sudo()._assign(third, "second", "Aftale")
        self.log(self.course.with_user(third))
        absence = self.plan()
        found = absence._propose_covers(self.course)
        self.assertEqual(found[self.course.id], third)
        self.plan(user=third)
        found = absence._propose_covers(self.course)
        self.assertEqual(found[self.course.id], self.colleague)

    # --- sickness ---------------------------------------------------------------------
    def sick(self, user=None):
        dialogs = self.env["sekp.sick.today"].with_user(user or self.supervisor)
        return dialogs.browse(dialogs._open_for(self.worker)["res_id"])

    def test_sickness_takes_two_taps(self):
        visit = self.visit(NOW + timedelta(hours=2))
        dialog = self.sick()
        self.assertEqual(dialog.line_ids.course_id, self.course)
        self.assertEqual(dialog.line_ids.cover_id, self.colleague)
        dialog.action_confirm()
        dialog.action_confirm()
        self.sick().action_confirm()
        absence = self.env["sekp.absence"].search([("user_id", "=", self.worker.id)])
        self.assertEqual(len(absence), 1)
        self.assertEqual(absence.kind, "sick")
        self.assertEqual(absence.agreement_ids.how, "unasked")
        self.assertEqual(visit.sudo().worker_ids, self.colleague)
        theirs = self.course.with_user(self.colleague)
        self.assertTrue(theirs.has_access("read"))
        self.assertEqual(
            self.env["sekp.absence"]._left_without(TODAY, self.company),
            self.env["sekp.course"],
        )

    def test_only_a_supervisor_of_the_team_says_so(self):
        for user in (self.colleague, self.other_supervisor, self.worker):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.sick(user=user)

    def test_where_nobody_can_cover_the_call_for_it_stays(self):
        self.harbour.member_ids -= self.colleague
        self.visit(NOW + timedelta(hours=2))
        dialog = self.sick()
        self.assertFalse(dialog.line_ids.cover_id)
        dialog.action_confirm()
        self.assertFalse(self.course.absence_agreement_ids)
        self.assertEqual(self.called().user_id, self.supervisor)

    def test_without_a_cover_the_course_is_left_without(self):
        self.visit(NOW + timedelta(hours=2))
        self.plan(first=TODAY, last=TODAY)
        self.assertEqual(
            self.env["sekp.absence"]._left_without(TODAY, self.company),
            self.course.sudo(),
        )

    # --- time off ---------------------------------------------------------------------
    def test_time_off_makes_moves_and_ends_an_absence(self):
        leave = self.leave(datetime(2026, 9, 21, 6, 0), datetime(2026, 9, 25, 14, 0))
        absence = self.absences()
        self.assertEqual(
            (absence.user_id, absence.date_from, absence.date_to),
            (self.worker, MONDAY, FRIDAY),
        )
        self.assertIn("absence_agreement", self.obligations(self.course))
        with self.assertRaises(UserError):
            absence.with_user(self.worker).date_to = MONDAY
        leave.date_to = datetime(2026, 9, 22, 14, 0)
        self.assertEqual(absence.date_to, date(2026, 9, 22))
        leave.unlink()
        self.assertFalse(self.absences())
        self.assertNotIn("absence_agreement", self.obligations(self.course))

    def test_an_afternoon_off_is_no_absence(self):
        self.leave(datetime(2026, 9, 21, 11, 0), datetime(2026, 9, 21, 14, 0))
        self.assertFalse(self.absences())

    def test_work_elsewhere_and_closing_days_are_none(self):
        self.leave(
            datetime(2026, 9, 21, 6, 0), datetime(2026, 9, 25, 14, 0), time_type="other"
        )
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Lukkedag",
                "calendar_id": self.company.resource_calendar_id.id,
                "date_from": fields.Datetime.to_datetime("2026-09-21 06:00:00"),
                "date_to": fields.Datetime.to_datetime("2026-09-21 14:00:00"),
            }
        )
        self.assertFalse(self.absences())

    # --- endings ----------------------------------------------------------------------
    def test_closing_ends_what_was_agreed(self):
        agreement = self.agree(self.plan())
        self.course.with_user(self.supervisor)._close("achieved")
        self.assertEqual(agreement.stage, "cancelled")
        self.assertFalse(self.course.with_user(self.colleague).has_access("read"))

    def test_nothing_about_the_person_is_stored_where_that_is_the_standard(self):
        self.standard.sudo().write({"registration_mode": "none"})
        with self.assertRaises(ValidationError):
            self.agree(self.plan(), note="Vil helst ringes til")
