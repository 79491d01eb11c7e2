from datetime import date, datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .test_appointment import HOUR, TOMORROW, AppointmentCase

WEEK = timedelta(weeks=1)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestSeries(AppointmentCase):
    """Visits that come again: each its own, made together or not at all."""

    def series(self, first):
        return first.search([("series_id", "=", first.id)])

    def weekly(self, count=3, **vals):
        """Plan a weekly series; return all its appointments."""
        first = self.plan(repeat_unit="week", repeat_count=count, **vals)
        self.assertEqual(len(first), 1)
        return self.series(first)

    def local(self, appointments):
        """Return when appointments begin by the clock on the wall."""
        local = self.company._sekp_local
        return [local(one.starts_at).strftime("%d.%m. %H:%M") for one in appointments]

    def test_each_one_is_its_own(self):
        visits = self.weekly(place="Molen", workers=self.worker | self.colleague)
        self.assertEqual(
            visits.mapped("starts_at"), [TOMORROW, TOMORROW + WEEK, TOMORROW + 2 * WEEK]
        )
        self.assertEqual(set(visits.mapped("place")), {"Molen"})
        for visit in visits:
            self.assertEqual(
                self.times(visit),
                {
                    user: (visit.starts_at, visit.starts_at + HOUR)
                    for user in self.worker | self.colleague
                },
            )
            due = self.company._sekp_next_working_day(
                visit.starts_at.date() + timedelta(days=1)
            )
            self.assertEqual(self.obligations(visit), {"visit_unlogged": due})
        visits[0].starts_at += HOUR
        self.assertEqual(visits[1].starts_at, TOMORROW + WEEK)
        visits[0].action_cancel()
        self.assertEqual(visits[1].state, "planned")

    def test_ten_o_clock_stays_ten_o_clock_when_the_clock_changes(self):
        autumn = self.weekly(starts_at=datetime(2026, 10, 21, 8), count=2)
        self.assertEqual(self.local(autumn), ["21.10. 10:00", "28.10. 10:00"])
        spring = self.weekly(starts_at=datetime(2027, 3, 24, 9), count=2)
        self.assertEqual(self.local(spring), ["24.03. 10:00", "31.03. 10:00"])
        nights = self.plan(
            starts_at=datetime(2026, 10, 24, 0, 30),
            repeat_unit="day",
            repeat_count=3,
            repeat_days_off=True,
        )
        self.assertEqual(
            self.local(self.series(nights)),
            ["24.10. 02:30", "25.10. 02:30", "26.10. 02:30"],
        )

    def test_days_off_are_left_out_or_not(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Lukket",
                "company_id": self.company.id,
                "date_from": datetime(2026, 12, 30, 23, 0),
                "date_to": datetime(2026, 12, 31, 22, 59),
            }
        )
        start = datetime(2026, 12, 18, 9)
        without = self.weekly(starts_at=start, count=4)
        self.assertEqual(
            self.local(without), ["18.12. 10:00", "08.01. 10:00"], "25.12. and 1.1."
        )
        every = self.weekly(starts_at=start, count=4, repeat_days_off=True)
        self.assertEqual(len(every), 4)
        daily = self.plan(
            starts_at=datetime(2026, 12, 23, 9),
            repeat_unit="day",
            repeat_until=date(2027, 1, 4),
        )
        self.assertEqual(
            [day[:5] for day in self.local(self.series(daily))],
            ["23.12", "24.12", "28.12", "29.12", "30.12", "04.01"],
        )

    def test_a_single_visit_is_left_when_all_others_are_days_off(self):
        alone = self.plan(
            starts_at=datetime(2026, 12, 18, 9), repeat_unit="week", repeat_count=2
        )
        self.assertFalse(alone.series_id)

    def test_what_cannot_be_meant_is_refused_in_words(self):
        for vals, sentence in (
            ({"repeat_unit": "year", "repeat_count": 2}, "cannot be what"),
            ({"repeat_unit": "week"}, "how many visits"),
            ({"repeat_unit": "week", "repeat_count": 1}, "two visits"),
            ({"repeat_unit": "week", "repeat_count": -3}, "two visits"),
            ({"repeat_unit": "week", "repeat_count": 27}, "26 visits"),
            ({"repeat_unit": "day", "repeat_until": "2027-09-01"}, "26 visits"),
            ({"repeat_unit": "week", "repeat_until": "2026-09-01"}, "before the first"),
            ({"repeat_unit": "day", "repeat_every": 0, "repeat_count": 2}, "1 and 26"),
            (
                {"repeat_unit": "week", "repeat_every": 26, "repeat_count": 9},
                "a year ahead",
            ),
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(ValidationError, sentence),
            ):
                self.plan(**vals)
        self.assertFalse(self.course.appointment_ids)

    def test_a_day_without_access_plans_none(self):
        self.course.sudo().assignment_ids.filtered(
            lambda row: row.user_id == self.colleague
        ).write({"date_to": date(2026, 9, 30)})
        events = self.env["calendar.event"].search_count([])
        activities = self.env["mail.activity"].search_count([])
        with (
            self.assertRaisesRegex(ValidationError, "10/01/2026") as caught,
            self.cr.savepoint(),
        ):
            self.plan(
                workers=self.worker | self.colleague, repeat_unit="week", repeat_count=5
            )
        self.assertNotIn(self.colleague.name, str(caught.exception))
        self.assertFalse(self.course.appointment_ids)
        self.assertEqual(self.env["calendar.event"].search_count([]), events)
        self.assertEqual(self.env["mail.activity"].search_count([]), activities)
        self.weekly(count=2, workers=self.worker | self.colleague)

    def test_the_dialog_tells_what_it_makes(self):
        action = self.course.action_plan_visit()
        Appointment = self.env["sekp.appointment"].with_user(self.worker)
        dialog = Form(
            Appointment.with_context(**action["context"]),
            view="sekp_outreach.sekp_appointment_view_form_dialog",
        )
        dialog.starts_at = datetime(2026, 12, 11, 9)
        self.assertFalse(dialog.repeat_told)
        dialog.repeat_unit = "week"
        self.assertIn("Say how many", dialog.repeat_told)
        dialog.repeat_count = 4
        self.assertEqual(
            dialog.repeat_told,
            "2 visits, the last on 12/18/2026. Left out as days off: 12/25/2026, "
            "01/01/2027.",
        )
        dialog.repeat_days_off = True
        self.assertEqual(
            dialog.repeat_told,
            "4 visits, the last on 01/01/2027. Among them days off: 12/25/2026, "
            "01/01/2027.",
        )
        first = dialog.save()
        self.assertEqual(len(self.series(first)), 4)

    def test_a_calendar_that_gives_the_end_and_defaults(self):
        drawn = (
            self.env["sekp.appointment"]
            .with_user(self.worker)
            .with_context(
                default_course_id=self.course.id,
                default_starts_at="2026-09-17 08:00:00",
                default_ends_at="2026-09-17 09:30:00",
                default_repeat_unit="week",
                default_repeat_count=2,
            )
        )
        first = drawn.create({})
        self.assertEqual(self.series(first).mapped("minutes"), [90, 90])
        self.assertEqual(first.search_count([]), 2)

    def test_moving_this_and_the_following(self):
        visits = self.weekly(starts_at=datetime(2026, 10, 14, 8), count=4)
        visits[1].write(
            {
                "starts_at": datetime(2026, 10, 22, 8, 30),
                "change_following": True,
                "place": "Molen",
                "minutes": 45,
                "worker_ids": [Command.set(self.colleague.ids)],
            }
        )
        self.assertEqual(
            self.local(visits),
            ["14.10. 10:00", "22.10. 10:30", "29.10. 10:30", "05.11. 10:30"],
        )
        self.assertEqual(visits.mapped("place"), [False, "Molen", "Molen", "Molen"])
        self.assertEqual(visits.mapped("minutes"), [60, 45, 45, 45])
        self.assertEqual(visits[3].worker_ids, self.colleague)
        self.assertEqual(
            self.times(visits[3]),
            {self.colleague: (visits[3].starts_at, visits[3].ends_at)},
        )
        self.assertEqual(
            self.obligations(visits[3]), {"visit_unlogged": date(2026, 11, 6)}
        )
        visits[2].write({"place": "Kajen", "change_following": False})
        self.assertEqual(visits[3].place, "Molen")

    def test_moving_the_following_is_all_or_nothing(self):
        self.course.sudo().assignment_ids.filtered(
            lambda row: row.user_id == self.colleague
        ).write({"date_to": date(2026, 10, 2)})
        visits = self.weekly(workers=self.colleague)
        with (
            self.assertRaisesRegex(ValidationError, "10/03/2026"),
            self.cr.savepoint(),
        ):
            visits[0].write(
                {"starts_at": TOMORROW + timedelta(days=2), "change_following": True}
            )
        self.env.invalidate_all()
        self.assertEqual(visits[0].starts_at, TOMORROW)

    def test_cancelling_this_and_the_following(self):
        visits = self.weekly(count=4)
        self.log_of(visits[2])
        visits[1].action_cancel_following()
        self.assertEqual(
            visits.mapped("state"), ["planned", "cancelled", "held", "cancelled"]
        )
        self.assertFalse(self.times(visits[3]))
        self.assertFalse(visits[3].sudo().activity_ids)
        with self.assertRaisesRegex(UserError, "does not belong to a series"):
            self.plan().action_cancel_following()
        with self.assertRaises(AccessError):
            visits[0].with_user(self.other_worker).action_cancel_following()

    def log_of(self, appointment):
        with self.at(appointment.ends_at):
            self.log(self.course, appointment_id=appointment.id)

    def test_the_series_is_not_told_by_hand(self):
        visits = self.weekly()
        with self.assertRaisesRegex(UserError, "buttons"):
            self.plan(series_id=visits[0].id)
        with self.assertRaisesRegex(UserError, "buttons"):
            visits[1].series_id = False

    def test_no_one_else_plans_one(self):
        for user in (self.other_worker, self.employee):
            with self.assertRaises(AccessError):
                self.plan(
                    course=self.course.with_user(user),
                    repeat_unit="week",
                    repeat_count=2,
                )
