from odoo import models


class SekpDialogue(models.Model):
    """What is told of a duplicate is told of the referral that goes on."""

    _inherit = "sekp.dialogue"

    def _status(self):
        # Superuser: one of three words, for one who has the code.
        original = self.sudo().referral_id.duplicate_of_id
        return original._neutral_status() if original else super()._status()
