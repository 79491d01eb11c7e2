import { _t } from "@web/core/l10n/translation";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";

// Where the server can make no PDF, the page is shown, and said in a sentence that helps
// who reads it.
async function showPage(action, options, env) {
    if (
        action.report_type !== "qweb-pdf" ||
        !action.report_name.startsWith("sekp_outreach.") ||
        ["ok", "upgrade"].includes(await rpc("/report/check_wkhtmltopdf"))
    ) {
        return false;
    }
    env.services.notification.add(
        _t(
            "This server cannot make a PDF. Here is the page instead: print it, or save it as a PDF, with the button Print."
        )
    );
    await env.services.action.doAction({ ...action, report_type: "qweb-html" }, options);
    return true;
}

registry.category("ir.actions.report handlers").add("sekp_no_pdf", showPage);
