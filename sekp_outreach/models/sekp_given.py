import functools
import inspect

from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.models import BaseModel
from odoo.service.model import get_public_method

from ..tools.given import fits, fits_cell, inner, is_id, is_names, is_table

PREFIX = "default_"


class SekpGiven(models.AbstractModel):
    """What clients give is looked at before anything is done with it.

    Each public method of the addon is an interface, and so are ``create``, ``write``
    and ``onchange`` of each of its models. What is no argument, no record and no value
    of the field is refused here, in one place and with a sentence; neither Odoo nor our
    own methods need to expect it. What the addon does as superuser is its own.
    """

    _name = "sekp.given"
    _description = "What Clients Give"

    def _register_hook(self):
        """Put the look in front of the methods, around whatever extends them."""
        super()._register_hook()
        for name, model in self.pool.items():
            if name.startswith("sekp."):
                self._sekp_look_first(model)

    @api.model
    def _sekp_look_first(self, model):
        own = {name: self._sekp_asked for name in self._sekp_own_methods(model)}
        if not model._abstract:
            own |= {
                "create": self._sekp_creating,
                "write": self._sekp_writing,
                "onchange": self._sekp_changing,
                "load": self._sekp_importing,
                "default_get": self._sekp_defaulting,
            }
        for name, around in own.items():
            if hasattr(vars(model).get(name), "_sekp_looks"):
                delattr(model, name)
            method = around(getattr(model, name))
            method._sekp_looks = True
            setattr(model, name, method)

    @api.model
    def _sekp_own_methods(self, model):
        """Return the names of the public methods that Odoo's models do not have."""
        empty = self.env[model._name]
        for name in dir(model):
            if name.startswith("_") or hasattr(BaseModel, name):
                continue
            try:
                method = get_public_method(empty, name)
            except (AccessError, AttributeError):
                continue
            if inspect.isfunction(method) and ".sekp_outreach." in method.__module__:
                yield name

    # --- what is put in front -------------------------------------------------------
    @staticmethod
    def _sekp_asked(method):
        """Look at the records and the arguments a method of ours is called with."""
        signature = inspect.signature(method)
        needs_records = not hasattr(method, "_api_model")

        @functools.wraps(method)
        def asked(self, *args, **kwargs):
            given = self.env["sekp.given"]
            try:
                signature.bind(self, *args, **kwargs)
            except TypeError:
                raise given._sekp_unclear() from None
            if needs_records:
                given._sekp_check_records(self)
            try:
                return method(self, *args, **kwargs)
            except ValueError as error:
                # What ``ensure_one`` says of these very records.
                if error.args != (f"Expected singleton: {self}",):
                    raise
                raise given._sekp_not_one() from None

        return asked

    @staticmethod
    def _sekp_creating(method):
        """Look at the values of new rows."""

        @functools.wraps(method)
        def create(self, vals_list):
            if not self.env.su:
                given = self.env["sekp.given"]
                rows = [vals_list] if isinstance(vals_list, dict) else vals_list
                if not isinstance(rows, list | tuple):
                    raise given._sekp_unclear()
                given._sekp_check_defaults(self)
                for vals in rows:
                    given._sekp_check_values(self, vals, "create")
            return method(self, vals_list)

        return create

    @staticmethod
    def _sekp_writing(method):
        """Look at the values of a change."""

        @functools.wraps(method)
        def write(self, vals):
            if not self.env.su:
                given = self.env["sekp.given"]
                given._sekp_check_records(self)
                given._sekp_check_values(self, vals, "write")
            return method(self, vals)

        return write

    @staticmethod
    def _sekp_changing(method):
        """Look at the values of a form that is being filled in."""

        @functools.wraps(method)
        def onchange(self, values, field_names, fields_spec):
            if not self.env.su:
                given = self.env["sekp.given"]
                if not (is_names(field_names) and isinstance(fields_spec, dict)):
                    raise given._sekp_unclear()
                given._sekp_check_defaults(self)
                given._sekp_check_form(self, values)
                if not set(field_names) <= set(values):
                    raise given._sekp_unclear()
            return method(self, values, field_names, fields_spec)

        return onchange

    @staticmethod
    def _sekp_defaulting(method):
        """Look at the values that a caller brings along for a form."""

        @functools.wraps(method)
        def default_get(self, fields):
            if not self.env.su:
                given = self.env["sekp.given"]
                if not is_names(fields):
                    raise given._sekp_unclear()
                given._sekp_check_defaults(self)
            return method(self, fields)

        return default_get

    @staticmethod
    def _sekp_importing(method):
        """Look at the rows of a file."""

        @functools.wraps(method)
        def load(self, fields, data):
            if not self.env.su:
                self.env["sekp.given"]._sekp_check_table(self, fields, data)
            return method(self, fields, data)

        return load

    # --- the look -------------------------------------------------------------------
    @api.model
    def _sekp_check_records(self, records):
        """Refuse what are no numbers of rows, and a model that has no rows.

        :raises UserError: naming nothing
        """
        if records._abstract or not all(
            is_id(id_) or isinstance(id_, api.NewId) for id_ in records._ids
        ):
            raise self._sekp_unclear()

    @api.model
    def _sekp_check_defaults(self, model):
        """Refuse values that a caller brings along for new rows, like others."""
        context = self.env.context
        given = {
            name.removeprefix(PREFIX): value
            for name, value in context.items()
            if name.startswith(PREFIX) and name.removeprefix(PREFIX) in model._fields
        }
        if given:
            self._sekp_check_values(model, given)

    @api.model
    def _sekp_check_values(self, model, vals, operation=None):
        """Refuse what a field cannot hold.

        :param model: the records
        :param vals: by the name of the field
        :param str operation: what is about to be done with the records, if anything
        :raises AccessError: for one who may not do it, whatever was given
        :raises UserError: naming the field, never what was given
        """
        try:
            self._sekp_check_fields(model, vals)
        except UserError:
            # Who may not is told so, as for any other value.
            if operation:
                model.check_access(operation)
            raise

    @api.model
    def _sekp_check_form(self, model, vals):
        """Refuse what a field of a form cannot hold that is being filled in.

        A line of a form comes with the form it stands in, as values not saved yet.
        """
        if not isinstance(vals, dict):
            raise self._sekp_unclear()
        around = {
            name: value
            for name, value in vals.items()
            if isinstance(value, dict)
            and (field := model._fields.get(name))
            and field.type == "many2one"
        }
        for name, value in around.items():
            form = self.env[model._fields[name].comodel_name]
            self._sekp_check_form(form, value)
        rest = {name: value for name, value in vals.items() if name not in around}
        self._sekp_check_fields(model, rest)

    @api.model
    def _sekp_check_fields(self, model, vals):
        if not isinstance(vals, dict):
            raise self._sekp_unclear()
        for name, value in vals.items():
            field = model._fields.get(name)
            if not field:
                raise self._sekp_unclear()
            if isinstance(value, BaseModel):
                continue
            if not fits(field.type, value) or (
                field.type == "selection"
                and value not in (None, False, "")
                and not any(value == one for one in field.get_values(self.env))
            ):
                raise self._sekp_misfit(field)
            if field.type in ("one2many", "many2many"):
                for row in inner(value):
                    self._sekp_check_fields(self.env[field.comodel_name], row)

    @api.model
    def _sekp_check_table(self, model, columns, rows):
        """Refuse what is no table, or has columns of no field.

        What does not suit a field is told of each row by Odoo, except for what Odoo
        does not expect.

        :raises UserError: naming at most the field
        """
        if not is_table(columns, rows):
            raise self._sekp_unclear()
        for number, column in enumerate(columns):
            field = self._sekp_column(model, column)
            if not field:
                raise UserError(
                    self.env._(
                        "A column belongs to no field. Choose a field for it, or leave "
                        "it out."
                    )
                )
            cells = [row[number] for row in rows if len(row) > number]
            if not all(fits_cell(column, field.type, cell) for cell in cells):
                raise self._sekp_misfit(field)

    @api.model
    def _sekp_column(self, model, column):
        """Return the field of the model that a column begins with.

        :return: nothing when a step of the way is none
        """
        first = None
        for step in column.split("/"):
            name = step.split(":")[0]
            field = model._fields.get("id" if name == ".id" else name)
            if not field:
                return None
            first = first or field
            # A row's name and number may follow the row itself.
            model = self.env[field.comodel_name] if field.relational else model
        return first

    @api.model
    def _sekp_misfit(self, field):
        """Return the error on a value that a field cannot hold."""
        return ValidationError(
            self.env._(
                "“%(field)s” cannot be what was entered. Correct it and try again; "
                "nothing was saved.",
                field=field._description_string(self.env),
            )
        )

    @api.model
    def _sekp_unclear(self):
        """Return the error on a request that is none."""
        return UserError(
            self.env._(
                "This request cannot be understood; nothing was done. Reload the page "
                "and try again."
            )
        )

    @api.model
    def _sekp_not_one(self):
        """Return the error on what is done with one record at a time."""
        return UserError(self.env._("Choose one record: this is done one at a time."))
