from collections.abc import Iterable

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.outermost import outermost

READING = "reading"
TEXT_TYPES = ("char", "text", "html")
# What a name says anyway: the code, and to which municipality it belongs.
SAYS_NOTHING = frozenset(
    {"id", "display_name", "__last_update", "reference", "company_id"}
)


# A group by one of these is a list of persons.
SINGLE_PERSON = frozenset(
    {"id", "display_name", "reference", "citizen_id", "course_id", "referral_id"}
)


def writes(method):
    """Mark a method that reads for Odoo but writes to the log: no read-only cursor."""
    method._readonly = False
    return method


class SekpLoggedMixin(models.AbstractModel):
    """Logs what is read of the record by whom, once for each call from outside (C8).

    Methods that Odoo offers to every client are the doors: what goes through one of
    them is logged there, with one statement, however many others it passes inside.
    What our own code reads on its way is not.
    """

    _name = "sekp.logged.mixin"
    _description = "Record Whose Reading Is Logged"

    def _log_team(self):
        """Return the SQL of the team a record ``t`` of this model belongs to."""
        field = self._fields.get("team_id")
        return SQL("t.team_id") if field and field.store else SQL("NULL::integer")

    def _log_read(self, kind, purpose=False, **extra):
        """Log that the user was shown these records.

        :param str kind: a kind of ``sekp.access.log``
        :param purpose: why, of the few neutral choices, or False
        """
        if not self.env.su and self.env.uid:
            self.env["sekp.access.log"]._record(kind, self, purpose, **extra)

    def _log_shown(self, domain, ids, amount=None, specs=()):
        """Log a list that was shown, or a search for words.

        :param domain: what was asked for
        :param ids: the records shown
        :param specs: what was grouped by or summed, which may itself be told
        """
        searched = self._asks_for_words(domain)
        told = any(self._tells_of_persons(spec.split(":")[0]) for spec in specs)
        if ids or searched or told:
            self.browse(ids)._log_read(
                "search" if searched else "list",
                amount=len(ids) if amount is None else amount,
            )

    def _tells_of_persons(self, path):
        """Tell whether a group, a sum or an order by a path shows more than numbers."""
        return "." in path or path in self._sekp_person_fields or path in SINGLE_PERSON

    def _orders_by_words(self, order):
        """Tell whether an order goes by what is told of the person."""
        names = {part.split()[0] for part in (order or "").split(",") if part.split()}
        return any(
            self._tells_of_persons(name.split(":")[0]) and name not in SINGLE_PERSON
            for name in names
        )

    def _asks_for_words(self, domain):
        """Tell whether a domain looks for words in a text; a code is no text."""
        return any(
            self._condition_asks_for_words(self, condition)
            for condition in Domain(domain or Domain.TRUE).iter_conditions()
        )

    def _condition_asks_for_words(self, model, condition):
        path, value = condition.field_expr, condition.value
        for name in path.split(".")[:-1]:
            field = model._fields.get(name)
            if not field or not field.relational:
                return False
            model = model.env[field.comodel_name]
        name = path.split(".")[-1]
        if name in getattr(model, "_sekp_person_fields", ()):
            return True
        field = model._fields.get(name)
        if not field or name == "reference":
            return False
        if condition.operator.removesuffix("!").endswith("any"):
            # Of an id, what follows is about the same model.
            behind = model.env[field.comodel_name] if field.relational else model
            return isinstance(value, (Domain, list, tuple)) and any(
                self._condition_asks_for_words(behind, inner)
                for inner in Domain(value).iter_conditions()
            )
        values = [value] if isinstance(value, str) else value
        return (
            (field.relational or field.type in TEXT_TYPES)
            and isinstance(values, Iterable)
            and any(isinstance(one, str) and one for one in values)
        )

    # --- doors: one record --------------------------------------------------------
    @writes
    def read(self, fields=None, load="_classic_read"):
        with outermost(READING) as first:
            result = super().read(fields, load)
            if first:
                self._log_opened(fields)
            return result

    @writes
    def web_read(self, specification):
        with outermost(READING) as first:
            result = super().web_read(specification)
            if first:
                self._log_opened(specification or SAYS_NOTHING)
            return result

    def copy_data(self, default=None):
        with outermost(READING) as first:
            result = super().copy_data(default)
            if first:
                self._log_opened(None)
            return result

    def onchange(self, values, field_names, fields_spec):
        with outermost(READING) as first:
            result = super().onchange(values, field_names, fields_spec)
            if first and not field_names:
                # Asked of a stored record, the first call tells all its fields.
                self._log_opened(fields_spec)
            if first:
                self._log_linked(values, fields_spec)
            return result

    def _log_linked(self, values, fields_spec):
        """Log what an unsaved row shows of the records it is linked to."""
        is_confidential = self.env["sekp.confidential.mixin"]._is_confidential
        for name, spec in fields_spec.items():
            field = self._fields.get(name)
            if (
                field
                and field.type == "many2one"
                and is_confidential(field.comodel_name)
                and set((spec or {}).get("fields") or ()) - SAYS_NOTHING
            ):
                linked = values.get(name)
                if isinstance(linked, int) and linked:
                    self.env[field.comodel_name].browse(linked)._log_read("open")

    def _log_opened(self, names):
        if self.ids and (names is None or set(names) - SAYS_NOTHING):
            self._log_read("open")

    # --- doors: many records ------------------------------------------------------
    @api.model
    @writes
    def web_search_read(
        self, domain, specification, offset=0, limit=None, order=None, count_limit=None
    ):
        with outermost(READING) as first:
            result = super().web_search_read(
                domain, specification, offset, limit, order, count_limit
            )
            if first:
                self._log_shown(domain, [row["id"] for row in result["records"]])
            return result

    @api.model
    @writes
    def search_read(
        self,
        domain=None,
        fields=None,
        offset=0,
        limit=None,
        order=None,
        **read_kwargs,
    ):
        with outermost(READING) as first:
            result = super().search_read(
                domain, fields, offset, limit, order, **read_kwargs
            )
            if first:
                self._log_shown(domain, [row["id"] for row in result])
            return result

    @api.model
    @writes
    def web_read_group(self, domain, groupby, aggregates=(), *args, **kwargs):
        with outermost(READING) as first:
            result = super().web_read_group(
                domain, groupby, aggregates, *args, **kwargs
            )
            if first:
                ids = list(self._ids_in_groups(result["groups"]))
                self._log_shown(domain, ids, specs=(*groupby, *aggregates))
            return result

    def _ids_in_groups(self, groups):
        for group in groups:
            for row in group.get("__records", ()):
                yield row["id"]
            yield from self._ids_in_groups(group.get("__groups", {}).get("groups", ()))

    @api.model
    @writes
    def formatted_read_group(
        self,
        domain,
        groupby=(),
        aggregates=(),
        having=(),
        offset=0,
        limit=None,
        order=None,
    ):
        with outermost(READING) as first:
            result = super().formatted_read_group(
                domain, groupby, aggregates, having, offset, limit, order
            )
            if first:
                self._log_shown(domain, [], specs=(*groupby, *aggregates))
            return result

    @api.model
    @writes
    def formatted_read_grouping_sets(
        self, domain, grouping_sets, aggregates=(), *, order=None
    ):
        with outermost(READING) as first:
            result = super().formatted_read_grouping_sets(
                domain, grouping_sets, aggregates, order=order
            )
            if first:
                specs = [spec for groupby in grouping_sets for spec in groupby]
                self._log_shown(domain, [], specs=(*specs, *aggregates))
            return result

    @api.model
    @writes
    def read_progress_bar(self, domain, group_by, progress_bar):
        with outermost(READING) as first:
            result = super().read_progress_bar(domain, group_by, progress_bar)
            if first:
                specs = (group_by, progress_bar.get("field") or "")
                self._log_shown(domain, [], specs=specs)
            return result

    @api.model
    @writes
    def search(self, domain, offset=0, limit=None, order=None):
        with outermost(READING) as first:
            result = super().search(domain, offset, limit, order)
            if (
                first
                and not self.env.su
                and (self._asks_for_words(domain) or self._orders_by_words(order))
            ):
                self._log_shown(domain, result.ids)
            return result

    @api.model
    @writes
    def search_count(self, domain, limit=None):
        with outermost(READING) as first:
            result = super().search_count(domain, limit)
            if first and not self.env.su:
                self._log_shown(domain, [], amount=result)
            return result

    @api.model
    @writes
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        with outermost(READING) as first:
            result = super().name_search(name, domain, operator, limit)
            if first and (name or self._asks_for_words(domain)):
                self[:0]._log_found([pair[0] for pair in result])
            return result

    @api.model
    @writes
    def web_name_search(
        self, name, specification, domain=None, operator="ilike", limit=100
    ):
        with outermost(READING) as first:
            result = super().web_name_search(
                name, specification, domain, operator, limit
            )
            if first and (
                name
                or self._asks_for_words(domain)
                or set(specification) - SAYS_NOTHING
            ):
                self[:0]._log_found([row["id"] for row in result])
            return result

    def _log_found(self, ids):
        self.browse(ids)._log_read("search")

    # --- doors: out ---------------------------------------------------------------
    def export_data(self, fields_to_export):
        with outermost(READING) as first:
            result = super().export_data(fields_to_export)
            if first:
                self._log_read("export")
            return result
