from odoo import api, models


class MailFollowers(models.Model):
    """No followers on records about a person, whoever writes them."""

    _inherit = "mail.followers"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["sekp.confidential.mixin"]._refuse_attaching(
            self, "res_model", vals_list
        )
        return super().create(vals_list)

    def write(self, vals):
        self.env["sekp.confidential.mixin"]._refuse_attached(vals.get("res_model"))
        return super().write(vals)
