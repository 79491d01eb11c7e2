from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..tools.reference_code import new_code

CODE_ATTEMPTS = 20


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
    _inherit = ["mail.activity.mixin"]
    _rec_name = "reference"

    # {field name: least registration mode under which it may be stored}
    _sekp_person_fields = {}

    reference = fields.Char(
        string="Code",
        readonly=True,
        copy=False,
        index="trigram",
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
        for vals in vals_list:
            self._check_links(vals)
            if self._takes_own_reference():
                vals["reference"] = self._new_reference()
        records = super().create(vals_list)
        records._check_registration()
        return records

    def write(self, vals):
        if "reference" in vals and not self.env.su:
            raise UserError(self.env._("A code is never changed."))
        self._check_links(vals)
        result = super().write(vals)
        if set(vals) & set(self._sekp_person_fields):
            self._check_registration()
        return result

    # --- links --------------------------------------------------------------------
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

    # --- registration -------------------------------------------------------------
    def _registration_standard(self):
        """Return the standard that bounds what may be stored about the person."""
        raise NotImplementedError

    def _check_registration(self):
        """Refuse facts about the person above the standard's registration mode (C4).

        :raises ValidationError: naming the field, never its content
        """
        if not self._sekp_person_fields:
            return
        for record in self:
            standard = record._registration_standard()
            if not standard:
                continue
            for name, mode in self._sekp_person_fields.items():
                if record[name] and not standard._allows_registration(mode):
                    label = self._fields[name]._description_string(self.env)
                    raise ValidationError(
                        self.env._(
                            "“%(field)s” cannot be stored: the quality standard of "
                            "%(municipality)s allows “%(mode)s”. Pass it on by word "
                            "of mouth.",
                            field=label,
                            municipality=standard.municipality,
                            mode=dict(
                                standard._fields[
                                    "registration_mode"
                                ]._description_selection(self.env)
                            )[standard.registration_mode],
                        )
                    )

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
            record.with_context(mail_activity_quick_update=True).activity_schedule(
                xmlid, date_deadline=due, user_id=owner.id
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
