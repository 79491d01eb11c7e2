from odoo import api, fields, models


class SekpPutInForce(models.TransientModel):
    """Dates a draft and supersedes the version before it."""

    _name = "sekp.put.in.force"
    _description = "Put a Standard in Force"

    standard_id = fields.Many2one(
        comodel_name="sekp.standard", required=True, readonly=True
    )
    day = fields.Date(
        string="In Force from",
        required=True,
        default=lambda self: self.env.company._sekp_today(),
    )
    superseded_id = fields.Many2one(
        comodel_name="sekp.standard",
        string="Supersedes",
        compute="_compute_superseded_id",
    )
    hint = fields.Char(compute="_compute_hint")
    number_hint = fields.Text(related="standard_id.number_hint")
    changes = fields.Html(compute="_compute_changes", sanitize=False)

    @api.depends("standard_id", "day")
    def _compute_superseded_id(self):
        for wizard in self:
            wizard.superseded_id = wizard.day and wizard.standard_id._in_force(
                wizard.standard_id.company_id, wizard.day
            )

    @api.depends("standard_id", "superseded_id")
    def _compute_changes(self):
        for wizard in self:
            before = wizard.superseded_id
            wizard.changes = before and wizard.standard_id._changes_html(before)

    @api.depends("standard_id")
    def _compute_hint(self):
        for wizard in self:
            wizard.hint = (
                False
                if wizard.standard_id.deadline_ids
                else self.env._(
                    "The standard has no deadlines: no clock will run on its referrals."
                )
            )

    def action_confirm(self):
        """Put the draft in force from the chosen day."""
        self.ensure_one()
        self.standard_id._put_in_force(self.day)
        return {"type": "ir.actions.act_window_close"}
