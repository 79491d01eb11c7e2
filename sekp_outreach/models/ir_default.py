from odoo import api, models
from odoo.exceptions import UserError


class IrDefault(models.Model):
    """No default value for a record, or a dialog, about a person is saved.

    It would be kept where others read it.
    """

    _inherit = "ir.default"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            given = {**self.default_get(["field_id"]), **vals}
            self._sekp_check_field(given.get("field_id"))
        return super().create(vals_list)

    def write(self, vals):
        for default in self:
            # Superuser: reads which field is meant.
            self._sekp_check_field(vals.get("field_id", default.sudo().field_id.id))
        return super().write(vals)

    def _sekp_check_field(self, field_id):
        # Superuser: the list of fields is not open to every role.
        field = self.env["ir.model.fields"].sudo().browse(field_id)
        if self.env["ir.attachment"]._sekp_is_confidential(field.model):
            raise UserError(
                self.env._(
                    "A default for records about people is not saved: others could "
                    "read it."
                )
            )
