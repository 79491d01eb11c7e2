from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common import NOW, TODAY, OutreachCase, make_user

TODO = "mail.mail_activity_data_todo"


@tagged("post_install", "-at_install", "sekp_outreach")
class TestOptOut(OutreachCase):
    """The citizen wants no more: one tap, no reason, and the door stays open (R064)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(
            rhythm_count=1,
            action_plan="offered",
            deadlines=[{"kind": "decision", "amount": 7, "unit": "day"}],
        )
        cls.course = cls.allocate()
        cls.citizen = cls.course.sudo().citizen_id
        cls.handover = cls.hand_over()
        cls.visit = (
            cls.env["sekp.appointment"]
            .with_user(cls.worker)
            .create(
                {
                    "course_id": cls.course.id,
                    "form_id": cls.home_visit.id,
                    "starts_at": NOW + timedelta(days=2),
                    "worker_ids": [Command.set(cls.worker.ids)],
                }
            )
        )
        cls.goal = cls.env["sekp.goal"].create(
            {"course_id": cls.course.id, "goal": "Ro"}
        )
        for record in (
            cls.course,
            cls.citizen,
            cls.goal,
            cls.handover,
            cls.visit,
            cls.course.sudo().referral_id,
        ):
            record.sudo().activity_schedule(
                TODO, automated=False, user_id=cls.worker.id
            )

    @classmethod
    def hand_over(cls):
        handover = (
            cls.env["sekp.handover"]
            .with_user(cls.worker)
            .create(
                {
                    "course_id": cls.course.id,
                    "offer_id": cls.offer.id,
                    "receiver_id": cls.receiver.id,
                }
            )
        )
        handover.action_consent_oral()
        handover.action_send()
        return handover

    def tap(self, user=None):
        """Tap the button as a client does."""
        course = self.course.with_user(user or self.worker)
        return call_kw(course.browse(), "action_opt_out", [course.ids], {})

    def around(self):
        return self.course._activities_around()

    # --- one tap ------------------------------------------------------------------
    def test_one_tap_ends_everything_although_the_usual_closing_refuses(self):
        self.assertTrue(self.course._open_obligations())
        with self.assertRaises(UserError):
            self.course._close("declined")
        self.assertGreater(len(self.around()), 7)
        blocks = self.visit.sudo().block_ids.event_id
        self.assertTrue(blocks)
        self.tap()
        course = self.course.sudo()
        self.assertEqual(
            (course.phase, course.closing_outcome, course.date_end),
            ("closed", "declined", TODAY),
        )
        self.assertFalse(self.around())
        self.assertEqual(self.handover.sudo().state, "withdrawn")
        self.assertEqual(self.visit.sudo().state, "cancelled")
        self.assertFalse(blocks.exists())
        self.assertEqual(
            {state for _due, state in self.clocks(course).values()}, {"lapsed"}
        )
        self.assertFalse(self.handover.with_user(self.receiver).has_access("read"))

    def test_access_ends_after_the_grace_as_with_any_closing(self):
        self.course._assign(
            self.colleague, "cover", "Ferie", date_from=TODAY + timedelta(days=3)
        )
        self.tap()
        self.assertNotIn(self.colleague, self.course.sudo().assignment_ids.user_id)
        grace = timedelta(days=self.standard.closing_grace_days)
        self.assertEqual(
            self.course.sudo().assignment_ids.mapped("date_to"), [TODAY + grace]
        )

    def test_what_was_stopped_is_told_in_numbers_and_without_the_code(self):
        answer = self.tap()
        message = answer["params"]["message"]
        self.assertIn("1 handovers, 1 appointments", message)
        self.assertNotIn(self.course.reference, repr(answer))

    def test_the_receiver_is_told_neutrally(self):
        subtype = self.env.ref("sekp_outreach.mt_notice")
        Message = self.env["mail.message"]
        to_receiver = [
            ("subtype_id", "=", subtype.id),
            ("partner_ids", "in", self.receiver.partner_id.ids),
        ]
        # Not within the ten minutes in which nobody is told twice.
        with self.at(NOW + timedelta(hours=1)):
            before = Message.search(to_receiver)
            self.tap()
            (message,) = Message.search(to_receiver) - before
        self.assertEqual(message.subject, "Something is waiting for you")
        self.assertNotIn(self.course.reference, message.body)
        self.assertFalse(message.model)

    def test_a_second_tap_changes_nothing(self):
        self.tap()
        history = self.env["sekp.history"].search_count([])
        self.assertEqual(self.tap()["type"], "ir.actions.act_window_close")
        self.assertEqual(self.env["sekp.history"].search_count([]), history)

    def test_a_course_closed_otherwise_keeps_its_outcome(self):
        self.handover.action_withdraw()
        self.course.activity_ids.filtered(lambda act: not act.automated).action_done()
        self.course._close("achieved")
        with self.assertRaisesRegex(UserError, "already closed"):
            self.tap()
        self.assertEqual(self.course.closing_outcome, "achieved")

    def test_an_activity_of_another_citizen_stays(self):
        other = self.allocate()
        other.sudo().activity_schedule(TODO, automated=False, user_id=self.worker.id)
        before = other._activities_around()
        self.tap()
        self.assertEqual(other._activities_around(), before)

    # --- the way back -------------------------------------------------------------
    def test_the_door_stays_open(self):
        self.tap()
        action = self.course.action_reestablish()
        again = self.course.browse(action["res_id"])
        self.assertEqual(again.previous_course_id, self.course)
        self.assertEqual(again.phase, "making_contact")
        self.assertIn("next_contact", self.obligations(again))

    def test_a_new_referral_opens_the_door_too(self):
        self.tap()
        referral = self.refer()
        again = referral.with_user(self.supervisor)._allocate(
            self.worker,
            self.harbour,
            earlier_course=self.course.with_user(self.supervisor),
        )
        self.assertEqual(again.sudo().citizen_id, self.citizen)

    # --- who may ------------------------------------------------------------------
    def test_the_supervisor_may(self):
        self.tap(self.supervisor)
        self.assertEqual(self.course.sudo().closing_outcome, "declined")

    def test_nobody_else_may(self):
        self.course._assign(self.colleague, "second", "Aftale")
        self.env["sekp.break.glass"].with_user(self.other_worker).create(
            {"reference": self.course.reference, "purpose": "acute", "note": "Akut"}
        ).action_open()
        receiver = self.receiver
        outsider = make_user(self.env, "sekp_no_course", "contact_person", self.company)
        for user in (
            self.colleague,
            self.other_worker,
            receiver,
            outsider,
            self.intake,
            self.other_supervisor,
            self.foreign_supervisor,
            self.manager,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.tap(user)
        self.assertNotEqual(self.course.sudo().phase, "closed")

    def test_it_works_where_nothing_is_registered(self):
        standard = self.make_standard(
            company=self.foreign_company, in_force=False, registration_mode="none"
        )
        self.course.sudo().citizen_id.alias = False
        self.course.sudo().next_step = False
        self.course.sudo().write({"standard_id": standard.id})
        self.tap()
        self.assertEqual(self.course.sudo().closing_outcome, "declined")
