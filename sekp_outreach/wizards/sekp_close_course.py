from odoo import api, fields, models

from ..models.sekp_course import CLOSING_OUTCOMES


class SekpCloseCourse(models.TransientModel):
    """Closes a course with an outcome; shows what is still open."""

    _name = "sekp.close.course"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Close a Course"

    course_id = fields.Many2one(
        comodel_name="sekp.course", required=True, readonly=True
    )
    outcome = fields.Selection(CLOSING_OUTCOMES, required=True)
    obligations = fields.Text(compute="_compute_obligations")
    grace_days = fields.Integer(
        related="course_id.standard_id.closing_grace_days", related_sudo=False
    )

    @api.depends("course_id")
    def _compute_obligations(self):
        for wizard in self:
            course = wizard.course_id
            wizard.obligations = "\n".join(course and course._open_obligations())

    def action_close(self):
        """Close the course, and offer the closing letter."""
        self.ensure_one()
        self.course_id._close(self.outcome)
        if self.outcome == "died":
            return {"type": "ir.actions.act_window_close"}
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Closed"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [
                (
                    self.env.ref("sekp_outreach.sekp_close_course_view_form_closed").id,
                    "form",
                )
            ],
            "target": "new",
        }

    def action_print(self):
        """Open the closing letter on paper.

        :raises UserError: while the course is open
        """
        self.ensure_one()
        return self.course_id.action_print_closing_letter()
