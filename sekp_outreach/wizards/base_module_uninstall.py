from odoo import fields, models


class BaseModuleUninstall(models.TransientModel):
    """Odoo's dialog before an app goes tells what of ours would go with it."""

    _inherit = "base.module.uninstall"

    sekp_goes = fields.Boolean(compute="_compute_sekp_goes")

    def _compute_sekp_goes(self):
        for wizard in self:
            names = wizard._get_modules().mapped("name")
            wizard.sekp_goes = "sekp_outreach" in names

    def _get_models(self):
        # Of what has no thread, as our records have none, nothing would be told.
        kept = self.env["ir.model"].search([("model", "=like", "sekp.%")])
        kept = kept.filtered(
            lambda model: (
                model.model in self.env
                and self.env[model.model]._auto
                and not self.env[model.model]._transient
            )
        )
        return super()._get_models() | kept
