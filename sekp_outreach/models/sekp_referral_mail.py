from odoo import fields, models
from odoo.exceptions import UserError

from ..tools.cpr import find_email


class SekpReferral(models.Model):
    """What a referral by mail tells its reader, and word back to who referred."""

    _inherit = "sekp.referral"

    mail_masked = fields.Boolean(
        string="CPR Number Left Out",
        readonly=True,
        copy=False,
        help="A CPR number stood in the mail.",
    )
    mail_incomplete = fields.Boolean(
        string="Part of the Mail Left Out", readonly=True, copy=False
    )
    referrer_wants_word = fields.Boolean(
        string="Wants to Hear Back",
        help="Only that it has been received, and that it has been handled.",
    )
    told_received_on = fields.Date(string="Told: Received", readonly=True, copy=False)
    told_handled_on = fields.Date(string="Told: Handled", readonly=True, copy=False)

    def _list_guidance(self):
        lines = super()._list_guidance()
        if self.mail_masked:
            lines.append(
                self.env._(
                    "A CPR number in the mail was left out, for it may not stand in a "
                    "text: [CPR] is there instead. Ask for it again when it is needed."
                )
            )
        if self.mail_incomplete:
            lines.append(
                self.env._(
                    "Part of the mail was left out: it is long, could not be read, or "
                    "has files that cannot be taken. Ask the sender."
                )
            )
        return lines

    # --- word back --------------------------------------------------------------------
    def _word_address(self):
        """Return where word back goes.

        :raises UserError: when the one who referred has no address or did not wish it
        """
        self.ensure_one()
        found = find_email(self.referrer_contact)
        if self.referrer_anonymous or not self.referrer_wants_word or len(found) != 1:
            raise UserError(
                self.env._(
                    "Only one who wishes it and gave an e-mail address can be told."
                )
            )
        return found[0]

    def _send_word(self, field_name):
        """Send word back once: constant words that tell nothing of the person."""
        self._take_for_change()
        for referral in self:
            address = referral._word_address()
            if referral[field_name]:
                raise UserError(self.env._("This has already been sent."))
            # Superuser: kept by the act only, which has been checked.
            referral.sudo()[field_name] = referral._today()
            neutral = self.env["sekp.neutral.mail"]
            words = neutral._word_back(
                referral.team_id, field_name == "told_handled_on"
            )
            if not neutral._send(referral.team_id, address, *words):
                raise UserError(
                    self.env._(
                        "The mail could not be sent. Call instead, or try again later."
                    )
                )

    def action_tell_received(self):
        """Tell the one who referred that it has been received, and nothing else."""
        self._send_word("told_received_on")

    def action_tell_handled(self):
        """Tell the one who referred that it has been handled, and nothing else.

        :raises UserError: while it is not handled
        """
        self._check_state("accepted", "allocated", "closed")
        self._send_word("told_handled_on")
