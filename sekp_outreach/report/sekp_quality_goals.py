from odoo import api, models
from odoo.tools import format_date


class SekpQualityGoals(models.AbstractModel):
    """The page of the quality goals: goal, figure, trend and picture (R139)."""

    _name = "report.sekp_outreach.sekp_quality_goals"
    _description = "Quality Goals"

    @api.model
    def _get_report_values(self, docids, data=None):
        lang = self.env["sekp.print.mixin"]._citizen_print_lang()
        report = self.with_context(lang=lang)
        standards = report.env["sekp.standard"].browse(docids or [])
        standards.check_access("read")
        report.env["sekp.statistic"].check_access("read")
        return {
            # QWeb has a "lang" of its own: that of the one who prints.
            "reader_lang": lang,
            "html_lang": (lang or "en_US").split("_")[0],
            "prints": [report._page(standard) for standard in standards],
        }

    @api.model
    def _page(self, standard):
        company = standard.company_id or self.env.company
        return {
            "municipality": company.name,
            "standard": standard.name,
            "date": format_date(self.env, company._sekp_today()),
            "threshold": company.sekp_statistic_threshold,
            **self.env["sekp.figures"]._goals(standard, company),
        }
