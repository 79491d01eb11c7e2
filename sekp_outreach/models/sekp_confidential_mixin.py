from collections.abc import Set
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError, ValidationError
from odoo.fields import NO_ACCESS, Domain

from ..tools.cpr import find_cpr, find_email, find_phone
from ..tools.reference_code import new_code

CODE_ATTEMPTS = 20
NOTHING = (None, False, "")
# What a person is called and what is told of them is never copied here: a value that
# the citizen lets be taken away, or that a stricter standard erases, has no double.
WITHOUT_VALUES = ("char", "text", "html", "binary", "many2many", "json", "properties")
TEXTS = ("char", "text", "html")
LAST_CHANGE = ("write_uid", "write_date")


class SekpLinkMixin(models.AbstractModel):
    """Refuses links to confidential records the user may not read, and CPR numbers.

    Odoo checks a link only when it is followed; here it is checked when it is made, in
    what is written and in the defaults a caller brings along. Text is watched at the
    same place: a CPR number has no place in it (C11).
    """

    _name = "sekp.link.mixin"
    _description = "Guarded Links"

    # Columns of text that hold no words about a person.
    _sekp_lasting = frozenset({"reference"})

    @api.private
    def browse(self, ids=()):
        """Return records by their ids, which are plain numbers and nothing else.

        A number written otherwise, as JSON allows, would be another key here and the
        same row in the database.

        :raises AccessError: for anything that is not an id
        """
        if ids and ids.__class__ is not int:
            try:
                ids = tuple(ids)
            except TypeError:
                ids = (ids,)
            if any(id_ and id_.__class__ is not int for id_ in ids):
                raise self._link_error()
        return super().browse(ids)

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        """Search lines by those the user may read, also when asked by their numbers.

        Odoo asks whether there are any, or certain ones, among all there are.
        """
        if not (self.env.su or bypass_access):
            domain = Domain(domain).map_conditions(self._by_what_is_seen)
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    @api.model
    def _by_what_is_seen(self, condition):
        """Return a condition on lines of ours as one on those the user may read."""
        name, operator, value = (
            condition.field_expr, condition.operator, condition.value,
        )  # fmt: skip
        field = self._fields.get(name)
        values = value if isinstance(value, (list, tuple, Set)) else (value,)
        if (
            operator not in ("=", "!=", "in", "not in", "=?")
            or (operator == "=?" and not value)
            or not field
            or field.type not in ("one2many", "many2many")
            or not issubclass(
                self.pool[field.comodel_name], self.pool["sekp.link.mixin"]
            )
            or not all(isinstance(one, int | None) for one in values)
        ):
            return condition
        ids = [one for one in values if one and one is not True]
        found = Domain(name, "any", [("id", "in", ids)]) if ids else Domain.FALSE
        if any(not one for one in values):
            found |= Domain(name, "not any", [])
        if any(one is True for one in values):
            found |= Domain(name, "any", [])
        return ~found if operator in ("!=", "not in") else found

    @api.model
    def _link_error(self):
        """Return the error on a link that the user may not make, naming nothing."""
        return AccessError(
            self.env._("You can only refer to records you may open yourself.")
        )

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
                or not self.env["sekp.confidential.mixin"]._is_confidential(
                    field.comodel_name
                )
            ):
                continue
            target = self.env[field.comodel_name]
            if type(value) is not int or not target.browse(value).has_access("read"):
                raise self._link_error()

    def _check_texts(self, vals):
        """Refuse CPR numbers in what is to be written, before it reaches SQL.

        What is nobody's to read is ciphertext, and by chance looks like anything.

        :raises ValidationError: naming the field, never its content
        """
        for name, value in vals.items():
            field = self._fields.get(name)
            if field and field.type in TEXTS and field.groups != NO_ACCESS:
                self._check_text(field._description_string(self.env), value)

    @api.model
    def _check_text(self, label, text):
        """Refuse a CPR number in one text.

        :param str label: what the text is called on the screen
        :raises ValidationError: naming the label, never the text
        """
        if isinstance(text, str) and find_cpr(text):
            raise ValidationError(
                self.env._(
                    "“%(field)s” contains what looks like a CPR number. Take it out: "
                    "text is no place for it.",
                    field=label,
                )
            )

    @api.model
    def _forgettable(self):
        """Return the columns in which words about the person may stand.

        :return: whether a column holds markup, by its name
        """
        return {
            name: field.type == "html"
            for name, field in self._fields.items()
            if field.type in TEXTS
            and field.column_type
            and field.store
            and not (field.related or field.translate or field.groups == NO_ACCESS)
            and name not in self._sekp_lasting
        }

    @api.model
    def _check_file_name(self, name):
        """Refuse a CPR number in the name of a file.

        :raises ValidationError: never with the name
        """
        if isinstance(name, str) and find_cpr(name):
            raise ValidationError(
                self.env._(
                    "The name of a file contains what looks like a CPR number. Rename "
                    "the file and upload it again."
                )
            )


