from odoo import api, models
from odoo.exceptions import UserError

# What a user may change of an activity that the system keeps.
OPEN_TO_USERS = {"summary", "note"}


class MailActivity(models.Model):
    """Activities on records about a person.

    An automatic one stands for an obligation: it ends by the act itself and is not
    ticked, moved or taken away by hand. Any one goes only to a user who may open the
    record (C7).
    """

    _inherit = "mail.activity"

    def _compute_can_write(self):
        result = super()._compute_can_write()
        for activity in self._sekp_confidential().filtered("automated"):
            activity.can_write = self.env.su
        return result

    @api.model_create_multi
    def create(self, vals_list):
        activities = super().create(vals_list)
        activities._sekp_check_owner()
        return activities

    def write(self, vals):
        if set(vals) - OPEN_TO_USERS:
            self._sekp_check_by_hand()
        result = super().write(vals)
        if "user_id" in vals:
            self._sekp_check_owner()
        return result

    def unlink(self):
        self._sekp_check_by_hand()
        return super().unlink()

    def _sekp_confidential(self):
        """Return the activities that lie on records about a person."""
        mixin = self.pool["sekp.confidential.mixin"]
        return self.filtered(
            lambda activity: (
                activity.res_model in self.pool
                and issubclass(self.pool[activity.res_model], mixin)
            )
        )

    def _sekp_check_by_hand(self):
        if not self.env.su and any(self._sekp_confidential().mapped("automated")):
            raise UserError(
                self.env._(
                    "This obligation ends by itself when it is met: log the contact, "
                    "hold the review, answer the referral. It is not ticked or moved "
                    "by hand."
                )
            )

    def _sekp_check_owner(self):
        """Refuse an owner who may not open the record.

        :raises UserError: naming nobody and nothing of the record
        """
        if self.env.su:
            return
        for activity in self._sekp_confidential().filtered("user_id"):
            record = self.env[activity.res_model].browse(activity.res_id)
            if not record.with_user(activity.user_id).has_access("read"):
                raise UserError(
                    self.env._(
                        "An activity can only go to a colleague who may open the "
                        "record."
                    )
                )
