from odoo import api, fields, models
from odoo.exceptions import UserError

from .sekp_access_log import GROUNDS


class SekpOverrideConsent(models.Model):
    """That a handover was sent without consent, by which law, and who answers for it.

    Made by a supervisor of the team and by nobody else; to add the row is the act. The
    receiver does not read it.
    """

    _name = "sekp.override.consent"
    _inherit = ["sekp.course.child.mixin"]
    _description = "Sending without Consent"
    _order = "id desc"

    _sekp_person_fields = {"reason": "alias"}
    _sekp_print_fields = ("decided_on", "ground", "reason")
    _sekp_print_when = "decided_on"
    _sekp_act_fields = frozenset({"user_id", "decided_on"})

    handover_id = fields.Many2one(
        comodel_name="sekp.handover", required=True, ondelete="cascade"
    )
    ground = fields.Selection(GROUNDS, string="Legal Ground", required=True)
    reason = fields.Char(help="Why it cannot wait for the citizen's consent.")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Decided by",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
    )
    decided_on = fields.Date(
        required=True,
        readonly=True,
        default=lambda self: self.env.company._sekp_today(),
    )
    registration_mode = fields.Selection(
        related="course_id.registration_mode", related_sudo=False
    )

    _one_each = models.UniqueIndex(
        "(handover_id)", "This handover was already sent without consent."
    )

    def _prepare_create(self, vals):
        given = {**self._given_defaults(), **vals}
        handover = self.env["sekp.handover"].browse(given.get("handover_id"))
        # Superuser: the course of a handover that the link check let pass.
        course = handover.sudo().course_id
        vals["course_id"] = course.id
        if handover:
            handover._check_may_override()
            may_tell = course.standard_id._allows_registration("alias")
            if may_tell and not (given.get("reason") or "").strip():
                raise UserError(self.env._("Say why in a few words."))
        return super()._prepare_create(vals)

    def _citizen_print_proposal(self, key):
        # To tell of it could put the child at risk once more.
        if not key and self.ground == "child":
            return "others"
        return super()._citizen_print_proposal(key)

    @api.model_create_multi
    def create(self, vals_list):
        overrides = super().create(vals_list)
        for override in overrides:
            override.handover_id._send_without_consent(override.ground)
        return overrides

    def action_save_and_close(self):
        """Close the dialog: the client saved the record before calling."""
        self.check_access("read")
        return {"type": "ir.actions.act_window_close"}
