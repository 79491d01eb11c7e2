from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import sender
from .own_transaction import in_own_transaction

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KINDS = [
    ("submit", "Report"),
    ("system", "Report of another system"),
    ("message", "Message"),
    ("code", "Code entered"),
    ("file", "File"),
    ("mail", "E-mail"),
    ("mail_file", "File of an e-mail"),
]
# Each attempt that fails means that another one has succeeded.
ATTEMPTS = 50
# Of the hash: enough to tell senders apart within an hour.
DIGEST_SIZE = 16
# The row that counts a municipality as a whole.
EVERYBODY = ""


class SekpIntakeTrace(models.Model):
    """How often somebody has sent something in this hour, and how often all have.

    Of a sender nothing is kept but a keyed hash that changes every day, and that for an
    hour or two: it tells two senders apart and does not lead to either of them. How
    much came from all together is kept for a day. Nobody has access to it.
    """

    _name = "sekp.intake.trace"
    _description = "Count of What Was Sent from Outside"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, ondelete="cascade"
    )
    hour = fields.Datetime(required=True, index=True, help="The hour's beginning.")
    kind = fields.Selection(KINDS, required=True)
    digest = fields.Char(required=True)
    count = fields.Integer(required=True)

    _one_each = models.UniqueIndex("(company_id, hour, kind, digest)")

    @api.depends("hour")
    def _compute_display_name(self):
        for trace in self:
            trace.display_name = str(trace.id)

    @api.model
    def _allow(self, company, kind, source, number=1):
        """Count that somebody sends something, and tell whether it may go on.

        Counted in a transaction of its own: what fails later is counted as well, two
        workers count each other's, and nobody waits for the rest of a request. Ask
        once for each thing that is sent.

        Each source has its limit, and what goes beyond it does not count for the
        municipality: one who sends without end uses up nobody else's room (see
        ``tools.sender.allows``). When the municipality's limit is reached no further
        source is noted, so that the number of rows has a limit too. Each kind has a
        room of its own: a flood of the page stops neither mail nor another system.

        :param company: the municipality it is sent to
        :param str kind: a key of ``tools.sender.SHARES``
        :param source: the address it comes from, as text, or nothing when there is
            none; neither kept nor logged
        :param int number: how many it counts for; of files, the megabytes
        :return: whether it may go on
        :raises ValueError: for another kind
        :raises UserError: when the vault has no key
        """
        # Superuser: the limits of a municipality, whoever sends.
        company = company.sudo()
        limits = (
            sender.limit(kind, company.sekp_intake_source_limit),
            sender.limit(kind, company.sekp_intake_company_limit),
        )
        hour = fields.Datetime.now().replace(minute=0, second=0, microsecond=0)
        digest = self._digest(company, hour, source)
        allowed, refused = self._own_transaction(
            lambda traces: traces._count_or_note(
                company.id, hour, kind, digest, number, limits
            )
        )
        if not allowed:
            self.env["sekp.intake.flood"]._tell(company, kind, refused)
        return allowed

    @api.model
    def _digest(self, company, hour, source):
        """Return the keyed hash of a source on this day; empty for no source."""
        source = sender.tidy(source)
        if not source:
            return EVERYBODY
        data = f"source/{company.id}/{hour.date()}/{source}".encode()
        digest = self.env["sekp.vault"]._hash("intake", data)
        return digest.partition(":")[2][:DIGEST_SIZE]

    @api.model
    def _own_transaction(self, act):
        """Return what an act gives in a short transaction of its own, tried again.

        :param act: called with this model as superuser in the other transaction
        """
        # Superuser: nobody may read or write these rows.
        traces = self.sudo()
        return in_own_transaction(
            self.env.registry,
            lambda cr: act(traces.with_env(traces.env(cr=cr))),
            ATTEMPTS,
        )

    def _count_or_note(self, company_id, hour, kind, digest, number, limits):
        """Tell whether one is within its limits, and how many were refused if not."""
        if self._count(company_id, hour, kind, digest, number, limits):
            return True, 0
        return False, self.env["sekp.intake.flood"]._note(company_id, kind)

    def _count(self, company_id, hour, kind, digest, number, limits):
        """Count one when it is within both limits; tell whether it is."""
        table = SQL.identifier(self._table)
        self.env.cr.execute(
            SQL(
                "SELECT hour, digest, count FROM %s WHERE company_id = %s "
                "AND hour > %s AND kind = %s AND digest IN %s",
                table,
                company_id,
                hour - DAY,
                kind,
                (digest, EVERYBODY),
            )
        )
        counts = {(at, whose): count for at, whose, count in self.env.cr.fetchall()}
        all_hour = counts.get((hour, EVERYBODY), 0)
        if not sender.allows(
            number,
            counts.get((hour, digest), 0) if digest else 0,
            all_hour,
            sum(count for (_at, whose), count in counts.items() if whose == EVERYBODY),
            *limits,
        ):
            return False
        # In this order for everyone: the row that all share is held last and shortest.
        # What another worker has counted since is refused by PostgreSQL, and we try
        # again.
        digests = [digest, EVERYBODY] if digest else [EVERYBODY]
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s AS trace (company_id, hour, kind, digest, count) "
                "VALUES %s ON CONFLICT (company_id, hour, kind, digest) "
                "DO UPDATE SET count = trace.count + excluded.count",
                table,
                SQL(", ").join(
                    SQL("(%s, %s, %s, %s, %s)", company_id, hour, kind, one, number)
                    for one in digests
                ),
            ),
            # Another worker's count is no error: ours is tried again.
            log_exceptions=False,
        )
        if not all_hour:
            self._forget_before(hour - HOUR, company_id)
        return True

    def _forget_before(self, hour, company_id=None):
        """Delete what is older than an hour's beginning, of one municipality or all.

        What all together have sent is kept until a day is over.
        """
        self.env.cr.execute(
            SQL(
                "DELETE FROM %s WHERE (hour < %s OR (hour < %s AND digest <> %s)) "
                "AND (%s IS NULL OR company_id = %s)",
                SQL.identifier(self._table),
                hour - DAY,
                hour,
                EVERYBODY,
                company_id,
                company_id,
            ),
            log_exceptions=False,
        )

    @api.autovacuum
    def _gc_traces(self):
        """Delete the counts of earlier hours, where nothing came in since."""
        # Superuser: nobody may delete these rows by hand.
        self.sudo()._forget_before(fields.Datetime.now() - HOUR - HOUR)
