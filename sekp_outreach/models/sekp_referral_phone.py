from odoo import api, fields, models


class SekpReferral(models.Model):
    """What the screen needs for one who takes a referral on the phone."""

    _inherit = "sekp.referral"

    may_handle = fields.Boolean(compute="_compute_may_handle")

    @api.onchange("age", "district", "source_id")
    def _onchange_phone_team(self):
        """Propose the own entry point where the standard needs more to route by.

        On the phone screen alone: elsewhere one is asked to choose.
        """
        if self.env.context.get("sekp_phone") and not self.team_id:
            self.team_id = self.env["sekp.team"]._own_entry_point()

    def action_give_code(self):
        self.ensure_one()
        self.check_access("write")
        # Superuser: who registered it, and nobody has taken it up yet, has the one who
        # refers on the phone.
        own = self.state == "received" and self.create_uid == self.env.user
        return super(SekpReferral, self.sudo() if own else self).action_give_code()

    @api.depends("team_id")
    @api.depends_context("uid")
    def _compute_may_handle(self):
        for referral in self:
            referral.may_handle = referral._open_besides(self.env.user)

    def action_whole_form(self):
        """Open everything else that can be noted on the referral."""
        self.ensure_one()
        self.check_access("read")
        return self._action_open()
