from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import tagged

from ..models.sekp_meanwhile_mixin import ChangedMeanwhileError
from .common import OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestMeanwhile(OutreachCase):
    """Nobody writes over what a colleague has just written without seeing it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(registration_mode="full")
        cls.referral = cls.refer(concern="Sover ude", place="Havnen")

    def save(self, user, seen, **vals):
        self.env.flush_all()
        model = self.env(user=user)["sekp.referral"]
        args = [self.referral.ids, vals, {"display_name": {}}]
        return call_kw(model, "web_save", args, {"context": {"sekp_seen": seen}})

    def test_the_same_field_is_not_written_over(self):
        self.save(self.intake, {"concern": "Sover ude"}, concern="Sover inde")
        with self.assertRaises(ChangedMeanwhileError) as caught:
            self.save(self.supervisor, {"concern": "Sover ude"}, concern="Sover i bil")
        self.assertEqual(caught.exception.context, {"fields": ["concern"]})
        for text in ("Sover", self.intake.name, self.referral.reference):
            self.assertNotIn(text, str(caught.exception))
        self.assertEqual(self.referral.concern, "Sover inde")
        self.save(self.supervisor, {"concern": "Sover inde"}, concern="Sover i bil")
        self.assertEqual(self.referral.concern, "Sover i bil")

    def test_other_fields_and_the_same_value_disturb_nobody(self):
        self.save(self.intake, {"concern": "Sover ude"}, concern="Sover inde")
        self.save(self.supervisor, {"place": "Havnen"}, place="Broen")
        self.save(self.supervisor, {"concern": "Sover ude"}, concern="Sover inde")
        self.assertEqual(
            (self.referral.concern, self.referral.place), ("Sover inde", "Broen")
        )

    def test_nothing_numbers_days_and_links_are_compared_as_they_are_sent(self):
        self.referral.sudo().write({"age": 0, "district": False})
        for seen in (False, "", None):
            self.save(self.intake, {"district": seen}, district="Nord")
            self.referral.sudo().district = False
        self.save(self.intake, {"age": 0}, age=40)
        team = self.referral.team_id
        with self.assertRaises(ChangedMeanwhileError):
            self.save(self.intake, {"age": 0}, age=41)
        with self.assertRaises(ChangedMeanwhileError):
            self.save(self.intake, {"team_id": team.id + 1}, team_id=team.id + 2)
        self.assertEqual(self.referral.team_id, team)

    def test_what_was_seen_tells_nobody_what_is_there(self):
        """A stranger learns nothing by guessing what it says."""
        for seen in ("Sover ude", "x"):
            with self.assertRaises(AccessError):
                self.save(self.foreign_supervisor, {"concern": seen}, concern="y")

    def test_what_is_no_record_of_what_was_seen_is_passed_over(self):
        for seen in (None, 1, "x", [1], {"x": 1}, {"concern": [1, {}]}):
            try:
                self.save(self.intake, seen, age=len(str(seen)))
            except ChangedMeanwhileError:
                self.fail(seen)
        self.assertTrue(self.referral.age)
