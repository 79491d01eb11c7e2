import logging
from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ..tools.seal import FIRST, DayRows, Seal, first_break, statement

_logger = logging.getLogger(__name__)

PURPOSE = "seal"
LATE_DAYS = 2
LOCK = 1809572
BATCH = 5000
# A row gets its time when it is written; its transaction ends well within this.
SETTLED = timedelta(hours=2)
# The columns that are sealed, the number of the row first.
COLUMNS = (
    "id", "at", "hour", "user_id", "kind", "model", "record_id", "reference",
    "references", "company_id", "team_id", "channel", "purpose", "amount",
    "subject_user_id", "role",
)  # fmt: skip


class SekpAccessSeal(models.Model):
    """The seal of one day of the access log, chained to the day before (C8).

    Its digest is keyed, and the key is not in the database: who changes rows there
    cannot make a seal that fits.
    """

    _name = "sekp.access.seal"
    _inherit = ["sekp.append.only.mixin"]
    _description = "Seal of the Access Log"
    _order = "day desc"
    _rec_name = "day"
    _log_access = False

    day = fields.Date(required=True, readonly=True)
    count = fields.Integer(string="Rows", readonly=True)
    first_id = fields.Integer(string="First Row", readonly=True, aggregator=None)
    last_id = fields.Integer(string="Last Row", readonly=True, aggregator=None)
    previous = fields.Char(string="Digest before", readonly=True)
    digest = fields.Char(required=True, readonly=True)
    sealed_at = fields.Datetime(required=True, readonly=True)
    late = fields.Boolean(
        compute="_compute_late",
        help="Sealed days after it was over: the server stood still, or somebody let "
        "the seal be made anew. Compare the digest with the one kept outside.",
    )

    erased_at = fields.Datetime(
        string="Erased",
        compute="_compute_erased_at",
        help="When the rows of the day were erased by the rule of the municipality; "
        "their sum is kept, so that the seal can still be checked.",
    )

    _one_a_day = models.UniqueIndex("(day)", "This day is sealed already.")

    @api.depends("day")
    def _compute_erased_at(self):
        erasures = self.env["sekp.access.erasure"].search(
            [("day", "in", self.mapped("day"))]
        )
        moments = {erasure.day: erasure.erased_at for erasure in erasures}
        for seal in self:
            seal.erased_at = moments.get(seal.day)

    @api.depends("day", "sealed_at")
    def _compute_late(self):
        for seal in self:
            sealed_on = self.env["res.company"]._sekp_local(seal.sealed_at).date()
            seal.late = sealed_on > seal.day + timedelta(days=LATE_DAYS)

    # --- days ---------------------------------------------------------------------
    def _last_day_over(self):
        """Return the last day whose rows are all there."""
        company = self.env["res.company"]
        now = company._sekp_local(fields.Datetime.now() - SETTLED)
        return now.date() - timedelta(days=1)

    def _day_of_first_row(self):
        self.env.cr.execute(SQL("SELECT min(at) FROM sekp_access_log"))
        (at,) = self.env.cr.fetchone()
        return at and self.env["res.company"]._sekp_local(at).date()

    def _next_day(self):
        """Return the day to be sealed next, or False when all that are over are."""
        last = self.search([], limit=1)
        day = last.day + timedelta(days=1) if last else self._day_of_first_row()
        return day if day and day <= self._last_day_over() else False

    # --- sealing ------------------------------------------------------------------
    def _seal_next(self):
        """Seal the next day that is over.

        :return: the seal, or an empty recordset when nothing is left or a colleague
            worker is at it
        """
        self.env.cr.execute(SQL("SELECT pg_try_advisory_xact_lock(%s)", LOCK))
        (alone,) = self.env.cr.fetchone()
        day = alone and self._next_day()
        if not day:
            return self.browse()
        last = self.search([], limit=1)
        previous = last.digest or FIRST
        rows = self._rows_of(day, first=not last)
        now = fields.Datetime.now()
        digest = self.env["sekp.vault"]._hash(
            PURPOSE, statement(day, rows, previous, fields.Datetime.to_string(now))
        )
        # Outside the database the digest holds the chain also against a new one.
        _logger.info("The access log of %s is sealed: %s", day, digest)
        return self.create(
            {
                "day": day,
                "count": rows.count,
                "first_id": rows.first,
                "last_id": rows.last,
                "previous": previous,
                "digest": digest,
                "sealed_at": now,
            }
        )

    @api.model
    def _cron_seal(self):
        """Seal every day that is over, one transaction for each."""
        progress = self.env["ir.cron"]
        left = progress._commit_progress(remaining=self._days_left())
        while left and self._seal_next():
            left = progress._commit_progress(1)

    def _days_left(self):
        day = self._next_day()
        return (self._last_day_over() - day).days + 1 if day else 0

    def _rows_of(self, day, first):
        """Return the sum of a day's rows, read in batches.

        :param bool first: the first seal also covers what is older than its day
        """
        self.env["sekp.access.log"].flush_model()
        company = self.env["res.company"]
        since = datetime.min if first else company._sekp_start_of_day(day)
        before = company._sekp_end_of_day(day)
        rows, after = DayRows(), (since, 0)
        while True:
            self.env.cr.execute(
                SQL(
                    "SELECT %s FROM sekp_access_log "
                    "WHERE (at, id) > (%s, %s) AND at < %s ORDER BY at, id LIMIT %s",
                    SQL(", ").join(SQL.identifier(name) for name in COLUMNS),
                    *after,
                    before,
                    BATCH,
                )
            )
            batch = self.env.cr.fetchall()
            rows.add(batch)
            if len(batch) < BATCH:
                return rows
            after = (batch[-1][1], batch[-1][0])

    # --- verifying ----------------------------------------------------------------
    def _verify(self):
        """Return the first day on which the chain is broken and why, or ``None``."""
        seals = [
            Seal(
                seal.day,
                seal.count,
                seal.first_id,
                seal.last_id,
                seal.previous or FIRST,
                seal.digest,
                fields.Datetime.to_string(seal.sealed_at),
            )
            for seal in self.search([], order="day")
        ]
        # The last day may still wait for tonight's seal.
        until = self._last_day_over() - timedelta(days=1)
        if not seals:
            day = self._day_of_first_row()
            return (day, "missing") if day and day <= until else None
        vault = self.env["sekp.vault"]
        return first_break(
            seals,
            lambda seal: self._rows_of(seal.day, first=seal is seals[0]),
            lambda said, digest: vault._hash_matches(PURPOSE, said, digest),
            until,
            self.env["sekp.access.erasure"]._kept_days(),
        )

    def action_verify(self):
        """Check the whole chain and tell the first day on which it is broken.

        :raises AccessError: for those who may not read the seals
        """
        self.browse().check_access("read")
        # Superuser: the chain covers every municipality; only a day is told.
        broken = self.sudo()._verify()
        if not broken and not self.search_count([], limit=1):
            text = self.env._("Nothing is sealed yet. The first seal comes tonight.")
        elif broken:
            day, why = format_date(self.env, broken[0]), broken[1]
            text = {
                "missing": self.env._("%(day)s has no seal.", day=day),
                "seal": self.env._(
                    "The seal of %(day)s does not follow the one before.", day=day
                ),
                "gone": self.env._("Rows of %(day)s are missing.", day=day),
                "added": self.env._("Rows were added to %(day)s.", day=day),
                "forged": self.env._(
                    "That %(day)s was erased by rule does not hold: its rows were "
                    "taken away by hand.",
                    day=day,
                ),
                "changed": self.env._(
                    "Rows of %(day)s, or its seal, were changed.", day=day
                ),
            }[why]
        else:
            text = self.env._("Every seal fits. Nothing was changed since.")
            late = self.search([("day", "!=", False)]).filtered("late")
            if late:
                text += " " + self.env._(
                    "Days sealed late: %(count)s. Compare their digests with those "
                    "kept outside.",
                    count=len(late),
                )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if broken else "success",
                "sticky": bool(broken),
                "title": self.env._("Seals of the Access Log"),
                "message": text,
            },
        }
