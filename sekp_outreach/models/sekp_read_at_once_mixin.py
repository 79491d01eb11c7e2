from collections.abc import Collection
from contextlib import contextmanager
from contextvars import ContextVar

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

# What was found to be open to the reader within one call from outside.
_found = ContextVar("sekp_found", default=None)
# What is read of a record beside what it is called.
ALSO_READ = {"res.users": ("tz",)}


@contextmanager
def remembering():
    """Remember until the end of the call which records the rules gave to the reader.

    A call reads one state of the database and writes nothing, so that asking the rules
    a second time for the same records gives the same answer. Nothing outlives it.
    """
    if _found.get() is not None:
        yield
        return
    token = _found.set({})
    try:
        yield
    finally:
        _found.reset(token)


def is_remembering():
    """Tell whether this is within such a call."""
    return _found.get() is not None


def forget():
    """Forget what the rules gave: what opens a record has changed."""
    if is_remembering():
        _found.get().clear()


class SekpRememberingMixin(models.AbstractModel):
    """Remembers for the length of a call which records the rules gave to a user."""

    _name = "sekp.remembering.mixin"
    _description = "Record Whose Being Open Is Remembered"

    def _remembered(self):
        """Return the ids of this model that the rules gave the user in this call."""
        found = _found.get()
        if found is None or self.env.su:
            return set()
        who = self.env["ir.rule"]._compute_domain_context_values()
        key = (self.env.cr, self.env.uid, tuple(who), self._name)
        return found.setdefault(key, set())


