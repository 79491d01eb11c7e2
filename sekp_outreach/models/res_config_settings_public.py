from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """Whether the municipality has a public page, and where."""

    _inherit = "res.config.settings"

    sekp_public_page = fields.Boolean(
        related="company_id.sekp_public_page", readonly=False
    )
    sekp_public_name = fields.Char(
        related="company_id.sekp_public_name", readonly=False
    )
    sekp_public_captcha = fields.Boolean(
        related="company_id.sekp_public_captcha", readonly=False
    )
