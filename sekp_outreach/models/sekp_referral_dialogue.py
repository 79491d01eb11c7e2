from odoo import fields, models


class SekpReferral(models.Model):
    """The conversation with the one who referred."""

    _inherit = "sekp.referral"

    dialogue_ids = fields.One2many(
        comodel_name="sekp.dialogue",
        inverse_name="referral_id",
        string="Conversation",
        readonly=True,
    )
    dialogue_line_ids = fields.One2many(
        comodel_name="sekp.dialogue.message",
        inverse_name="referral_id",
        string="Messages",
        readonly=True,
    )

    def _drop_obligations(self):
        result = super()._drop_obligations()
        # Superuser: who waits for an answer still gets one.
        self.sudo().dialogue_ids._sync_waiting()
        return result

    def action_give_code(self):
        """Give the one who referred a code, told by word of mouth."""
        self.ensure_one()
        self._take_for_change()
        dialogue, code = self.env["sekp.dialogue"]._open_for(
            self, "referrer", by_staff=True
        )
        return dialogue._show_code(code)

    def action_answer(self):
        """Write to the one who referred."""
        self.ensure_one()
        self._take_for_change()
        return self.env["sekp.dialogue"]._of(self).sudo(False).action_answer()
