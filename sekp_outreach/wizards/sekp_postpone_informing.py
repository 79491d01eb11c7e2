from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.sekp_course import POSTPONED_GROUNDS


class SekpPostponeInforming(models.TransientModel):
    """Postpones telling a person of a referral by others, with a ground and a day.

    The postponement is made when the dialog is saved: what it says of the person goes
    to the course and is no column here.
    """

    _name = "sekp.postpone.informing"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Postpone Informing"

    course_id = fields.Many2one(
        comodel_name="sekp.course", required=True, readonly=True
    )
    registration_mode = fields.Selection(
        related="course_id.registration_mode", related_sudo=False
    )
    ground = fields.Selection(POSTPONED_GROUNDS, required=True)
    until = fields.Date(string="To Be Told by", required=True)
    note = fields.Text(
        string="In Your Words",
        store=False,
        help="Kept on the course. Written so that the person could read it.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        given = [{**self._given_defaults(), **vals} for vals in vals_list]
        # Before SQL: a row that lacks something would be logged as a whole.
        if not all(vals.get("ground") and vals.get("until") for vals in given):
            raise UserError(self.env._("Choose a ground and a day first."))
        notes = [vals.get("note") for vals in given]
        dialogs = super().create(
            [{k: v for k, v in vals.items() if k != "note"} for vals in vals_list]
        )
        for dialog, note in zip(dialogs, notes, strict=True):
            dialog.course_id._postpone_informing(dialog.ground, dialog.until, note)
        return dialogs

    def action_close(self):
        """Close the dialog: the client saved it before calling."""
        self.check_access("read")
        return {"type": "ir.actions.act_window_close"}
