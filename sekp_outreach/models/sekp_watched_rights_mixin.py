from odoo import api, models


class SekpWatchedRightsMixin(models.AbstractModel):
    """Rows that say what may be done with a model: changes on ours are logged."""

    _name = "sekp.watched.rights.mixin"
    _description = "Watched Rights"

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
