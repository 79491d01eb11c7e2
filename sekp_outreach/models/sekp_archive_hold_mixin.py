from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

# Choices, so that a reason can be given where no text may be stored.
HOLD_REASONS = [
    ("archive", "The archives have chosen it for preservation"),
    ("complaint", "A complaint or a court case is pending"),
    ("access", "A request for access is pending"),
    ("decision", "A decision is still being looked into"),
    ("other", "Other reason"),
]


class SekpArchiveHoldMixin(models.AbstractModel):
    """A record that a supervisor can hold back: no rule erases it meanwhile."""

    _name = "sekp.archive.hold.mixin"
    _description = "Record That Can Be Held Back"

    archive_hold = fields.Boolean(
        string="Held Back",
        readonly=True,
        copy=False,
        help="Not erased, whatever the rule of the municipality says.",
    )
    archive_hold_reason = fields.Selection(
        HOLD_REASONS, string="Held Back Because", readonly=True, copy=False
    )

    def _check_supervised(self):
        """Let only a supervisor of the record's team go on.

        :raises AccessError: for everybody else
        """
        self._take_for_change()
        for record in self:
            # Superuser: whose team it is is asked for the one who acts.
            if self.env.user not in record.sudo()._teams().supervisor_ids:
                raise AccessError(self.env._("A supervisor of the team does this."))

    def action_hold(self):
        """Open the dialog that holds the record back from erasure."""
        self.ensure_one()
        self.check_access("write")
        name = self._name.removeprefix("sekp.")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Hold Back"),
            "res_model": "sekp.archive.hold",
            "view_mode": "form",
            "target": "new",
            "context": {f"default_{name}_id": self.id},
        }

    def _hold(self, reason):
        """Hold the records back from erasure.

        :param str reason: a key of ``HOLD_REASONS``
        """
        self._check_supervised()
        if reason not in dict(HOLD_REASONS):
            raise UserError(self.env._("Choose a reason."))
        # Superuser: set by the act only, which has been checked.
        self.sudo().write({"archive_hold": True, "archive_hold_reason": reason})

    def action_release_hold(self):
        """Let the records be erased again when their time comes."""
        self._check_supervised()
        # Superuser: set by the act only, which has been checked.
        self.sudo().write({"archive_hold": False, "archive_hold_reason": False})

    @api.model
    def _sekp_hold_domain(self):
        return super()._sekp_hold_domain() | Domain("archive_hold", "=", True)
