from datetime import datetime, timedelta

from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY, OutreachCase

DUE = TODAY + timedelta(days=30)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestInforming(OutreachCase):
    """Whom others reported is told of it within a month, or a ground is given."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard()
        cls.course = cls.allocate()

    def state(self, course=None):
        course = (course or self.course).sudo()
        return (
            course.inform_state,
            self.obligations(course).get("inform"),
            course.informed_at_contact,
            course.informed_on,
        )

    def correct(self, contact, **vals):
        """Correct a contact through the dialog that the button opens."""
        context = contact.action_correct()["context"]
        return (
            self.env["sekp.contact"]
            .with_user(contact.env.user)
            .with_context(**context)
            .create(vals)
        )

    def postpone(self, course=None, user=None, **vals):
        """Save the dialog as a client does."""
        course = course or self.course
        model = self.env["sekp.postpone.informing"].with_user(user or self.worker)
        given = {
            "course_id": course.id,
            "ground": "unreachable",
            "until": str(TODAY + timedelta(days=10)),
            **vals,
        }
        (id_,) = call_kw(model, "create", [[given]], {})
        return self.env["sekp.postpone.informing"].browse(id_)

    # --- when it begins -----------------------------------------------------------
    def test_a_referral_by_others_starts_the_clock_on_the_day_of_receipt(self):
        self.assertEqual(self.state(), ("due", DUE, 0, False))
        activity = self.course.sudo().activity_ids.filtered(
            lambda act: (
                act.activity_type_id == self.env.ref("sekp_outreach.activity_inform")
            )
        )
        self.assertEqual(activity.user_id, self.worker)
        earlier = self.allocate(received_at=NOW - timedelta(days=6))
        self.assertEqual(earlier.inform_due, DUE - timedelta(days=6))

    def test_one_s_own_wish_starts_none(self):
        course = self.allocate(source_id=self.source_self.id)
        self.assertEqual(self.state(course), ("not_needed", None, 0, False))

    def test_the_days_are_the_standard_s_and_lie_within_a_year(self):
        self.assertEqual(self.standard.inform_days, 30)
        self.standard.write({"inform_days": 5})
        self.assertEqual(self.allocate().inform_due, TODAY + timedelta(days=5))
        for days in (-1, 366):
            for name in ("inform_days", "complaint_days"):
                with (
                    mute_logger("odoo.sql_db"),
                    self.assertRaises(CheckViolation),
                    self.env.cr.savepoint(),
                ):
                    self.make_standard(in_force=False, **{name: days})

    # --- telling ------------------------------------------------------------------
    def test_it_is_told_at_the_nth_contact(self):
        day = timedelta(days=1)
        self.log(self.course, started_at=NOW - timedelta(hours=2))
        self.log(self.course, outcome="no_answer", started_at=NOW - timedelta(hours=1))
        with self.at(NOW + day):
            self.log(self.course)
        with self.at(NOW + 2 * day):
            self.log(self.course, told_of_referral=True)
        self.assertEqual(self.state(), ("told", None, 3, TODAY + 2 * day))
        with self.at(NOW + 3 * day):
            self.log(self.course)
            # A contact that is logged late comes before it.
            self.log(self.course, started_at=NOW + day + timedelta(hours=1))
        self.assertEqual(self.state(), ("told", None, 4, TODAY + 2 * day))

    def test_the_activity_is_done_and_not_removed(self):
        self.log(self.course, told_of_referral=True)
        kind = self.env.ref("sekp_outreach.activity_inform")
        (done,) = (
            self.env["mail.activity"]
            .with_context(active_test=False)
            .search(
                [
                    ("res_model", "=", "sekp.course"),
                    ("res_id", "=", self.course.id),
                    ("activity_type_id", "=", kind.id),
                ]
            )
        )
        self.assertFalse(done.active)

    def test_a_correction_takes_it_back_and_gives_it_again(self):
        contact = self.log(self.course, told_of_referral=True)
        self.assertTrue(contact.action_correct()["context"]["default_told_of_referral"])
        kept = self.correct(contact, minutes=45)
        self.assertEqual(self.state(), ("told", None, 1, TODAY))
        back = self.correct(kept, told_of_referral=False)
        self.assertEqual(self.state(), ("due", DUE, 0, False))
        self.correct(back, told_of_referral=True)
        self.assertEqual(self.state()[0], "told")

    def test_a_meeting_that_was_none_told_nothing(self):
        contact = self.log(self.course, told_of_referral=True)
        with self.assertRaisesRegex(ValidationError, "whom you met"):
            self.correct(contact, outcome="seen")
        self.correct(contact, outcome="seen", told_of_referral=False)
        self.assertEqual(self.state(), ("due", DUE, 0, False))

    def test_two_that_told_leave_the_first_in_force(self):
        first = self.log(self.course, told_of_referral=True)
        with self.at(NOW + timedelta(days=1)):
            self.log(self.course, told_of_referral=True)
            self.correct(first, told_of_referral=False)
        self.assertEqual(self.state(), ("told", None, 2, TODAY + timedelta(days=1)))

    def test_nothing_is_told_without_a_meeting_or_a_referral_by_others(self):
        with self.assertRaises(ValidationError):
            self.log(self.course, outcome="no_answer", told_of_referral=True)
        own = self.allocate(source_id=self.source_self.id)
        with self.assertRaises(ValidationError):
            self.log(own, told_of_referral=True)
        self.assertFalse(own.contact_ids)

    def test_the_screen_asks_only_while_it_is_to_be_told(self):
        def asks(course, **context):
            return Form(
                self.env["sekp.contact"]
                .with_user(self.worker)
                .with_context(default_course_id=course.id, **context),
                view="sekp_outreach.sekp_contact_view_form_dialog",
            )

        form = asks(self.course, default_form_id=self.home_visit.id)
        self.assertTrue(form.asks_told)
        form.outcome = "met"
        form.told_of_referral = True
        form.outcome = "seen"
        self.assertFalse(form.told_of_referral)
        form.outcome = "met"
        form.told_of_referral = True
        told = form.save()
        self.assertEqual(self.state()[0], "told")
        self.assertFalse(asks(self.course).asks_told)
        self.assertTrue(asks(self.course, default_replaces_id=told.id).asks_told)
        own = self.allocate(source_id=self.source_self.id)
        self.assertFalse(asks(own).asks_told)

    # --- postponing ---------------------------------------------------------------
    def test_it_is_postponed_with_a_ground_and_a_day(self):
        until = TODAY + timedelta(days=10)
        dialog = self.postpone(note="Bliver bange for alle i uniform")
        self.assertEqual(self.state(), ("postponed", until, 0, False))
        course = self.course
        self.assertEqual(course.inform_postponed_ground, "unreachable")
        self.assertEqual(
            course.inform_postponed_note, "Bliver bange for alle i uniform"
        )
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT t::text FROM sekp_postpone_informing t WHERE id = %s", [dialog.id]
        )
        self.assertNotIn("uniform", self.env.cr.fetchone()[0])
        self.env.cr.execute("SELECT t::text FROM sekp_history t")
        self.assertNotIn("uniform", repr(self.env.cr.fetchall()))
        self.log(course, told_of_referral=True)
        self.assertEqual(self.state(), ("told", None, 1, TODAY))

    def test_not_further_than_the_standard_s_days_each_time(self):
        for days in (0, -1, 31):
            with self.subTest(days=days), self.assertRaises(UserError):
                self.postpone(until=str(TODAY + timedelta(days=days)))
        self.assertEqual(self.state()[0], "due")
        self.postpone(until=str(TODAY + timedelta(days=30)))
        with self.at(NOW + timedelta(days=20)):
            self.postpone(until=str(TODAY + timedelta(days=50)))
        self.assertEqual(self.state()[1], TODAY + timedelta(days=50))

    def test_a_postponement_is_taken_back(self):
        self.postpone(note="Er syg")
        call_kw(self.course.browse(), "action_resume_informing", [self.course.ids], {})
        self.assertEqual(self.state(), ("due", DUE, 0, False))
        self.assertFalse(self.course.inform_postponed_ground)
        self.assertFalse(self.course.inform_postponed_note)

    def test_a_ground_and_a_known_one_are_asked_for(self):
        for vals in ({"ground": False}, {"until": False}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self.postpone(**vals)
        with self.assertRaisesRegex(ValidationError, "Ground"):
            self.postpone(ground="because")
        with self.assertRaises(ValidationError):
            self.postpone(note="CPR 310290-1234")
        self.assertEqual(self.state()[0], "due")

    def test_who_may_not_change_the_course_postpones_nothing(self):
        self.env["sekp.break.glass"].with_user(self.other_worker).create(
            {"reference": self.course.reference, "purpose": "acute", "note": "Akut"}
        ).action_open()
        for user in (
            self.colleague,
            self.other_worker,
            self.receiver,
            self.intake,
            self.other_supervisor,
            self.foreign_supervisor,
        ):
            course = self.course.with_user(user)
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self.postpone(user=user)
                for name in ("action_postpone_informing", "action_resume_informing"):
                    with self.assertRaises(AccessError):
                        call_kw(course.browse(), name, [course.ids], {})
        self.assertEqual(self.state(), ("due", DUE, 0, False))
        self.postpone(user=self.supervisor)
        self.assertEqual(self.state()[0], "postponed")

    def test_the_fields_are_set_by_acts_only(self):
        for vals in (
            {"inform_state": "told"},
            {"inform_state": "not_needed"},
            {"inform_due": str(DUE)},
            {"informed_on": str(TODAY)},
            {"informed_at_contact": 1},
            {"inform_postponed_ground": "other"},
            {"inform_postponed_note": "Ro"},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                call_kw(self.course.browse(), "write", [self.course.ids, vals], {})

    def test_what_is_told_or_never_was_to_be_is_not_postponed(self):
        own = self.allocate(source_id=self.source_self.id)
        self.log(self.course, told_of_referral=True)
        for course in (own, self.course):
            with self.assertRaises(UserError):
                course.action_postpone_informing()
            with self.assertRaises(UserError):
                self.postpone(course)
            with self.assertRaises(UserError):
                course.action_resume_informing()

    # --- the end, and after -----------------------------------------------------------
    def test_closing_drops_it_and_a_late_correction_does_not_bring_it_back(self):
        contact = self.log(self.course)
        self.course._close("moved")
        self.assertEqual(self.state(), ("due", None, 0, False))
        self.assertFalse(self.course.sudo().activity_ids)
        told = self.correct(contact, told_of_referral=True)
        self.assertEqual(self.state(), ("told", None, 1, TODAY))
        self.correct(told, told_of_referral=False)
        self.assertEqual(self.state(), ("due", None, 0, False))
        with self.assertRaises(UserError):
            self.postpone()

    def test_who_was_never_told_is_to_be_told_when_it_goes_on(self):
        self.course._close("unused")
        again = self.course.browse(self.course.action_reestablish()["res_id"])
        self.assertEqual(self.state(again), ("due", DUE, 0, False))
        self.assertIn("what is stored", again.inform_guidance)

    def test_who_was_told_is_not_told_again_when_it_goes_on(self):
        self.log(self.course, told_of_referral=True)
        self.course._close("unused")
        again = self.course.browse(self.course.action_reestablish()["res_id"])
        self.assertEqual(self.state(again)[0], "not_needed")

    def test_it_follows_the_contact_person(self):
        self.env["sekp.assign"].with_user(self.supervisor).create(
            {
                "course_id": self.course.id,
                "user_id": self.colleague.id,
                "role": "contact_person",
            }
        ).action_assign()
        self.assertEqual(self.course.sudo().activity_ids.user_id, self.colleague)

    # --- the one who reported ---------------------------------------------------------
    def test_the_form_says_what_may_be_told_of_the_source_without_a_name(self):
        named = {"referrer_name": "Jette Opdigtet", "referrer_contact": "opdigtet"}
        confidential = {
            "referrer_confidential": True,
            "referrer_confidential_reason": "Bor ved siden af",
        }
        for vals, words, others in (
            ({}, "No name", "anonymous"),
            ({"referrer_anonymous": True}, "wanted to be anonymous", "is noted and"),
            (named, "can as a rule not be kept", "confidentiality"),
            ({**named, **confidential}, "confidentiality and gave a reason", "No name"),
        ):
            guidance = self.allocate(**vals).inform_guidance
            with self.subTest(vals=vals):
                self.assertIn(words, guidance)
                self.assertNotIn(others, guidance)
                for secret in ("Jette", "opdigtet", "siden af"):
                    self.assertNotIn(secret, guidance)
        self.log(self.course, told_of_referral=True)
        self.assertFalse(self.course.inform_guidance)

    # --- nothing registered -----------------------------------------------------------
    def test_it_works_where_nothing_is_registered(self):
        self.make_standard(
            company=self.foreign_company, registration_mode="none", in_force=False
        )
        self.standard.write({"registration_mode": "none"})
        course = self.allocate()
        with self.assertRaises(ValidationError):
            self.postpone(course, note="Er bange")
        self.assertEqual(self.state(course), ("due", DUE, 0, False))
        self.postpone(course)
        self.assertEqual(self.state(course)[0], "postponed")
        with self.at(datetime(2026, 9, 20, 10)):
            self.log(course, told_of_referral=True)
        self.assertEqual(self.state(course)[0], "told")
