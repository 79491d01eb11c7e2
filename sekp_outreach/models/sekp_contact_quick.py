from odoo import api, fields, models
from odoo.exceptions import UserError


class SentAlready(UserError):
    """What a phone sends again was logged the first time."""

    def __init__(self, message, contact_id):
        super().__init__(message)
        self.contact_id = contact_id


class SekpContact(models.Model):
    """A contact that a phone sent: sent again, it is the same one."""

    _inherit = "sekp.contact"
    # Drawn by chance on the phone: no word about anybody.
    _sekp_lasting = frozenset({"reference", "quick_key"})

    quick_key = fields.Char(
        string="Key of the Note", readonly=True, copy=False, prefetch=False
    )

    _quick_once = models.UniqueIndex(
        "(user_id, company_id, quick_key) WHERE quick_key IS NOT NULL",
        "This note was logged already.",
    )

    @api.model
    def _around(self, given):
        queries = super()._around(given)
        if key := given.get("quick_key"):
            # Superuser: access may have ended since the user logged it.
            queries["sent"] = self.sudo()._search(
                [("user_id", "=", self.env.uid), ("quick_key", "=", key)],
                order="id",
                limit=1,
            )
        return queries

    @api.model
    def _look_up(self, vals):
        """Find also whether the same note was logged before.

        :raises SentAlready: when it was
        """
        found = super()._look_up(vals)
        for contact_id, _none in found.get("sent", ()):
            raise SentAlready(
                self.env._("This note was logged already."), contact_id
            )  # fmt: skip
        return found
