from odoo import api, models


class SekpDeadlineNoticeReport(models.AbstractModel):
    """The written notice that a deadline is not kept, with a reason and a new date."""

    _name = "report.sekp_outreach.deadline_notice_print"
    _description = "Notice of a New Date"

    @api.model
    def _get_report_values(self, docids, data=None):
        Deadline = self.env["sekp.deadline"]
        lang = Deadline._citizen_print_lang()
        deadlines = Deadline.with_context(lang=lang).browse(docids or [])
        return {"lang": lang, "notices": [one._notice_values() for one in deadlines]}
