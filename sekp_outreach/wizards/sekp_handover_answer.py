from odoo import fields, models
from odoo.exceptions import UserError

from ..models.sekp_handover import ANSWER_REASONS


class SekpHandoverAnswer(models.TransientModel):
    """Asks why a handover is declined or returned."""

    _name = "sekp.handover.answer"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Answer to a Handover"

    handover_id = fields.Many2one(
        comodel_name="sekp.handover", required=True, readonly=True
    )
    act = fields.Selection(
        [("decline", "Decline"), ("return", "Return")], required=True, readonly=True
    )
    reason = fields.Selection(ANSWER_REASONS, required=True)

    def action_confirm(self):
        """Decline or return the handover with the chosen reason."""
        self.ensure_one()
        handover = self.handover_id
        if self.act not in ("decline", "return"):
            raise UserError(self.env._("Choose whether to decline or to return."))
        handover._answer(self.act, self.reason)
        if handover.has_access("read"):
            return {"type": "ir.actions.act_window_close"}
        # The receiver may not open it any more: back to what is still theirs.
        action = self.env["ir.actions.actions"]._for_xml_id(
            "sekp_outreach.sekp_handover_action_received"
        )
        return {**action, "target": "main"}
