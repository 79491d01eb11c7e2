from odoo import models


class SekpReferral(models.Model):
    """Advice on a referral is counted apart: the count outlives the referral."""

    _inherit = "sekp.referral"

    def _advice_values(self):
        return {
            "day": self.closed_on,
            "team_id": self.team_id.id,
            "channel": self.channel,
            "source_id": self.source_id.id,
            "outcome": self.outcome,
        }

    def action_advice(self):
        result = super().action_advice()
        # Superuser: the count follows from the act, which has been checked.
        self.env["sekp.advice"].sudo().create(
            [referral._advice_values() for referral in self]
        )
        return result

    def action_reopen(self):
        counted = [
            referral._advice_values()
            for referral in self
            if referral.outcome == "advice"
        ]
        result = super().action_reopen()
        for values in counted:
            self.env["sekp.advice"]._take_back(values)
        return result
