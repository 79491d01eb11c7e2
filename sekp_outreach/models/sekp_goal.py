from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class SekpGoal(models.Model):
    """A goal or sub-goal agreed with the citizen (R103, R116)."""

    _name = "sekp.goal"
    _inherit = ["sekp.course.child.mixin"]
    _description = "Goal"
    _order = "course_id, parent_id, sequence, id"

    _sekp_person_fields = {"goal": "alias"}

    _sekp_act_fields = frozenset({"assessed_on"})
    _sekp_print_fields = ("goal", "target_date", "attainment", "assessed_on")

    sequence = fields.Integer(default=10)
    number = fields.Integer(
        compute="_compute_number", help="Tells the goals of a course from each other."
    )
    goal = fields.Char(required=True, help="In the citizen's own words.")
    parent_id = fields.Many2one(
        comodel_name="sekp.goal",
        string="Sub-goal of",
        index="btree_not_null",
        ondelete="cascade",
        domain="[('course_id', '=', course_id), ('parent_id', '=', False)]",
    )
    target_date = fields.Date(string="Aimed at")
    attainment = fields.Selection(
        [
            ("open", "Not assessed yet"),
            ("none", "No change"),
            ("part", "On the way"),
            ("full", "Reached"),
            ("dropped", "No longer wanted"),
        ],
        required=True,
        default="open",
    )
    assessed_on = fields.Date(readonly=True, copy=False)

    def _compute_number(self):
        numbers = {
            goal: number
            for course in self.course_id
            for number, goal in enumerate(course.goal_ids.sorted("id"), 1)
        }
        for goal in self:
            goal.number = numbers.get(goal, 0)

    @api.depends("reference")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """The code and a number; never the goal's words."""
        for goal in self:
            goal.display_name = self.env._(
                "%(code)s · goal %(number)s",
                code=goal.reference or "",
                number=goal.number or "–",
            )

    @api.model_create_multi
    def create(self, vals_list):
        goals = super().create(vals_list)
        goals._check_action_plan()
        return goals

    def write(self, vals):
        result = super().write(vals)
        if "attainment" in vals:
            for goal in self:
                # Superuser: the day of an assessment is not set by hand.
                super(SekpGoal, goal.sudo()).write(
                    {"assessed_on": goal.company_id._sekp_today()}
                )
        return result

    def _check_action_plan(self):
        for goal in self:
            if not goal.course_id.uses_goals:
                raise UserError(
                    self.env._("The quality standard does not use an action plan.")
                )

    @api.constrains("parent_id", "course_id")
    def _check_parent(self):
        for goal in self:
            if goal.parent_id and (
                goal.parent_id.course_id != goal.course_id or goal.parent_id.parent_id
            ):
                raise ValidationError(
                    self.env._("A sub-goal belongs to a goal of the same course.")
                )

    def _citizen_print_name(self):
        return str(self.number or "")
