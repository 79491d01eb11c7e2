from odoo import api, fields, models

from ..tools import number

KINDS = [("cpr", "CPR number"), ("phone", "Phone number")]


class SekpIdentityLookup(models.Model):
    """By which numbers a citizen can be found again, as keyed hashes (C4).

    Nobody has access to it. A hash tells nothing without the key, which is not in the
    database, and the same number gives each municipality another hash.
    """

    _name = "sekp.identity.lookup"
    _description = "Number to Find a Citizen By"
    _log_access = False

    citizen_id = fields.Many2one(
        comodel_name="sekp.citizen", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, ondelete="cascade"
    )
    kind = fields.Selection(KINDS, required=True)
    # Several people may have one phone.
    digest = fields.Char(required=True, index=True)

    @api.depends("citizen_id")
    def _compute_display_name(self):
        for row in self:
            row.display_name = str(row.id)

    @api.model
    def _follow(self, citizen, values):
        """Let a citizen be found by these numbers and by no others.

        :param dict values: ``{kind: [numbers as they were written]}``; what is no
            number of its kind is left out
        :raises UserError: naming the key that is missing; nothing is changed then
        """
        citizen.ensure_one()
        # Superuser: nobody may read or write these rows, the vault's code keeps them.
        lookups = self.sudo()
        company = citizen.sudo().company_id  # Superuser: as above.
        rows = [
            {
                "citizen_id": citizen.id,
                "company_id": company.id,
                "kind": kind,
                "digest": self.env["sekp.vault"]._hash(
                    "lookup", self._bytes(kind, value, company)
                ),
            }
            for kind, given in values.items()
            for value in sorted({number.tidy(kind, text) for text in given} - {""})
        ]
        lookups.search([("citizen_id", "=", citizen.id)]).unlink()
        lookups.create(rows)

    @api.model
    def _find(self, kind, value, company):
        """Return the citizens of a municipality who have exactly this number.

        :param str value: the number as it was written
        :return: citizens as superuser, whoever asks: the caller checks
        :raises UserError: naming a key that is missing to look up by
        """
        # Superuser: as in _follow.
        lookups = self.sudo()
        value = number.tidy(kind, value)
        if not value:
            return lookups.citizen_id
        vault = self.env["sekp.vault"]
        # A number hashed with a key that is away would be taken for an unknown one.
        vault._require_keys(self._name)
        digests = vault._hashes("lookup", self._bytes(kind, value, company))
        return lookups.search(
            [
                ("digest", "in", digests),
                ("kind", "=", kind),
                ("company_id", "=", company.id),
            ]
        ).citizen_id

    @staticmethod
    def _bytes(kind, value, company):
        return f"{kind}/{company.id}/{value}".encode()
