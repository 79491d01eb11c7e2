from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import NOW, TODAY, OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestHandover(OutreachCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard()

    def propose(self, course=None, **vals):
        course = course or self.allocate()
        return (
            self.env["sekp.handover"]
            .with_user(self.worker)
            .create(
                {
                    "course_id": course.id,
                    "offer_id": self.offer.id,
                    "receiver_id": self.receiver.id,
                    "summary": "Vil gerne med til fællesspisning.",
                    **vals,
                }
            )
        )

    def send(self, **vals):
        handover = self.propose(**vals)
        handover.action_consent_oral()
        handover.action_send()
        return handover

    def test_no_context_lets_go_what_is_kept(self):
        """Odoo passes over such guards while an addon is removed, or says it is."""
        forced = {"_force_unlink": True}
        handover = self.propose()
        handover.action_consent_oral()
        with self.assertRaisesRegex(UserError, "is kept"):
            handover.with_context(**forced).unlink()
        standard = handover.sudo().course_id.standard_id
        for kept in (standard, standard.route_ids[:1], self.offer):
            with self.assertRaises(UserError):
                kept.with_user(self.manager).with_context(**forced).unlink()

    def test_nothing_is_sent_without_consent(self):
        handover = self.propose()
        with self.assertRaisesRegex(UserError, "consent"):
            handover.action_send()
        handover.action_consent_oral()
        self.assertEqual((handover.consent_given, handover.consent_on), ("oral", TODAY))
        handover.action_send()
        self.assertEqual(handover.state, "sent")
        self.assertEqual(handover.course_id.phase, "bridging")
        self.assertEqual(
            self.obligations(handover),
            {"handover_waiting": TODAY + timedelta(days=self.offer.answer_days)},
        )

    def test_what_was_consented_to_is_what_is_sent(self):
        handover = self.propose()
        handover.action_consent_oral()
        with self.assertRaises(UserError):
            handover.summary = "Og meget mere"

    def test_the_receiver_reads_the_handover_and_nothing_else(self):
        handover = self.propose()
        seen = handover.with_user(self.receiver)
        self.assertFalse(seen.has_access("read"), "not before it is sent")
        handover.action_consent_written()
        handover.action_send()
        self.env.invalidate_all()
        self.assertFalse(seen.summary, "not before it is accepted")
        seen.action_accept()
        self.env.invalidate_all()
        self.assertEqual(seen.summary, "Vil gerne med til fællesspisning.")
        self.env.invalidate_all()
        seen.web_read(
            {
                name: {}
                for name, field in seen.fields_get().items()
                if name not in ("course_id", "activity_type_id")
            }
        )
        self.assertFalse(handover.course_id.with_user(self.receiver).has_access("read"))
        with self.assertRaises(AccessError):
            seen.write({"summary": "x"})

    def test_complete_only_when_they_have_met_often_enough(self):
        self.assertEqual(self.offer.required_meetings, 2)
        handover = self.send().with_user(self.receiver)
        with self.assertRaises(UserError):
            handover.action_met()
        handover.action_accept()
        handover.action_met()
        handover.action_met()
        self.assertEqual(
            (handover.state, handover.met_count), ("accepted", 1), "a double tap"
        )
        with self.at(NOW + timedelta(days=3)):
            self.env.invalidate_all()
            handover.action_met()
            self.assertEqual((handover.state, handover.met_count), ("completed", 2))
            handover.action_met()
            self.assertEqual(handover.met_count, 2, "a double tap")
        self.assertFalse(self.obligations(handover))

    def test_a_second_meeting_on_the_same_day_is_said_so(self):
        handover = self.send().with_user(self.receiver)
        handover.action_accept()
        handover.action_met()
        self.assertTrue(handover.met_today)
        handover.action_met_again()
        self.assertEqual((handover.state, handover.met_count), ("completed", 2))

    def test_declined_with_a_reason_brings_the_course_back(self):
        handover = self.send()
        wizard = (
            self.env["sekp.handover.answer"]
            .with_user(self.receiver)
            .create({"handover_id": handover.id, "act": "decline", "reason": "full"})
        )
        action = wizard.action_confirm()
        self.assertEqual(action["target"], "main", "back to what is still theirs")
        self.assertEqual((handover.state, handover.answer_reason), ("declined", "full"))
        self.assertEqual(handover.course_id.phase, "relation")
        self.assertFalse(self.obligations(handover))
        self.env.invalidate_all()
        self.assertFalse(handover.with_user(self.receiver).has_access("read"))

    def test_returned_after_it_was_accepted(self):
        handover = self.send()
        handover.with_user(self.receiver).action_accept()
        self.assertIn("handover_follow_up", self.obligations(handover))
        with self.assertRaises(UserError):
            handover._answer("decline", "full")
        handover.with_user(self.receiver)._answer("return", "not_met")
        self.assertEqual(handover.state, "returned")
        self.assertEqual(handover.course_id.phase, "relation")

    def test_a_reason_is_needed(self):
        handover = self.send()
        with self.assertRaisesRegex(UserError, "reason"):
            handover._answer("decline", False)

    def test_only_receivers_of_the_municipality_are_offered_and_taken(self):
        handover = self.propose(receiver_id=False)
        self.assertEqual(handover.possible_receiver_ids, self.receiver)
        for user in (self.employee, self.foreign_supervisor):
            with self.assertRaisesRegex(UserError, "Choose a receiver"):
                handover.receiver_id = user
        with self.assertRaisesRegex(UserError, "Choose a receiver"):
            self.propose(receiver_id=self.employee.id)

    def test_the_citizen_can_change_their_mind_after_it_was_sent(self):
        handover = self.send()
        with self.assertRaises(AccessError):
            handover.with_user(self.receiver).action_withdraw()
        handover.action_withdraw()
        self.assertEqual(handover.state, "withdrawn")
        self.assertFalse(self.obligations(handover))
        self.assertEqual(handover.course_id.phase, "relation")
        self.env.invalidate_all()
        self.assertFalse(handover.with_user(self.receiver).has_access("read"))

    def test_the_receiver_knows_whom_to_call(self):
        handover = self.send()
        self.env.invalidate_all()
        self.assertEqual(
            handover.with_user(self.receiver).contact_person, self.worker.name
        )

    def test_a_stranger_learns_nothing_through_an_unsaved_change(self):
        handover = self.send()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            handover.with_user(self.other_worker).contact_person  # noqa: B018

    def test_another_receiver_can_neither_read_nor_answer(self):
        handover = self.send().with_user(self.employee)
        for act in ("action_accept", "action_met", "action_ask_decline"):
            with self.assertRaises(AccessError):
                getattr(handover, act)()

    def test_the_contact_person_answers_for_an_offer_without_a_user(self):
        handover = self.send(receiver_id=False)
        handover.action_accept()
        handover.action_met()
        handover.action_met_again()
        self.assertEqual(handover.state, "completed")

    def test_one_handover_to_an_offer_at_a_time(self):
        course = self.allocate()
        self.propose(course)
        with self.assertRaisesRegex(UserError, "already under way"):
            self.propose(course)

    def test_a_course_with_a_handover_under_way_is_not_closed(self):
        handover = self.send()
        course = handover.course_id
        with self.assertRaisesRegex(UserError, "Handovers under way: 1"):
            course._close("bridged")
        handover._answer("decline", "other")
        course._close("bridged")

    def test_closing_withdraws_what_was_not_sent(self):
        handover = self.propose()
        handover.course_id._close("declined")
        self.assertEqual(handover.state, "withdrawn")

    def test_states_are_moved_by_acts_only(self):
        handover = self.propose()
        for vals in (
            {"state": "completed"},
            {"met_count": 9},
            {"consent_given": "oral"},
        ):
            with self.assertRaises(UserError):
                handover.write(vals)
