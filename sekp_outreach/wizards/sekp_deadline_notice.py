from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.sekp_deadline import NOTICE_REASONS
from ..models.sekp_standard import REGISTRATION_MODES


class SekpDeadlineNotice(models.TransientModel):
    """Gives a new date in writing for what is not done in time.

    Retssikkerhedsloven § 3: where a published deadline is not kept, the person is told
    in writing when a decision can be expected. The notice is given when the dialog is
    saved: what it says goes to the deadline and is no column here.
    """

    _name = "sekp.deadline.notice"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Notice of a New Date"

    deadline_id = fields.Many2one(
        comodel_name="sekp.deadline", required=True, readonly=True
    )
    registration_mode = fields.Selection(
        REGISTRATION_MODES, compute="_compute_registration_mode"
    )
    due = fields.Date(related="deadline_id.due", related_sudo=False)
    reason = fields.Selection(NOTICE_REASONS, required=True)
    new_due = fields.Date(string="New Date", required=True)
    note = fields.Char(
        string="In Your Words",
        store=False,
        help="Printed in the notice. Written so that the person, and the one who "
        "referred, may read it.",
    )

    @api.depends("deadline_id")
    def _compute_registration_mode(self):
        for dialog in self:
            standard = dialog.deadline_id.promise_id.standard_id
            dialog.registration_mode = standard.registration_mode

    @api.model_create_multi
    def create(self, vals_list):
        given = [{**self._given_defaults(), **vals} for vals in vals_list]
        # Before SQL: a row that lacks something would be logged as a whole.
        needed = ("deadline_id", "reason", "new_due")
        if not all(vals.get(name) for vals in given for name in needed):
            raise UserError(self.env._("Choose a reason and a new date first."))
        notes = [vals.get("note") for vals in given]
        dialogs = super().create(
            [{k: v for k, v in vals.items() if k != "note"} for vals in vals_list]
        )
        for dialog, note in zip(dialogs, notes, strict=True):
            dialog.deadline_id._give_notice(dialog.new_due, dialog.reason, note)
        return dialogs

    def action_print(self):
        """Open the notice on paper: the client saved the dialog before calling."""
        self.ensure_one()
        self.check_access("read")
        return self.deadline_id.action_print_notice()

    def action_close(self):
        """Close the dialog: the client saved it before calling."""
        self.check_access("read")
        return {"type": "ir.actions.act_window_close"}
