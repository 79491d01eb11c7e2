import logging
from datetime import datetime

from psycopg2.errors import LockNotAvailable

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.seal import FIRST, ErasedDay, erasure_statement, statement
from .sekp_access_seal import LOCK, PURPOSE

_logger = logging.getLogger(__name__)

# Everybody who opens a record waits while the guard is off: rather another night.
PATIENCE = "2s"


class SekpAccessErasure(models.Model):
    """That the access log of a sealed day was erased by rule, and what its sum was.

    The seal of the day is checked against the sum that is kept here, so that the chain
    still holds from the first day to the last. The digest is keyed: who deletes rows by
    hand cannot write a row here that fits.
    """

    _name = "sekp.access.erasure"
    _inherit = ["sekp.append.only.mixin"]
    _description = "Erased Day of the Access Log"
    _order = "day desc"
    _rec_name = "day"
    _log_access = False

    day = fields.Date(required=True, readonly=True)
    count = fields.Integer(string="Rows", readonly=True)
    first_id = fields.Integer(string="First Row", readonly=True, aggregator=None)
    last_id = fields.Integer(string="Last Row", readonly=True, aggregator=None)
    rows_digest = fields.Char(string="Digest of the Rows", readonly=True)
    digest = fields.Char(required=True, readonly=True)
    erased_at = fields.Datetime(string="Erased", required=True, readonly=True)

    _one_a_day = models.UniqueIndex("(day)", "This day is erased already.")

    @api.model
    def _kept_days(self):
        """Return what is kept of the erased days, for checking the chain."""
        return {
            row.day: ErasedDay(
                row.count,
                row.first_id,
                row.last_id,
                row.rows_digest,
                fields.Datetime.to_string(row.erased_at),
                row.digest,
            )
            for row in self.search([("day", "!=", False)])
        }

    # --- which days may go --------------------------------------------------------
    @api.model
    def _days_due(self):
        """Return the sealed days that no municipality's rule keeps, the oldest first.

        A day is one row in the chain and goes as a whole: when the longest period of
        all municipalities with rows on that day is over.
        """
        rules = self.env["sekp.retention.rule"]._in_force(record_class="access_log")
        cuts = {rule.company_id.id: rule._latest_end() for rule in rules}
        if not cuts:
            return []
        self.env.cr.execute(
            SQL(
                "SELECT s.day FROM sekp_access_seal s "
                "LEFT JOIN sekp_access_erasure e ON e.day = s.day "
                "WHERE e.day IS NULL AND s.count > 0 AND s.day <= %s ORDER BY s.day",
                max(cuts.values()),
            )
        )
        days = [day for (day,) in self.env.cr.fetchall()]
        companies = (
            self.env["res.company"]
            .with_context(active_test=False)
            .search([("id", "!=", False)])
        )
        return [
            day
            for day in days
            if not self._kept_by(
                day, [id_ for id_ in companies.ids if day > cuts.get(id_, day.min)]
            )
            and (day <= min(cuts.values()) or not self._kept_by(day, [None]))
        ]

    def _kept_by(self, day, company_ids):
        """Tell whether a day has rows of one of these municipalities, or of none."""
        since, before = self._bounds(day)
        for company_id in company_ids:
            self.env.cr.execute(
                SQL(
                    "SELECT 1 FROM sekp_access_log WHERE at >= %s AND at < %s "
                    "AND company_id %s LIMIT 1",
                    since,
                    before,
                    SQL("= %s", company_id) if company_id else SQL("IS NULL"),
                )
            )
            if self.env.cr.rowcount:
                return True
        return False

    def _bounds(self, day):
        """Return the moments between which a day's sealed rows lie."""
        company = self.env["res.company"]
        first = self.env["sekp.access.seal"].search([], order="day", limit=1).day
        since = datetime.min if day == first else company._sekp_start_of_day(day)
        return since, company._sekp_end_of_day(day)

    # --- erasing ------------------------------------------------------------------
    @api.model
    def _erase_day(self, day):
        """Erase the log of one sealed day, if its seal fits at this moment.

        :return: the new row; none when the seal does not fit, or somebody is at it
        """
        cr = self.env.cr
        cr.execute(SQL("SELECT pg_try_advisory_xact_lock(%s)", LOCK))
        (alone,) = cr.fetchone()
        if not alone:
            return self.browse()
        Seal = self.env["sekp.access.seal"]
        seal = Seal.search([("day", "=", day)])
        first = Seal.search([], order="day", limit=1)
        rows = Seal._rows_of(day, first=seal == first)
        vault = self.env["sekp.vault"]
        sealed_at = fields.Datetime.to_string(seal.sealed_at)
        said = statement(day, rows, seal.previous or FIRST, sealed_at)
        if (
            self.search_count([("day", "=", day)], limit=1)
            or rows.count != seal.count
            or not vault._hash_matches(PURPOSE, said, seal.digest)
        ):
            # What was tampered with is evidence.
            _logger.warning("The access log of %s is kept: its seal does not fit.", day)
            return self.browse()
        now = fields.Datetime.now()
        kept = ErasedDay(
            rows.count,
            rows.first,
            rows.last,
            rows.digest(),
            fields.Datetime.to_string(now),
        )
        try:
            with cr.savepoint():
                self._delete_rows(day, rows.count)
                return self.create(
                    {
                        "day": day,
                        "count": kept.count,
                        "first_id": kept.first,
                        "last_id": kept.last,
                        "rows_digest": kept.rows_digest,
                        "digest": vault._hash(PURPOSE, erasure_statement(day, kept)),
                        "erased_at": now,
                    }
                )
        except LockNotAvailable:
            _logger.info("The access log of %s stays: it is being written.", day)
            return self.browse()

    def _delete_rows(self, day, count):
        """Delete the rows of a day, past the guard of the table.

        The guard refuses every DELETE, also this one. The owner of the table switches
        it off for this transaction; the lock that takes lets nobody else write to the
        table before it is on again, and whatever fails switches it on as well.
        """
        cr = self.env.cr
        table = SQL.identifier("sekp_access_log")
        guard = SQL.identifier("sekp_access_log_append_only")
        cr.execute(SQL("SET LOCAL lock_timeout TO %s", PATIENCE))
        cr.execute(SQL("ALTER TABLE %s DISABLE TRIGGER %s", table, guard))
        since, before = self._bounds(day)
        cr.execute(
            SQL("DELETE FROM %s WHERE at >= %s AND at < %s", table, since, before)
        )
        if cr.rowcount != count:
            raise ValueError(f"{cr.rowcount} rows instead of {count} on {day}")
        cr.execute(SQL("ALTER TABLE %s ENABLE TRIGGER %s", table, guard))
        cr.execute(SQL("SET LOCAL lock_timeout TO DEFAULT"))
        self.env["sekp.access.log"].invalidate_model()
