from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import Form, tagged

from .common import OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestLines(OutreachCase):
    """Lines are written in the form they stand in, before anything is saved."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(
            registration_mode="full", action_plan="required", grant="offered"
        )
        cls.course = cls.allocate()

    def test_a_goal_is_added_and_changed_on_the_course(self):
        mine = self.course.with_user(self.worker)
        with Form(mine) as form, form.goal_ids.new() as goal:
            goal.goal = "Mere ro"
        self.assertEqual(self.course.goal_ids.goal, "Mere ro")
        with Form(mine) as form, form.goal_ids.edit(0) as goal:
            goal.goal = "Mere ro om natten"
        self.assertEqual(self.course.goal_ids.goal, "Mere ro om natten")

    def test_a_deadline_is_added_to_a_standard(self):
        draft = self.standard.with_user(self.manager).copy()
        with Form(draft) as form, form.deadline_ids.new() as deadline:
            deadline.kind = "response"
            deadline.amount = 7
            deadline.unit = "day"
        self.assertEqual(draft.deadline_ids.amount, 7)

    def test_the_form_around_a_line_is_looked_at_as_well(self):
        goals = self.env["sekp.goal"].with_user(self.worker)
        spec = {"goal": {}, "course_id": {"fields": {}}}
        for around in ({"phase": "x"}, {"nothing": 1}, {"citizen_id": "x"}):
            values = {"goal": "Ro", "course_id": around}
            with self.subTest(around=around), self.assertRaises(UserError):
                call_kw(goals, "onchange", [[], values, ["goal"], spec], {})
