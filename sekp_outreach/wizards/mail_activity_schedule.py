from odoo import api, models

WORDS = ("summary", "note")


class MailActivitySchedule(models.TransientModel):
    """Planning activities: what is typed is watched when it is about a person."""

    _inherit = "mail.activity.schedule"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            given = {**self.default_get(["res_model", *WORDS]), **vals}
            self._sekp_check_words(given.get("res_model"), given)
        return super().create(vals_list)

    def write(self, vals):
        for schedule in self:
            self._sekp_check_words(vals.get("res_model", schedule.res_model), vals)
        return super().write(vals)

    def _sekp_check_words(self, model_name, vals):
        """Refuse CPR numbers before they are kept in the dialog's row."""
        if self.env["sekp.confidential.mixin"]._is_confidential(model_name):
            self.env["mail.activity"]._sekp_check_words(vals)
