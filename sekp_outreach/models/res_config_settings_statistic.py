from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """A municipality's threshold for figures."""

    _inherit = "res.config.settings"

    sekp_statistic_threshold = fields.Integer(
        related="company_id.sekp_statistic_threshold", readonly=False
    )
    sekp_statistic_days = fields.Integer(
        related="company_id.sekp_statistic_days", readonly=False
    )
