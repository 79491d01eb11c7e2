from odoo import models


class SekpDeadlineNoticeReport(models.AbstractModel):
    """The written notice that a deadline is not kept, with a reason and a new date."""

    _name = "report.sekp_outreach.deadline_notice_print"
    _inherit = ["sekp.paper.mixin"]
    _description = "Notice of a New Date"

    _sekp_paper_model = "sekp.deadline"
    _sekp_paper_values = "_notice_values"

    def _paper_kind(self):
        return self.env._("notice")
