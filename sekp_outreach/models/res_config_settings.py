from odoo import fields, models
from odoo.exceptions import UserError


class ResConfigSettings(models.TransientModel):
    """The municipality's child unit, its limits, and which key has to be kept."""

    _inherit = "res.config.settings"

    sekp_child_unit = fields.Char(related="company_id.sekp_child_unit", readonly=False)
    sekp_child_phone = fields.Char(
        related="company_id.sekp_child_phone", readonly=False
    )
    sekp_child_mail = fields.Char(related="company_id.sekp_child_mail", readonly=False)
    sekp_intake_source_limit = fields.Integer(
        related="company_id.sekp_intake_source_limit", readonly=False
    )
    sekp_intake_company_limit = fields.Integer(
        related="company_id.sekp_intake_company_limit", readonly=False
    )
    sekp_key_state = fields.Char(string="Key", compute="_compute_sekp_key_state")
    sekp_key_left = fields.Char(
        string="Under Older Keys", compute="_compute_sekp_key_state"
    )

    def _compute_sekp_key_state(self):
        self.sekp_key_state = self._sekp_key_sentence()
        self.sekp_key_left = self._sekp_left_sentence()

    def _sekp_left_sentence(self):
        """Return what older keys have encrypted and the newest could, as a sentence."""
        try:
            left = self.env["sekp.vault"]._left_older()
        except UserError:
            # What is wrong with the key stands in its state.
            return False
        if not left:
            return self.env._("Nothing waits to be encrypted with the newest key.")
        return self.env._(
            "%(count)s records. Run the command sekp_reencrypt on the server.",
            count=left,
        )

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
