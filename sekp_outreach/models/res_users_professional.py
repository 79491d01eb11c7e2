from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessDenied, AccessError, UserError

from .sekp_referral_professional import ROLE


class ResUsers(models.Model):
    """A referring professional is a system: it has a key and logs in nowhere."""

    _inherit = "res.users"

    sekp_is_professional = fields.Boolean(compute="_compute_sekp_is_professional")

    def _compute_sekp_is_professional(self):
        for user in self:
            user.sekp_is_professional = user._origin.has_group(ROLE)

    def _check_credentials(self, credential, env):
        result = super()._check_credentials(credential, env)
        if self.env.user.has_group(ROLE):
            raise AccessDenied()
        return result

    def action_sekp_new_key(self):
        """Show a new key for a professional's system, once.

        It holds for as many days as the role's longest duration of keys.

        :raises AccessError: for everybody but a system administrator
        :raises UserError: for a user without the role
        """
        self.ensure_one()
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("An administrator makes keys."))
        if not self.has_group(ROLE):
            raise UserError(
                self.env._("Keys are made here for professionals' systems only.")
            )
        days = self.env.ref(ROLE).api_key_duration
        until = fields.Datetime.now() + timedelta(days=days)
        key = (
            self.env["res.users.apikeys"]
            .with_user(self)
            ._generate(None, self.env._("Professional system"), until)
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.users.apikeys.show",
            "name": self.env._("Key"),
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_key": key},
        }
