import { patch } from "@web/core/utils/patch";
import { ReportAction } from "@web/webclient/actions/reports/report_action";

// Prints leave through the browser's own printing: no file of a person lies on the
// server meanwhile.
patch(ReportAction.prototype, {
    print() {
        if (!this.props.report_name.startsWith("sekp_outreach.")) {
            return super.print();
        }
        this.iframe.el.contentWindow.print();
    },
});
