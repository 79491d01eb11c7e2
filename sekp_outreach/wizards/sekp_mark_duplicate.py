from odoo import api, fields, models
from odoo.exceptions import UserError


class SekpMarkDuplicate(models.TransientModel):
    """Asks of which referral another one is a duplicate; it holds codes alone."""

    _name = "sekp.mark.duplicate"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Mark a Duplicate"

    referral_id = fields.Many2one(
        comodel_name="sekp.referral", required=True, readonly=True
    )
    team_id = fields.Many2one(related="referral_id.team_id", related_sudo=False)
    similar_hint = fields.Text(related="referral_id.similar_hint", related_sudo=False)
    original_id = fields.Many2one(
        comodel_name="sekp.referral",
        string="Duplicate Of",
        compute="_compute_original_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('team_id', '=', team_id), ('id', '!=', referral_id), "
        "('outcome', '!=', 'duplicate')]",
    )

    @api.depends("referral_id")
    def _compute_original_id(self):
        """Propose the one that was received first of those about the same place."""
        for dialog in self:
            found = dialog.referral_id._similar()
            similar = found.get(dialog.referral_id.id, dialog.referral_id.browse())
            earlier = similar.filtered(
                lambda other, one=dialog.referral_id: (
                    other.received_at <= one.received_at
                )
            )
            dialog.original_id = earlier[-1:] or similar[-1:]

    def action_mark(self):
        """Close the referral as a duplicate."""
        self.ensure_one()
        if not self.original_id:
            raise UserError(self.env._("Choose the referral that says the same."))
        self.referral_id._close_as_duplicate(self.original_id)
        return {"type": "ir.actions.act_window_close"}
