from odoo import api, models


class ResGroups(models.Model):
    """Who gets or loses one of our roles is logged, by whatever side it is done."""

    _inherit = "res.groups"

    @api.model_create_multi
    def create(self, vals_list):
        with self.env["res.users"]._sekp_watch_roles():
            return super().create(vals_list)

    def write(self, vals):
        if not {"user_ids", "all_user_ids", "implied_ids", "implied_by_ids"} & set(
            vals
        ):
            return super().write(vals)
        with self.env["res.users"]._sekp_watch_roles():
            return super().write(vals)

    def unlink(self):
        with self.env["res.users"]._sekp_watch_roles():
            return super().unlink()

    def _sekp_roles(self):
        """Return our roles as ``{group: name of its external id}``."""
        # Superuser: the roles themselves are public, who has them is not.
        rows = (
            self.env["ir.model.data"]
            .sudo()
            .search([("module", "=", "sekp_outreach"), ("model", "=", "res.groups")])
        )
        return {self.browse(row.res_id): row.name for row in rows}
