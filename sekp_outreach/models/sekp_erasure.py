import logging
from collections import defaultdict, namedtuple
from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.base.models.ir_cron import _intervalTypes

from ..tools.erasure import deletion_order
from .sekp_erasure_certificate import COUNTED
from .sekp_retention_rule import ACCESS_LOG

_logger = logging.getLogger(__name__)

# How tables name a record of any model: the column of its model and of its number.
PAIRS = (
    ("model", "record_id"),
    ("model", "res_id"),
    ("parent_res_model", "parent_res_id"),
    ("record_model", "record_id"),
    ("res_model", "record_id"),
    ("res_model", "res_id"),
)
# The same for dialogs that hold several numbers in one text.
LISTS = (("model", "res_ids"), ("res_model", "res_ids"))
# What names erased records and stays, and what need not be looked for in this way.
NOT_SWEPT = {
    "sekp_access_log": "who looked is kept for its own period; it holds no value",
    "sekp_history": "every row hangs on its course, citizen or referral and goes so",
}
BATCH = 100
AT_ONCE = 20
# It runs each night: after a longer rest the server was off, or its clock is wrong.
LONGEST_REST = timedelta(days=3)
WAITS, NEVER = "sekp_outreach.erasure_waits_since", "never"

Link = namedtuple("Link", "table column target cascades nullable")


class LeftoverError(Exception):
    """Something of an erased record would have been left; names tables only."""


