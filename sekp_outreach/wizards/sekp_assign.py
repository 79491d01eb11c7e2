from odoo import fields, models
from odoo.exceptions import AccessError, UserError


class SekpAssign(models.TransientModel):
    """Gives a colleague access to a course, or the course to another contact person."""

    _name = "sekp.assign"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Give Access to a Course"

    course_id = fields.Many2one(
        comodel_name="sekp.course", required=True, readonly=True
    )
    team_id = fields.Many2one(related="course_id.team_id", related_sudo=False)
    member_ids = fields.Many2many(related="team_id.member_ids", related_sudo=False)
    role = fields.Selection(
        [
            ("contact_person", "Contact person"),
            ("second", "Second contact person"),
            ("cover", "Cover"),
        ],
        required=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Colleague",
        required=True,
        domain="[('id', 'in', member_ids)]",
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._sekp_today(),
    )
    date_to = fields.Date(string="To", help="Last day of access; empty while open.")

    def action_assign(self):
        """Open access for the colleague.

        :raises AccessError: for one who does not supervise the course's team
        :raises UserError: for a colleague outside the team, or a change that lies ahead
        """
        self.ensure_one()
        course = self.course_id
        course.check_access("write")
        if self.env.user not in course.team_id.supervisor_ids:
            raise AccessError(
                self.env._("Only a supervisor of the team gives access to a course.")
            )
        if self.user_id not in course.team_id.member_ids:
            raise UserError(
                self.env._("The contact person must be a member of the team.")
            )
        if self.role == "contact_person" and (
            self.date_to or self.date_from != course._today()
        ):
            raise UserError(
                self.env._(
                    "A contact person takes over today and without an end. Choose "
                    "“Cover” for a period."
                )
            )
        course._assign(
            self.user_id,
            self.role,
            dict(self._fields["role"]._description_selection(self.env))[self.role],
            date_from=self.date_from,
            date_to=self.date_to,
        )
        return {"type": "ir.actions.act_window_close"}
