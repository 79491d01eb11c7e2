import logging

from odoo import api, models, tools
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import config

_logger = logging.getLogger(__name__)

# Dialogs of other apps that hold what was typed or uploaded: one's own rows only.
OWN_ROWS = {
    "base_import.import",
    "mail.activity.schedule",
    "mail.followers.edit",
    "sms.composer",
}
# Rows of other apps that attach themselves to a record by the name of its model.
ATTACHED = {
    "base_import.import": "res_model",
    "mail.compose.message": "model",
    "mail.followers": "res_model",
    "mail.followers.edit": "res_model",
    "mail.message": "model",
    "mail.scheduled.message": "model",
    "mail.template": "model",
    "rating.rating": "res_model",
    "sms.composer": "res_model",
    "sms.template": "model",
    "snailmail.letter": "model",
    "whatsapp.composer": "res_model",
    "whatsapp.template": "model",
}


class IrRule(models.Model):
    """What holds whatever is installed later, and says nothing when it refuses.

    Rules as data need their model to be there; these are made for whatever is.
    """

    _name = "ir.rule"
    _inherit = ["ir.rule", "sekp.watched.rights.mixin"]

    @api.model
    @tools.conditional(
        "xml" not in config["dev_mode"],
        tools.ormcache(
            "self.env.uid",
            "self.env.su",
            "model_name",
            "mode",
            "tuple(self._compute_domain_context_values())",
        ),
    )
    def _compute_domain(self, model_name, mode="read"):
        domain = super()._compute_domain(model_name, mode)
        if self.env.su or not (model_name in OWN_ROWS or model_name in ATTACHED):
            return domain
        guard = self._sekp_own_rows(model_name) & self._sekp_detached(model_name)
        return (domain & guard).optimize(self.env[model_name])

    def _sekp_own_rows(self, model_name):
        """Return the domain of one's own rows, for dialogs that hold typed text."""
        if model_name not in OWN_ROWS:
            return Domain.TRUE
        return Domain("create_uid", "=", self.env.uid)

    def _sekp_detached(self, model_name):
        """Return the domain of rows that are not attached to a confidential record."""
        field = self.env[model_name]._fields.get(ATTACHED.get(model_name))
        if not field or not field.store:
            return Domain.TRUE
        names = self.env["sekp.confidential.mixin"]._confidential_models()
        return Domain(field.name, "not in", names)

    def _make_access_error(self, operation, records):
        if not self._sekp_speaks_of_people(records):
            return super()._make_access_error(operation, records)
        _logger.info(
            "Access denied by record rules for operation: %s on record ids: %r, "
            "uid: %s, model: %s",
            operation,
            records.ids[:6],
            self.env.uid,
            records._name,
        )
        self.env["sekp.access.log"]._record_refused(records)
        # The check may have left values in the cache.
        records.invalidate_recordset()
        return AccessError(
            self.env._(
                "You may not open this, or not do this with it. If you should be able "
                "to, ask a supervisor of the team to give you access."
            )
        )

    def _sekp_speaks_of_people(self, records):
        """Tell whether an error about records would tell of confidential ones."""
        is_confidential = self.env["sekp.confidential.mixin"]._is_confidential
        if is_confidential(records._name):
            return True
        name = "res_model" if records._name == "mail.activity" else None
        field = records._fields.get(name or ATTACHED.get(records._name))
        # Superuser: the rows are refused to the user, only their kind is looked at.
        return bool(field) and any(
            is_confidential(row[field.name]) for row in records.sudo().exists()
        )
