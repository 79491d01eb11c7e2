from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.sekp_citizen import IDENTITY_LEVELS, LEVEL_ORDER, rank
from ..models.sekp_identity_wish import GIVEN


class SekpIdentityErase(models.TransientModel):
    """Erases what a person no longer wants known; says before what goes and what stays.

    No reason is asked for.
    """

    _name = "sekp.identity.erase"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Erase What Is Known"

    citizen_id = fields.Many2one(
        comodel_name="sekp.citizen", required=True, readonly=True
    )
    current_level = fields.Selection(
        related="citizen_id.identity_level", related_sudo=False
    )
    to_level = fields.Selection(
        IDENTITY_LEVELS[:-1],
        string="Known as from Now on",
        required=True,
        compute="_compute_to_level",
        store=True,
        readonly=False,
        precompute=True,
    )
    given = fields.Selection(
        GIVEN, string="How the Wish Was Given", required=True, default="oral"
    )
    will_be_erased = fields.Text(compute="_compute_will_be_erased")

    @api.depends("citizen_id")
    def _compute_to_level(self):
        """Propose the step below."""
        for erase in self:
            erase.to_level = LEVEL_ORDER[max(rank(erase.current_level) - 1, 0)]

    @api.depends("citizen_id", "to_level")
    def _compute_will_be_erased(self):
        parts = {
            "alias": self.env._("What the person wants to be called."),
            "named": self.env._("Name, phone numbers and next of kin."),
            "registered": self.env._("CPR number, birth date and address."),
        }
        for erase in self:
            if not erase.to_level:
                erase.will_be_erased = False
                continue
            lines = [
                text
                for level, text in parts.items()
                if rank(erase.to_level) < rank(level) <= rank(erase.current_level)
            ]
            erase.will_be_erased = "\n".join(lines)

    def action_erase(self):
        """Erase what lies above the chosen step, with its copies in texts."""
        self.ensure_one()
        self.check_access("write")
        citizen = self.citizen_id
        if rank(self.to_level) >= rank(citizen.identity_level):
            raise UserError(self.env._("Choose a step below the one the person is on."))
        left = citizen._move(self.to_level, given=self.given)
        lines = [self.env._("It is erased, also where it stood in texts.")]
        if not left["searched"]:
            lines = [
                self.env._(
                    "It is erased. Texts could not be searched for it, because the key "
                    "is missing on this server: look through them."
                )
            ]
        if left["documents"]:
            lines.append(
                self.env._(
                    "Documents that are kept: %(count)s. Look through them.",
                    count=left["documents"],
                )
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if left["searched"] else "warning",
                "message": " ".join(lines),
                "sticky": bool(left["documents"]) or not left["searched"],
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
