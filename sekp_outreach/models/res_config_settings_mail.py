from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """What a municipality answers a mail by itself."""

    _inherit = "res.config.settings"

    sekp_mail_answers = fields.Boolean(
        related="company_id.sekp_mail_answers", readonly=False
    )
    sekp_mail_text = fields.Text(related="company_id.sekp_mail_text", readonly=False)
