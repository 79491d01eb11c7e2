import { expect, test } from "@odoo/hoot";
import { waitFor } from "@odoo/hoot-dom";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    getService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { ReportAction } from "@web/webclient/actions/reports/report_action";
import { WebClient } from "@web/webclient/webclient";

defineMailModels();

test("a print leaves through the browser, and a foreign one as before", async () => {
    patchWithCleanup(ReportAction.prototype, {
        setup() {
            super.setup();
            this.reportUrl = "about:blank";
        },
    });
    onRpc("/report/check_wkhtmltopdf", () => {
        expect.step("file of the server");
        return "broken";
    });
    await mountWithCleanup(WebClient);
    for (const name of ["sekp_outreach.action_plan", "other.report"]) {
        await getService("action").doAction({
            type: "ir.actions.report",
            report_type: "qweb-html",
            report_name: name,
            context: { active_ids: [7] },
        });
        const frame = await waitFor(".o_content iframe");
        patchWithCleanup(frame.contentWindow, {
            print: () => expect.step("the browser"),
        });
        await contains("button[title='Print']").click();
        if (name === "sekp_outreach.action_plan") {
            expect.verifySteps(["the browser"]);
        }
    }
    expect.verifySteps(["file of the server"]);
});

test("where no PDF can be made the page is shown, with a sentence", async () => {
    patchWithCleanup(ReportAction.prototype, {
        setup() {
            super.setup();
            this.reportUrl = "about:blank";
        },
    });
    onRpc("/report/check_wkhtmltopdf", () => "install");
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.report",
        report_type: "qweb-pdf",
        report_name: "sekp_outreach.sekp_standard_leaflet",
        context: { active_ids: [7] },
    });
    await waitFor(".o_content iframe");
    await waitFor(".o_notification:contains(This server cannot make a PDF)");
    expect(".o_notification:contains(wkhtmltopdf)").toHaveCount(0);
});
