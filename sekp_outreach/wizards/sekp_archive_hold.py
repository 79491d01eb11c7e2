from odoo import fields, models
from odoo.exceptions import UserError

from ..models.sekp_archive_hold_mixin import HOLD_REASONS


class SekpArchiveHold(models.TransientModel):
    """Asks why a course or a referral is held back from erasure."""

    _name = "sekp.archive.hold"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Hold Back from Erasure"

    course_id = fields.Many2one(comodel_name="sekp.course", readonly=True)
    referral_id = fields.Many2one(comodel_name="sekp.referral", readonly=True)
    reason = fields.Selection(HOLD_REASONS, required=True)

    def action_hold(self):
        """Hold the record back."""
        self.ensure_one()
        record = self.course_id or self.referral_id
        if not record:
            raise UserError(self.env._("Open the record and hold it back there."))
        record._hold(self.reason)
        return {"type": "ir.actions.act_window_close"}
