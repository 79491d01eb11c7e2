from odoo import api, fields, models
from odoo.exceptions import ValidationError

# Keys of tools/indicators.py, and what this system does not count.
MEASURED_BY = [
    ("response_kept", "First responses in time"),
    ("processing_kept", "Case processing begun in time"),
    ("first_visit_kept", "First visits in time"),
    ("decision_kept", "Decisions in time"),
    ("start_kept", "Support begun in time"),
    ("rhythm_kept", "Agreed rhythm kept"),
    ("reviews_kept", "Reviews held in time"),
    ("bridged", "Courses that ended in contact with ordinary offers"),
    ("handovers_completed", "Handovers completed"),
    ("absence_covered", "Days of absence on which somebody was there"),
    ("courses_opened", "Courses begun"),
    ("contacts", "Contacts"),
    ("attempts", "Attempts"),
    ("outreach", "Contacts and attempts"),
    ("action_plan", "Contacts about an action plan"),
    ("none", "Not counted by this system"),
]


class SekpStandardGoal(models.Model):
    """A quality goal of the standard, and the figure that tells how far it is kept.

    Requirement R139. A goal that nothing here counts is told without a figure.
    """

    _name = "sekp.standard.goal"
    _inherit = ["sekp.standard.part"]
    _description = "Quality Goal of a Quality Standard"
    _rec_name = "sentence"

    sentence = fields.Text(
        string="Goal", required=True, help="The goal, in the standard's own words."
    )
    indicator = fields.Selection(
        MEASURED_BY,
        string="Measured by",
        required=True,
        default="none",
        help="The figure that shows how far the goal is kept. Counted without anything "
        "that tells who anybody is; what is too small is not shown.",
    )
    target = fields.Integer(
        string="Target (%)",
        help="Percent that the standard promises, such as 100 for a deadline; 0 where "
        "it names none.",
    )

    @api.constrains("target")
    def _check_target(self):
        if any(not 0 <= goal.target <= 100 for goal in self):
            raise ValidationError(
                self.env._("A target lies between 0 and 100 percent.")
            )


class SekpStandard(models.Model):
    """The quality goals of a standard, and the page that shows them."""

    _inherit = "sekp.standard"

    goal_ids = fields.One2many(
        comodel_name="sekp.standard.goal",
        inverse_name="standard_id",
        string="Quality Goals",
        copy=True,
    )

    def action_show_goals(self):
        """Open the page of the quality goals and their figures.

        :raises AccessError: for who may not read figures
        """
        self.ensure_one()
        self.check_access("read")
        self.env["sekp.statistic"].check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/report/html/sekp_outreach.sekp_quality_goals/{self.id}",
            "target": "new",
        }

    @api.model
    def action_show_goals_in_force(self):
        """Open the page of the quality goals of the standard in force.

        :raises AccessError: for who may not read figures
        :raises UserError: when the municipality has no standard in force
        """
        self.env["sekp.statistic"].check_access("read")
        company = self.env.company
        standard = self._require_in_force(company, company._sekp_today())
        return standard.action_show_goals()
