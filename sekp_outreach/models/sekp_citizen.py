import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL

from ..tools.forget import Forget

AGE_BANDS = [
    ("under_18", "Under 18"),
    ("18_29", "18–29"),
    ("30_49", "30–49"),
    ("50_64", "50–64"),
    ("65_plus", "65 or older"),
]
# How much is known of a person, least first.
IDENTITY_LEVELS = [
    ("unknown", "Unknown"),
    ("alias", "Known by an alias"),
    ("named", "Known by name"),
    ("registered", "Registered"),
]
LEVEL_ORDER = [level for level, _label in IDENTITY_LEVELS]
HIGHEST = {"none": "unknown", "alias": "alias", "full": "registered"}
# What leads from a record to the person it is about.
ABOUT = ("citizen_id", "course_id", "referral_id")
# What somebody is called, and no sentence: it is looked for in what others wrote.
LONGEST_ALIAS, MOST_WORDS = 40, 4


def rank(level):
    """Return the place of a level on the ladder; nothing is the lowest."""
    return LEVEL_ORDER.index(level or "unknown")


class SekpCitizen(models.Model):
    """The person as the team may know them.

    Only what the quality standard lets be stored: under *none* a code and nothing
    else, under *alias* what the person wants to be called and coarse facts.

    How much is known of the person is a ladder: unknown, by an alias, by name,
    registered. The person's recorded wish moves it, bounded by the standard; what lies
    above the step is refused, and a step down erases it with every copy (C4).
    """

    _name = "sekp.citizen"
    _inherit = ["sekp.confidential.mixin"]
    _description = "Citizen"
    _order = "id desc"
    _rec_names_search = ["reference", "alias"]

    _sekp_person_fields = {
        "alias": "alias",
        "target_group_ids": "alias",
        "district": "alias",
        "age_band": "alias",
    }

    _sekp_act_fields = frozenset({"standard_id", "identity_level", "team_id"})
    # The alias itself is kept or emptied by the step, not blanked in part.
    _sekp_lasting = frozenset({"reference", "alias", "former_alias"})
    _sekp_unhistoric = frozenset({"former_alias"})

    _sekp_print_fields = (
        "reference", "identity_level", "alias", "district", "age_band",
        "target_group_ids",
    )  # fmt: skip
    _sekp_print_sequence = 10

    standard_id = fields.Many2one(
        comodel_name="sekp.standard",
        string="Quality Standard",
        required=True,
        readonly=True,
        ondelete="restrict",
        help="The standard that bounds what may be stored of the person.",
    )
    registration_mode = fields.Selection(
        related="standard_id.registration_mode", related_sudo=False
    )
    identity_level = fields.Selection(
        IDENTITY_LEVELS,
        string="How the Person Is Known",
        required=True,
        readonly=True,
        default="unknown",
        copy=False,
    )
    # A supervisor of an earlier course has no more to do with the person (C2).
    team_id = fields.Many2one(
        comodel_name="sekp.team",
        compute="_compute_team_id",
        store=True,
        index=True,
        help="The team of the latest course.",
    )
    alias = fields.Char(
        help="What the person wants to be called. Never a real name or a CPR number.",
    )
    # No access: kept only to be found and erased in texts with the alias.
    former_alias = fields.Text(copy=False, groups=NO_ACCESS)
    target_group_ids = fields.Many2many(
        comodel_name="sekp.target.group", string="Target Groups"
    )
    district = fields.Char(help="District or named place; never an address.")
    age_band = fields.Selection(AGE_BANDS)
    course_ids = fields.One2many(
        comodel_name="sekp.course", inverse_name="citizen_id", string="Courses"
    )
    assignment_ids = fields.One2many(
        comodel_name="sekp.assignment", inverse_name="citizen_id", string="Access"
    )
    access_request_ids = fields.One2many(
        comodel_name="sekp.access.request",
        inverse_name="citizen_id",
        string="Requests for Access",
    )
    identity_ids = fields.One2many(
        comodel_name="sekp.identity",
        inverse_name="citizen_id",
        copy=False,
        help="The vault with name and numbers; one at most.",
    )
    wish_ids = fields.One2many(
        comodel_name="sekp.identity.wish",
        inverse_name="citizen_id",
        string="Wishes to Be Known",
        copy=False,
    )

    may_change = fields.Boolean(compute="_compute_may_change")

    _reference_unique = models.UniqueIndex("(reference)", "This code is taken.")

    @api.depends("course_ids.team_id")
    def _compute_team_id(self):
        for citizen in self:
            citizen.team_id = citizen.course_ids.sorted("id")[-1:].team_id

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_may_change(self):
        """Tell whether the buttons of acts make sense: not in an emergency."""
        for citizen in self:
            stored = citizen._origin
            citizen.may_change = bool(stored) and stored.has_access("write")

    def _history_parent(self):
        return {"citizen_id": self.id}

    def _registration_standard(self):
        return self.standard_id

    def _follow_standard(self, standard):
        """Come under another standard; what it does not allow to be stored goes.

        :param standard: the standard of the course that begins now
        """
        self.ensure_one()
        highest = HIGHEST[standard.registration_mode]
        if rank(self.identity_level) > rank(highest):
            self._move(highest, given="standard")
        stored = {name: self[name] for name in self._sekp_person_fields}
        above = dict.fromkeys(self._facts_above(stored, standard), False)
        self.write({**above, "standard_id": standard.id})

    def _identity_values(self):
        """Return what the vault holds of the person, for code that has checked.

        Neither checked nor logged here: who shows a value does both.

        :return: texts by ``name``, ``phones``, ``cpr``, ``address`` and ``next_of_kin``
            as far as known, and whether the address is protected, ``protected_address``
        :raises UserError: when the key is missing or the content is damaged
        """
        self.ensure_one()
        # Superuser: a receiver may not read the vault, only what was agreed of it.
        identity = self.sudo().identity_ids
        return identity._values(with_protected=True) if identity else {}

    def _obligation_owner(self):
        course = self.course_ids[:1]
        return course._obligation_owner() if course else self.env["res.users"]

    def _latest_course(self):
        """Return the open course, or the last one."""
        return self.course_ids.sorted(
            lambda course: (course.phase != "closed", course.id)
        )[-1:]

    def _colleague_asks(self):
        """Let those who know the persons know that the user asks to be contacted."""
        for citizen in self:
            citizen._latest_course()._colleague_asks()

    def _own_courses(self):
        return self.course_ids

    # --- the citizen's own print ----------------------------------------------------
    @api.model
    def _citizen_print_domain(self, citizen, courses):
        return Domain("id", "in", citizen.ids)

    @api.model
    def _citizen_print_heading(self):
        return self.env._("What We Know about You")

    def action_print_for_citizen(self):
        """Open the citizen's open request for access, or a new one."""
        self.ensure_one()
        if emergency := self._in_emergency():
            raise emergency._emergency_error()
        # The lock lets two colleagues get the same request.
        self._take_for_change()
        requests = self.env["sekp.access.request"]
        request = requests.search(
            [("citizen_id", "=", self.id), ("state", "=", "open")], limit=1
        )
        request = request or requests.create({"citizen_id": self.id})
        return {**request._action_open(), "name": self.env._("Print for the Citizen")}

    def _log_team(self):
        return SQL(
            "(SELECT course.team_id FROM sekp_course course "
            "WHERE course.citizen_id = t.id ORDER BY course.id DESC LIMIT 1)"
        )

    # --- the ladder -----------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            given = {**self._given_defaults(), **vals}
            if given.get("identity_level", "unknown") != "unknown":
                raise self._ladder_error()
        return super().create(vals_list)

    def write(self, vals):
        # First: what is refused below tells on which step the person is.
        self.check_access("write")
        if {"identity_level", "standard_id"} & set(vals):
            self._check_level(vals)
        if "alias" in vals and not vals["alias"]:
            self._check_alias_stays(vals)
        if vals.get("alias"):
            self._remember_alias(vals["alias"])
        return super().write(vals)

    def _remember_alias(self, alias):
        """Keep what the person was called before: it may stand in texts."""
        # Superuser: nobody reads or writes it by hand.
        for citizen in self.sudo():
            former = (citizen.former_alias or "").splitlines()
            if citizen.alias and citizen.alias not in (alias, *former):
                former = "\n".join([*former, citizen.alias])
                citizen.former_alias = former

    def _ladder_error(self):
        return UserError(
            self.env._(
                "How the person is known changes with a wish of the person only. "
                "Record the wish."
            )
        )

    def _check_level(self, vals):
        """Refuse a level that no wish led to, or that the standard does not allow."""
        # Superuser: the ladder holds for every writer.
        for citizen in self.sudo():
            level = vals.get("identity_level", citizen.identity_level)
            if level != citizen.identity_level and (
                citizen.wish_ids.sorted("id")[-1:].to_level != level
            ):
                raise self._ladder_error()
            standard = citizen.standard_id
            if "standard_id" in vals:
                standard = standard.browse(vals["standard_id"])
            citizen._check_highest(level, standard)

    def _check_highest(self, level, standard):
        """Refuse a level above what the standard allows.

        :raises ValidationError: naming the step and the standard's bound
        """
        if rank(level) > rank(HIGHEST[standard.registration_mode]):
            modes = standard._fields["registration_mode"]._description_selection(
                self.env
            )
            raise ValidationError(
                self.env._(
                    "“%(level)s” cannot be stored: the quality standard of "
                    "%(municipality)s allows “%(mode)s”.",
                    level=self._level_name(level),
                    municipality=standard.municipality,
                    mode=dict(modes)[standard.registration_mode],
                )
            )

    def _check_alias_stays(self, vals):
        """Refuse to empty an alias by hand: its copies in texts would stay."""
        if vals.get("identity_level") != "unknown" and any(
            citizen.alias for citizen in self
        ):
            raise UserError(
                self.env._(
                    "Use “Erase What Is Known” to take the alias away: it also takes "
                    "it out of what was written."
                )
            )

    def _check_facts(self, vals, standard):
        checked = super()._check_facts(vals, standard)
        if isinstance(vals.get("alias"), str):
            self._check_alias(vals["alias"])
        least = {
            self._fields[name]: "alias"
            for name in ("alias", "former_alias")
            if vals.get(name)
        }
        self._check_step(vals.get("identity_level"), least)
        return checked

    def _check_alias(self, alias):
        """Refuse a sentence in the place of an alias.

        :raises ValidationError: never with the alias
        """
        if len(alias) > LONGEST_ALIAS or len(alias.split()) > MOST_WORDS:
            raise ValidationError(
                self.env._(
                    "“%(field)s” is what the person is called: %(words)s words and "
                    "%(length)s characters at most.",
                    field=self._fields["alias"]._description_string(self.env),
                    words=MOST_WORDS,
                    length=LONGEST_ALIAS,
                )
            )

    def _check_step(self, level, least):
        """Refuse what lies above the step the person is on, before SQL (C4).

        The one place that does, for alias and identity alike.

        :param level: the step; empty for the one stored
        :param dict least: the least step by field
        :raises ValidationError: naming field and step, never the content
        """
        # Superuser: the ladder holds for every writer.
        level = level or self.sudo().identity_level or "unknown"
        for field, needed in least.items():
            if rank(needed) > rank(level):
                raise ValidationError(
                    self.env._(
                        "“%(field)s” cannot be stored: the person is on the step "
                        "“%(level)s”. Record the person's wish to be known better "
                        "first.",
                        field=field._description_string(self.env),
                        level=self._level_name(level),
                    )
                )

    @api.model
    def _level_name(self, level):
        levels = self._fields["identity_level"]._description_selection(self.env)
        return dict(levels)[level]

    def _move(
        self, level, given="oral", wished_at=None, told_to=None, alias=None, values=None
    ):
        """Move the person up or down the ladder, as the person wished.

        :param str level: the step to stand on
        :param str given: how the wish was given, a key of the wish's ``given``
        :param wished_at: when; now by default
        :param told_to: the user it was told to; oneself by default
        :param alias: what the person wants to be called
        :param dict values: name and numbers for ``sekp.identity``
        :return: what a step down leaves to be looked through, as a dict
        :raises UserError: when the person stands there already, or something lacks
        """
        self.ensure_one()
        self._take_for_change()
        # Superuser: level, vault and wish are set by this act only; checked above.
        citizen = self.sudo()
        before, now = citizen.identity_level, fields.Datetime.now()
        if level == before:
            raise UserError(self.env._("The person is known in this way already."))
        if level not in LEVEL_ORDER:
            raise UserError(self.env._("Choose how the person wants to be known."))
        wished_at = fields.Datetime.to_datetime(wished_at) or now
        if wished_at > now:
            raise UserError(self.env._("A wish cannot be of a time to come."))
        # Superuser: reads where the colleague works, whom the wish was told.
        told_to = (told_to or self.env.user).sudo()
        if told_to != self.env.user and (
            told_to.share or citizen.company_id not in told_to.company_ids
        ):
            raise UserError(
                self.env._("Choose a colleague of the municipality the wish was told.")
            )
        wish = {
            "citizen_id": citizen.id,
            "company_id": citizen.company_id.id,
            "reference": citizen.reference,
            "from_level": before,
            "to_level": level,
            "given": given,
            "wished_at": wished_at,
            "told_to_id": told_to.id,
        }
        if rank(level) > rank(before):
            citizen._check_highest(level, citizen.standard_id)
            return citizen._climb(wish, alias, values or {})
        return citizen._descend(wish)

    def _climb(self, wish, alias, values):
        """Record the wish, step up and keep what was told."""
        level = wish["to_level"]
        alias = (alias or "").strip()
        values = {name: value for name, value in values.items() if value}
        if level == "alias" and not alias:
            raise UserError(self.env._("Fill in what the person wants to be called."))
        named = rank(level) >= rank("named") and not self.identity_ids
        if named and not (values.get("name") or "").strip():
            raise UserError(self.env._("Fill in the name."))
        alias_vals = {"alias": alias} if alias else {}
        self._check_texts(alias_vals)
        Identity = self.env["sekp.identity"]
        Identity._check_step_of(self, values, level)
        Identity._cleaned(values)
        self.env["sekp.identity.wish"].create(wish)
        self.write({"identity_level": level, **alias_vals})
        if named:
            Identity.create({"citizen_id": self.id, **values})
        elif values:
            self.identity_ids._keep(values)
        return {}

    def _descend(self, wish):
        """Record the wish, step down and erase what lies above, with its copies."""
        level = wish["to_level"]
        identity, words, searched = self.identity_ids, {}, True
        if identity:
            words, searched = identity._words_above(level)
        if level == "unknown":
            words["alias"] = [self.alias, *(self.former_alias or "").splitlines()]
        self.env["sekp.identity.wish"].create(wish)
        identity._erase_above(level)
        alias = dict.fromkeys(("alias", "former_alias"), False)
        alias = alias if level == "unknown" else {}
        self.write({"identity_level": level, **alias})
        kept = self._forget_words(words, but=self.alias)
        return {"documents": kept, "searched": searched}

    # --- forgetting -----------------------------------------------------------------
    def _forget_words(self, words, but=False):
        """Blank words by which the person was known in every text about the person.

        :param dict words: lists of texts by kind, see ``tools.forget``
        :param but: words that stay, as they are still what the person is called
        :return: the number of documents, whose content is not searched
        """
        self.ensure_one()
        # Superuser: texts that nobody may change any more are blanked as well.
        citizen = self.sudo()
        forget = Forget(words, but=but)
        about = citizen._records_about()
        documents = about.get("sekp.document", self.env["sekp.document"].sudo())
        if not forget:
            return len(documents)
        self.env.flush_all()
        changed = [citizen]
        for records in about.values():
            ids = citizen._forget_in(
                records._table, records._forgettable(), records, forget
            )
            if ids and records != citizen and getattr(records, "_sekp_history", False):
                changed.append(records.browse(ids))
            citizen._forget_in_activities(records, forget)
        documents._forget_titles(forget)
        if "sekp.dialogue.message" in about:
            about["sekp.dialogue.message"]._forget_texts(forget)
        self.env.invalidate_all()
        for records in changed:
            records._keep_history("changed")
        return len(documents)

    def _records_about(self):
        """Return all records about the person by model, dialogs and done ones too."""
        env = self.with_context(active_test=False).env
        courses = env["sekp.course"].search([("citizen_id", "=", self.id)])
        referrals = courses.referral_id | env["sekp.referral"].search(
            [("course_id", "in", courses.ids)]
        )
        about = {
            "sekp.citizen": env["sekp.citizen"].browse(self.ids),
            "sekp.course": courses,
            "sekp.referral": referrals,
        }
        kinds = (
            self.pool["sekp.confidential.mixin"],
            self.pool["sekp.dialog.mixin"],
        )
        names = [
            name
            for name, model in self.pool.items()
            if issubclass(model, kinds)
            and model._auto
            and not model._abstract
            and name not in (*about, "sekp.history")
        ]
        # First what leads to the person itself, then the parts of that.
        for direct in (True, False):
            known = dict(about)
            for name in names:
                links = [
                    Domain(field.name, "in", known[field.comodel_name].ids)
                    for field in env[name]._fields.values()
                    if field.type == "many2one"
                    and field.store
                    and field.comodel_name in known
                    and (field.name in ABOUT if direct else name not in known)
                ]
                if links:
                    about[name] = env[name].search(Domain.OR(links))
        return about

    def _forget_in(self, table, names, records, forget):
        """Blank words in the columns of rows, past everything that guards them.

        :param dict names: whether a column holds markup, by its name
        :return: the numbers of the rows that held some
        """
        found = []
        if not names or not records:
            return found
        columns = SQL(", ").join(SQL.identifier(name) for name in names)
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %s FROM %s WHERE id = ANY(%s)",
                columns,
                SQL.identifier(table),
                list(records.ids),
            )
        )
        for row_id, *texts in rows:
            changed = {
                name: new
                for (name, marked), old in zip(names.items(), texts, strict=True)
                if (new := forget.html(old) if marked else forget.text(old)) != old
            }
            if changed:
                found.append(row_id)
                self.env.cr.execute(
                    SQL(
                        "UPDATE %s SET %s WHERE id = %s",
                        SQL.identifier(table),
                        SQL(", ").join(
                            SQL("%s = %s", SQL.identifier(name), value)
                            for name, value in changed.items()
                        ),
                        row_id,
                    )
                )
        return found

    def _forget_in_activities(self, records, forget):
        """Blank words in activities on the records, and in dialogs that plan some."""
        activities = records.env["mail.activity"].search(
            [("res_model", "=", records._name), ("res_id", "in", records.ids)]
        )
        names = {"summary": False, "note": True, "feedback": False}
        self._forget_in("mail_activity", names, activities, forget)
        dialogs = records.env["mail.activity.schedule"].search(
            [("res_model", "=", records._name)]
        )
        ids = set(records.ids)
        dialogs = dialogs.filtered(
            lambda dialog: (
                ids & {int(id_) for id_ in re.findall(r"\d+", dialog.res_ids)}
            )
        )
        names = {"summary": False, "note": True}
        self._forget_in("mail_activity_schedule", names, dialogs, forget)

    # --- buttons --------------------------------------------------------------------
    def action_move_up(self):
        """Open the dialog in which a wish to be known better is recorded."""
        self.ensure_one()
        self.check_access("write")
        return self._ladder_dialog("sekp.identity.move", self.env._("To Be Known as"))

    def action_move_down(self):
        """Open the dialog that erases what the person no longer wants known."""
        self.ensure_one()
        self.check_access("write")
        return self._ladder_dialog(
            "sekp.identity.erase", self.env._("Erase What Is Known")
        )

    def _ladder_dialog(self, model, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_citizen_id": self.id},
        }

    def action_open_identity(self):
        """Open the vault with the person's identity, closed until a purpose is told."""
        self.ensure_one()
        self.check_access("read")
        if not self.identity_ids:
            raise UserError(self.env._("The person is not known by name."))
        return self.identity_ids.action_open()
