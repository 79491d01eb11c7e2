from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """How long a phone keeps a note that it could not send."""

    _inherit = "res.config.settings"

    sekp_unsent_hours = fields.Integer(
        related="company_id.sekp_unsent_hours", readonly=False
    )
