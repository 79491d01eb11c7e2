import base64
import json
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import NO_ACCESS
from odoo.tools import SQL

from ..tools import cipher, personal_numbers
from ..tools.personal_numbers import NotValidError
from .sekp_access_log import IDENTITY_PURPOSES
from .sekp_citizen import rank

# What is known of a person by name, and the least step on which it may be stored.
VALUES = {
    "name": "named",
    "phones": "named",
    "next_of_kin": "named",
    "cpr": "registered",
    "birth_date": "registered",
    "address": "registered",
    "protected_address": "registered",
}
# The column in which what belongs to a step is sealed.
COLUMNS = {"named": "sealed_named", "registered": "sealed_registered"}
SEALED = frozenset({*COLUMNS.values(), "token"})
# What is shown and never kept.
SHOWN = frozenset({"cpr_masked", "show_cpr", "is_open", "seconds_left", "notice"})
# How a value is called where words are forgotten.
WORDS = {
    "name": "name",
    "phones": "phone",
    "next_of_kin": "kin",
    "cpr": "cpr",
    "address": "address",
}
FORMER = "former"
# Words in a line of next of kin that are looked for in what others wrote.
LONGEST_LINE = 5
LONGEST_NAME = 100


class SekpIdentity(models.Model):
    """The vault: name, numbers and address of a person, sealed.

    What reaches the database is ciphertext, in a column for each step of the ladder.
    The values are fields that are not stored: they show something only while the vault
    is open for the user, by a logged opening with a purpose, for some minutes by the
    clock (C4, C8).
    """

    _name = "sekp.identity"
    _inherit = ["sekp.citizen.child.mixin"]
    _description = "Identity"
    _order = "id desc"

    _sekp_person_fields = dict.fromkeys(VALUES, "full")
    _sekp_act_fields = SEALED
    _sekp_unhistoric = SEALED
    _sekp_number_fields = frozenset({"cpr", "phones", "next_of_kin", "address"})
    _sekp_print_fields = tuple(VALUES)
    _sekp_print_sequence = 15

    citizen_id = fields.Many2one(readonly=True)
    identity_level = fields.Selection(
        related="citizen_id.identity_level", related_sudo=False
    )
    # No access: what is sealed is read by the methods that open it and by nobody else.
    sealed_named = fields.Char(copy=False, groups=NO_ACCESS)
    sealed_registered = fields.Char(copy=False, groups=NO_ACCESS)
    token = fields.Char(copy=False, groups=NO_ACCESS)

    # --- what an opened vault shows -------------------------------------------------
    name = fields.Char(compute="_compute_values", readonly=False, exportable=False)
    phones = fields.Text(
        string="Phone Numbers",
        compute="_compute_values",
        readonly=False,
        exportable=False,
        help="One number a line.",
    )
    next_of_kin = fields.Text(
        string="Next of Kin",
        compute="_compute_values",
        readonly=False,
        exportable=False,
    )
    cpr = fields.Char(
        string="CPR Number",
        compute="_compute_values",
        readonly=False,
        exportable=False,
    )
    birth_date = fields.Date(
        compute="_compute_values", readonly=False, exportable=False
    )
    address = fields.Text(compute="_compute_values", readonly=False, exportable=False)
    protected_address = fields.Boolean(
        compute="_compute_values",
        readonly=False,
        exportable=False,
        help="The address is shown here only, and never in an emergency access.",
    )
    cpr_masked = fields.Char(string="CPR", compute="_compute_values", exportable=False)
    show_cpr = fields.Boolean(
        string="Show the Whole Number",
        compute="_compute_show_cpr",
        readonly=False,
        exportable=False,
    )
    is_open = fields.Boolean(compute="_compute_values", exportable=False)
    seconds_left = fields.Integer(compute="_compute_values", exportable=False)
    may_change = fields.Boolean(compute="_compute_may_change", exportable=False)
    notice = fields.Text(compute="_compute_values", exportable=False)

    _one_for_a_citizen = models.UniqueIndex(
        "(citizen_id)", "There is a vault for this person already."
    )

    @api.depends(*COLUMNS.values())
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_values(self):
        """Open the values for those for whom the vault stands open, and nobody else.

        Without the right key there is the sentence that says so.
        """
        readable = self._origin.exists()._filtered_access("read")
        seconds = readable._seconds_left()
        emergency = readable._in_emergency()
        for identity in self:
            stored = identity._origin
            values, notice = {}, False
            left = seconds.get(stored.id, 0)
            if stored in readable:
                try:
                    values = stored._values(with_protected=True)
                except UserError as error:
                    notice, left = str(error), 0
            if not left:
                values = {}
            elif stored in emergency and values["protected_address"]:
                values["address"] = False
                notice = self.env._(
                    "The address is protected and is not shown in an emergency "
                    "access. Ask the contact person or the supervisor."
                )
            for name in VALUES:
                identity[name] = values.get(name, False)
            digits = "".join(filter(str.isdecimal, values.get("cpr") or ""))
            identity.cpr_masked = personal_numbers.mask_cpr(digits)
            identity.seconds_left, identity.is_open = left, bool(left)
            identity.notice = notice

    def _compute_show_cpr(self):
        self.show_cpr = False

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_may_change(self):
        for identity in self:
            stored = identity._origin
            identity.may_change = bool(stored) and stored.has_access("write")

    # --- opening --------------------------------------------------------------------
    def action_open(self, purpose=False):
        """Open the vault for some minutes; without a purpose, ask for one.

        :param purpose: a key of ``IDENTITY_PURPOSES``, or False
        :raises AccessError: for those who may not open the person
        :raises UserError: when the key is missing, for another purpose, or to another
            system
        """
        self.ensure_one()
        self.check_access("read")
        if purpose:
            if all(purpose != known for known, _label in IDENTITY_PURPOSES):
                raise UserError(self.env._("Choose what you open the identity for."))
            if self._by_interface():
                self.env["sekp.access.log"]._record_refused(self)
            self._values()
            self._log_read("reveal", purpose)
            self.invalidate_recordset()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Identity"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_open_visit(self):
        """Open the vault for a visit or an appointment."""
        return self.action_open("visit")

    def action_open_contact(self):
        """Open the vault to get hold of the person."""
        return self.action_open("contact")

    def action_open_handover(self):
        """Open the vault for a handover."""
        return self.action_open("handover")

    def action_open_correction(self):
        """Open the vault to correct what is known."""
        return self.action_open("correction")

    def action_open_enquiry(self):
        """Open the vault as the person asked."""
        return self.action_open("enquiry")

    def action_open_acute(self):
        """Open the vault in an acute need."""
        return self.action_open("acute")

    def _seconds_left(self):
        """Return for how long the vaults still stand open for the user, by id.

        An opening is a row of the access log: there is nothing else to end. It holds
        for the screen only: a key of the same user finds the vault shut meanwhile.
        """
        if self.env.su or not self.ids or self._by_interface():
            return {}
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                "SELECT record_id, max(at) FROM sekp_access_log WHERE user_id = %s "
                "AND at > %s AND kind = 'reveal' AND model = %s "
                "AND record_id = ANY(%s) GROUP BY record_id",
                self.env.uid,
                now - timedelta(hours=1),
                self._name,
                list(self.ids),
            )
        )
        left = {}
        for record_id, opened in rows:
            # Superuser: the bound is the standard's, whoever reads it.
            standard = self.browse(record_id).sudo().citizen_id.standard_id
            until = opened + timedelta(minutes=standard.identity_minutes)
            if until > now:
                left[record_id] = int((until - now).total_seconds())
        return left

    @api.model
    def _by_interface(self):
        """Tell whether another system asks, with a key instead of a session."""
        return self.env["sekp.access.log"]._channel() == "api"

    def _is_open(self):
        """Tell whether the vault stands open for the user at this moment."""
        self.ensure_one()
        return self.has_access("read") and bool(self._seconds_left())

    def _values(self, with_protected=False):
        """Return what is sealed, for code that has checked and logs.

        :param bool with_protected: whether a protected address is wanted as well
        :return: the values by field; False for what is not known
        :raises UserError: when the key is missing or the content is damaged, and to
            another system: a stolen key opens no identity
        """
        self.ensure_one()
        if self._by_interface():
            raise UserError(
                self.env._("An identity is opened on the screen and in no other way.")
            )
        parts = self._parts()
        values = {name: parts.get(name) or False for name in VALUES}
        values["birth_date"] = fields.Date.to_date(values["birth_date"]) or False
        values["cpr"] = personal_numbers.write_cpr(values["cpr"] or "") or False
        values["phones"] = "\n".join(values["phones"] or ()) or False
        if values["protected_address"] and not with_protected:
            values["address"] = False
        return values

    # --- the citizen's own print ----------------------------------------------------
    def _citizen_print_lines(self):
        """Return what the vault holds, where the print is the citizen's own.

        What the staff reads on the screen as the citizen would opens no vault: it says
        that there is something, and so does a server without the key.
        """
        self.ensure_one()
        try:
            values = self._values()
        except UserError as error:
            return [("name", self._citizen_print_label("name"), str(error))]
        if values["protected_address"]:
            values["address"] = self.env._("The address is protected and not printed.")
        if values["birth_date"]:
            values["birth_date"] = self._citizen_print_date(values["birth_date"])
        if values["protected_address"]:
            values["protected_address"] = self.env._("yes")
        own = self.env.context.get("sekp_print_vault")
        return [
            (
                name,
                self._citizen_print_label(name),
                str(value) if own else self.env._("Kept in the vault."),
            )
            for name, value in values.items()
            if value
        ]

    # --- sealing --------------------------------------------------------------------
    def _binding(self, step):
        """Return what a sealed part belongs to: this row of this citizen."""
        # Superuser: the token is nobody's to read.
        return f"sekp.identity/{self.citizen_id.id}/{self.sudo().token}/{step}"

    def _parts(self):
        """Return all that is sealed: values in one writing, and what they were."""
        # Superuser: sealed fields are read by the methods that open them only.
        identity, parts = self.sudo(), {}
        for step, column in COLUMNS.items():
            if identity[column]:
                try:
                    sealed = base64.b64decode(identity[column], validate=True)
                except ValueError:
                    sealed = b""
                part = json.loads(
                    identity.env["sekp.vault"]._decrypt(
                        sealed, "identity", identity._binding(step)
                    )
                )
                former = {**parts.get(FORMER, {}), **part.pop(FORMER, {})}
                parts |= {**part, FORMER: former}
        return parts

    def _seal(self, parts, steps=tuple(COLUMNS)):
        """Encrypt the parts of some steps by the newest key, and store them.

        :param dict parts: as ``_parts`` gives them
        """
        # Superuser: what is sealed is nobody's to write.
        identity = self.sudo()
        if not identity.token:
            identity.write({"token": secrets.token_hex(16)})
        vals = {}
        for step in steps:
            part = {
                name: parts[name]
                for name, least in VALUES.items()
                if least == step and parts.get(name)
            }
            former = {
                name: words
                for name, words in parts.get(FORMER, {}).items()
                if VALUES[name] == step
            }
            if former:
                part[FORMER] = former
            vals[COLUMNS[step]] = False
            if part:
                sealed = self.env["sekp.vault"]._encrypt(
                    json.dumps(part).encode(), "identity", identity._binding(step)
                )
                vals[COLUMNS[step]] = base64.b64encode(sealed).decode()
        identity.write(vals)
        identity._follow_look_ups(parts)
        self.invalidate_recordset()

    def _follow_look_ups(self, parts):
        """Let the keyed hashes by which the person is found follow the values."""
        # Superuser: the hashes are nobody's to read or write.
        self.env["sekp.identity.lookup"].sudo()._follow(
            self.citizen_id,
            {
                "cpr": [parts["cpr"]] if parts.get("cpr") else [],
                "phone": parts.get("phones") or [],
            },
        )

    def _reseal(self):
        """Encrypt anew what an older key sealed, and hash the look-ups anew.

        Safe to repeat: what the newest key sealed stays as it is.
        """
        newest = self.env["sekp.vault"]._fingerprint()
        # Superuser: the keys are the server's, not one user's.
        for identity in self.sudo():
            old = [
                step
                for step, column in COLUMNS.items()
                if identity[column]
                and cipher.fingerprint_in(identity[column]) != newest
            ]
            parts = identity._parts()
            if old:
                identity._seal(parts, old)
            else:
                identity._follow_look_ups(parts)

    # --- writing --------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        given = self._given_defaults()
        vals_list = [{**given, **vals} for vals in vals_list]
        for vals in vals_list:
            self._check_links(vals)
        taken = [self._take_values(vals) for vals in vals_list]
        for vals, values in zip(vals_list, taken, strict=True):
            self._check_new(vals, values)
        identities = super().create(vals_list)
        for identity, values in zip(identities, taken, strict=True):
            identity._keep(values)
        return identities

    def _check_new(self, vals, values):
        """Refuse a second vault, one of a person without name, and one too early."""
        # Superuser: whom the user may not read was refused with the link.
        citizen = self.env["sekp.citizen"].sudo().browse(vals.get("citizen_id"))
        if not citizen:
            return
        if not self.env.su:
            citizen.sudo(False).check_access("write")
        self._check_step_of(citizen, {"name": True, **values, **vals})
        self._cleaned(values)
        if not values.get("name"):
            raise ValidationError(self.env._("Fill in the name."))
        if citizen.identity_ids:
            raise UserError(self.env._("There is a vault for this person already."))

    def write(self, vals):
        # First: what is refused below tells on which step the person is.
        self.check_access("write")
        vals = dict(vals)
        values = self._take_values(vals)
        if "citizen_id" in vals or ({"team_id"} & set(vals) and not self.env.su):
            raise UserError(self.env._("An identity stays with the person it is of."))
        for identity in self:
            # Superuser: the ladder holds for every writer.
            self._check_step_of(identity.sudo().citizen_id, {**values, **vals})
        if values:
            self._cleaned(values)
            for identity in self:
                if not self.env.su and not identity._is_open():
                    raise UserError(
                        self.env._(
                            "The identity has closed by itself. Open it again to "
                            "change it."
                        )
                    )
                identity._keep(values)
        return super().write(vals) if vals else True

    def _take_values(self, vals):
        """Take the values out of what is to be written, so that none reaches SQL.

        :param dict vals: changed in place
        :return: the values
        """
        for name in SHOWN:
            vals.pop(name, None)
        return {name: vals.pop(name) for name in VALUES if name in vals}

    def _check_step_of(self, citizen, vals, level=None):
        """Refuse what lies above the step of the person, before SQL (C4).

        :param citizen: whom the values are of
        :param vals: values, or what they are sealed in
        :param level: the step that is about to be taken; the stored one by default
        """
        least = {**VALUES, **{column: step for step, column in COLUMNS.items()}}
        citizen._check_step(
            level,
            {self._fields[name]: least[name] for name in least if vals.get(name)},
        )

    def _keep(self, values):
        """Check and seal values beside what is sealed already.

        :param dict values: as they were typed; others stay as they are
        :raises ValidationError: naming the field, never its content
        """
        self.ensure_one()
        # Superuser: the ladder holds for every writer.
        self._check_step_of(self.sudo().citizen_id, values)
        before = self._parts()
        cleaned = self._cleaned(values)
        after = {**before, **cleaned}
        if not after.get("name"):
            raise ValidationError(self.env._("Fill in the name."))
        if cleaned.get("cpr") and "birth_date" not in cleaned:
            after["birth_date"] = self._born(cleaned["cpr"])
        elif (
            after.get("cpr")
            and after.get("birth_date")
            and (self._born(after["cpr"]) != after["birth_date"])
        ):
            raise ValidationError(
                self.env._("The birth date and the CPR number do not fit together.")
            )
        changed = [name for name in VALUES if after.get(name) != before.get(name)]
        after[FORMER] = self._former(before, changed)
        self._seal(after)
        # Superuser: history is written with the act and never by hand.
        self.env["sekp.history"].sudo().create(
            [{**self._history_row("changed"), "field_name": name} for name in changed]
        )

    def _former(self, before, changed):
        """Return what the person was known by: it may stand in texts until erased."""
        former = {name: list(words) for name, words in before.get(FORMER, {}).items()}
        for name in set(changed) & set(WORDS):
            old = before.get(name) or []
            for word in [old] if isinstance(old, str) else old:
                if word not in former.setdefault(name, []):
                    former[name].append(word)
        return {name: words for name, words in former.items() if words}

    @api.model
    def _cleaned(self, values):
        """Return values as they are sealed: in one writing, the empty ones as None.

        :raises ValidationError: naming the field, never its content
        """
        cleaned = {}
        for name, value in values.items():
            label = self._fields[name]._description_string(self.env)
            if isinstance(value, str):
                value = value.strip()
            if name == "cpr":
                value = value and self._read(
                    lambda text: personal_numbers.read_cpr(text)[0], value, label
                )
            elif name == "phones":
                value = self._read(personal_numbers.read_phones, value, label)
            elif name == "birth_date":
                value = self._clean_birth_date(value, label)
            elif name == "protected_address":
                value = bool(value)
            else:
                self._check_text(label, value)
                if name == "name" and value and len(value) > LONGEST_NAME:
                    raise ValidationError(
                        self.env._(
                            "“%(field)s” has %(length)s characters at most.",
                            field=label,
                            length=LONGEST_NAME,
                        )
                    )
            cleaned[name] = value or None
        return cleaned

    def _read(self, reader, text, label):
        try:
            return reader(text or "")
        except (NotValidError, TypeError, AttributeError):
            raise ValidationError(
                self.env._(
                    "“%(field)s” is not valid. Check it digit by digit.", field=label
                )
            ) from None

    def _clean_birth_date(self, value, label):
        try:
            day = fields.Date.to_date(value) or None
        except ValueError:
            day = False
        if day is False or (day and day > fields.Date.today()):
            raise ValidationError(
                self.env._("“%(field)s” is no day in the past.", field=label)
            )
        return day and fields.Date.to_string(day)

    def _born(self, digits):
        return fields.Date.to_string(personal_numbers.read_cpr(digits)[1])

    # --- erasing --------------------------------------------------------------------
    def _words_above(self, level):
        """Return the words a step down is to forget, and whether they could be read.

        Without the key nobody can tell what to look for; the rest is erased all the
        same.

        :param str level: the step to stand on
        :return: lists of texts by kind, and a boolean
        """
        self.ensure_one()
        try:
            parts = self._parts()
        except UserError:
            return {}, False
        words = {}
        for name, kind in WORDS.items():
            if rank(VALUES[name]) > rank(level):
                now = parts.get(name) or []
                words[kind] = [now] if isinstance(now, str) else list(now)
                words[kind] += parts.get(FORMER, {}).get(name, [])
        # A line that is a sentence is nobody's name: others' words stay.
        words["kin"] = [
            line
            for text in words.get("kin", ())
            for line in text.splitlines()
            if len(line.split()) <= LONGEST_LINE
        ]
        return words, True

    def _erase_above(self, level):
        """Erase what is sealed above a step, with the hashes it is found by."""
        for identity in self:
            if rank(level) < rank("named"):
                identity._follow_look_ups({})
                # Superuser: an identity goes with a step down and never by hand.
                identity.sudo().unlink()
            elif rank(level) < rank("registered"):
                # The name stays sealed as it is: this works without the key as well.
                identity.sudo().write({"sealed_registered": False})
                try:
                    identity._follow_look_ups(identity._parts())
                except UserError:
                    identity._follow_look_ups({})
                identity.invalidate_recordset()

    # --- ways out -------------------------------------------------------------------
    def _export_rows(self, fields, *, _is_toplevel_call=True):
        closed = {*VALUES, *SHOWN}
        if any(path and path[0] in closed for path in fields):
            raise UserError(
                self.env._(
                    "Name and numbers of a person are not exported. Open the identity "
                    "and read them."
                )
            )
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)
