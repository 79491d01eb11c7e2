from odoo import models


class IrModelAccess(models.Model):
    """Refusals on models about a person, and changes of our access rows, are logged."""

    _name = "ir.model.access"
    _inherit = ["ir.model.access", "sekp.watched.rights.mixin"]

    def _make_access_error(self, model, mode):
        self.env["sekp.access.log"]._record_refused(self.env[model])
        return super()._make_access_error(model, mode)
