from odoo import api, models

FOLLOWED = {"date_from", "date_to", "resource_id", "time_type", "company_id"}


class ResourceCalendarLeaves(models.Model):
    """Time off of a contact person makes an absence, whichever app it comes from."""

    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._sekp_follow()
        return leaves

    def write(self, vals):
        result = super().write(vals)
        if "resource_id" in vals and not self.env.su:
            # Nobody moves time off to a colleague: it would be away here as well.
            self.check_access("write")
        if FOLLOWED & set(vals):
            self._sekp_follow()
        return result

    def unlink(self):
        # Superuser: what follows the time off is not the caller's to read.
        absences = self.env["sekp.absence"].sudo()
        absences.search([("leave_id", "in", self.ids)])._end_with_leave()
        return super().unlink()

    def _sekp_follow(self):
        # Superuser: what follows the time off is not the caller's to read.
        leaves = self.sudo()
        followed = leaves.filtered("resource_id")
        known = self.env["sekp.absence"].sudo().search([("leave_id", "in", leaves.ids)])
        self.env["sekp.absence"]._follow_leaves(followed | known.leave_id)
