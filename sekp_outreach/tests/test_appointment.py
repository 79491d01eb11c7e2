from datetime import date, datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY, OutreachCase, make_user

TOMORROW = datetime(2026, 9, 17, 8, 0)
HOUR = timedelta(hours=1)
PLACE = "Kanariebroen"
NOTE = "Zobelmarken"
TEXTS = ("name", "location", "description", "notes", "display_name")


class AppointmentCase(OutreachCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard()
        cls.course = cls.allocate()
        cls.course.with_user(cls.supervisor)._assign(
            cls.colleague, "second", "Samarbejde"
        )

    def plan(self, course=None, workers=None, **vals):
        """Plan an appointment as the user the course is browsed with."""
        course = course or self.course
        return (
            self.env["sekp.appointment"]
            .with_user(course.env.user)
            .create(
                {
                    "course_id": course.id,
                    "form_id": self.home_visit.id,
                    "starts_at": TOMORROW,
                    "worker_ids": [Command.set((workers or course.env.user).ids)],
                    **vals,
                }
            )
        )

    def event(self, appointment, user=None):
        """Return the busy block of a user, browsed as that user."""
        user = user or self.worker
        block = appointment.sudo().block_ids.filtered(lambda b: b.user_id == user)
        return block.event_id.with_user(user).sudo(False)

    def times(self, appointment):
        return {
            user: (event.start, event.stop)
            for user, event in (
                (block.user_id, block.event_id)
                for block in appointment.sudo().block_ids
            )
        }


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAppointment(AppointmentCase):
    """A planned visit: its workers, its times, its acts."""

    def test_the_dialog_plans_with_what_it_proposes(self):
        action = self.course.action_plan_visit()
        Appointment = self.env[action["res_model"]].with_user(self.worker)
        names = ["course_id", "form_id", "starts_at", "minutes", "worker_ids"]
        values = Appointment.with_context(**action["context"]).default_get(names)
        appointment = Appointment.create(values)
        self.assertEqual(appointment.course_id, self.course)
        self.assertTrue(appointment.form_id.is_visit)
        self.assertEqual(appointment.starts_at, NOW + HOUR)
        self.assertEqual(appointment.ends_at, NOW + 2 * HOUR)
        self.assertEqual(appointment.worker_ids, self.worker)
        self.assertEqual(appointment.display_name, self.course.reference)
        self.assertEqual(
            appointment.allowed_worker_ids,
            self.worker | self.colleague | self.supervisor,
        )

    def test_a_calendar_gives_the_end(self):
        Appointment = self.env["sekp.appointment"].with_user(self.worker)
        drawn = Appointment.with_context(
            default_starts_at="2026-09-17 08:00:00",
            default_ends_at="2026-09-17 09:30:00",
            default_course_id=self.course.id,
        )
        values = drawn.default_get(["course_id", "starts_at", "minutes", "ends_at"])
        self.assertEqual(values["minutes"], 90)
        appointment = drawn.create({})
        self.assertEqual(appointment.ends_at, TOMORROW + 1.5 * HOUR)
        appointment.write(
            {"starts_at": "2026-09-18 08:00:00", "ends_at": "2026-09-18 08:45:00"}
        )
        self.assertEqual(appointment.minutes, 45)
        appointment.starts_at = "2026-09-18 10:00:00"
        self.assertEqual(appointment.ends_at, datetime(2026, 9, 18, 10, 45))

    def test_it_lasts_between_a_minute_and_a_day(self):
        appointment = self.plan()
        for minutes in (0, -5, 1441, "60", None):
            with self.assertRaisesRegex(ValidationError, "a minute and a day"):
                self.plan(minutes=minutes)
            with self.assertRaisesRegex(ValidationError, "a minute and a day"):
                appointment.write({"minutes": minutes})
        for end in (TOMORROW, TOMORROW - HOUR, TOMORROW + timedelta(days=2)):
            with self.assertRaisesRegex(ValidationError, "a minute and a day"):
                appointment.write({"ends_at": end})

    def test_every_worker_must_be_entitled_at_that_time(self):
        for user in (self.other_worker, self.other_supervisor, self.employee):
            with self.assertRaisesRegex(ValidationError, "must have access") as caught:
                self.plan(workers=self.worker | user)
            self.assertNotIn(user.name, str(caught.exception))
        with self.assertRaisesRegex(ValidationError, "at least one worker"):
            self.plan(worker_ids=[Command.clear()])
        self.plan(workers=self.worker | self.colleague | self.supervisor)
        appointment = self.plan()
        with self.assertRaisesRegex(ValidationError, "must have access"):
            appointment.worker_ids |= self.other_worker

    def test_a_cover_can_be_planned_for_the_days_of_the_cover(self):
        self.course.with_user(self.supervisor)._assign(
            self.other_worker, "cover", "Ferie", date(2026, 10, 25), date(2026, 10, 25)
        )
        both = self.worker | self.other_worker
        # The night in which the clock goes back: the day lasts 25 hours.
        for moment, entitled in (
            (datetime(2026, 10, 24, 21, 59), False),
            (datetime(2026, 10, 24, 22, 0), True),
            (datetime(2026, 10, 25, 22, 59), True),
            (datetime(2026, 10, 25, 23, 0), False),
        ):
            with self.subTest(moment=moment):
                if entitled:
                    self.plan(workers=both, starts_at=moment)
                else:
                    with self.assertRaisesRegex(ValidationError, "must have access"):
                        self.plan(workers=both, starts_at=moment)

    def test_who_may_not_open_the_course_plans_sees_and_learns_nothing(self):
        appointment = self.plan()
        for user in (self.other_worker, self.other_supervisor, self.foreign_supervisor):
            theirs = appointment.with_user(user)
            self.assertFalse(theirs.search([("id", "=", appointment.id)]))
            for act in ("action_cancel", "action_log_contact", "action_save_and_close"):
                with self.assertRaises(AccessError):
                    getattr(theirs, act)()
            with self.assertRaises(AccessError):
                self.plan(self.course.with_user(user))
            with self.assertRaises(AccessError):
                theirs.write({"ends_at": TOMORROW + HOUR})
            with self.assertRaises(AccessError):
                theirs.onchange(
                    {"course_id": self.course.id, "starts_at": TOMORROW},
                    ["course_id"],
                    {"allowed_worker_ids": {}},
                )
        with self.assertRaises(AccessError):
            self.env["sekp.appointment"].with_user(self.employee).search([])

    def test_nobody_has_access_to_the_links(self):
        self.plan()
        for user in (self.worker, self.supervisor, self.env.ref("base.user_admin")):
            with self.assertRaises(AccessError):
                self.env["sekp.appointment.block"].with_user(user).search([])
            with self.assertRaises(AccessError):
                self.env["sekp.appointment"].with_user(user).search(
                    [("block_ids", "!=", False)]
                )

    def test_nobody_deletes_one(self):
        with self.assertRaises(AccessError):
            self.plan().unlink()

    def test_the_state_changes_by_acts_only(self):
        with self.assertRaises(UserError):
            self.plan(state="held")
        appointment = self.plan()
        with self.assertRaises(UserError):
            appointment.state = "cancelled"
        appointment.action_cancel()
        self.assertEqual(appointment.state, "cancelled")
        with self.assertRaisesRegex(UserError, "Only a planned"):
            appointment.action_cancel()
        with self.assertRaisesRegex(UserError, "held or cancelled"):
            appointment.starts_at = TOMORROW + HOUR
        appointment.note = "Aflyst af borgeren"

    def test_logging_the_contact_holds_it(self):
        appointment = self.plan(form_id=self.phone.id, minutes=20)
        with self.at(TOMORROW + HOUR):
            action = appointment.action_log_contact()
            contact = (
                self.env["sekp.contact"]
                .with_user(self.worker)
                .with_context(**action["context"])
                .create({"outcome": "no_answer"})
            )
            self.assertEqual(contact.appointment_id, appointment)
            self.assertEqual(contact.started_at, TOMORROW)
            self.assertEqual((contact.form_id, contact.minutes), (self.phone, 20))
            self.assertEqual(appointment.state, "held")
            correction = (
                self.env["sekp.contact"]
                .with_user(self.worker)
                .with_context(**contact.action_correct()["context"])
                .create({"outcome": "met"})
            )
            self.assertEqual(correction.appointment_id, appointment)
        self.assertTrue(self.event(appointment).exists(), "the time was spent")

    def test_a_contact_belongs_to_an_appointment_of_its_course(self):
        appointment = self.plan()
        other = self.allocate()
        with self.assertRaisesRegex(UserError, "its own course"):
            self.log(other, appointment_id=appointment.id)
        with self.assertRaises(AccessError):
            self.log(
                self.course.with_user(self.other_worker), appointment_id=appointment.id
            )
        appointment.action_cancel()
        with self.assertRaisesRegex(UserError, "was cancelled"):
            self.log(self.course, appointment_id=appointment.id)

    def test_an_appointment_not_yet_begun_is_logged_as_of_now(self):
        action = self.plan().action_log_contact()
        self.assertEqual(action["context"]["default_started_at"], "2026-09-16 10:00:00")

    def test_a_closed_course_has_no_planned_ones(self):
        appointment, held = self.plan(), self.plan()
        self.log(self.course, appointment_id=held.id)
        self.course._close("other")
        self.assertEqual((appointment.state, held.state), ("cancelled", "held"))
        self.assertFalse(appointment.sudo().block_ids)
        with self.assertRaisesRegex(UserError, "The course is closed"):
            self.plan()

    def test_an_overlap_is_told_and_forbids_nothing(self):
        first = self.plan()
        beside = self.plan(starts_at=TOMORROW + HOUR)
        self.assertFalse(first.overlap or beside.overlap)
        self.assertIn(
            "another appointment", self.plan(starts_at=TOMORROW + HOUR / 2).overlap
        )
        first.invalidate_recordset()
        self.assertTrue(first.overlap)
        unsaved = (
            self.env["sekp.appointment"]
            .with_user(self.worker)
            .new(
                {
                    "course_id": self.course.id,
                    "starts_at": TOMORROW,
                    "worker_ids": [Command.set(self.worker.ids)],
                }
            )
        )
        self.assertTrue(unsaved.overlap)

    def test_none_stores_no_text(self):
        self.course.sudo().standard_id.registration_mode = "none"
        for name in ("place", "note"):
            with self.assertRaisesRegex(ValidationError, "cannot be stored"):
                self.plan(**{name: PLACE})


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAppointmentInCalendar(AppointmentCase):
    """The busy blocks: in step with the appointment, and nothing but times."""

    def test_each_worker_has_a_block_that_says_nothing(self):
        appointment = self.plan(
            workers=self.worker | self.colleague, place=PLACE, note=NOTE
        )
        self.assertEqual(
            appointment.sudo().block_ids.user_id, self.worker | self.colleague
        )
        for user in (self.worker, self.colleague):
            event = self.event(appointment, user).sudo()
            self.assertEqual((event.start, event.stop), (TOMORROW, TOMORROW + HOUR))
            self.assertEqual(event.name, "Busy")
            self.assertEqual((event.privacy, event.show_as), ("private", "busy"))
            self.assertEqual(event.user_id, user)
            self.assertEqual(event.partner_ids, user.partner_id)
            self.assertEqual(event.attendee_ids.partner_id, user.partner_id)
            self.assertEqual(event.attendee_ids.state, "accepted")
            self.assertEqual(event.create_uid | event.write_uid, user)
            for name in (
                "description", "location", "notes", "videocall_location", "res_id",
                "res_model", "res_model_id", "alarm_ids", "activity_ids",
                "categ_ids", "access_token", "recurrence_id", "message_ids",
                "message_follower_ids", "allday", "videocall_channel_id",
            ):  # fmt: skip
                self.assertFalse(event[name], name)

    def test_the_caller_s_context_brings_nothing_along(self):
        appointment = self.plan(
            self.course.with_context(
                default_location=PLACE,
                default_description=NOTE,
                default_name=NOTE,
                default_notes=NOTE,
                default_videocall_location=PLACE,
                default_res_model="sekp.course",
                default_res_id=self.course.id,
                default_partner_ids=self.employee.partner_id.ids,
                active_model="sekp.course",
                active_id=self.course.id,
                sekp_appointment_in_step=True,
            )
        )
        event = self.event(appointment).sudo()
        self.assertEqual(event.name, "Busy")
        self.assertFalse(event.location or event.description or event.notes)
        self.assertFalse(event.videocall_location or event.res_id or event.res_model)
        self.assertEqual(event.partner_ids, self.worker.partner_id)

    def test_no_message_mail_follower_or_notice_is_made(self):
        tables = (
            "mail_message", "mail_mail", "mail_followers", "mail_notification",
            "mail_tracking_value", "mail_activity", "ir_attachment", "bus_bus",
            "discuss_channel", "calendar_recurrence",
        )  # fmt: skip

        def count():
            self.env.flush_all()
            self.env.cr.precommit.run()
            self.env.cr.postcommit.clear()
            counts = {}
            for table in tables:
                self.env.cr.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608
                counts[table] = self.env.cr.fetchone()[0]
            return counts

        for user in (self.worker, self.colleague):
            user.sudo().email = f"{user.login}@example.com"
        before = count()
        appointment = self.plan(workers=self.worker | self.colleague, place=PLACE)
        appointment.with_user(self.supervisor).starts_at = TOMORROW + HOUR
        self.event(appointment).write({"start": TOMORROW, "stop": TOMORROW + HOUR})
        self.event(appointment).action_sendmail()
        self.event(appointment, self.colleague).with_user(self.worker).action_sendmail()
        self.event(appointment).message_subscribe(self.employee.partner_id.ids)
        self.event(appointment, self.colleague).unlink()
        appointment.action_cancel()
        self.assertEqual(count(), before)

    def test_the_appointment_moves_the_blocks(self):
        appointment = self.plan(workers=self.worker | self.colleague)
        appointment.write({"starts_at": TOMORROW + HOUR, "minutes": 30})
        moved = (TOMORROW + HOUR, TOMORROW + 1.5 * HOUR)
        self.assertEqual(
            self.times(appointment), {self.worker: moved, self.colleague: moved}
        )
        for user in (self.worker, self.colleague):
            event = self.event(appointment, user).sudo()
            self.assertEqual(event.attendee_ids.state, "accepted")
            self.assertEqual(event.write_uid, user)

    def test_the_workers_of_the_appointment_have_the_blocks(self):
        appointment = self.plan()
        mine = self.event(appointment)
        appointment.worker_ids = self.colleague
        self.assertFalse(mine.exists())
        self.assertEqual(set(self.times(appointment)), {self.colleague})
        appointment.action_cancel()
        self.assertFalse(self.times(appointment))

    def test_a_block_moves_the_appointment_and_the_other_block(self):
        appointment = self.plan(workers=self.worker | self.colleague)
        # As Odoo's calendar writes when a block is dragged.
        self.event(appointment).write(
            {
                "allday": False,
                "start": "2026-09-18 12:00:00",
                "stop": "2026-09-18 14:00:00",
            }
        )
        moved = (datetime(2026, 9, 18, 12), datetime(2026, 9, 18, 14))
        self.assertEqual((appointment.starts_at, appointment.ends_at), moved)
        self.assertEqual(
            self.times(appointment), {self.worker: moved, self.colleague: moved}
        )
        self.event(appointment).write({"duration": 0.5})
        self.assertEqual(appointment.minutes, 30)
        with self.assertRaisesRegex(ValidationError, "a minute and a day"):
            self.event(appointment).write({"stop": "2026-09-21 12:00:00"})

    def test_a_block_moved_with_the_other_municipality_open_moves_it_too(self):
        self.worker.sudo().company_ids |= self.foreign_company
        appointment = self.plan()
        self.event(appointment).with_context(
            allowed_company_ids=self.foreign_company.ids
        ).write({"start": TOMORROW + HOUR})
        self.assertEqual(appointment.starts_at, TOMORROW + HOUR)

    def test_a_block_taken_away_takes_the_worker_out(self):
        both = self.worker | self.colleague
        for take_away in (
            lambda event: event.unlink(),
            lambda event: event.action_archive(),
            lambda event: event.write({"active": False}),
        ):
            appointment = self.plan(workers=both)
            mine, theirs = (
                self.event(appointment),
                self.event(appointment, self.colleague),
            )
            take_away(mine)
            self.assertFalse(mine.exists())
            self.assertEqual(appointment.worker_ids, self.colleague)
            self.assertEqual(appointment.state, "planned")
            take_away(theirs)
            self.assertEqual(appointment.state, "cancelled")
            self.assertEqual(appointment.worker_ids, self.colleague)
            self.assertFalse(appointment.sudo().block_ids)

    def test_held_stays_held_whatever_happens_to_its_block(self):
        appointment = self.plan()
        self.log(self.course, appointment_id=appointment.id)
        event = self.event(appointment)
        event.write({"start": TOMORROW + HOUR})
        self.assertEqual(appointment.starts_at, TOMORROW)
        event.unlink()
        self.assertEqual(
            (appointment.state, appointment.worker_ids), ("held", self.worker)
        )

    def test_nothing_is_written_into_a_block(self):
        appointment = self.plan()
        event = self.event(appointment)
        other = (
            self.env["calendar.event"].with_user(self.worker).create({"name": "Møde"})
        )
        alarm = self.env.ref("calendar.alarm_notif_1")
        model = self.env["ir.model"]._get("res.partner")
        for vals in (
            {"name": NOTE},
            {"location": PLACE},
            {"description": NOTE},
            {"notes": NOTE},
            {"videocall_location": "https://example.com/" + NOTE},
            {"access_token": NOTE},
            {"privacy": "public"},
            {"privacy": False},
            {"show_as": "free"},
            {"user_id": self.colleague.id},
            {"user_id": False},
            {"partner_ids": [Command.link(self.employee.partner_id.id)]},
            {
                "attendee_ids": [
                    Command.create({"partner_id": self.employee.partner_id.id})
                ]
            },
            {"alarm_ids": [Command.link(alarm.id)]},
            {"categ_ids": [Command.create({"name": NOTE})]},
            {"res_model_id": model.id, "res_id": 1},
            {"activity_ids": [Command.create({"summary": NOTE})]},
            {"allday": True, "start_date": TODAY, "stop_date": TODAY},
            {"recurrency": True, "rrule_type_ui": "weekly", "count": 3},
            {"message_ids": [Command.create({"body": NOTE})]},
        ):
            for context in ({}, {"sekp_appointment_in_step": True}):
                for records in (event, event | other):
                    with (
                        self.subTest(vals=vals, context=context),
                        self.assertRaisesRegex(UserError, "My Appointments"),
                    ):
                        records.with_context(**context).write(dict(vals))
            with self.assertRaisesRegex(UserError, "My Appointments"):
                event.web_save(dict(vals), {})
        # What is there already may be sent along.
        event.write({"name": "Busy", "privacy": "private", "partner_ids": []})
        other.write({"location": PLACE})

    def test_nothing_is_written_beside_a_block(self):
        event = self.event(self.plan())
        partner = self.employee.partner_id
        attendee = event.attendee_ids
        refused = (
            lambda: event.message_post(body=NOTE),
            lambda: event.message_notify(body=NOTE, partner_ids=partner.ids),
            lambda: event.action_open_composer(),
            lambda: event.action_join_meeting(partner.id),
            lambda: event.change_attendee_status("declined", "self_only"),
            lambda: attendee.write({"state": "declined"}),
            lambda: attendee.write({"common_name": NOTE}),
            lambda: attendee.unlink(),
            lambda: attendee.create({"event_id": event.id, "partner_id": partner.id}),
            lambda: (
                self.env["mail.message"]
                .with_user(self.worker)
                .create({"model": "calendar.event", "res_id": event.id, "body": NOTE})
            ),
            lambda: (
                self.env["calendar.recurrence"]
                .with_user(self.worker)
                .create(
                    {
                        "base_event_id": event.id,
                        "calendar_event_ids": [Command.link(event.id)],
                        "rrule_type": "weekly",
                    }
                )
            ),
        )
        for number, act in enumerate(refused):
            with (
                self.subTest(number=number),
                self.assertRaisesRegex(UserError, "My Appointments"),
                self.cr.savepoint(),
            ):
                act()
        self.assertEqual(attendee.state, "accepted")

    def test_a_stranger_cannot_tell_a_block_from_any_private_event(self):
        block = self.event(self.plan())
        private = (
            self.env["calendar.event"]
            .with_user(self.worker)
            .create(
                {
                    "name": "Busy",
                    "privacy": "private",
                    "start": TOMORROW,
                    "stop": TOMORROW + HOUR,
                }
            )
        )
        for user in (self.colleague, self.employee, self.env.ref("base.user_admin")):
            answers = []
            for event in (block.with_user(user), private.with_user(user)):
                answer = []
                for act in (
                    lambda event: event.write({"location": PLACE}),
                    lambda event: event.write({"start": TOMORROW}),
                    lambda event: event.write({"active": False}),
                    lambda event: event.unlink(),
                    lambda event: event.message_post(body=NOTE),
                    lambda event: event.attendee_ids.write({"state": "declined"}),
                    lambda event: event.attendee_ids.unlink(),
                    lambda event: event.action_join_meeting(
                        event.env.user.partner_id.id
                    ),
                    lambda event: event.action_open_composer()["res_model"],
                    lambda event: event.action_sendmail(),
                    lambda event: event.read(["name", "display_name", "location"])[0][
                        "name"
                    ],
                ):
                    self.env.invalidate_all()
                    try:
                        with self.cr.savepoint():
                            answer.append(act(event))
                    except Exception as error:
                        answer.append(type(error))
                answers.append(answer)
            self.assertEqual(*answers, user.login)

    def test_an_ended_access_moves_the_appointments(self):
        alone, both, before = (
            self.plan(self.course.with_user(self.colleague)),
            self.plan(workers=self.worker | self.colleague),
            self.plan(self.course.with_user(self.colleague), starts_at=NOW + HOUR),
        )
        gone = self.event(alone, self.colleague)
        row = self.course.sudo().assignment_ids.filtered(
            lambda row: row.user_id == self.colleague
        )
        row.with_user(self.supervisor).write({"date_to": TODAY})
        self.assertEqual(alone.worker_ids, self.worker, "the owner of the course")
        self.assertEqual(both.worker_ids, self.worker)
        self.assertEqual(before.worker_ids, self.colleague, "still entitled today")
        self.assertFalse(gone.exists())
        self.assertEqual(set(self.times(alone)), {self.worker})

    def test_a_new_contact_person_takes_the_appointments_over(self):
        appointment = self.plan()
        self.forest.member_ids |= self.worker
        self.course.with_user(self.supervisor)._assign(
            self.other_worker, "contact_person", "Ny kontaktperson"
        )
        self.assertEqual(appointment.sudo().worker_ids, self.other_worker)
        self.assertEqual(set(self.times(appointment)), {self.other_worker})

    def test_a_course_given_to_another_team_moves_the_supervisor_s(self):
        mine = self.plan(self.course.with_user(self.supervisor))
        self.course.with_user(self.supervisor).team_id = self.forest
        self.assertEqual(mine.sudo().worker_ids, self.worker)

    def test_a_supervisor_who_leaves_the_team_leaves_the_appointments(self):
        mine = self.plan(self.course.with_user(self.supervisor))
        self.harbour.supervisor_ids = self.other_supervisor
        self.assertEqual(mine.sudo().worker_ids, self.worker)
        self.assertEqual(set(self.times(mine)), {self.worker})

    def test_an_archived_worker_leaves_the_appointments(self):
        alone, both = (
            self.plan(),
            self.plan(workers=self.worker | self.colleague),
        )
        self.worker.sudo().action_archive()
        self.assertEqual(alone.sudo().worker_ids, self.supervisor)
        self.assertEqual(both.sudo().worker_ids, self.colleague)
        self.assertEqual(set(self.times(alone)), {self.supervisor})
        self.assertEqual(set(self.times(both)), {self.colleague})

    def test_a_contact_person_who_loses_role_or_municipality_leaves_too(self):
        for vals in (
            {"group_ids": [Command.set(self.env.ref("base.group_user").ids)]},
            {
                "company_ids": [Command.set(self.foreign_company.ids)],
                "company_id": self.foreign_company.id,
            },
        ):
            with self.subTest(vals=set(vals)), self.env.cr.savepoint() as savepoint:
                alone = self.plan()
                self.worker.sudo().write(vals)
                self.assertEqual(alone.sudo().worker_ids, self.supervisor)
                self.assertEqual(set(self.times(alone)), {self.supervisor})
                savepoint.rollback()
            self.env.registry.clear_cache()

    def test_a_former_worker_s_old_block_moves_nothing(self):
        appointment = self.plan(
            workers=self.worker | self.colleague, starts_at=NOW + HOUR
        )
        event = self.event(appointment, self.colleague)
        self.course.sudo().assignment_ids.filtered(
            lambda row: row.user_id == self.colleague
        ).write({"date_to": TODAY})
        with self.at(NOW + timedelta(days=1)):
            self.env.invalidate_all()
            self.assertFalse(appointment.with_user(self.colleague).has_access("read"))
            event.write({"start": NOW, "stop": NOW + HOUR})
            self.assertEqual(event.start, NOW)
            self.assertEqual(appointment.starts_at, NOW + HOUR)
            self.assertEqual(self.event(appointment).start, NOW + HOUR)
            with self.assertRaisesRegex(UserError, "My Appointments"):
                event.location = PLACE
            event.unlink()
            self.assertEqual(
                appointment.with_context(active_test=False).worker_ids,
                self.worker | self.colleague,
            )

    def test_a_coming_worker_s_block_stays_in_step(self):
        self.course.sudo().assignment_ids.filtered(
            lambda row: row.user_id == self.colleague
        ).write({"date_from": TODAY + timedelta(days=1), "date_to": False})
        appointment = self.plan(workers=self.worker | self.colleague)
        event = self.event(appointment, self.colleague)
        self.env.invalidate_all()
        self.assertFalse(appointment.with_user(self.colleague).has_access("read"))
        for part in (
            lambda: event.write({"start": TOMORROW + HOUR}),
            event.action_archive,
            event.unlink,
        ):
            with (
                self.assertRaisesRegex(UserError, "Ask your supervisor"),
                self.env.cr.savepoint(),
            ):
                part()
        self.env.invalidate_all()
        self.assertEqual(event.start, appointment.starts_at)
        with self.at(TOMORROW - HOUR):
            self.env.invalidate_all()
            event.write({"start": TOMORROW + HOUR, "stop": TOMORROW + 2 * HOUR})
        self.assertEqual(appointment.starts_at, TOMORROW + HOUR)

    def test_no_event_is_linked_to_a_record_about_a_person(self):
        events = self.env["calendar.event"].with_user(self.worker)
        course = self.course
        model = self.env["ir.model"]._get("sekp.course")
        activity = course.activity_schedule(
            "mail.mail_activity_data_todo", automated=False
        )
        for context, vals in (
            ({}, {"res_model_id": model.id, "res_id": course.id}),
            ({"default_res_model": "sekp.course", "default_res_id": course.id}, {}),
            ({"active_model": "sekp.course", "active_id": course.id}, {}),
            ({}, {"activity_ids": [Command.set(activity.ids)]}),
            ({"default_activity_ids": [Command.set(activity.ids)]}, {}),
            (
                {"orig_activity_ids": activity.ids, "default_res_model": "sekp.course"},
                {},
            ),
        ):
            with (
                self.subTest(context=context, vals=vals),
                self.assertRaisesRegex(UserError, "Plan Visit"),
                self.cr.savepoint(),
            ):
                events.with_context(**context).create({"name": "Møde", **vals})
        event = events.create({"name": "Møde"})
        for vals in (
            {"res_model_id": model.id, "res_id": course.id},
            {"activity_ids": [Command.link(activity.id)]},
        ):
            with (
                self.assertRaisesRegex(UserError, "Plan Visit"),
                self.cr.savepoint(),
            ):
                event.write(vals)
        with self.assertRaisesRegex(UserError, "Plan Visit"), self.cr.savepoint():
            activity.calendar_event_id = event

    def test_no_activity_about_a_person_is_a_meeting(self):
        meeting = self.env.ref("mail.mail_activity_data_meeting")
        self.assertEqual(meeting.category, "meeting")
        with self.assertRaisesRegex(UserError, "Plan Visit"), self.cr.savepoint():
            self.course.activity_schedule(
                "mail.mail_activity_data_meeting", automated=False
            )
        activity = self.course.activity_schedule(
            "mail.mail_activity_data_todo", automated=False
        )
        with self.assertRaisesRegex(UserError, "Plan Visit"), self.cr.savepoint():
            activity.activity_type_id = meeting
        action = activity.action_create_calendar_event()
        self.assertEqual(action["res_model"], "sekp.appointment")
        self.assertEqual(action["context"]["default_course_id"], self.course.id)
        on_citizen = self.course.citizen_id.activity_schedule(
            "mail.mail_activity_data_todo", automated=False
        )
        with self.assertRaisesRegex(UserError, "Plan Visit"):
            on_citizen.action_create_calendar_event()
        with self.assertRaises(AccessError):
            activity.with_user(self.employee).action_create_calendar_event()
        partner_activity = (
            self.worker.partner_id.with_user(self.worker)
            .sudo()
            .activity_schedule("mail.mail_activity_data_meeting")
        )
        action = partner_activity.action_create_calendar_event()
        self.assertEqual(action["res_model"], "calendar.event", "others are untouched")

    def test_uninstalling_takes_the_blocks_away(self):
        from ..hooks import uninstall_hook

        appointment = self.plan(workers=self.worker | self.colleague)
        events = appointment.sudo().block_ids.event_id
        self.assertEqual(len(events), 2)
        uninstall_hook(self.env)
        self.assertFalse(events.exists())

    def test_the_clock_goes_back_while_it_lasts(self):
        """Half past one to half past three in the night with an hour twice."""
        start = datetime(2026, 10, 24, 23, 30)
        appointment = self.plan(starts_at=start, minutes=180)
        stop = start + timedelta(hours=3)
        self.assertEqual(self.times(appointment), {self.worker: (start, stop)})
        event = self.event(appointment)
        event.write({"start": start + HOUR, "stop": stop + HOUR})
        self.assertEqual(
            (appointment.starts_at, appointment.minutes), (start + HOUR, 180)
        )


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAppointmentTellsNobody(AppointmentCase, HttpCase):
    """Place and note of an appointment are nowhere for anybody outside the course."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.name_as(cls.course, "Havmaagen")
        for user in (cls.worker, cls.colleague):
            user.sudo().email = f"{user.login}@example.com"
        cls.appointment = (
            cls.env["sekp.appointment"]
            .with_user(cls.worker)
            .create(
                {
                    "course_id": cls.course.id,
                    "form_id": cls.home_visit.id,
                    "starts_at": TOMORROW,
                    "worker_ids": [Command.set((cls.worker | cls.colleague).ids)],
                    "place": PLACE,
                    "note": NOTE,
                }
            )
        )
        cls.former = make_user(cls.env, "sekp_former", "contact_person", cls.company)
        row = cls.course.with_user(cls.supervisor)._assign(
            cls.former, "cover", "Ferie", date(2026, 9, 14), date(2026, 9, 16)
        )
        cls.env["sekp.appointment"].with_user(cls.worker).create(
            {
                "course_id": cls.course.id,
                "form_id": cls.home_visit.id,
                "starts_at": NOW,
                "worker_ids": [Command.set((cls.worker | cls.former).ids)],
                "place": PLACE,
                "note": NOTE,
            }
        )
        row.sudo().write({"date_to": date(2026, 9, 15)})
        cls.portal = new_test_user(cls.env, "sekp_portal", groups="base.group_portal")
        cls.system = new_test_user(
            cls.env,
            "sekp_system",
            groups="base.group_system,base.group_allow_export",
            company_id=cls.company.id,
        )
        cls.employee.sudo().group_ids |= cls.env.ref("base.group_allow_export")
        cls.canaries = (PLACE, NOTE, "Havmaagen", cls.course.reference)
        cls.events = cls.env["sekp.appointment.block"].search([]).event_id
        cls.outsiders = (
            cls.other_worker,
            cls.employee,
            cls.foreign_supervisor,
            cls.former,
            cls.system,
            cls.portal,
        )
        cls.env.flush_all()
        cls.env.invalidate_all()

    def assert_silent(self, answer, told):
        text = str(answer)
        for canary in self.canaries:
            self.assertNotIn(canary.lower(), text.lower(), told)

    def channels(self, user):
        """Yield what every reader may ask about events, as ``name, function``."""
        Event = self.env["calendar.event"].with_user(user)
        Attendee = self.env["calendar.attendee"].with_user(user)
        events = self.events.with_user(user)
        names = [name for name in Event.fields_get() if name in Event._fields]
        paths = [f"event_id.{name}" for name in ("name", "location", "description")]
        yield "read", lambda: events.read(names)
        yield "web_read", lambda: events.web_read({name: {} for name in names})
        yield "search_read", lambda: Event.search_read([], names)
        yield "export", lambda: events.export_data([*TEXTS[:3], "res_id"])
        yield "name_search", lambda: Event.name_search("", limit=None)
        for field in ("name", "location", "description", "user_id"):
            yield (
                f"group by {field}",
                lambda field=field: Event.formatted_read_group(
                    [], [field], ["__count"]
                ),
            )
        yield (
            "group attendees",
            lambda: Attendee.formatted_read_group([], paths, ["__count"]),
        )
        yield "attendees", lambda: Attendee.search_read([])
        yield (
            "onchange",
            lambda: [
                event.onchange({}, [], {name: {} for name in names}) for event in events
            ],
        )
        yield (
            "busy",
            lambda: [
                (event.read(["display_name", "start", "stop"]))
                for partner_events in self.worker.partner_id.with_user(user)
                ._get_busy_calendar_events(NOW, NOW + timedelta(days=5))
                .values()
                for event in partner_events
            ],
        )
        yield "alarms", lambda: Event.env["calendar.alarm_manager"].get_next_notif()
        yield (
            "details",
            lambda: self.worker.partner_id.with_user(user).get_attendee_detail(
                events.ids
            ),
        )
        yield "systray", lambda: Event.env["res.users"]._get_activity_groups()
        yield (
            "messages",
            lambda: Event.env["mail.message"].search_read(
                [("model", "=", "calendar.event")], ["body", "subject", "record_name"]
            ),
        )

    def test_no_outsider_finds_a_word(self):
        asked = 0
        for user in self.outsiders:
            for name, ask in self.channels(user):
                self.env.invalidate_all()
                try:
                    with (
                        self.cr.savepoint(),
                        mute_logger("odoo.addons.base.models.ir_rule"),
                    ):
                        answer = ask()
                except UserError as error:
                    answer = error
                self.assert_silent(answer, (user.login, name))
                asked += 1
        self.assertGreater(asked, 90)

    def test_no_outsider_finds_an_event_by_a_word(self):
        for user in self.outsiders:
            Event = self.env["calendar.event"].with_user(user)
            for field in TEXTS:
                for canary in self.canaries:
                    domain = [(field, "ilike", canary)]
                    self.assertFalse(Event.search(domain), (user.login, field))
                    self.assertEqual(Event.search_count(domain), 0)
            if user == self.portal:
                continue
            Attendee = self.env["calendar.attendee"].with_user(user)
            for field in ("name", "location", "description"):
                for canary in self.canaries:
                    self.assertEqual(
                        Attendee.search_count([(f"event_id.{field}", "ilike", canary)]),
                        0,
                    )

    def test_an_outsider_reads_no_appointment(self):
        for user in self.outsiders:
            Appointment = self.env["sekp.appointment"].with_user(user)
            if Appointment.has_access("read"):
                self.assertFalse(Appointment.search([]), user.login)
                self.assertEqual(Appointment.search_count([("place", "ilike", "a")]), 0)
                self.assertFalse(Appointment.formatted_read_group([], ["place"]))
            with self.assertRaises(AccessError):
                self.appointment.with_user(user).read(["place"])

    def test_the_tables_of_others_hold_no_word(self):
        self.appointment.with_user(self.worker).starts_at = TOMORROW + HOUR
        self.env.flush_all()
        self.env.cr.precommit.run()
        for table in (
            "calendar_event", "calendar_attendee", "calendar_recurrence",
            "calendar_event_res_partner_rel", "calendar_filters", "mail_message",
            "mail_mail", "mail_followers", "mail_notification",
            "mail_tracking_value", "bus_bus", "ir_attachment", "res_partner",
            "discuss_channel", "ir_logging",
        ):  # fmt: skip
            for canary in self.canaries:
                self.env.cr.execute(
                    f'SELECT count(*) FROM "{table}" t WHERE t::text ILIKE %s',  # noqa: S608
                    [f"%{canary}%"],
                )
                self.assertEqual(self.env.cr.fetchone()[0], 0, table)

    def test_the_ics_file_says_busy_and_when(self):
        for content in self.events.sudo()._get_ics_file().values():
            text = content.decode()
            self.assert_silent(text, "ics")
            self.assertIn("SUMMARY:Busy", text)
            self.assertNotIn("LOCATION", text)
            self.assertNotIn("DESCRIPTION", text)
            self.assertEqual(text.count("ATTENDEE"), 1)

    def test_no_invitation_leaves_by_any_button(self):
        outgoing = self.env["mail.mail"].sudo().search_count([])
        files = self.env["ir.attachment"].sudo().search_count([])
        for user in (self.worker, self.employee, self.system):
            self.events.with_user(user).action_sendmail()
        self.events.sudo().attendee_ids._send_invitation_emails()
        self.assertEqual(self.env["mail.mail"].sudo().search_count([]), outgoing)
        self.assertEqual(self.env["ir.attachment"].sudo().search_count([]), files)

    def test_the_public_pages_say_busy_and_change_nothing(self):
        event = self.event(self.appointment).sudo()
        attendee = event.attendee_ids
        for page in ("view", "accept", "decline"):
            answer = self.url_open(
                f"/calendar/meeting/{page}?token={attendee.access_token}&id={event.id}"
            )
            self.assertEqual(answer.status_code, 200, page)
            self.assertIn("Busy", answer.text)
            self.assert_silent(answer.text, page)
        self.assertEqual(attendee.state, "accepted")
        self.assertFalse(event.message_ids)
        self.assertFalse(event.access_token, "no page to join opens without")
        self.assertEqual(event.partner_ids, self.worker.partner_id)
