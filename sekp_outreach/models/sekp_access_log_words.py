from odoo import api, fields, models


class SekpAccessLog(models.Model):
    """The log in words: the columns keep technical names, which no auditor reads."""

    _inherit = "sekp.access.log"

    record_type = fields.Char(string="Kind of Record", compute="_compute_record_type")
    role_name = fields.Char(string="Role in Words", compute="_compute_role_name")

    @api.depends("model")
    @api.depends_context("lang")
    def _compute_record_type(self):
        """Say what kind of record it was; the technical name of one that is gone."""
        names = {
            model: self.env["ir.model"]._get(model).name
            for model in set(self.mapped("model"))
            if model in self.env
        }
        for row in self:
            row.record_type = names.get(row.model, row.model)

    @api.depends("role")
    @api.depends_context("lang")
    def _compute_role_name(self):
        """Name the role: of the municipality, or in a team."""
        for row in self:
            role = row.role or ""
            if role in self.env["sekp.team"]._fields:
                field = self.env["sekp.team"]._fields[role]
                row.role_name = field._description_string(self.env)
                continue
            # Superuser: the names of the roles are no secret.
            group = role and self.env.ref(
                f"sekp_outreach.{role}", raise_if_not_found=False
            )
            row.role_name = (group and group.sudo().name) or row.role
