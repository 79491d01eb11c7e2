from odoo import fields, models


class ResCompany(models.Model):
    """What a municipality answers a mail by itself."""

    _inherit = "res.company"

    sekp_mail_answers = fields.Boolean(
        string="Answer E-mails Automatically",
        default=True,
        help="Once a day at most for each sender, with words that are always the same "
        "and quote nothing.",
    )
    sekp_mail_text = fields.Text(
        string="Own Words of the Answer",
        help="Instead of the words that come with the system. Name 112 and your phone, "
        "and nothing about anybody.",
    )