class SekpErasure(models.AbstractModel):
    """Erases records about people, with everything of theirs anywhere in the database.

    One room for all ways: the nightly job, a scheme manager's button, a citizen's wish.
    It goes by what the database itself says of its tables, so that what another app,
    or a later version, adds is reached as well. Deletes by SQL: the guards that keep
    contacts, access rows and history from being deleted stay shut for everybody else.
    """

    _name = "sekp.erasure"
    _description = "Erasure"

    @api.model
    def _before(self, records):
        """Hook: records are about to be erased, and everything is still there.

        Called once for each model of ours whose rows go, in the erasure's transaction;
        for what must be counted before it is gone. It must not write to the records.

        :param records: all rows of one model that go in this erasure, as superuser
        """
        records._sekp_before_erasure()

    # --- one record ---------------------------------------------------------------
    @api.model
    def _lock(self, record):
        """Lock a record, and what it shares, for its erasure.

        :return: whether it is there and nobody else is at it
        """
        for locked in (*record._sekp_shared(), record):
            self.env.cr.execute(
                SQL(
                    "SELECT id FROM %s WHERE id = %s FOR UPDATE SKIP LOCKED",
                    SQL.identifier(locked._table),
                    locked.id,
                ),
                log_exceptions=False,
            )
            if not self.env.cr.rowcount:
                return False
        for shared in record._sekp_shared():
            # Without a change, one whose snapshot is older than the erasure of a
            # sibling would not see that the record is the last: PostgreSQL refuses it.
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET id = id WHERE id = %s",
                    SQL.identifier(shared._table),
                    shared.id,
                ),
                log_exceptions=False,
            )
        return True

    @api.model
    def _erase(self, record, said, on_request=False):
        """Erase a record with everything of it, and certify it.

        :param record: a record of a class that has rules
        :param str said: what the rule says, or why it goes without one
        :param bool on_request: at the citizen's wish, before its time
        :return: the certificate
        :raises LeftoverError: when something would be left; nothing is erased then
        """
        record.ensure_one()
        # Superuser: whoever asked has been checked; the parts are not all his to see.
        record = record.sudo()
        label = record._sekp_retention_outcome
        vals = {
            "at": fields.Datetime.now(),
            "company_id": record.company_id.id,
            "record_class": record._sekp_retention_class,
            "rule": said,
            "outcome": label
            and dict(record._fields[label]._description_selection(self.env)).get(
                record[label]
            ),
            "on_request": on_request,
            "user_id": self.env.uid,
        }
        with self.env.cr.savepoint():
            counts, files = self._erase_everything(record)
            numbers = {name: counts.pop(table, 0) for name, table in COUNTED.items()}
            vals |= {**numbers, "file_count": len(files)}
            counts.pop("ir_attachment", None)
            vals["other_count"] = sum(counts.values())
            certificate = self.env["sekp.erasure.certificate"].sudo().create(vals)
        # Superuser: the files go when nothing names them any more.
        attachments = self.env["ir.attachment"].sudo()
        for name in files:
            attachments._file_delete(name)
        return certificate

    def _erase_everything(self, record):
        """Delete a record and all of it.

        :return: numbers of rows by table, and names of stored files
        """
        self.env.flush_all()
        links, places = self._links(), self._places()
        roots = defaultdict(set)
        for records in record._sekp_erased_along():
            roots[records._table] |= set(records.ids)
        doomed = self._closure(roots, links, places)
        survivors, elsewhere = [], []
        for records in self._ours(doomed):
            self._before(records)
            survivors += records._sekp_shared()
            elsewhere += records._sekp_erase_elsewhere()
        self.env.flush_all()
        # Once more: the hooks may have made or deleted rows.
        for model, ids in elsewhere:
            doomed[self.env[model]._table] |= set(ids)
        doomed = self._closure(doomed, links, places)
        files = self._files(doomed.get("ir_attachment"))
        counts = self._delete(doomed, links)
        self.env.invalidate_all(flush=False)
        if {"ir_model_data", "ir_filters"} & set(doomed):
            self.env.registry.clear_cache()
        for survivor in survivors:
            self._recompute(survivor.exists())
        if left := self._naming(self._by_model(doomed, self._tables()), places):
            raise LeftoverError(", ".join(sorted(left)))
        return counts, files

    def _recompute(self, records):
        """Let what is stored of records follow from what is left."""
        for field in records._fields.values():
            if field.compute and field.store:
                self.env.add_to_compute(field, records)
        records.flush_recordset()

    def _ours(self, doomed):
        """Return the doomed records about people, model by model, as superuser."""
        for name in self.env["sekp.confidential.mixin"]._confidential_models():
            ids = doomed.get(self.env[name]._table)
            if ids:
                # Superuser: see _erase.
                yield self.env[name].sudo().browse(sorted(ids))

    # --- what there is --------------------------------------------------------------
    def _tables(self):
        """Return the model of each table that has one."""
        return {
            model._table: name
            for name, model in self.env.items()
            if model._auto and not model._abstract
        }

    def _links(self):
        """Return the links between tables, by the table they lead to."""
        self.env.cr.execute(
            """
            SELECT src.relname, a.attname, dst.relname, c.confdeltype = 'c',
                   NOT a.attnotnull
              FROM pg_constraint c
              JOIN pg_class src ON src.oid = c.conrelid
              JOIN pg_class dst ON dst.oid = c.confrelid
              JOIN pg_attribute a
                ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
             WHERE c.contype = 'f' AND cardinality(c.conkey) = 1
               AND src.relnamespace = current_schema()::regnamespace
               AND EXISTS (SELECT 1 FROM pg_attribute i WHERE i.attrelid = src.oid
                              AND i.attname = 'id' AND NOT i.attisdropped)
            """
        )
        links = defaultdict(list)
        for row in self.env.cr.fetchall():
            links[row[2]].append(Link(*row))
        return links

    def _places(self):
        """Return where a record is named by model and number: table and columns.

        By the names of columns, so that a table of no model is found as well, and by
        what the models say of their fields.
        """
        self.env.cr.execute(
            """
            SELECT m.table_name, m.column_name, i.column_name
              FROM information_schema.columns m
              JOIN information_schema.columns i USING (table_schema, table_name)
              JOIN information_schema.tables t USING (table_schema, table_name)
             WHERE t.table_type = 'BASE TABLE' AND table_schema = current_schema()
               AND m.data_type IN ('character varying', 'text')
               AND (m.column_name, i.column_name) IN %s
               AND EXISTS (SELECT 1 FROM information_schema.columns d
                            WHERE d.table_schema = current_schema()
                              AND d.table_name = m.table_name AND d.column_name = 'id')
            """,
            [PAIRS + LISTS],
        )
        places = set(self.env.cr.fetchall())
        for model in self.env.values():
            if not model._auto or model._abstract:
                continue
            for field in model._fields.values():
                if not field.store:
                    continue
                if field.type == "reference":
                    places.add((model._table, field.name, None))
                elif field.type == "many2one_reference":
                    named = model._fields[field.model_field]
                    if named.store and named.column_type:
                        places.add((model._table, field.model_field, field.name))
        return sorted(
            (place for place in places if place[0] not in NOT_SWEPT),
            key=lambda place: tuple(map(str, place)),
        )

    def _named(self, place, wanted):
        """Return the rows of a place that name records.

        :param dict wanted: numbers of records by the name of their model
        """
        table, model_column, id_column = place
        column = SQL.identifier(model_column)
        pairs = [(model, id_) for model, ids in wanted.items() for id_ in sorted(ids)]
        if id_column is None:
            where = SQL("%s = ANY(%s)", column, [f"{m},{id_}" for m, id_ in pairs])
        elif id_column == "res_ids":
            where = SQL(" OR ").join(
                SQL(
                    "%s = %s AND %s ~ %s",
                    column,
                    model,
                    SQL.identifier(id_column),
                    rf"\m({'|'.join(map(str, sorted(ids)))})\M",
                )
                for model, ids in wanted.items()
            )
        else:
            where = SQL(
                "(%s, %s) IN (SELECT unnest(%s::varchar[]), unnest(%s::int[]))",
                column,
                SQL.identifier(id_column),
                [model for model, _id in pairs],
                [id_ for _model, id_ in pairs],
            )
        self.env.cr.execute(
            SQL("SELECT id FROM %s WHERE %s", SQL.identifier(table), where)
        )
        return {id_ for (id_,) in self.env.cr.fetchall()}

    def _closure(self, roots, links, places):
        """Return all rows that go with these, by table.

        What the database would delete along, dialogs that were opened on a record, and
        what names a record by model and number; and the same of those.
        """
        tables = self._tables()
        dialogs = {model._table for model in self.env.values() if model._transient}
        doomed, fresh = defaultdict(set), dict(roots)
        while fresh:
            found = defaultdict(set)
            for table, ids in fresh.items():
                new = ids - doomed[table]
                doomed[table] |= new
                if not new:
                    continue
                for link in links[table]:
                    if link.cascades or link.table in dialogs:
                        found[link.table] |= self._linked(link, new)
            if wanted := self._by_model(fresh, tables):
                for place in places:
                    found[place[0]] |= self._named(place, wanted)
            fresh = {
                table: ids - doomed[table]
                for table, ids in found.items()
                if ids - doomed[table]
            }
        return defaultdict(set, {table: ids for table, ids in doomed.items() if ids})

    def _by_model(self, rows, tables):
        return {tables[table]: ids for table, ids in rows.items() if table in tables}

    def _linked(self, link, ids):
        self.env.cr.execute(
            SQL(
                "SELECT id FROM %s WHERE %s = ANY(%s)",
                SQL.identifier(link.table),
                SQL.identifier(link.column),
                list(ids),
            )
        )
        return {id_ for (id_,) in self.env.cr.fetchall()}

    def _files(self, ids):
        """Return the stored files of attachments."""
        self.env.cr.execute(
            "SELECT DISTINCT store_fname FROM ir_attachment "
            "WHERE id = ANY(%s) AND store_fname IS NOT NULL",
            [list(ids or ())],
        )
        return [name for (name,) in self.env.cr.fetchall()]

    # --- deleting -----------------------------------------------------------------
    def _delete(self, doomed, links):
        """Delete the rows, those first that hold others; return their numbers."""
        holds = set()
        for table, ids in doomed.items():
            for link in links[table]:
                if link.cascades:
                    continue
                if not link.nullable:
                    holds.add((link.table, table))
                elif self._linked(link, ids):
                    # A later course forgets the earlier one, and the like.
                    self.env.cr.execute(
                        SQL(
                            "UPDATE %s SET %s = NULL WHERE %s = ANY(%s)",
                            SQL.identifier(link.table),
                            SQL.identifier(link.column),
                            SQL.identifier(link.column),
                            list(ids),
                        )
                    )
        for table in deletion_order(doomed, holds):
            self.env.cr.execute(
                SQL(
                    "DELETE FROM %s WHERE id = ANY(%s)",
                    SQL.identifier(table),
                    list(doomed[table]),
                )
            )
        return {table: len(ids) for table, ids in doomed.items()}

    @api.model
    def _leftovers(self, model, ids):
        """Return the tables in which something still names records of a model.

        :param str model: name of the model
        :param ids: numbers of records that were erased
        """
        self.env.flush_all()
        table, ids = self.env[model]._table, set(ids)
        self.env.cr.execute(
            SQL(
                "SELECT 1 FROM %s WHERE id = ANY(%s) LIMIT 1",
                SQL.identifier(table),
                list(ids),
            )
        )
        left = {table} if self.env.cr.rowcount else set()
        return left | self._naming({model: ids}, self._places())

    def _naming(self, wanted, places):
        """Return the tables in which something names records."""
        return {place[0] for place in places if self._named(place, wanted)}

    # --- many records -------------------------------------------------------------
    @api.model
    def _candidates(self, rule, rules, failed, limit=BATCH):
        """Return what goes by a rule now and is not held back."""
        # Superuser: the rule counts for everybody's records.
        Model = rule._model().sudo()
        domain = rule._due(rules) & ~Model._sekp_hold_domain()
        return Model.search(
            domain & Domain("id", "not in", list(failed)),
            order="id",
            limit=limit,
        )

    @api.model
    def _erase_one(self, record, rule, rules):
        """Erase one record by a rule, unless somebody is at it or it changed.

        :return: whether it was erased
        """
        name, id_ = record._name, record.id
        try:
            with self.env.cr.savepoint():
                if not self._lock(record) or not self._still_due(record, rule, rules):
                    return False
                self._erase(record, rule._said())
                return True
        except SerializationFailure:
            # Somebody changed it meanwhile: another night.
            return False
        except Exception as error:
            # Neither its text nor its trace: they may tell of the record.
            _logger.error(
                "%s %s could not be erased: %s", name, id_, type(error).__name__
            )
            return False

    def _still_due(self, record, rule, rules):
        """Tell whether a record goes by a rule also now that it is locked."""
        self.env.invalidate_all()
        domain = rule._due(rules) & ~record._sekp_hold_domain()
        return record.search_count(domain & Domain("id", "=", record.id)) > 0

    @api.model
    def _erase_now(self, company):
        """Erase what is due in a municipality, as far as a request has time for it."""
        rules = self.env["sekp.retention.rule"]._in_force(company)
        done = 0
        for rule in rules.filtered(lambda rule: rule.record_class != ACCESS_LOG):
            if done >= AT_ONCE:
                break
            for record in self._candidates(rule, rules, (), AT_ONCE - done):
                done += self._erase_one(record, rule, rules)
        self._trigger()

    @api.model
    def _trigger(self):
        """Let the nightly job come at once: it takes the rest, and the files."""
        # Superuser: the job is the system's.
        self.env.ref("sekp_outreach.cron_erase").sudo()._trigger()

    @api.model
    def _waits_since(self):
        """Return since when the job waits, because it had not run for days; or nothing.

        :rtype: datetime or None
        """
        # Superuser: when the job last waited is no user's to read.
        told = self.env["ir.config_parameter"].sudo().get_param(WAITS)
        since = fields.Datetime.to_datetime(told) if told and told != NEVER else None
        now = fields.Datetime.now()
        # Whoever asks for the job sooner does not shorten the wait; a clock that has
        # been set back ends it.
        return since if since and since <= now < since + self._every() / 2 else None

    @api.model
    def _every(self):
        """Return after how long the job comes again, which the administrator chose."""
        job = self.env.ref("sekp_outreach.cron_erase", raise_if_not_found=False)
        if not job:
            return timedelta(days=1)
        # Superuser: the jobs are the administrator's to read.
        job, now = job.sudo(), fields.Datetime.now()
        return now + _intervalTypes[job.interval_type](job.interval_number) - now

    @api.model
    def _after_long_rest(self):
        """Return when the job ran last, if that is longer ago than it should be."""
        last, now = self.env.context.get("lastcall"), fields.Datetime.now()
        rest = max(LONGEST_REST, 2 * self._every())
        return last if last and now - last > rest else None

    @api.model
    def _cron_erase(self):
        """Erase what the rules say, record by record; then the files, then the log.

        After a rest of days the next run is waited for: by a clock that has jumped
        ahead everything would be due, and what is erased does not come back.
        """
        if last := self._after_long_rest():
            now = fields.Datetime.to_string(fields.Datetime.now())
            # Superuser: as above.
            self.env["ir.config_parameter"].sudo().set_param(WAITS, now)
            _logger.info(
                "Nothing is erased this time: the job ran last on %s. Is the clock "
                "right? It goes on next time.",
                last.date(),
            )
            return
        if self._waits_since():
            return
        progress = self.env["ir.cron"]
        rules = self.env["sekp.retention.rule"]._in_force()
        records = rules.filtered(lambda rule: rule.record_class != ACCESS_LOG)
        days = self.env["sekp.access.erasure"]._days_due()
        # Superuser: a job of the system counts what it has to do.
        remaining = len(days) + sum(
            rule._model()
            .sudo()
            .search_count(rule._due(rules) & ~rule._model()._sekp_hold_domain())
            for rule in records
        )
        left = progress._commit_progress(remaining=remaining)
        for rule in records:
            failed = set()
            while left and (batch := self._candidates(rule, rules, failed)):
                for record in batch:
                    if not self._erase_one(record, rule, rules):
                        failed.add(record.id)
                    left = progress._commit_progress(1)
                    if not left:
                        break
            if left:
                rule._carried_out(bool(self._candidates(rule, rules, (), 1)))
        # Superuser: the files go when nothing names them any more.
        self.env["ir.attachment"].sudo()._gc_file_store()
        for day in days:
            if not left:
                break
            self.env["sekp.access.erasure"]._erase_day(day)
            left = progress._commit_progress(1)
        if left and (of_log := rules - records):
            of_log._carried_out(bool(self.env["sekp.access.erasure"]._days_due()))
