from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, html2plaintext

# Danish for a Danish citizen, whatever language the colleague who prints reads.
PRINT_LANGUAGE = "da_DK"


class SekpPrintMixin(models.AbstractModel):
    """What the person it is about gets to read of a record, in plain words.

    A model is printed when it declares ``_sekp_print_fields``. What is no field, or
    must be put together, comes from ``_citizen_print_lines``.
    """

    _name = "sekp.print.mixin"
    _description = "Record the Citizen May Read"

    # Fields in the order they are printed; None: the model is not printed.
    _sekp_print_fields = None
    # The field that tells when it was, by which records are put in order.
    _sekp_print_when = None
    _sekp_print_sequence = 50

    @api.model
    def _citizen_print_models(self):
        """Return the names of the models that are printed, in the order of print."""
        names = self.env["sekp.confidential.mixin"]._confidential_models()
        return sorted(
            (name for name in names if self.pool[name]._sekp_print_fields is not None),
            key=lambda name: (self.pool[name]._sekp_print_sequence, name),
        )

    @api.model
    def _citizen_print_lang(self):
        """Return the language of what a citizen gets."""
        installed = dict(self.env["res.lang"].get_installed())
        return PRINT_LANGUAGE if PRINT_LANGUAGE in installed else self.env.lang

    # --- which records --------------------------------------------------------------
    @api.model
    def _citizen_print_domain(self, citizen, courses):
        """Return the domain of a citizen's records of this model.

        :param courses: those of the citizen's courses that are printed
        """
        domains = [
            Domain(name, "in", records.ids)
            for name, records in (("course_id", courses), ("citizen_id", citizen))
            if name in self._fields and self._fields[name].store
        ]
        return Domain.OR(domains) if domains else Domain.FALSE

    @api.model
    def _citizen_print_records(self, citizen, courses):
        """Return the citizen's records of this model that the user may read."""
        if not self.browse().has_access("read"):
            return self.browse()
        when = self._sekp_print_when
        return self.with_context(active_test=False).search(
            self._citizen_print_domain(citizen, courses),
            order=f"{when}, id" if when else "id",
        )

    # --- what of a record -----------------------------------------------------------
    @api.model
    def _citizen_print_heading(self):
        """Return the heading above the records of this model."""
        return self.env["ir.model"]._get(self._name).name

    def _citizen_print_title(self):
        """Return the title of one record, where it needs one."""
        return ""

    def _citizen_print_name(self):
        """Return what tells this record from others of its kind; never its content."""
        self.ensure_one()
        when = self._sekp_print_when
        return (when and self._citizen_print_value(when)) or ""

    def _citizen_print_lines(self):
        """Return what is printed of the record, as ``[(key, label, value)]``.

        What has no value is not printed. A key is what a single withholding is tied to.
        """
        self.ensure_one()
        lines = [
            (name, self._citizen_print_label(name), self._citizen_print_value(name))
            for name in self._sekp_print_fields or ()
        ]
        return [line for line in lines if line[2]]

    @api.model
    def _citizen_print_label(self, key):
        """Return the label of a line."""
        field = self._fields.get(key)
        return field._description_string(self.env) if field else key

    def _citizen_print_value(self, name):
        """Return the value of a field as plain text in the reader's language."""
        field, value = self._fields[name], self[name]
        if not value:
            return ""
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.type == "boolean":
            return self.env._("yes")
        if field.type == "date":
            return self._citizen_print_date(value)
        if field.type == "datetime":
            return self._citizen_print_moment(value)
        if field.type == "html":
            return html2plaintext(value)
        if field.relational:
            return ", ".join(value.mapped("display_name"))
        return str(value)

    @api.model
    def _citizen_print_date(self, day):
        return format_date(self.env, day, date_format="d. MMMM y")

    def _citizen_print_moment(self, instant):
        # Not every record bears a municipality before it is saved.
        company = self[:1].company_id or self.env.company
        local = company._sekp_local(fields.Datetime.to_datetime(instant))
        return self.env._(
            "%(date)s at %(time)s",
            date=self._citizen_print_date(local.date()),
            time=f"{local:%H:%M}",
        )

    # --- withholding ----------------------------------------------------------------
    def _citizen_print_is_item(self, key):
        """Tell whether a line can be withheld alone: what somebody wrote or told."""
        field = self._fields.get(key)
        return (
            not field
            or field.type in ("char", "text", "html")
            or key in self._sekp_person_fields
        )

    def _citizen_print_proposal(self, key):
        """Return the ground on which a line is proposed to be withheld, or False.

        :param key: the key of a line, or an empty string for the whole record
        """
        return False
