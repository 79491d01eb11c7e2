from odoo import api, models


class MailMessage(models.Model):
    """No messages on records about people, nor on busy blocks, whoever writes them."""

    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self.env["sekp.confidential.mixin"]._refuse_attached(
                vals.get("model", self.env.context.get("default_model"))
            )
        messages = super().create(vals_list)
        messages._sekp_check_blocks()
        return messages

    def write(self, vals):
        self.env["sekp.confidential.mixin"]._refuse_attached(vals.get("model"))
        result = super().write(vals)
        if {"model", "res_id"} & set(vals):
            self._sekp_check_blocks()
        return result

    def _compute_record_name(self):
        """Tell no code of a record of ours that the reader may not read."""
        result = super()._compute_record_name()
        withholds = self.env["sekp.confidential.mixin"]._withholds_name
        for message in self:
            if withholds(message.model, message.res_id):
                message.record_name = False
        return result

    def _sekp_check_blocks(self):
        """Refuse messages on busy blocks of Odoo's calendar (C6)."""
        # Superuser: reads what the messages lie on, which their author wrote.
        ids = [
            message.res_id
            for message in self.sudo()
            if message.model == "calendar.event" and message.res_id
        ]
        events = self.env["calendar.event"].browse(ids)
        if events._sekp_blocks():
            # A stranger gets the same answer as for any private event.
            events.check_access("write")
            events._sekp_refuse()
