from odoo import api, models


class IrModelAccess(models.Model):
    """Refusals on models about a person, and changes of our access rows, are logged."""

    _inherit = "ir.model.access"

    def _make_access_error(self, model, mode):
        self.env["sekp.access.log"]._record_refused(self.env[model])
        return super()._make_access_error(model, mode)

    # --- changes by hand ----------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows._sekp_tell_rights_changed()
        return rows

    def write(self, vals):
        self._sekp_tell_rights_changed()
        result = super().write(vals)
        if "model_id" in vals:
            self._sekp_tell_rights_changed()
        return result

    def unlink(self):
        self._sekp_tell_rights_changed()
        return super().unlink()

    def _sekp_tell_rights_changed(self):
        # Superuser: reads which model a row is about.
        ours = self.filtered(lambda row: row.sudo().model_id.model.startswith("sekp."))
        self.env["res.users"]._sekp_log_rights(ours)
