from odoo import fields, models

LEAST_THRESHOLD, MOST_THRESHOLD = 3, 100
MOST_DAYS = 60


class ResCompany(models.Model):
    """When a municipality's figures are large enough and old enough to be told."""

    _inherit = "res.company"

    sekp_statistic_threshold = fields.Integer(
        string="Persons behind a Figure",
        required=True,
        default=5,
        help="A figure is told when it is nought or comes from so many persons: "
        f"between {LEAST_THRESHOLD} and {MOST_THRESHOLD}. What was told stays as it "
        "was.",
    )
    sekp_statistic_days = fields.Integer(
        string="Days until a Month Is Counted",
        required=True,
        default=10,
        help="So many days after a month has ended, what is written down late is still "
        f"counted in it: between 0 and {MOST_DAYS}. After that its figures do not "
        "change.",
    )
    sekp_statistic_from = fields.Date(
        string="First Month Counted", readonly=True, copy=False
    )
    sekp_statistic_closed = fields.Date(
        string="Last Month Counted", readonly=True, copy=False
    )

    _sekp_statistic_threshold = models.Constraint(
        f"CHECK (sekp_statistic_threshold BETWEEN {LEAST_THRESHOLD} AND "
        f"{MOST_THRESHOLD})",
        f"A figure has to come from {LEAST_THRESHOLD} to {MOST_THRESHOLD} persons.",
    )
    _sekp_statistic_days = models.Constraint(
        f"CHECK (sekp_statistic_days BETWEEN 0 AND {MOST_DAYS})",
        f"A month is counted 0 to {MOST_DAYS} days after it has ended.",
    )
