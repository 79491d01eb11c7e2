from contextlib import contextmanager

from odoo import api, models

from ..tools.outermost import outermost


class IrActionsReport(models.Model):
    """What is printed of records about a person is checked and logged."""

    _inherit = "ir.actions.report"

    @api.model
    def _render_qweb_html(self, report_ref, docids, data=None):
        with self._sekp_printing(report_ref, docids):
            return super()._render_qweb_html(report_ref, docids, data=data)

    @api.model
    def _render_qweb_text(self, report_ref, docids, data=None):
        with self._sekp_printing(report_ref, docids):
            return super()._render_qweb_text(report_ref, docids, data=data)

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        # A stored print is given without being rendered: checked and logged here.
        with self._sekp_printing(report_ref, res_ids):
            return super()._render_qweb_pdf_prepare_streams(
                report_ref, data, res_ids=res_ids
            )

    @contextmanager
    def _sekp_printing(self, report_ref, docids):
        """Check and log what is printed, once for the outermost rendering.

        :raises AccessError: for a record the user may not read or take out
        """
        with outermost("print") as first:
            model = first and self._get_report(report_ref).model
            is_confidential = self.env["sekp.confidential.mixin"]._is_confidential
            if is_confidential(model):
                ids = [docids] if isinstance(docids, int) else docids or []
                records = self.env[model].browse(ids)
                records.check_access("read")
                records._check_export()
                records._log_read("print")
            yield
