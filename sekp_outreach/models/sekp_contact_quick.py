from odoo import fields, models


class SekpContact(models.Model):
    """A contact that a phone sent: sent again, it is the same one."""

    _inherit = "sekp.contact"
    # Drawn by chance on the phone: no word about anybody.
    _sekp_lasting = frozenset({"reference", "quick_key"})

    quick_key = fields.Char(readonly=True, copy=False, prefetch=False)

    _quick_once = models.UniqueIndex(
        "(user_id, company_id, quick_key) WHERE quick_key IS NOT NULL",
        "This note was logged already.",
    )
