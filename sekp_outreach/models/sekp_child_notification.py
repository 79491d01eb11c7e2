from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.reference_code import holds_code

LONGEST_RECEIPT = 60


class SekpChildNotification(models.Model):
    """That its sender notified the municipality of a child at risk, and when (R067).

    The notification itself is written and kept where it is sent, never here. A row
    holds a date and a receipt and leads to no course, citizen or code; nobody but its
    sender reads or counts it, and it leaves no row in the access log, where auditors
    would count it. The duty goes before the anonymity of a course and is nobody
    else's to fulfil: there is no approval, and no standard that switches it off.
    """

    _name = "sekp.child.notification"
    _inherit = ["sekp.retention.mixin", "sekp.link.mixin"]
    _description = "Notification of a Child at Risk"
    _order = "sent_on desc, id desc"
    _sekp_retention_class = "child_notification"
    _sekp_retention_end = "sent_on"

    sent_on = fields.Date(
        required=True,
        default=lambda self: self.env.company._sekp_today(),
    )
    receipt = fields.Char(
        string="Receipt or Reference",
        required=True,
        help="The number on the receipt, or how it was received, such as “by phone”. "
        "No name, no code, nothing of the child.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Municipality",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )
    child_unit = fields.Char(related="company_id.sekp_child_unit")
    child_phone = fields.Char(related="company_id.sekp_child_phone")
    child_mail = fields.Char(related="company_id.sekp_child_mail")

    _once = models.UniqueIndex(
        "(create_uid, sent_on, receipt)", "You have recorded this already."
    )

    def _compute_display_name(self):
        """A name is told to everybody who meets a number: it says nothing."""
        self.display_name = self.env._("Notification")

    @api.model_create_multi
    def create(self, vals_list):
        given = self._given_defaults()
        for vals in vals_list:
            if not self.env.su:
                vals["company_id"] = self.env.company.id
            self._prepare({**given, **vals}, vals)
        return super().create(vals_list)

    def _prepare(self, given, vals):
        """Complete and check what is to be recorded, before it reaches SQL.

        :param dict given: what the caller gives, with the defaults of its context
        :param dict vals: changed in place
        :raises ValidationError: never with a value
        """
        today = self.env.company._sekp_today()
        day = fields.Date.to_date(given.get("sent_on") or today)
        receipt = given.get("receipt")
        receipt = receipt.strip() if isinstance(receipt, str) else ""
        if day > today:
            raise ValidationError(
                self.env._("A notification cannot have been sent in the future.")
            )
        if not receipt:
            raise ValidationError(
                self.env._(
                    "Fill in the receipt: a number, or how it was received, such as "
                    "“by phone”."
                )
            )
        if len(receipt) > LONGEST_RECEIPT:
            raise ValidationError(
                self.env._(
                    "A receipt has %(length)s characters at most. What the "
                    "notification says has no place here.",
                    length=LONGEST_RECEIPT,
                )
            )
        self._check_texts({"receipt": receipt})
        if holds_code(receipt):
            raise ValidationError(
                self.env._(
                    "The receipt contains a code of a course. Take it out: nothing "
                    "here may lead to a course."
                )
            )
        vals.update(sent_on=day, receipt=receipt)
        if self.sudo().search_count(
            [
                ("create_uid", "=", self.env.uid),
                ("sent_on", "=", day),
                ("receipt", "=", receipt),
            ],
            limit=1,
        ):  # Superuser: the own rows, also by one whose role was just changed.
            raise UserError(self.env._("You have recorded this already."))

    def write(self, vals):
        self._refuse_change()
        return super().write(vals)

    def _refuse_change(self):
        raise UserError(
            self.env._("What was recorded is not changed. Record what you sent anew.")
        )

    def copy_data(self, default=None):
        raise UserError(self.env._("You have recorded this already."))

    @api.model
    def load(self, fields, data):
        """Refuse an import: these are recorded one by one, by their senders."""
        raise UserError(self.env._("Notifications are recorded one by one."))

    def action_save_and_close(self):
        """Close the dialog: the client saved the row before calling."""
        self.check_access("read")
        return {"type": "ir.actions.act_window_close"}
