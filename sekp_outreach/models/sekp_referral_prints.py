from odoo import models


class SekpReferral(models.Model):
    """What the one who referred or phoned gets on paper (R040-R053, R070-R078)."""

    _inherit = "sekp.referral"

    def _receipt_values(self):
        """Return what the receipt says, as texts for the reader.

        Nothing of the citizen, and nothing of what has been done since: it says the
        same on every day.
        """
        self.ensure_one()
        standard, team = self.standard_id, self.team_id
        local = self.company_id._sekp_local(self.received_at)
        return {
            **standard._paper_frame(self.company_id, self.reference),
            "received": self._citizen_print_date(local.date()),
            "time": f"{local:%H.%M}",
            "by_other": self.is_concern,
            "outreach": standard.outreach_without_request in ("required", "offered"),
            "promises": self._receipt_promises(),
            "anonymous": self.referrer_anonymous,
            "named": bool(self.referrer_name or self.referrer_contact),
            "team": team.name,
            "phone": team.phone,
            "hours": team.opening_hours,
        }

    def _receipt_promises(self):
        """Return each promise of the standard in words, and its last day where known.

        A decision is about the person: only who asked for oneself is told of it. A day
        that hangs on more than the receipt would tell that something has happened.
        """
        dues = {clock.promise_id: clock.due for clock in self.deadline_ids}
        return [
            (
                promise._public_sentence(),
                promise.clock_start == "received"
                and dues.get(promise)
                and self._citizen_print_date(dues[promise]),
            )
            for promise in self.standard_id.deadline_ids
            if not self.is_concern
            or (
                promise.kind not in ("decision", "start")
                and promise.clock_start != "decided"
            )
        ]

    def action_print_receipt(self):
        """Open the receipt for the one who referred."""
        self.ensure_one()
        self.check_access("read")
        return self.env.ref("sekp_outreach.report_referral_receipt").report_action(
            self, config=False
        )
