from odoo import http
from odoo.http import request

from odoo.addons.web.controllers.report import ReportController


class SekpReportController(ReportController):
    """Prints of records about a person are logged, so they need to be able to write.

    No copy of one is kept by a browser: who goes back after the log-out sees none.
    """

    def _sekp_readonly(self, rule, args):
        return not self._sekp_ours(args.get("reportname"))

    def _sekp_ours(self, name):
        report = request.env["ir.actions.report"]._get_report_from_name(name)
        return (report.model or "").startswith("sekp.")

    @http.route(readonly=_sekp_readonly)
    def report_routes(self, reportname, docids=None, converter=None, **data):
        response = super().report_routes(reportname, docids, converter, **data)
        if self._sekp_ours(reportname):
            response.headers["Cache-Control"] = "no-store, private"
        return response
