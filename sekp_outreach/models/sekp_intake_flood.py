from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .sekp_intake_trace import HOUR, KINDS

# From so many refused ones in an hour on it is a flood: fewer are somebody's mistake.
FLOOD = 20
# How long the board shows it, and how long it is kept.
SHOWN = timedelta(days=1)
KEPT = timedelta(days=90)


class SekpIntakeFlood(models.Model):
    """How much was refused in an hour of what came from outside, and nothing of it.

    One row for a municipality, an hour and a kind, however much comes: a flood fills
    neither the database nor the list of referrals, and is told of once.
    """

    _name = "sekp.intake.flood"
    _description = "Refused from Outside"
    _order = "hour desc, id desc"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Municipality",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    hour = fields.Datetime(string="Hour from", required=True, readonly=True, index=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    count = fields.Integer(string="Refused", required=True, readonly=True)
    begun = fields.Datetime(string="First", required=True, readonly=True)
    last = fields.Datetime(required=True, readonly=True)

    _one_each = models.UniqueIndex("(company_id, hour, kind)")

    @api.depends("hour", "kind")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for flood in self:
            flood.display_name = kinds.get(flood.kind)

    @api.model
    def _refused(self, company, kind):
        """Count one that was refused, for another reason than its number.

        :param company: the municipality it was sent to
        :param str kind: a key of ``tools.sender.SHARES``
        """
        count = self.env["sekp.intake.trace"]._own_transaction(
            lambda traces: traces.env[self._name]._note(company.id, kind)
        )
        self._tell(company, kind, count)

    def _note(self, company_id, kind):
        """Count one, in the transaction of its own; return how many there are now."""
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s AS flood (company_id, hour, kind, count, begun, last) "
                "VALUES (%s, %s, %s, 1, %s, %s) "
                "ON CONFLICT (company_id, hour, kind) "
                "DO UPDATE SET count = flood.count + 1, "
                "last = greatest(flood.last, excluded.last) RETURNING count",
                SQL.identifier(self._table),
                company_id,
                now.replace(minute=0, second=0, microsecond=0),
                kind,
                now,
                now,
            ),
            # Another worker's count is no error: ours is tried again.
            log_exceptions=False,
        )
        return self.env.cr.fetchone()[0]

    def _tell(self, company, kind, count):
        """Tell the supervisors of the entry points once that there is a flood.

        Exactly one of those that are refused has this number, and one that goes on
        into the next hour, or to another door, is the same flood. In a transaction of
        its own: the request that is refused may well end in an error.
        """
        if count == FLOOD:
            self.env["sekp.intake.trace"]._own_transaction(
                lambda traces: traces.env[self._name]._tell_of_new(company.id, kind)
            )

    def _tell_of_new(self, company_id, kind):
        hour = fields.Datetime.now().replace(minute=0, second=0, microsecond=0)
        known = Domain("company_id", "=", company_id) & Domain("count", ">=", FLOOD)
        known &= Domain("hour", "=", hour - HOUR) | (
            Domain("hour", "=", hour) & Domain("kind", "!=", kind)
        )
        if not self.search_count(known, limit=1):
            entry_points = self.env["sekp.team"].search(
                [("company_id", "=", company_id), ("is_entry_point", "=", True)]
            )
            entry_points.supervisor_ids._sekp_notice()

    @api.autovacuum
    def _gc_floods(self):
        """Delete what is older than a season."""
        # Superuser: nobody may delete these rows by hand.
        self.sudo().search([("hour", "<", fields.Datetime.now() - KEPT)]).unlink()
