import ast
from datetime import timedelta

from lxml import etree

from odoo import Command
from odoo.tests import Form, tagged
from odoo.tools.safe_eval import safe_eval

from .common import NOW, OutreachCase, make_user

FORM = "sekp_outreach.sekp_referral_view_form_phone"
FIVE = {"source_id", "concern", "place", "age", "acute"}


@tagged("post_install", "-at_install", "sekp_outreach")
class TestPhone(OutreachCase):
    """A referral is noted while somebody is talking: five fields, the rest later."""

    def screen(self, user=None):
        """Return the form as the menu opens it."""
        action = self.env.ref("sekp_outreach.sekp_referral_action_new")
        context = safe_eval(action.context)
        Referral = self.env["sekp.referral"].with_user(user or self.intake)
        return Form(Referral.with_context(**context), view=FORM)

    def hint(self, user=None, **vals):
        """Return what the screen says to one who types."""
        Referral = self.env["sekp.referral"].with_user(user or self.intake)
        values = {"company_id": self.company.id, "team_id": self.harbour.id, **vals}
        spec = {"similar_hint": {}, "similar_count": {}, **{name: {} for name in vals}}
        return Referral.onchange(values, list(vals), spec)["value"].get("similar_hint")

    def test_it_asks_for_five_things(self):
        self.make_standard()
        arch = etree.fromstring(
            self.env["sekp.referral"].get_view(self.env.ref(FORM).id, "form")["arch"]
        )
        asked = {
            node.get("name")
            for node in arch.xpath("//sheet//field")
            if not self.env["sekp.referral"]._fields[node.get("name")].readonly
            and node.get("invisible") not in ("1", "True")
        }
        self.assertEqual(asked - {"team_id"}, FIVE)

    def test_five_fields_are_enough(self):
        self.make_standard()
        form = self.screen()
        form.source_id = self.source_relative
        form.concern = "Sover ude"
        form.place = "Bænken ved kirken"
        form.age = 44
        form.acute = True
        referral = form.save()
        self.assertEqual(referral.channel, "phone")
        self.assertEqual(referral.team_id, self.harbour)
        self.assertEqual(referral.received_at, NOW)
        self.assertLess({"triage", "acute"}, set(self.obligations(referral)) | {"x"})

    def test_who_says_it_is_enough(self):
        self.make_standard()
        form = self.screen()
        form.source_id = self.source_self
        self.assertEqual(form.save().state, "received")

    def test_an_unknown_age_stays_at_the_own_entry_point(self):
        self.make_standard(
            route_ids=[
                Command.create(
                    {"name": "unge", "age_to": 29, "team_id": self.forest.id}
                ),
                Command.create(
                    {"name": "voksne", "age_from": 30, "team_id": self.harbour.id}
                ),
            ]
        )
        form = self.screen()
        form.source_id = self.source_relative
        self.assertEqual(form.team_id, self.harbour)
        form.age = 20
        self.assertEqual(form.team_id, self.forest)
        form.age = 0
        self.assertEqual(form.save().team_id, self.forest)
        with self.assertRaisesRegex(AssertionError, "team_id"):
            form = Form(self.env["sekp.referral"].with_user(self.intake), view=FORM)
            form.source_id = self.source_relative
            form.save()

    def test_nothing_about_the_person_is_asked_where_nothing_is_stored(self):
        self.make_standard(registration_mode="none")
        form = self.screen()
        form.source_id = self.source_relative
        self.assertIn("word of mouth", form.guidance)
        for name in ("concern", "place", "age"):
            with self.assertRaisesRegex(AssertionError, "invisible"):
                setattr(form, name, 44 if name == "age" else "Stationen")
        form.acute = True
        referral = form.save()
        self.assertTrue(referral.acute)
        self.assertFalse(referral.similar_hint)

    def test_a_contact_person_takes_a_call_too(self):
        self.make_standard()
        form = self.screen(self.worker)
        form.source_id = self.source_relative
        form.place = "Stationen"
        referral = form.save()
        self.assertEqual(referral.team_id, self.harbour)
        self.assertTrue(referral.action_whole_form()["res_id"])

    # --- the hint -----------------------------------------------------------------
    def test_the_hint_tells_codes_and_dates(self):
        self.make_standard()
        first = self.refer(
            place="Bænken ved stationen", concern="Sover ude", age=44,
            referrer_name="Ib Holm",
        )  # fmt: skip
        hint = self.hint(place="stationen")
        self.assertEqual(hint, f"Perhaps the same: {first.reference} (09/16/2026)")
        self.assertFalse(self.hint(place="Havnen"))
        again = self.refer(place="Stationen")
        self.assertEqual((first.similar_count, again.similar_count), (1, 1))
        action = again.action_similar()
        found = again.search(action["domain"])
        self.assertEqual(found, first | again)

    def test_the_hint_goes_by_the_district_where_no_place_is_known(self):
        self.make_standard()
        first = self.refer(district="Nordbyen")
        self.assertIn(first.reference, self.hint(district="nordbyen "))
        self.refer(district="Nordbyen", place="Broen").invalidate_recordset()
        self.assertNotIn(",", self.hint(district="Nordbyen", place="Bænken"))

    def test_the_hint_looks_back_thirty_days_at_the_same_entry_point(self):
        self.make_standard()
        self.refer(place="Stationen", received_at=NOW - timedelta(days=31))
        self.refer(place="Stationen", team_id=self.forest.id)
        self.assertFalse(self.hint(place="Stationen"))
        self.refer(place="Stationen", received_at=NOW - timedelta(days=29))
        self.assertTrue(self.hint(place="Stationen"))

    def test_the_hint_shows_only_what_one_may_open(self):
        self.make_standard()
        self.make_standard(company=self.foreign_company)
        handled = self.refer(place="Stationen", age=50)
        handled.action_begin()
        self.assertFalse(self.hint(self.worker, place="Stationen"))
        own = self.refer(self.worker, place="Stationen")
        hint = self.hint(self.worker, place="Stationen")
        self.assertIn(own.reference, hint)
        self.assertNotIn(handled.reference, hint)
        for user in (self.other_supervisor, self.foreign_supervisor, self.colleague):
            self.assertFalse(self.hint(user, place="Stationen"))
        self.assertIn(handled.reference, self.hint(self.supervisor, place="Stationen"))

    def test_the_superuser_s_sight_is_nobody_s_hint(self):
        """What was computed on the way as superuser is not shown to the user."""
        self.make_standard()
        handled = self.refer(place="Stationen")
        handled.action_begin()
        own = self.refer(self.worker, place="Stationen")
        own.invalidate_recordset()
        self.assertFalse(own.sudo().similar_hint)
        self.assertFalse(own.similar_hint)

    def test_a_course_of_others_is_not_hinted_at(self):
        self.make_standard()
        course = self.allocate(concern="Sover ude", place="Stationen", age=44)
        self.assertNotIn(course.sudo().reference, self.hint(place="Stationen") or "")

    def test_searching_for_the_hint_needs_no_more_statements_for_many(self):
        self.make_standard()
        for _number in range(12):
            self.refer(place="Stationen")
        referrals = self.env["sekp.referral"].with_user(self.intake).search([])
        self.env.flush_all()
        self.env.invalidate_all()
        referrals.mapped("received_at")
        with self.assertQueryCount(6):
            self.assertEqual(set(referrals.mapped("similar_count")), {11})

    def test_other_municipalities_have_their_own_screen(self):
        self.make_standard(company=self.foreign_company)
        abroad = make_user(self.env, "sekp_abroad", "intake", self.foreign_company)
        form = self.screen(abroad)
        form.source_id = self.source_self
        self.assertEqual(form.save().team_id, self.abroad)
        self.assertFalse(self.env["sekp.referral"].with_user(self.intake).search([]))

    def test_the_button_of_every_act_is_known(self):
        arch = etree.fromstring(self.env.ref(FORM).arch)
        for button in arch.xpath("//button[@type='object']"):
            self.assertTrue(hasattr(self.env["sekp.referral"], button.get("name")))
            self.assertTrue(ast.literal_eval(repr(button.get("invisible"))))