class SekpDialogMixin(models.AbstractModel):
    """A dialog about a confidential record: opened by those who may open the record."""

    _name = "sekp.dialog.mixin"
    _description = "Dialog"
    _inherit = ["sekp.link.mixin"]

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            given = {**self._given_defaults(), **vals}
            self._check_links(given)
            self._check_texts(given)
        return super().create(vals_list)

    def write(self, vals):
        self._check_links(vals)
        self._check_texts(vals)
        return super().write(vals)

    def _check_whole(self, vals_list, names, message):
        """Refuse rows that lack a link, before SQL logs such a row as a whole.

        :param names: of the links that a row must have
        :param str message: says where such rows come from
        :raises UserError: with the message
        """
        for vals in vals_list:
            self._check_texts({**self._given_defaults(), **vals})
        if not all(vals.get(name) for vals in vals_list for name in names):
            raise UserError(message)


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
    _inherit = [
        "sekp.link.mixin",
        "sekp.kept.mixin",
        "sekp.meanwhile.mixin",
        "sekp.emergency.mixin",
        "sekp.logged.mixin",
        "sekp.read.at.once.mixin",
        "sekp.print.mixin",
        "sekp.retention.mixin",
        "sekp.obligation.mixin",
    ]
    _rec_name = "reference"

    # {field name: least registration mode under which it may be stored}
    _sekp_person_fields = {}
    # Whether changes are kept: not where each row is itself the trace.
    _sekp_history = True
    _sekp_unhistoric = frozenset()
    # What only acts set: refused in create and in write, whoever asks.
    _sekp_act_fields = frozenset()
    # Text meant for a number or an address: no warning of one there.
    _sekp_number_fields = frozenset()

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

    @api.model
    def _is_confidential(self, model_name):
        """Tell whether the records of a model are about a person."""
        return bool(model_name) and (
            model_name in self.pool
            and issubclass(self.pool[model_name], self.pool["sekp.confidential.mixin"])
        )

    @api.model
    def _withholds_name(self, model_name, res_id):
        """Tell whether the user is not told what a record of ours is called.

        :param str model_name: any model
        :param res_id: the number of a record that need not exist
        """
        ours = (model_name or "").startswith("sekp.") or model_name == "mail.activity"
        if not ours or model_name not in self.pool or not res_id:
            return False
        # Superuser is left: Odoo computes such names as one, for the user who asks.
        Model = self.env[model_name].sudo(False)
        return not (
            Model.has_access("read")
            and Model.with_context(active_test=False).search_count(
                [("id", "=", res_id)], limit=1
            )
        )

    @api.model
    def _confidential_models(self):
        """Return the names of all models whose records are about a person."""
        return [
            name
            for name, model in self.pool.items()
            if not model._abstract and self._is_confidential(name)
        ]

    @api.model
    def _refuse_attached(self, model_name):
        """Refuse to attach a row of another app to a confidential record.

        :raises UserError: when the model is one of ours
        """
        if self._is_confidential(model_name):
            raise UserError(
                self.env._(
                    "Records about people take no messages, followers or mails. Use "
                    "what the record itself offers."
                )
            )

    @api.model
    def _refuse_attaching(self, rows, name, vals_list):
        """Refuse rows of another app that are about to be attached to our records.

        :param rows: an empty recordset of the other app's model
        :param str name: its field with the name of the record's model
        :raises UserError: when one of them is ours
        """
        for vals in vals_list:
            self._refuse_attached({**rows.default_get([name]), **vals}.get(name))

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
            given = {**self._given_defaults(), **vals}
            self._check_links(given)
            self._check_texts(given)
            self._prepare_create(vals)
            self._check_required({**self._given_defaults(), **vals}, creating=True)
            self._check_facts(vals, self._standard_of(vals))
            if self._takes_own_reference():
                vals["reference"] = self._new_reference()
        records = super().create(vals_list)
        records._check_registration()
        records._keep_history("created")
        return records

    def write(self, vals):
        if not self.env.su:
            self._refuse_acts(vals, also=frozenset({"company_id", "reference"}))
        self._check_links(vals)
        self._check_texts(vals)
        self._check_required(vals)
        for record in self:
            record._check_facts(vals, record._registration_standard())
        before = self._history_values(vals)
        result = super().write(vals)
        self._keep_changes(before)
        if set(vals) & set(self._sekp_person_fields):
            self._check_registration()
        return result

    def unlink(self):
        self._keep_history("removed")
        return super().unlink()

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
            # Whoever only adds to a record holds nobody up, and is not held up.
            self.lock_for_update(allow_referencing=True)
        except LockError:
            raise self._changed_right_now() from None

    def _changed_right_now(self):
        """Return what is said to one who comes while a colleague does the same."""
        return UserError(
            self.env._(
                "A colleague is changing this right now. Open it again to see what was "
                "done."
            )
        )

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

    # --- history --------------------------------------------------------------------
    def _history_parent(self):
        """Return the field of ``sekp.history`` that this record's changes belong to."""
        return {}

    def _history_row(self, kind):
        # Superuser: the municipality of the record, whoever changes it.
        record = self.sudo()
        return {
            "user_id": self.env.uid,
            "company_id": record.company_id.id,
            "reference": record.reference,
            "record_model": self._name,
            "record_id": self.id,
            "kind": kind,
            **record._history_parent(),
        }

    def _keep_history(self, kind):
        """Keep that these records were added or removed."""
        if self._sekp_history:
            # Superuser: history is written with the act and never by hand.
            self.env["sekp.history"].sudo().create(
                [record._history_row(kind) for record in self]
            )

    def _history_values(self, vals):
        """Return the values a write is about to replace, by record and field."""
        if not self._sekp_history:
            return {}
        names = [
            name
            for name in vals
            if (field := self._fields.get(name))
            and name not in self._sekp_unhistoric
            and field.store
            and field.type != "one2many"
            and not (field.compute and field.readonly)
        ]
        # Superuser: compares what was with what is; nothing of it is given away.
        return {
            record: {name: record[name] for name in names} for record in self.sudo()
        }

    def _keep_changes(self, before):
        """Keep which fields were changed; values only where they tell of no person.

        :param dict before: what ``_history_values`` gave before the change
        """
        History = self.env["sekp.history"].sudo()  # Superuser: as in _keep_history.
        rows = []
        for record, values in before.items():
            for name, old in values.items():
                if record[name] == old:
                    continue
                row = {**record._history_row("changed"), "field_name": name}
                field = self._fields[name]
                if field.type not in WITHOUT_VALUES and (
                    name not in self._sekp_person_fields
                ):
                    row["old_value"] = History._kept(field, old)
                    row["new_value"] = History._kept(field, record[name])
                rows.append(row)
        if rows:
            History.create(rows)

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

    # --- text that is watched -----------------------------------------------------
    def _watches(self, field):
        """Tell whether a number or an address typed into a field gives a warning."""
        return (
            field.type in TEXTS
            and not field.readonly
            and field.name not in self._sekp_number_fields
        )

    def _has_onchange(self, field, other_fields):
        return self._watches(field) or super()._has_onchange(field, other_fields)

    def _apply_onchange_methods(self, field_name, result):
        done = super()._apply_onchange_methods(field_name, result)
        field = self._fields[field_name]
        text = self._watches(field) and self[field_name]
        if text and (find_phone(text) or find_email(text)):
            label = field._description_string(self.env)
            result["warnings"].add(
                (
                    self.env._("Contact details in a text"),
                    self.env._(
                        "“%(field)s” seems to contain a phone number or an e-mail "
                        "address. Leave it out: everyone who may open the record reads "
                        "the text.",
                        field=label,
                    ),
                    "notification",
                )
            )
        return done

    # --- ways out -----------------------------------------------------------------
    @api.model
    def load(self, fields, data):
        """Refuse an import: the file would lie readable in the database."""
        raise UserError(
            self.env._(
                "Records about people are not imported. Register them one by one."
            )
        )

    @api.model
    def name_create(self, name):
        """Refuse a record of a name only: its code is drawn, and the words would go.

        :raises UserError: always
        """
        raise UserError(self.env._("Records about people are made in their own form."))

    def copy(self, default=None):
        """Refuse a copy: a person is not duplicated."""
        self._refuse_copy()
        return super().copy(default)

    def _refuse_copy(self):
        raise UserError(self.env._("Records about people are not duplicated."))

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        if any(self._ends_in_external_id(path) for path in fields):
            raise UserError(
                self.env._(
                    "The external ID of a record about a person cannot be exported: it "
                    "would leave a trace outside the record. Take the column out, and "
                    "untick the option to update data."
                )
            )
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

    def _ends_in_external_id(self, path):
        """Tell whether a column asks for the external ID of a confidential record."""
        if not path or path[-1] != "id":
            return False
        model = self
        for name in path[:-1]:
            field = model._fields.get(name)
            if not field or not field.relational:
                return False
            model = self.env[field.comodel_name]
        return self._is_confidential(model._name)

    def _get_redirect_suggested_company(self):
        """Never suggest the company of a record that may not be read."""
        return False

    # --- activities without a mail thread -----------------------------------------
    @api.private
    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Nobody follows a confidential record."""
        return True

    @api.private
    def message_notify(self, *, partner_ids=None, **kwargs):
        """Tell the users that there is something to look at, and nothing else."""
        # Superuser: finds the users whom the caller wanted to notify.
        users = self.env["res.users"].sudo()
        users.search([("partner_id", "in", partner_ids or [])])._sekp_notice()
        return self.env["mail.message"]

    @api.private
    def message_post(self, **kwargs):
        """No message is written."""
        return self.env["mail.message"]

    @api.private
    def message_post_with_source(self, source_ref, **kwargs):
        """No message is written: the done activity is kept as the trace."""
        return self.env["mail.message"]

    def _message_add_default_recipients(self):
        """Nobody is proposed as recipient of a mail about a confidential record."""
        return {
            record.id: {
                "email_cc_lst": [],
                "email_to_lst": [],
                "partners": self.env["res.partner"],
            }
            for record in self
        }

    def _message_get_default_recipients(self, with_cc=False, all_tos=False):
        """Nobody is proposed as recipient of a mail about a confidential record."""
        return {
            record.id: {"email_cc": "", "email_to": "", "partner_ids": []}
            for record in self
        }

    def _message_add_suggested_recipients(self, force_primary_email=False):
        """Nobody is proposed as recipient of a mail about a confidential record."""
        return {
            record.id: {"email_to_lst": [], "partners": self.env["res.partner"]}
            for record in self
        }

    def _message_get_suggested_recipients_batch(self, *args, **kwargs):
        """Nobody is proposed, and no contact is made of an address."""
        return {record.id: [] for record in self}

    def _message_get_suggested_recipients(self, *args, **kwargs):
        """Nobody is proposed, and no contact is made of an address."""
        return []

    def _sms_get_recipients_info(self, force_field=False, partner_fallback=True):
        """No text message goes out from a confidential record."""
        return {
            record.id: {
                "partner": self.env["res.partner"],
                "sanitized": False,
                "number": False,
                "partner_store": False,
                "field_store": False,
            }
            for record in self
        }

    # --- access -------------------------------------------------------------------
    def _check_access(self, operation):
        # One query: to evaluate the rule on records would read the access rows of all
        # their courses into the cache.
        refused = super(SekpConfidentialMixin, self.browse())._check_access(operation)
        if refused:
            return self, refused[1]
        known = self._remembered() if operation == "read" else set()
        ids = [id_ for id_ in self._ids if id_ and id_ not in known]
        Rule = self.env["ir.rule"]
        if not ids:
            return None
        domain = Rule._compute_domain(self._name, operation)
        # Superuser: it is the rule that is asked, and for this user.
        everything = self.sudo().with_context(active_test=False)
        allowed = set(everything._search(domain & Domain("id", "in", ids)))
        known |= allowed
        forbidden = self.browse(id_ for id_ in ids if id_ not in allowed).exists()
        if not forbidden:
            return None
        return forbidden, partial(Rule._make_access_error, operation, forbidden)

    def _has_field_access(self, field, operation):
        # Who touched a row last, and when, is told by the history, to the entitled.
        # On a referral's clock it would tell intake who met the person.
        # An unsaved row has nobody to tell of, and Odoo fills it in.
        if field.name in LAST_CHANGE and not self.env.su and all(self._ids):
            return False
        return super()._has_field_access(field, operation)

    def get_metadata(self):
        """Return what developers ask of a record, without who changed it last."""
        self.check_access("read")
        return [
            {"id": record.id, **dict.fromkeys(LAST_CHANGE, False), "xmlids": []}
            for record in self
        ]

    # --- who may open it, now and later -------------------------------------------
    def _access_rows(self):
        """Return the access rows of the course or courses behind the record."""
        return self._own_courses().assignment_ids

    def _keeps_access(self, user, day):
        """Tell whether a user who may open the record now still may on a later day.

        One who opens it without an access row keeps it until something is changed.
        """
        self.ensure_one()
        today = self.company_id._sekp_today()
        rows = self._access_rows().filtered(lambda row: row.user_id == user)
        live = rows.filtered(lambda row: row._covers(today))
        return (
            not live
            or user in self._supervisors()
            or any(row._covers(max(day, today)) for row in rows)
        )

    def _supervisors(self):
        """Return who supervises the record's team or teams."""
        return self._teams().supervisor_ids

    def _teams(self):
        """Return the team or teams that answer for the record."""
        if "team_id" in self._fields:
            return self.team_id
        return self._own_courses().team_id

    def _next_owner(self, leaving, day, supervised=False):
        """Return who takes over an activity from a user who will not be entitled.

        :param leaving: users who do not come into question
        :param day: the day the activity is due
        :param bool supervised: whether it stays the supervisor's, and goes to the
            record's own owner only where there is none
        """
        self.ensure_one()
        teams = self._teams()
        candidates = [team._supervisor() for team in teams]
        candidates += [*teams.supervisor_ids, *teams.responsible_id]
        owner = self._obligation_owner()
        candidates = [*candidates, owner] if supervised else [owner, *candidates]
        for user in candidates:
            if (
                user not in leaving
                and self._readable_by(user)
                and self._keeps_access(user, day)
            ):
                return user
        return next(
            (user for user in candidates if user.active and user not in leaving),
            self.env["res.users"],
        )

    def _hand_on_own(self):
        """Move open activities on these records from those whose access has ended."""
        # Superuser: activities move from colleagues to colleagues.
        activities = (
            self.env["mail.activity"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        )
        activities._sekp_follow_team()
        activities._sekp_hand_on()

    def _action_open(self):
        """Return the action that opens this record's form.

        :raises UserError: where there is none, or none for this user
        """
        if not self:
            raise UserError(self.env._("There is nothing to open here."))
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }
