import inspect
import itertools

import psycopg2

from odoo import api
from odoo.exceptions import AccessDenied, AccessError, UserError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .canaries import CANARY, CanaryCase

# What a stranger sends where a method asks for something.
ARGUMENTS = {
    "vals": {},
    "vals_list": [{}],
    "values": {},
    "fields": ["display_name"],
    "field_names": [],
    "fields_spec": {},
    "specification": {"display_name": {}},
    "fields_to_export": ["display_name"],
    "field_name": "display_name",
    "domain": [],
    "groupby": ["display_name"],
    "group_by": "display_name",
    "progress_bar": {"field": "display_name", "colors": {}},
    "grouping_sets": [["display_name"]],
    "data": [["x"]],
    "name": "x",
    "default": None,
    "views": [[False, "list"]],
    "act_type_xmlids": ["mail.mail_activity_data_todo"],
    "act_type_xmlid": "mail.mail_activity_data_todo",
    "new_user_id": 2,
    "user_id": 2,
    "translations": {},
}
REFUSALS = (
    UserError, AccessDenied, ValueError, TypeError, KeyError, AttributeError,
    NotImplementedError, IndexError, AssertionError, psycopg2.Error,
)  # fmt: skip
STRANGERS = ("other_supervisor", "colleague", "employee", "foreign_worker")


@tagged("post_install", "-at_install", "sekp_outreach")
class TestPublicMethods(CanaryCase):
    """Every method that Odoo offers to clients, called as a stranger."""

    def public(self, model):
        """Return the names of the methods that a client may call."""
        names = set()
        for name in dir(type(model)):
            try:
                get_public_method(model, name)
            except (AccessError, AttributeError):
                continue
            names.add(name)
        return sorted(names)

    def arguments(self, method):
        """Return what a method that needs arguments is called with."""
        given = []
        for parameter in itertools.islice(
            inspect.signature(method).parameters.values(), 1, None
        ):
            if (
                parameter.kind is not parameter.POSITIONAL_OR_KEYWORD
                or parameter.default is not parameter.empty
            ):
                break
            ids = 1 if parameter.name.endswith("_id") else "x"
            given.append(ARGUMENTS.get(parameter.name, ids))
        return given

    def checksums(self):
        """Return one checksum of each table of ours, but for the log of refusals.

        A dialog's row of one's own may come: it tells and changes nothing.
        """
        strangers = [self.people[login].id for login in STRANGERS]
        sums = {}
        for model in self.env.values():
            if model._name.startswith("sekp.") and model._auto and not model._abstract:
                self.env.cr.execute(
                    SQL(
                        "SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM %s t "
                        "WHERE NOT coalesce((to_jsonb(t)->>'create_uid')::int "
                        "= ANY(%s), FALSE)",
                        SQL.identifier(model._table),
                        strangers if model._name in self.dialogs else [],
                    )
                )
                sums[model._name] = self.env.cr.fetchone()
        # That somebody was refused is meant to be written down.
        del sums["sekp.access.log"]
        return sums

    def call(self, user, record, name):
        """Call a method as a client does; return all that is heard of it."""
        env = api.Environment(self.env.cr, user.id, {})
        model = env[record._name]
        method = get_public_method(model, name)
        args = self.arguments(method)
        if not getattr(method, "_api_model", False):
            args = [record.ids, *args]
        env.invalidate_all()
        try:
            with env.cr.savepoint():
                answer = call_kw(model, name, args, {})
                return repr(answer)
        except REFUSALS as error:
            return f"{error!r} {error} {getattr(error, 'context', '')}"

    @mute_logger("py.warnings")
    def test_no_method_tells_or_changes_anything(self):
        records = [row for row in self.targets if row._name.startswith("sekp.")]
        before, wrong, calls = self.checksums(), [], 0
        for login in STRANGERS:
            user, own = self.people[login], self.own(login)
            for record in records:
                with self.env.cr.savepoint(flush=True) as savepoint:
                    for name in self.public(record):
                        calls += 1
                        heard = self.call(user, record, name)
                        if set(CANARY.findall(heard)) - own:
                            wrong.append((login, record._name, name))
                    self.env.flush_all()
                    now = self.checksums()
                    for model in before:
                        if before[model] != now[model]:
                            wrong.append((login, record._name, model, "changed"))
                    savepoint.rollback()
        self.assertEqual(wrong, [])
        self.assertGreater(calls, 3000)
