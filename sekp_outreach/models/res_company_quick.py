from odoo import fields, models

LEAST_HOURS, MOST_HOURS = 1, 168


class ResCompany(models.Model):
    """How long a phone keeps a note that it could not send."""

    _inherit = "res.company"

    sekp_unsent_hours = fields.Integer(
        string="Hours an Unsent Note Is Kept",
        required=True,
        default=72,
        help="A note written without network lies encrypted on the phone. After so "
        "many hours it is deleted there, with a warning: between "
        f"{LEAST_HOURS} and {MOST_HOURS}.",
    )

    _sekp_unsent_hours = models.Constraint(
        f"CHECK (sekp_unsent_hours BETWEEN {LEAST_HOURS} AND {MOST_HOURS})",
        f"An unsent note is kept for {LEAST_HOURS} to {MOST_HOURS} hours.",
    )
