import logging
from datetime import timedelta

from psycopg2 import Error

from odoo import api, fields, models
from odoo.http import request
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

API_PATHS = ("/json/", "/jsonrpc", "/xmlrpc")
# The codes that one row of a list names: what a person sees on a page.
SHOWN = 80
REFUSED_APART = timedelta(minutes=10)
REFUSED_EACH_HOUR = 60
REFUSALS = "sekp_outreach.refusals"
REFUSAL_LOCK = 1809571
TRY_LOCK = 1809573
EMERGENCY_PURPOSES = [
    ("acute", "Acute need"),
    ("absence", "The contact person cannot be reached"),
    ("enquiry", "Enquiry from the citizen"),
    ("other", "Other"),
]
# Why somebody is looked up by name: what is chosen with one click.
IDENTITY_PURPOSES = [
    ("visit", "Visit or appointment"),
    ("contact", "Contacting the person"),
    ("handover", "Handover to an offer"),
    ("correction", "Correcting what is known"),
    ("enquiry", "Enquiry from the citizen"),
    ("acute", "Acute need"),
]
LOOK_UP_PURPOSES = [("referral", "New referral"), *EMERGENCY_PURPOSES]
PURPOSES = list(
    dict([*EMERGENCY_PURPOSES, *IDENTITY_PURPOSES, *LOOK_UP_PURPOSES]).items()
)
# By which law something leaves without the citizen's consent.
GROUNDS = [
    ("child", "Child at risk"),
    ("life", "Danger to life"),
    ("duty", "Other legal duty"),
]


