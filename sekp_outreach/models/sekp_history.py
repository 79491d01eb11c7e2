from odoo import api, fields, models
from odoo.fields import Domain

from .sekp_confidential_mixin import WITHOUT_VALUES


class SekpHistory(models.Model):
    """Who changed what and when, on a record about a person (C5).

    Written by the system with the change itself, never by hand, and never altered. It
    lies inside the gate: who may open the record may read its history.
    """

    _name = "sekp.history"
    _inherit = ["sekp.append.only.mixin", "sekp.confidential.mixin"]
    _description = "Change"
    _order = "id desc"
    _sekp_history = False
    # It goes with the record it is of.
    _sekp_refused = ("UPDATE",)
    _sekp_print_fields = ("at", "what")
    _sekp_print_when = "at"
    _sekp_print_sequence = 90

    at = fields.Datetime(string="When", required=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        comodel_name="res.users", string="Who", required=True, ondelete="restrict"
    )
    course_id = fields.Many2one(
        comodel_name="sekp.course", index="btree_not_null", ondelete="cascade"
    )
    citizen_id = fields.Many2one(
        comodel_name="sekp.citizen", index="btree_not_null", ondelete="cascade"
    )
    referral_id = fields.Many2one(
        comodel_name="sekp.referral", index="btree_not_null", ondelete="cascade"
    )
    complaint_id = fields.Many2one(
        comodel_name="sekp.complaint", index="btree_not_null", ondelete="cascade"
    )
    record_model = fields.Char(required=True)
    record_id = fields.Integer(required=True)
    kind = fields.Selection(
        [("created", "Added"), ("changed", "Changed"), ("removed", "Removed")],
        required=True,
    )
    field_name = fields.Char()
    old_value = fields.Char()
    new_value = fields.Char()
    what = fields.Char(compute="_compute_what")
    who = fields.Char(string="By Whom", compute="_compute_who")

    def _takes_own_reference(self):
        return False

    def _registration_standard(self):
        return self.env["sekp.standard"]

    @api.depends("user_id")
    @api.depends_context("lang")
    def _compute_who(self):
        for change in self:
            # Superuser: the name of whoever changed it, and nothing else of the user.
            user = change.user_id.sudo()
            if user._is_public():
                change.who = self.env._("From outside")
            elif user._is_superuser():
                change.who = self.env._("The system")
            else:
                change.who = user.name

    @api.depends("record_model", "field_name", "kind", "old_value", "new_value")
    @api.depends_context("lang", "tz", "uid")
    def _compute_what(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        subjects = self._subjects()
        known = self._known_targets()
        for change in self:
            model = change.record_model
            if model not in self.env:
                change.what = kinds.get(change.kind, "")
                continue
            subject = subjects[model].name
            field = self.env[model]._fields.get(change.field_name)
            if not field:
                change.what = f"{subject}: {kinds[change.kind].lower()}"
                continue
            label = field._description_string(self.env)
            if field.type in WITHOUT_VALUES or not (
                change.old_value or change.new_value
            ):
                change.what = f"{subject}: {label}"
                continue
            old = change._shown(field, change.old_value, known)
            new = change._shown(field, change.new_value, known)
            change.what = f"{subject}: {label}: {old} → {new}"

    def _subjects(self):
        """Return the kinds of records that were changed, by the names of their models.

        Together, so that what they are called is fetched once.
        """
        get = self.env["ir.model"]._get
        subjects = {model: get(model) for model in set(self.mapped("record_model"))}
        together = get(False).union(*subjects.values())
        return {
            model: subject.with_prefetch(together.ids)
            for model, subject in subjects.items()
        }

    def _targets(self):
        """Return the records that the kept values name, by model."""
        targets = {}
        for change in self:
            if change.record_model not in self.env:
                continue
            field = self.env[change.record_model]._fields.get(change.field_name)
            if field and field.type == "many2one":
                values = {change.old_value, change.new_value}
                ids = targets.setdefault(field.comodel_name, set())
                ids.update(int(value) for value in values if value)
        return targets

    def _known_targets(self):
        """Return those of the named records that the reader may know, by model."""
        known = {}
        for model, ids in self._targets().items():
            Model = self.env[model].with_context(active_test=False)
            known[model] = Model.browse()
            if Model.has_access("read"):
                known[model] = Model.search([("id", "in", list(ids))])
        return known

    def _gather_named(self, specification, named):
        result = super()._gather_named(specification, named)
        if "what" in specification:
            for model, ids in self._targets().items():
                named.setdefault(model, set()).update(ids)
            named.setdefault("ir.model", set()).update(
                subject.id for subject in self._subjects().values()
            )
        if "who" in specification:
            named.setdefault("res.users", set()).update(self.user_id._ids)
        return result

    def _shown(self, field, value, known):
        """Return a kept value in the reader's words, as far as the reader may know."""
        if not value:
            return "–"
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.type == "boolean":
            return self.env._("yes")
        if field.type == "many2one":
            target = self.env[field.comodel_name].browse(int(value))
            return target.display_name if target in known[field.comodel_name] else "–"
        if field.type == "date":
            return fields.Date.to_date(value).strftime(self._date_format())
        if field.type == "datetime":
            moment = fields.Datetime.context_timestamp(
                self, fields.Datetime.to_datetime(value)
            )
            return moment.strftime(f"{self._date_format()} %H:%M")
        return value

    def _date_format(self):
        # Known to the server: to fetch the user would cost a query.
        lang = self.env["res.users"].context_get().get("lang")
        return self.env["res.lang"]._get_data(code=lang).date_format

    @api.model
    def _kept(self, field, value):
        """Return what is kept of a value: text, or nothing of what tells of a person.

        :param value: as a record gives it
        """
        if not value:
            return False
        if field.type == "many2one":
            return str(value.id)
        if field.type == "date":
            return fields.Date.to_string(value)
        if field.type == "datetime":
            return fields.Datetime.to_string(value)
        return str(value)

    # --- the citizen's own print ----------------------------------------------------
    @api.model
    def _citizen_print_domain(self, citizen, courses):
        return super()._citizen_print_domain(citizen, courses) | Domain(
            "referral_id", "in", courses.referral_id.ids
        )

    @api.model
    def _citizen_print_heading(self):
        return self.env._("What Was Changed")

    def _citizen_print_lines(self):
        """Tell in one line what was changed and when; colleagues are not named.

        Of a record of which something is withheld, only that it was changed.
        """
        model = self.record_model
        field = model in self.env and self.env[model]._fields.get(self.field_name)
        bare = self.env.context.get("sekp_print_bare")
        if bare or (field and field.comodel_name == "res.users"):
            kind = self._citizen_print_value("kind").lower()
            subject = self.env["ir.model"]._get(model).name if model in self.env else ""
            what = f"{subject}: {kind}"
        else:
            what = self.what
        return [("what", self._citizen_print_moment(self.at), what)]
