from odoo import api, models
from odoo.exceptions import UserError


class IrFilters(models.Model):
    """No search on records about a person is saved.

    The words searched for would be kept where others read them.
    """

    _inherit = "ir.filters"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            given = {**self.default_get(["model_id"]), **vals}
            self._sekp_check_model(given.get("model_id"))
        return super().create(vals_list)

    def write(self, vals):
        for filters in self:
            self._sekp_check_model(vals.get("model_id", filters.model_id))
        return super().write(vals)

    def _sekp_check_model(self, model_name):
        if self.env["sekp.confidential.mixin"]._is_confidential(model_name):
            raise UserError(
                self.env._(
                    "A search for people is not saved: others could read the words "
                    "searched for."
                )
            )
