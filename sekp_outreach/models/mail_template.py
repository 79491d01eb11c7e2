from odoo import api, models


class MailTemplate(models.Model):
    """No mail templates for records about a person."""

    _inherit = "mail.template"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            given = {**self.default_get(["model_id", "model"]), **vals}
            self._sekp_check_model(given)
        return super().create(vals_list)

    def write(self, vals):
        self._sekp_check_model(vals)
        return super().write(vals)

    def _sekp_check_model(self, vals):
        guard = self.env["sekp.confidential.mixin"]
        # Superuser: the list of models is not open to every role.
        model = self.env["ir.model"].sudo().browse(vals.get("model_id") or [])
        guard._refuse_attached(model.model)
        guard._refuse_attached(vals.get("model"))
