from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import TODAY, OutreachCase

REVIEW = "activity_safety_review"


@tagged("post_install", "-at_install", "sekp_outreach")
class TestSafety(OutreachCase):
    """Hints for those who visit are facts, are reviewed, and go by themselves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(rhythm_count=1)

    def setUp(self):
        super().setUp()
        self.course = self.allocate()

    def asked(self):
        """Return the days on which somebody is asked whether the hints still hold."""
        kind = self.env.ref(f"sekp_outreach.{REVIEW}")
        Activity = self.env["mail.activity"].sudo().with_context(active_test=False)
        found = Activity.search(
            [
                ("res_model", "=", "sekp.course"),
                ("res_id", "=", self.course.id),
                ("activity_type_id", "=", kind.id),
            ]
        )
        # A done one would tell of the hint after it has gone.
        self.assertTrue(all(found.mapped("active")))
        return found.mapped("date_deadline")

    def follow_up(self, day):
        moment = datetime(day.year, day.month, day.day, 10)
        with self.at(moment), self.enter_registry_test_mode():
            self.env.ref("sekp_outreach.cron_follow_up").method_direct_trigger()
        self.env.invalidate_all()

    def test_a_hint_holds_for_a_quarter_and_is_looked_at_before(self):
        self.assertFalse(self.course.safety_told)
        self.course.safety_dog = True
        self.assertEqual(self.course.safety_told, "There is a dog")
        self.assertEqual(self.course.safety_until, TODAY + timedelta(90))
        self.assertEqual(self.asked(), [TODAY + timedelta(76)])
        self.course.safety_two = True
        self.assertEqual(self.course.safety_told, "There is a dog, Go two together")
        self.assertEqual(len(self.asked()), 1)
        self.course.write({"safety_dog": False, "safety_two": False})
        self.assertFalse(self.course.safety_until)
        self.assertFalse(self.asked())

    def test_it_goes_by_itself(self):
        self.course.safety_two = True
        last = self.course.safety_until
        self.follow_up(last)
        self.assertTrue(self.course.safety_two)
        self.follow_up(last + timedelta(1))
        self.assertFalse(self.course.safety_two or self.course.safety_until)
        self.assertFalse(self.asked())

    def test_somebody_says_that_it_still_holds(self):
        self.course.safety_dog = True
        with self.at(datetime(2026, 11, 20, 10)):
            self.course.action_safety_holds()
            today = self.company._sekp_today()
            self.assertEqual(self.course.safety_until, today + timedelta(90))
            self.assertEqual(self.asked(), [today + timedelta(76)])
        with self.assertRaises(UserError):
            self.course.with_user(self.worker).safety_until = TODAY + timedelta(900)
        with self.assertRaises(AccessError):
            self.course.with_user(self.colleague).action_safety_holds()

    def test_to_take_one_away_renews_nothing_and_a_new_one_does(self):
        self.course.write({"safety_dog": True, "safety_two": True})
        until = self.course.safety_until
        with self.at(datetime(2026, 11, 20, 10)):
            self.course.safety_dog = False
            self.assertEqual(self.course.safety_until, until)
            self.course.safety_two = True
            self.assertEqual(self.course.safety_until, until)
            self.course.safety_dog = True
            self.assertGreater(self.course.safety_until, until)

    def test_a_closed_course_gets_none(self):
        self.course.with_user(self.worker).action_opt_out()
        with self.assertRaises(UserError):
            self.course.with_user(self.worker).safety_dog = True

    def test_closing_takes_it_away_and_nothing_remembers_it(self):
        self.course.safety_dog = True
        self.course.with_user(self.worker).action_opt_out()
        self.assertFalse(self.course.sudo().safety_dog)
        told = (
            self.env["sekp.history"].sudo().search([("course_id", "=", self.course.id)])
        )
        self.assertNotIn("dog", repr(told.read()).lower())

    def test_who_goes_out_sees_it(self):
        self.course.safety_dog = True
        screen = self.env["sekp.quick.log"].with_user(self.worker).get_screen()
        (told,) = screen["courses"]
        self.assertEqual(told["hints"], ["There is a dog"])
        self.assertFalse(told["foreign"])
        screen = self.env["sekp.quick.log"].with_user(self.supervisor)
        told = screen.get_screen(self.course.id)["courses"]
        self.assertTrue(all(one["foreign"] for one in told))
        self.assertEqual(len(told), 1)
        visit = self.env["sekp.appointment"].with_user(self.worker)
        visit = visit.create(
            {
                "course_id": self.course.id,
                "form_id": self.env.ref("sekp_outreach.contact_form_home_visit").id,
            }
        )
        self.assertEqual(visit.safety_told, "There is a dog")
