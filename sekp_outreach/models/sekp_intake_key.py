from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import limits

KEPT = timedelta(days=2)


class SekpIntakeKey(models.Model):
    """Which referral a sender's key has led to, so that the same key leads to it again.

    A form that is sent twice, a mail that is fetched twice and a system that tries
    again make one referral. Of the key only a keyed hash is kept, for two days. Nobody
    has access to it.
    """

    _name = "sekp.intake.key"
    _description = "Key of Something Sent from Outside"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, ondelete="cascade"
    )
    digest = fields.Char(required=True)
    claimed_at = fields.Datetime(required=True, index=True)
    # Goes with the referral; empty only until the claiming transaction ends.
    referral_id = fields.Many2one(
        comodel_name="sekp.referral", index="btree_not_null", ondelete="cascade"
    )

    _one_each = models.UniqueIndex("(company_id, digest)")

    @api.depends("claimed_at")
    def _compute_display_name(self):
        for claim in self:
            claim.display_name = str(claim.id)

    @api.model
    def _claim(self, company, key):
        """Return the row of a key, made now or earlier.

        Whoever gets one without a referral is the first and sets it, in the same
        transaction::

            claim = self.env["sekp.intake.key"]._claim(company, key)
            if claim.referral_id:
                return claim.referral_id, False
            referral = ...
            claim.referral_id = referral

        Somebody with the same key at the same moment waits here for the end of our
        transaction. When it succeeds, PostgreSQL refuses theirs, Odoo tries their
        request anew, and they find our referral; when it fails, they are the first.

        :param company: the municipality it is sent to
        :param str key: the sender's; the same text means the same thing sent
        :return: one row, as superuser
        :raises UserError: for a key that is too long, or when the vault has no key
        :raises SerializationFailure: when somebody else was first a moment ago; Odoo
            tries the request again
        """
        key = str(key)
        if len(key) > limits.KEY:
            raise UserError(
                self.env._(
                    "The key of the sender can be %(limit)s characters at most.",
                    limit=limits.KEY,
                )
            )
        # Superuser: nobody may read or write these rows.
        claims = self.sudo()
        vault = self.env["sekp.vault"]
        # A system may write anything in JSON, also what is no sign.
        data = f"key/{company.id}/{key}".encode("utf-8", "surrogatepass")
        digest = vault._hash("intake", data)
        # One whose key was hashed before the vault got a new key.
        earlier = claims.search(
            [
                ("company_id", "=", company.id),
                ("digest", "in", vault._hashes("intake", data)),
            ],
            limit=1,
        )
        if earlier:
            return earlier
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (company_id, digest, claimed_at) VALUES (%s, %s, %s) "
                "ON CONFLICT (company_id, digest) DO NOTHING RETURNING id",
                SQL.identifier(self._table),
                company.id,
                digest,
                fields.Datetime.now(),
            ),
            # That somebody else was first is no error: the request is tried again.
            log_exceptions=False,
        )
        return claims.browse(self.env.cr.fetchone())

    @api.autovacuum
    def _gc_keys(self):
        """Delete the keys of the days before yesterday."""
        # Superuser: as in _claim.
        self.sudo().search([("claimed_at", "<", fields.Datetime.now() - KEPT)]).unlink()
