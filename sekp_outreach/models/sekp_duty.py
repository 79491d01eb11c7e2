from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class SekpDuty(models.Model):
    """Who is on duty in a team, from a day to a day, and whom to call first.

    Being on duty opens no record: who may not open one is passed over.
    """

    _name = "sekp.duty"
    _inherit = ["sekp.kept.mixin"]
    _description = "Duty"
    _order = "date_from desc, sequence, id"
    _check_company_auto = True

    team_id = fields.Many2one(
        comodel_name="sekp.team", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="team_id.company_id", related_sudo=False, store=True, precompute=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="On Duty",
        required=True,
        index=True,
        ondelete="restrict",
    )
    possible_user_ids = fields.Many2many(
        comodel_name="res.users", compute="_compute_possible_user_ids"
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._sekp_today(),
    )
    date_to = fields.Date(
        string="To",
        required=True,
        default=lambda self: self.env.company._sekp_today(),
        help="The last day on duty.",
    )
    phone = fields.Char(string="Duty Phone")
    sequence = fields.Integer(default=10, help="Whom to call first.")

    _in_order = models.Constraint(
        "CHECK (date_to >= date_from)", "A duty cannot end before it begins."
    )

    @api.depends("team_id", "user_id", "date_from")
    def _compute_display_name(self):
        for duty in self:
            duty.display_name = f"{duty.team_id.name or ''}: {duty.user_id.name or ''}"

    @api.depends("team_id.member_ids", "team_id.intake_ids", "team_id.supervisor_ids")
    def _compute_possible_user_ids(self):
        for duty in self:
            duty.possible_user_ids = duty.team_id._people()

    @api.constrains("user_id", "team_id")
    def _check_user(self):
        for duty in self:
            # Superuser: whether one is of the team, nothing else of the user.
            stored = duty.sudo()
            if stored.user_id not in stored.team_id._people():
                raise ValidationError(
                    self.env._(
                        "Only contact persons, intake staff and supervisors of the "
                        "team are on duty."
                    )
                )


class SekpTeam(models.Model):
    """The duty list of a team."""

    _inherit = "sekp.team"

    duty_ids = fields.One2many(
        comodel_name="sekp.duty", inverse_name="team_id", string="Duty List"
    )

    def _people(self):
        """Return everybody who works in these teams."""
        return self.member_ids | self.intake_ids | self.supervisor_ids

    def _on_duty(self, day):
        """Return the users on the duty list of a day, whom to call first in front.

        Who has left the team, or works no more, is passed over.
        """
        self.ensure_one()
        # Superuser: who is on duty is asked whoever acts.
        team = self.sudo()
        duties = team.env["sekp.duty"].search(
            Domain("team_id", "=", team.id)
            & Domain("date_from", "<=", day)
            & Domain("date_to", ">=", day),
            order="sequence, id",
        )
        people = team._people()
        users = duties.user_id.filtered(lambda user: user.active and user in people)
        return self.env["res.users"].browse(users.ids)

    def _duty_users(self, day):
        """Return whom to call on a day, in order: those on duty, else the supervisors.

        :param date day: a day in the municipality
        """
        return self._on_duty(day) or self._supervisor() | self.supervisor_ids
