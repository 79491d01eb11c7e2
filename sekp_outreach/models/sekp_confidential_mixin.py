from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError, ValidationError

from ..tools.reference_code import new_code

CODE_ATTEMPTS = 20
NOTHING = (None, False, "")


class SekpLinkMixin(models.AbstractModel):
    """Refuses links to confidential records the user may not read.

    Odoo checks a link only when it is followed; here it is checked when it is made, in
    what is written and in the defaults a caller brings along.
    """

    _name = "sekp.link.mixin"
    _description = "Guarded Links"

    @api.model
    def _given_defaults(self):
        """Return the values that the caller's context brings as defaults."""
        prefix = "default_"
        return {
            key.removeprefix(prefix): value
            for key, value in self.env.context.items()
            if key.startswith(prefix) and key.removeprefix(prefix) in self._fields
        }

    def _check_links(self, vals):
        """Refuse a link to a confidential record the user may not read.

        :param dict vals: what is to be written; checked before it reaches SQL
        :raises AccessError: naming neither the record nor what it is about
        """
        if self.env.su:
            return
        for name, value in vals.items():
            field = self._fields.get(name)
            if (
                not value
                or not field
                or field.type != "many2one"
                or not issubclass(
                    self.pool[field.comodel_name], self.pool["sekp.confidential.mixin"]
                )
            ):
                continue
            if not self.env[field.comodel_name].browse(value).has_access("read"):
                raise AccessError(
                    self.env._("You can only refer to records you may open yourself.")
                )


class SekpDialogMixin(models.AbstractModel):
    """A dialog about a confidential record: opened by those who may open the record."""

    _name = "sekp.dialog.mixin"
    _description = "Dialog"
    _inherit = ["sekp.link.mixin"]

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_links({**self._given_defaults(), **vals})
        return super().create(vals_list)

    def write(self, vals):
        self._check_links(vals)
        return super().write(vals)


