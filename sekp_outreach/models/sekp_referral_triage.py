from odoo import api, fields, models


class SekpReferral(models.Model):
    """What the triage board shows: the clock in words, and what came in besides."""

    _inherit = "sekp.referral"

    clock = fields.Char(
        compute="_compute_clock",
        help="When the next deadline falls due, or how late it is.",
    )
    messages_waiting = fields.Integer(compute="_compute_messages_waiting")

    @api.depends("dialogue_line_ids.read_at")
    def _compute_messages_waiting(self):
        for referral in self:
            referral.messages_waiting = len(referral.dialogue_line_ids._waiting())

    @api.depends("next_due")
    def _compute_clock(self):
        when = self.env["sekp.morning"]._when
        for referral in self:
            if not referral.next_due:
                referral.clock = False
                continue
            today = referral.company_id._sekp_today()
            referral.clock = when(referral.next_due, today)
