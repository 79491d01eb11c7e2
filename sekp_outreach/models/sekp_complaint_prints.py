from odoo import models


class SekpComplaint(models.Model):
    """What the one who complains gets on paper: how it is done (R137, R138)."""

    _inherit = "sekp.complaint"

    def _complaint_guidance_values(self):
        """Return what the guidance says; nothing of this complaint."""
        self.ensure_one()
        return self._standard_or_current()._complaint_paper(self.company_id)

    def action_print_guidance(self):
        """Open the guidance on how to complain."""
        self.ensure_one()
        self.check_access("read")
        report = self.env.ref("sekp_outreach.report_complaint_guidance_complaint")
        return report.report_action(self, config=False)
