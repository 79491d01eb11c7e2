from odoo import api, models


class MailScheduledMessage(models.Model):
    """No scheduled messages on records about a person, whoever writes them."""

    _inherit = "mail.scheduled.message"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["sekp.confidential.mixin"]._refuse_attaching(self, "model", vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self.env["sekp.confidential.mixin"]._refuse_attached(vals.get("model"))
        return super().write(vals)
