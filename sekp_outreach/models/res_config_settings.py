from odoo import fields, models
from odoo.exceptions import UserError


class ResConfigSettings(models.TransientModel):
    """Tells the administrator which key has to be kept."""

    _inherit = "res.config.settings"

    sekp_key_state = fields.Char(string="Key", compute="_compute_sekp_key_state")

    def _compute_sekp_key_state(self):
        self.sekp_key_state = self._sekp_key_sentence()

    def _sekp_key_sentence(self):
        """Return the state of the key as a sentence, without its path."""
        vault = self.env["sekp.vault"]
        try:
            fingerprint = vault._fingerprint()
        except UserError as error:
            return str(error)
        needed = vault._sealed_with()
        if needed and not vault._has_key(needed):
            return vault._no_key_sentence(needed)
        if not fingerprint:
            return self.env._("It is made with the first document, or the first seal.")
        return self.env._(
            "%(fingerprint)s. Keep a copy of the key file in a safe place apart from "
            "the backups: without it nobody can ever open the documents again.",
            fingerprint=fingerprint,
        )