class SekpConfidentialMixin(models.AbstractModel):
    """What every record about a person is and is not.

    It is known by a random speaking code and by nothing else (C1). It has Odoo's
    activities, because supervisors work from them, and no mail thread: followers,
    subjects, notifications and tracking each have a wider access than the record
    (C5). Facts about the person are stored only as far as the standard in force
    allows (C4), and a link to a record one may not read is refused.
    """

    _name = "sekp.confidential.mixin"
    _description = "Confidential Record"
    _inherit = ["sekp.link.mixin", "mail.activity.mixin"]
    _rec_name = "reference"

    # {field name: least registration mode under which it may be stored}
    _sekp_person_fields = {}
    # What only acts set: refused in create and in write, whoever asks.
    _sekp_act_fields = frozenset()

    reference = fields.Char(
        string="Code",
        readonly=True,
        copy=False,
        index="trigram",
        # A name is read for everyone who meets a link to the record. A group of its
        # own keeps that reading from fetching anything but the code.
        prefetch="code",
        help="Random code that says nothing about the person.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Municipality",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )

    @api.depends("reference")
    def _compute_display_name(self):
        for record in self:
            record.display_name = record.reference or self.env._("New")

    # --- code ---------------------------------------------------------------------
    def _new_reference(self):
        """Return a code that no record of this model has.

        :raises UserError: when no free code is found, which takes millions of records
        """
        for _attempt in range(CODE_ATTEMPTS):
            code = new_code()
            # Superuser: a code must be free among all records, not only one's own.
            if not self.sudo().search_count([("reference", "=", code)], limit=1):
                return code
        raise UserError(self.env._("No free code was found. Try again."))

    def _takes_own_reference(self):
        """Tell whether the model draws codes; a course has its citizen's."""
        return True

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self = self._without_act_defaults()
            for vals in vals_list:
                self._refuse_acts(vals)
        for vals in vals_list:
            self._check_links({**self._given_defaults(), **vals})
            self._prepare_create(vals)
            self._check_required({**self._given_defaults(), **vals}, creating=True)
            self._check_facts(vals, self._standard_of(vals))
            if self._takes_own_reference():
                vals["reference"] = self._new_reference()
        records = super().create(vals_list)
        records._check_registration()
        return records

    def write(self, vals):
        if not self.env.su:
            self._refuse_acts(vals, also=frozenset({"company_id", "reference"}))
        self._check_links(vals)
        self._check_required(vals)
        for record in self:
            record._check_facts(vals, record._registration_standard())
        result = super().write(vals)
        if set(vals) & set(self._sekp_person_fields):
            self._check_registration()
        return result

    def _prepare_create(self, vals):
        """Complete and check what is about to be created, before it reaches SQL.

        :param dict vals: changed in place
        """

    # --- acts ------------------------------------------------------------------
    def _refuse_acts(self, vals, also=frozenset()):
        """Refuse to set by hand what only acts set.

        :raises UserError: for a field that has its button
        """
        if (self._sekp_act_fields | also) & set(vals):
            raise UserError(
                self.env._("This is changed with the buttons of the record only.")
            )

    def _take_for_change(self):
        """Check the records for change and lock them against a colleague's same act.

        :raises UserError: when a colleague is changing one of them at this moment
        """
        self.check_access("write")
        try:
            self.lock_for_update()
        except LockError:
            raise UserError(
                self.env._(
                    "A colleague is changing this right now. Open it again to see what "
                    "was done."
                )
            ) from None

    def _without_act_defaults(self):
        """Return the model without defaults for what only acts set."""
        context = {
            key: value
            for key, value in self.env.context.items()
            if key.removeprefix("default_") not in self._sekp_act_fields
            or not key.startswith("default_")
        }
        return self.with_env(self.env(context=context))

    def _check_required(self, vals, creating=False):
        """Refuse an empty mandatory field before SQL, which would log the whole row.

        :raises ValidationError: naming the field
        """
        required = {
            name
            for name, field in self._fields.items()
            if field.required and field.store and not field.compute
        }
        if creating:
            missing = required - set(vals)
            vals = {**dict.fromkeys(missing), **self.default_get(list(missing)), **vals}
        empty = {name for name in required & set(vals) if vals[name] in NOTHING}
        for name in sorted(empty - {"reference"}):
            raise ValidationError(
                self.env._(
                    "Fill in “%(field)s”.",
                    field=self._fields[name]._description_string(self.env),
                )
            )

    # --- registration -------------------------------------------------------------
    def _registration_standard(self):
        """Return the standard that bounds what may be stored about the person."""
        raise NotImplementedError

    def _standard_of(self, vals):
        """Return the standard that bounds a record which is about to be created."""
        return self.env["sekp.standard"].browse(vals.get("standard_id"))

    def _check_registration(self):
        """Refuse what is stored above the standard's registration mode (C4)."""
        for record in self:
            record._check_facts(
                {name: record[name] for name in self._sekp_person_fields},
                record._registration_standard(),
            )

    def _check_facts(self, vals, standard):
        """Refuse facts about the person above the registration mode, before SQL.

        :raises ValidationError: naming the field, never its content
        """
        for name in self._facts_above(vals, standard):
            modes = standard._fields["registration_mode"]._description_selection(
                self.env
            )
            raise ValidationError(
                self.env._(
                    "“%(field)s” cannot be stored: the quality standard of "
                    "%(municipality)s allows “%(mode)s”. Pass it on by word "
                    "of mouth.",
                    field=self._fields[name]._description_string(self.env),
                    municipality=standard.municipality,
                    mode=dict(modes)[standard.registration_mode],
                )
            )

    def _facts_above(self, vals, standard):
        """Return the names of given facts that the standard does not let be stored."""
        return [
            name
            for name, mode in self._sekp_person_fields.items()
            if standard and vals.get(name) and not standard._allows_registration(mode)
        ]

    # --- activities without a mail thread -----------------------------------------
    @api.private
    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Nobody follows a confidential record."""
        return True

    @api.private
    def message_notify(self, **kwargs):
        """No notice leaves: the activity itself is seen where work is planned."""
        return self.env["mail.message"]

    @api.private
    def message_post_with_source(self, source_ref, **kwargs):
        """No message is written: the done activity is kept as the trace."""
        return self.env["mail.message"]

    def _obligation_owner(self):
        """Return the user who owns this record's obligations."""
        raise NotImplementedError

    def _set_obligation(self, type_xmlid, due, user=None):
        """Let the record have exactly one open automatic activity of a type (F1).

        A new date moves the activity; no date takes it away.

        :param str type_xmlid: name of the activity type in this addon's data
        :param due: date the obligation falls due, or False
        :param user: owner; the record's own owner by default
        """
        self.ensure_one()
        xmlid = f"sekp_outreach.{type_xmlid}"
        # Superuser: an obligation is moved by the act, whoever performs it.
        record = self.sudo()
        activities = record.activity_search([xmlid])
        if not due:
            activities.unlink()
            return
        owner = user or record._obligation_owner()
        if not activities:
            # The type's name in the owner's language: neutral, and seen in the list.
            summary = self.env.ref(xmlid).sudo().with_context(lang=owner.lang).name
            record.with_context(mail_activity_quick_update=True).activity_schedule(
                xmlid, date_deadline=due, user_id=owner.id, summary=summary
            )
            return
        activities[1:].unlink()
        first = activities[0]
        if first.date_deadline != due or first.user_id != owner:
            first.with_context(mail_activity_quick_update=True).write(
                {"date_deadline": due, "user_id": owner.id}
            )

    def _meet_obligation(self, *type_xmlids):
        """Mark the automatic activities of these types done: the act was performed."""
        xmlids = [f"sekp_outreach.{name}" for name in type_xmlids]
        for record in self:
            # Superuser: the act meets the obligation whoever owns the activity.
            record.sudo().activity_search(xmlids).action_done()

    def _drop_obligations(self):
        """Take away every open automatic activity: the record is at its end."""
        for record in self:
            # Superuser: the owner may be a colleague.
            record.sudo().activity_ids.filtered("automated").unlink()

    def _action_open(self):
        """Return the action that opens this record's form."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }
