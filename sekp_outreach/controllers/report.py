from odoo import http
from odoo.http import request

from odoo.addons.web.controllers.report import ReportController


class SekpReportController(ReportController):
    """Prints of records about a person are logged, so they need to be able to write."""

    def _sekp_readonly(self, rule, args):
        report = request.env["ir.actions.report"]._get_report_from_name(
            args.get("reportname")
        )
        return not (report.model or "").startswith("sekp.")

    @http.route(readonly=_sekp_readonly)
    def report_routes(self, reportname, docids=None, converter=None, **data):
        return super().report_routes(reportname, docids, converter, **data)