class SekpReadAtOnceMixin(models.AbstractModel):
    """Reads what a screen shows of a record with as few statements as there are tables.

    The ids of all parts are asked for at once, each under its own rules; so are the
    names of all records a screen names. What is read and what is refused is the same.
    """

    _name = "sekp.read.at.once.mixin"
    _description = "Record Read at Once"
    _inherit = ["sekp.remembering.mixin"]

    @api.model
    @api.private
    @api.readonly
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        if self.env.su or not is_remembering():
            return super().search_fetch(domain, field_names, offset, limit, order)
        columns, others = self._columns_and_others(field_names)
        if (
            columns
            and "display_name" in columns
            and _simple_column(self, self._rec_name)
        ):
            columns.append(self._rec_name)
        records = super().search_fetch(domain, columns, offset, limit, order)
        # They were found by a query that bears the rules.
        records._remembered().update(records._ids)
        records.fetch(others)
        return records

    def exists(self):
        if set(self._ids) <= self._remembered():
            return self
        return super().exists()

    @api.model
    def _columns_and_others(self, names):
        """Part the names of fields into those of columns and those that lead to rows.

        :param names: of fields, or None for all columns
        :raises UserError: for anything else
        """
        if names is None:
            return None, []
        if not isinstance(names, Collection) or isinstance(names, str):
            raise self.env["sekp.given"]._sekp_unclear()
        rows = ("one2many", "many2many")
        others = [
            name
            for name in names
            if name in self._fields and self._fields[name].type in rows
        ]
        return [name for name in names if name not in others], others

    def _fetch_remembering(self, names):
        """Fetch fields, or refuse, and remember that these records are open."""
        columns, others = self._columns_and_others(
            [name for name in names if name in self._fields]
        )
        self.fetch(columns)
        if columns:
            self._remembered().update(self._ids)
        self.fetch(others)

    # --- reading ------------------------------------------------------------------
    def web_read(self, specification):
        with remembering():
            specification = self._read_at_once(specification)
            tags = self._find_tags(specification)
            rows = super().web_read({**specification, **{name: {} for name in tags}})
            self._name_tags(rows, tags)
            return rows

    @api.model
    def web_search_read(self, *args, **kwargs):
        with remembering():
            return super().web_search_read(*args, **kwargs)

    @api.model
    def web_read_group(self, *args, **kwargs):
        with remembering():
            return super().web_read_group(*args, **kwargs)

    @api.model
    def search_read(self, *args, **kwargs):
        with remembering():
            return super().search_read(*args, **kwargs)

    @api.model
    def name_search(self, *args, **kwargs):
        with remembering():
            return super().name_search(*args, **kwargs)

    @api.model
    def web_name_search(self, *args, **kwargs):
        with remembering():
            return super().web_name_search(*args, **kwargs)

    def _is_stored(self):
        return all(type(id_) is int for id_ in self._ids)

    def _read_at_once(self, specification):
        """Bring into the cache what a screen asks of stored records.

        :param dict specification: as ``web_read`` takes it
        :return: the specification, without the orders that are seen to
        :raises UserError: for anything that is no specification
        """
        if not isinstance(specification, dict) or not all(
            isinstance(one, dict) for one in specification.values()
        ):
            raise self.env["sekp.given"]._sekp_unclear()
        names = [name for name in specification if name in self._fields]
        if names == ["id"] or not names or not self._is_stored():
            return specification
        specification = self._find_parts(specification)
        self._fetch_remembering(names)
        named = {}
        for records, spec in self._with_parts(specification):
            records._gather_named(spec, named)
        self._read_names(named)
        return specification

    # --- parts --------------------------------------------------------------------
    def _find_parts(self, specification):
        """Bring the ids of all parts into the cache with one statement.

        What each part's own rules hide is not found, as when each were asked for.

        :param dict specification: as ``web_read`` takes it
        :return: the specification, without the orders in which parts were found
        """
        asked = {
            name: spec
            for name, spec in specification.items()
            if name in self._fields
            and spec.get("fields")
            and self._is_found_at_once(self._fields[name])
        }
        if len(asked) < 2:
            return specification
        self._find_lines(asked)
        return {
            name: {
                key: value
                for key, value in spec.items()
                if name not in asked or key != "order"
            }
            for name, spec in specification.items()
        }

    def _find_lines(self, asked, **queries):
        """Find the ids of lines of several fields, and of queries, with one statement.

        Those of fields are known from then on.

        :param dict asked: what ``web_read`` asks of each field
        :param queries: of other records, or of pairs with a column that is a number
        :return: the pairs that were found, by the names of the queries
        """
        nothing = SQL("NULL::integer")
        parts = {
            name: query if isinstance(query, tuple) else (query, nothing)
            for name, query in queries.items()
        }
        for name, spec in asked.items():
            field = self._fields[name]
            lines = self.env[field.comodel_name].with_context(
                **{"active_test": False, **field.context}
            )
            domain = field.get_comodel_domain(self)
            domain &= Domain(field.inverse_name, "in", self.ids)
            try:
                query = lines._search(domain, order=spec.get("order") or lines._order)
            except AccessError:
                # Asked for by itself, it says so.
                continue
            inverse = lines._field_to_sql(lines._table, field.inverse_name, query)
            parts[name] = (query, inverse)
        found = {name: [] for name in parts}
        if parts:
            rows = self.env.execute_query(
                SQL(" UNION ALL ").join(
                    self._select_part(name, *part) for name, part in parts.items()
                )
            )
            for name, id_, number, _place in sorted(rows, key=lambda row: row[3]):
                found[name].append((id_, number))
        for name in asked:
            if name in found:
                lines = {id_: [] for id_ in self._ids}
                for id_, parent_id in found[name]:
                    lines[parent_id].append(id_)
                self._fields[name]._insert_cache(self, map(tuple, lines.values()))
        return {name: found[name] for name in queries}

    def _is_found_at_once(self, field):
        """Tell whether the lines of a field are rows of ours still to be found."""
        return (
            field.type == "one2many"
            and field.store
            and issubclass(
                self.pool[field.comodel_name], self.pool["sekp.read.at.once.mixin"]
            )
            and not self.env[field.comodel_name]._active_name
            and not any(id_ in field._get_cache(self.env) for id_ in self._ids)
        )

    @api.model
    def _select_part(self, name, query, number):
        place = SQL("row_number() OVER (ORDER BY %s)", query.order)
        if not query.limit:
            query.order = None
        selected = query.select(
            SQL("%s AS part", name),
            SQL.identifier(query.table, "id"),
            number,
            place,
        )
        return SQL("(%s)", selected)

    def _with_parts(self, specification):
        """Yield these records and the parts a screen shows, each with what it asks of
        them, fetched.
        """
        yield self, specification
        for name, spec in specification.items():
            field = self._fields.get(name)
            asked = field and field.type == "one2many" and spec.get("fields")
            if not asked or "context" in spec or "order" in spec:
                continue
            lines = self[name]
            if not issubclass(
                self.pool[lines._name], self.pool["sekp.read.at.once.mixin"]
            ):
                continue
            limit = spec.get("limit")
            if limit is not None:
                lines = lines.union(*(record[name][:limit] for record in self))
            if lines:
                lines._fetch_remembering(asked)
                yield lines, asked

    # --- tags ---------------------------------------------------------------------
    def _find_tags(self, specification):
        """Return the fields of which nothing but what their rows are called is asked.

        Those rows were found by their own rules; to read them would ask these again.
        """
        if not self._is_stored():
            return []
        return [
            name
            for name, spec in specification.items()
            if spec == {"fields": {"display_name": {}}}
            and self._fields[name].type == "many2many"
            and _is_named_by_column(self.env[self._fields[name].comodel_name])
        ]

    def _name_tags(self, rows, names):
        """Put into what is answered what the rows of some fields are called."""
        for name in names:
            # Superuser: as of every link, what it leads to is called.
            tags = self.env[self._fields[name].comodel_name].sudo()
            for row in rows:
                row[name] = [
                    {"id": tag.id, "display_name": tag.display_name}
                    for tag in tags.browse(row[name])
                ]

    # --- names --------------------------------------------------------------------
    def _gather_named(self, specification, named):
        """Gather the records that a screen names.

        :param dict named: their ids by model; added to
        """
        for name, spec in specification.items():
            field = self._fields.get(name)
            if (
                field
                and field.type in ("many2one", "many2many")
                and "display_name" in spec.get("fields", ())
                and "context" not in spec
            ):
                ids = named.setdefault(field.comodel_name, set())
                # Not as records: they would be looked at one kind at a time.
                cache = field._get_cache(self.env)
                for id_ in self._ids:
                    value = cache.get(id_) or ()
                    ids.update(value if isinstance(value, tuple) else (value,))
        if "activity_ids" in specification:
            # How late an activity is depends on the day where its owner is.
            owners = self.activity_ids.user_id
            named.setdefault(owners._name, set()).update(owners._ids)

    def _read_names(self, named):
        """Bring what records are called into the cache, with one statement for all.

        :param dict named: ids by model
        """
        asked = []
        for model, ids in named.items():
            # Superuser: whoever sees a link is told what it leads to is called.
            Model = self.env[model].sudo()
            names = (Model._rec_name, Model._active_name, *ALSO_READ.get(model, ()))
            for name in names:
                if field := _simple_column(Model, name):
                    cache = field._get_cache(Model.env)
                    missing = [id_ for id_ in ids if id_ and id_ not in cache]
                    if missing:
                        asked.append((Model.browse(missing), field))
        if not asked:
            return
        rows = self.env.execute_query(
            SQL(" UNION ALL ").join(
                self._select_names(number, records, field)
                for number, (records, field) in enumerate(asked)
            )
        )
        for number, id_, value in rows:
            records, field = asked[number]
            if field.type == "boolean":
                value = value == "true"
            field._insert_cache(records.browse(id_), [value])

    @api.model
    def _select_names(self, number, records, field):
        query = records._as_query(ordered=False)
        return query.select(
            SQL("%s AS number", number),
            SQL.identifier(records._table, "id"),
            SQL("(%s)::text", records._field_to_sql(records._table, field.name, query)),
        )


def _is_named_by_column(Model):
    """Tell whether the records of a model are called what one column says."""
    compute = type(Model)._compute_display_name
    simple = compute is models.BaseModel._compute_display_name
    return simple and bool(_simple_column(Model, Model._rec_name))


def _simple_column(Model, name):
    """Return the field of a model that one column tells, or None."""
    field = Model._fields.get(name)
    if (
        field
        and field.type in ("char", "selection", "boolean")
        and ((field.store and field.column_type) or field.inherited)
    ):
        return field
    return None
