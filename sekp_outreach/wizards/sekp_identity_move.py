from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.sekp_citizen import HIGHEST, IDENTITY_LEVELS, LEVEL_ORDER, rank
from ..models.sekp_identity import VALUES
from ..models.sekp_identity_wish import GIVEN

TOLD = frozenset({"alias", *VALUES})


class SekpIdentityMove(models.TransientModel):
    """Records that a person wishes to be known better, and what was told.

    To save it is the act: what was told is handed on to citizen and vault at once and
    is nowhere kept with the dialog's row.
    """

    _name = "sekp.identity.move"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Wish to Be Known Better"

    citizen_id = fields.Many2one(
        comodel_name="sekp.citizen", required=True, readonly=True
    )
    company_id = fields.Many2one(related="citizen_id.company_id", related_sudo=False)
    current_level = fields.Selection(
        related="citizen_id.identity_level", related_sudo=False
    )
    registration_mode = fields.Selection(
        related="citizen_id.registration_mode", related_sudo=False
    )
    to_level = fields.Selection(
        IDENTITY_LEVELS[1:],
        string="Known as",
        required=True,
        compute="_compute_to_level",
        store=True,
        readonly=False,
        precompute=True,
    )
    given = fields.Selection(
        GIVEN, string="How the Wish Was Given", required=True, default="oral"
    )
    wished_at = fields.Datetime(
        string="When", required=True, default=fields.Datetime.now
    )
    told_to_id = fields.Many2one(
        comodel_name="res.users",
        string="Told to",
        required=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )

    # --- what was told: never stored here -------------------------------------------
    alias = fields.Char(
        string="What the Person Wants to Be Called",
        compute="_compute_told",
        readonly=False,
    )
    name = fields.Char(compute="_compute_told", readonly=False)
    phones = fields.Text(
        string="Phone Numbers",
        compute="_compute_told",
        readonly=False,
        help="One number a line.",
    )
    next_of_kin = fields.Text(
        string="Next of Kin", compute="_compute_told", readonly=False
    )
    cpr = fields.Char(string="CPR Number", compute="_compute_told", readonly=False)
    birth_date = fields.Date(compute="_compute_told", readonly=False)
    address = fields.Text(compute="_compute_told", readonly=False)
    protected_address = fields.Boolean(compute="_compute_told", readonly=False)

    @api.depends("citizen_id")
    def _compute_to_level(self):
        """Propose the next step."""
        for move in self:
            place = rank(move.current_level) + 1
            highest = HIGHEST.get(move.registration_mode, "unknown")
            move.to_level = LEVEL_ORDER[place] if 0 < place <= rank(highest) else False

    def _compute_told(self):
        for name in TOLD:
            self[name] = False

    @api.model_create_multi
    def create(self, vals_list):
        given = self._given_defaults()
        vals_list = [{**given, **vals} for vals in vals_list]
        told = [
            {name: vals.pop(name) for name in TOLD if name in vals}
            for vals in vals_list
        ]
        moves = super(SekpIdentityMove, self._without_told()).create(vals_list)
        for move, values in zip(moves, told, strict=True):
            move.citizen_id._move(
                move.to_level,
                given=move.given,
                wished_at=move.wished_at,
                told_to=move.told_to_id,
                alias=values.pop("alias", False),
                values=values,
            )
        return moves.with_env(self.env)

    def _without_told(self):
        """Return the model without defaults for what must not stay with the row."""
        context = {
            name: value
            for name, value in self.env.context.items()
            if name.removeprefix("default_") not in TOLD
        }
        return self.with_env(self.env(context=context))

    def write(self, vals):
        if vals:
            raise UserError(
                self.env._(
                    "The wish is recorded. Open the dialog again for another one."
                )
            )
        return super().write(vals)

    def action_save(self):
        """Close the dialog: the wish was recorded when it was saved."""
        self.check_access("read")
        return {"type": "ir.actions.act_window_close"}
