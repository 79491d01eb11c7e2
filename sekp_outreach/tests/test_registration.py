from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestRegistration(OutreachCase):
    """What lies above the registration mode cannot be stored by any path (C4)."""

    def test_none_refuses_every_fact_about_the_person_on_a_referral(self):
        self.make_standard(registration_mode="none")
        group = self.env.ref("sekp_outreach.target_group_homeless")
        for vals in (
            {"concern": "Sover ude"},
            {"place": "Stationen"},
            {"district": "Havnen"},
            {"age": 44},
            {"target_group_ids": [Command.set(group.ids)]},
            {"deviation_note": "kendt"},
        ):
            with self.assertRaisesRegex(ValidationError, "cannot be stored"):
                self.refer(**vals)
        referral = self.refer()
        with self.assertRaisesRegex(ValidationError, "cannot be stored"):
            referral.place = "Stationen"
        self.assertIn("word of mouth", referral.guidance)

    def test_none_keeps_dates_form_outcome_minutes_and_functions(self):
        self.make_standard(registration_mode="none")
        course = self.allocate()
        contact = self.log(
            course,
            minutes=20,
            function_ids=[
                Command.set(
                    self.env.ref("sekp_outreach.support_function_isolation").ids
                )
            ],
        )
        self.assertEqual((contact.minutes, course.contact_count), (20, 1))
        with self.assertRaisesRegex(ValidationError, "cannot be stored"):
            self.log(course, note="Ville gerne snakke")
        with self.assertRaisesRegex(ValidationError, "cannot be stored"):
            course.next_step = "Ring til søster"
        for field, value in (
            ("alias", "Kaptajnen"),
            ("district", "Havnen"),
            ("age_band", "30_49"),
        ):
            with self.assertRaisesRegex(ValidationError, "cannot be stored"):
                course.citizen_id[field] = value
            with self.assertRaisesRegex(ValidationError, "cannot be stored"):
                course[field] = value

    def test_none_refuses_text_in_handover_goal_and_review(self):
        self.make_standard(registration_mode="none", action_plan="offered")
        course = self.allocate()
        for model, vals in (
            ("sekp.handover", {"offer_id": self.offer.id, "summary": "Kom med"}),
            ("sekp.goal", {"goal": "Få et sted at bo"}),
            ("sekp.review", {"findings": "Det går bedre"}),
        ):
            with self.assertRaisesRegex(ValidationError, "cannot be stored"):
                self.env[model].with_user(self.worker).create(
                    {"course_id": course.id, **vals}
                )

    def test_alias_allows_an_alias_and_refuses_a_written_status(self):
        self.make_standard(registration_mode="alias")
        course = self.allocate()
        self.name_as(course, "Kaptajnen")
        self.assertEqual(course.citizen_id.identity_level, "alias")
        with self.assertRaisesRegex(ValidationError, "cannot be stored"):
            self.env["sekp.review"].with_user(self.worker).create(
                {"course_id": course.id, "written_status": "Status"}
            )
        with self.assertRaisesRegex(UserError, "Erase What Is Known"):
            course.alias = False
        course.invalidate_recordset()
        self.assertEqual(course.alias, "Kaptajnen")
        course.citizen_id._move("unknown")
        self.assertEqual(course.citizen_id.identity_level, "unknown")
        self.assertFalse(course.alias)

    def test_the_refusal_never_repeats_what_was_typed(self):
        self.make_standard(registration_mode="none")
        with self.assertRaises(ValidationError) as caught:
            self.refer(place="Kanariebroen 7")
        self.assertNotIn("Kanariebroen", str(caught.exception))