class SekpAccessLog(models.Model):
    """Who opened what, when and by which way; never what it said (C8).

    Rows are only added, by the system, and outlive what they tell of: they name records
    by model, number and code, without a link.
    """

    _name = "sekp.access.log"
    _inherit = ["sekp.append.only.mixin"]
    _description = "Access Log"
    _order = "id desc"
    _rec_name = "reference"
    _log_access = False

    at = fields.Datetime(required=True, readonly=True)
    hour = fields.Integer(
        readonly=True, aggregator=None, help="Hour of the day in the municipality."
    )
    user_id = fields.Many2one(
        comodel_name="res.users", required=True, readonly=True, ondelete="restrict"
    )
    kind = fields.Selection(
        [
            ("open", "Opened"),
            ("list", "Listed"),
            ("search", "Searched"),
            ("export", "Exported"),
            ("print", "Printed"),
            ("reveal", "Revealed"),
            ("document", "Document opened"),
            ("look_up", "Looked up by a number"),
            ("break_glass", "Emergency access"),
            ("erased", "Erased"),
            ("override", "Sent without consent"),
            ("refused", "Refused"),
            ("role_given", "Role given"),
            ("role_taken", "Role taken away"),
            ("rights_changed", "Rights changed"),
            ("rule_in_force", "Retention rule put in force"),
        ],
        required=True,
        readonly=True,
    )
    model = fields.Char(
        string="Record Type", readonly=True, help="Technical name of what was opened."
    )
    record_id = fields.Integer(readonly=True, aggregator=None)
    reference = fields.Char(string="Code", readonly=True)
    references = fields.Char(
        string="Codes Shown", readonly=True, help="The first codes of a list."
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Municipality",
        readonly=True,
        ondelete="restrict",
    )
    team_id = fields.Many2one(
        comodel_name="sekp.team", readonly=True, ondelete="restrict"
    )
    channel = fields.Selection(
        [("screen", "Screen"), ("api", "Interface"), ("other", "Other")], readonly=True
    )
    purpose = fields.Selection(PURPOSES + GROUNDS, readonly=True)
    amount = fields.Integer(string="Records", readonly=True)
    subject_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Whose Role",
        readonly=True,
        ondelete="restrict",
    )
    role = fields.Char(readonly=True)

    _by_municipality = models.Index("(company_id, at)")
    _by_code = models.Index("(reference, at)")
    _by_user = models.Index("(user_id, at)")
    _by_day = models.Index("(at, id)")

    # --- writing ------------------------------------------------------------------
    def _record(self, kind, records, purpose=False, **extra):
        """Add a row with one statement.

        :param str kind: a key of ``kind``
        :param records: what was opened, or an empty recordset of its model
        :param purpose: a key of ``PURPOSES`` or ``GROUNDS``, or False
        :param extra: other columns; ``amount`` is the number of records by default
        """
        if self.env.cr.readonly:
            # What only reads still leaves its trace, in a transaction of its own.
            with self.env.registry.cursor() as cr:
                self.with_env(self.env(cr=cr))._insert(kind, records, purpose, extra)
        else:
            self._insert(kind, records, purpose, extra)

    def _insert(self, kind, records, purpose, extra):
        now = fields.Datetime.now()
        values = {
            "at": now,
            "hour": self.env.company._sekp_local(now).hour,
            "user_id": self.env.uid,
            "kind": kind,
            "model": records._name,
            "channel": self._channel(),
            "purpose": purpose or None,
            "amount": len(records),
            "company_id": self.env.company.id,
        }
        source = SQL("")
        if records.ids and "reference" in records._fields:
            values |= {
                "company_id": SQL(
                    "COALESCE(CASE WHEN min(company_id) = max(company_id) "
                    "THEN min(company_id) END, %s)",
                    values["company_id"],
                ),
                "team_id": SQL(
                    "CASE WHEN min(team_id) = max(team_id) THEN min(team_id) END"
                ),
                "record_id": SQL("CASE WHEN count(*) = 1 THEN min(id) END"),
                "reference": SQL("CASE WHEN count(*) = 1 THEN min(reference) END"),
                "references": SQL(
                    "CASE WHEN count(*) > 1 "
                    "THEN string_agg(reference, ' ' ORDER BY place) END"
                ),
            }
            source = SQL(" FROM (%s) AS shown", self._shown(records))
        elif records.ids:
            values["record_id"] = records.ids[0]
        values |= extra
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s) SELECT %s%s",
                SQL.identifier(self._table),
                SQL(", ").join(SQL.identifier(name) for name in values),
                SQL(", ").join(SQL("%s", value) for value in values.values()),
                source,
            )
        )

    def _shown(self, records):
        """Return the query for code, municipality and team of the first records."""
        ids = records.ids[:SHOWN]
        stored = [
            name
            for name in ("reference", "company_id", "team_id")
            if name in records._fields and records._fields[name].store
        ]
        records.flush_recordset(stored)
        return SQL(
            "SELECT t.id, t.reference, t.company_id, %s AS team_id, "
            "array_position(%s, t.id) AS place FROM %s t WHERE t.id = ANY(%s)",
            records._log_team(),
            ids,
            SQL.identifier(records._table),
            ids,
        )

    def _channel(self):
        if not request:
            return "other"
        path = request.httprequest.path
        return "api" if path.startswith(API_PATHS) else "screen"

    # --- tries that are counted ---------------------------------------------------
    def _may_try(self, model, kinds, each_hour):
        """Tell whether the user may try once more what is limited by the hour.

        Two tries at once are one too many, for neither would count the other.

        :param str model: a dialog; a try that was undone is a refusal of it
        :param kinds: the kinds of rows that count as tries beside its refusals
        """
        self.env.cr.execute(
            SQL("SELECT pg_try_advisory_xact_lock(%s, %s)", TRY_LOCK, self.env.uid)
        )
        (alone,) = self.env.cr.fetchone()
        self.env.cr.execute(
            SQL(
                "SELECT count(*) FROM %s WHERE user_id = %s AND at > %s "
                "AND (kind = ANY(%s) OR kind = 'refused' AND model = %s)",
                SQL.identifier(self._table),
                self.env.uid,
                fields.Datetime.now() - timedelta(hours=1),
                list(kinds),
                model,
            )
        )
        (tries,) = self.env.cr.fetchone()
        return alone and tries < each_hour

    # --- refusals -----------------------------------------------------------------
    def _record_refused(self, records, always=False):
        """Add a row on a refusal, once the transaction that it ends is rolled back.

        A refusal that is caught and told to nobody leaves no row, for its transaction
        goes on.

        :param records: what was asked for, or an empty recordset of its model
        :param bool always: log it beyond the limits, which the caller sets itself
        """
        is_confidential = self.env["sekp.confidential.mixin"]._is_confidential
        if self.env.su or not (always or is_confidential(records._name)):
            return
        callbacks = self.env.cr.postrollback
        if REFUSALS not in callbacks.data:
            callbacks.data[REFUSALS] = {}
            callbacks.add(self._refusals_writer(callbacks.data[REFUSALS]))
        key = (records._name, records.ids[0] if records.ids else 0)
        callbacks.data[REFUSALS][key] = (records.ids, always)

    def _refusals_writer(self, refusals):
        """Return what writes the collected refusals when the cursor is gone."""
        registry, uid = self.env.registry, self.env.uid
        context = {"allowed_company_ids": self.env.companies.ids}

        def write():
            try:
                with registry.cursor() as cr:
                    env = api.Environment(cr, uid, context, su=True)
                    env[self._name]._write_refused(refusals)
            except Error:
                # The user's answer does not fail for it, the server's log tells it.
                _logger.exception("Refusals could not be logged.")

        return write

    def _write_refused(self, refusals):
        # One at a time, so that the limits count what the others wrote.
        self.env.cr.execute(
            SQL("SELECT pg_advisory_xact_lock(%s, %s)", REFUSAL_LOCK, self.env.uid)
        )
        for (model, record_id), (ids, always) in refusals.items():
            if always or self._may_add_refusal(model, record_id):
                self._insert(
                    "refused",
                    self.env[model].browse(ids),
                    False,
                    {"record_id": record_id or None},
                )

    def _may_add_refusal(self, model, record_id):
        """Tell whether a stranger's refusal still fits into the limits."""
        now = fields.Datetime.now()
        hour = self._refused_since(now - timedelta(hours=1))
        return len(hour) < REFUSED_EACH_HOUR and not any(
            row[:2] == (model, record_id) and row[2] > now - REFUSED_APART
            for row in hour
        )

    def _refused_since(self, moment):
        """Return model, number and time of the user's refusals since a moment."""
        self.env.cr.execute(
            SQL(
                "SELECT model, COALESCE(record_id, 0), at FROM %s "
                "WHERE user_id = %s AND at > %s AND kind = 'refused'",
                SQL.identifier(self._table),
                self.env.uid,
                moment,
            )
        )
        return self.env.cr.fetchall()
