from odoo import api, fields, models
from odoo.exceptions import UserError


class SekpAdoptStandard(models.TransientModel):
    """Copies a preset to a municipality as a draft, with a team per entry point."""

    _name = "sekp.adopt.standard"
    _description = "Adopt a Standard"

    standard_id = fields.Many2one(
        comodel_name="sekp.standard",
        string="Preset",
        required=True,
        domain="[('state', '=', 'preset')]",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Municipality",
        required=True,
        default=lambda self: self.env.company,
    )
    create_teams = fields.Boolean(
        string="Make Missing Teams",
        default=True,
        help="Make a team for each entry point that no team of the municipality bears "
        "the name of. You can fill them with people afterwards.",
    )
    missing_teams = fields.Char(compute="_compute_missing_teams")

    @api.depends("standard_id", "company_id")
    def _compute_missing_teams(self):
        for wizard in self:
            missing = [
                route.name
                for route in wizard.standard_id.route_ids
                if not wizard._team(route)
            ]
            wizard.missing_teams = ", ".join(missing)

    def _team(self, route):
        return self.env["sekp.team"].search(
            [("company_id", "=", self.company_id.id), ("name", "=", route.name)],
            limit=1,
        )

    def action_adopt(self):
        """Copy the preset to the municipality and open the draft.

        :raises UserError: for a standard that is not a preset
        """
        self.ensure_one()
        preset = self.standard_id
        if preset.state != "preset":
            raise UserError(self.env._("Choose one of the presets."))
        draft = preset.with_company(self.company_id).copy(
            {"municipality": self.company_id.name}
        )
        for route in draft.route_ids:
            team = self._team(route)
            if not team and self.create_teams:
                team = self.env["sekp.team"].create(
                    {
                        "name": route.name,
                        "company_id": self.company_id.id,
                        "phone": route.phone,
                        "mailbox": route.mailbox,
                        "age_from": route.age_from,
                        "age_to": route.age_to,
                    }
                )
            route.team_id = team
        return {
            "type": "ir.actions.act_window",
            "res_model": "sekp.standard",
            "res_id": draft.id,
            "view_mode": "form",
        }
