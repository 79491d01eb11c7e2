import { expect, test } from "@odoo/hoot";
import { click } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { getService, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";

defineMailModels();

const step = (key, done, values = {}) => ({
    key, done, title: key, why: "why", told: "told", action: false, others: "",
    optional: false, confirm: false, ...values,
}); // prettier-ignore

test("each step is done or not, and the copy of the key is confirmed once", async () => {
    let copied = false;
    onRpc("sekp.setup", "get_steps", () => ({
        company: "Havnby",
        done: copied ? 2 : 1,
        needed: 3,
        oddities: ["The harbour team has no supervisor."],
        steps: [
            step("standard", true),
            step("key", copied, { confirm: !copied }),
            step("mail", false, { others: "A scheme manager does this." }),
            step("page", false, { optional: true }),
        ],
    }));
    onRpc("sekp.setup", "confirm_key_copied", () => {
        expect.step("copied");
        copied = true;
        return true;
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "sekp_setup" });
    await animationFrame();
    expect("[data-sekp='standard'] [aria-label='Done']").toHaveCount(1);
    expect("[data-sekp='mail'] [aria-label='To do']").toHaveCount(1);
    expect("[data-sekp='mail'] span").toHaveText("A scheme manager does this.");
    expect("[data-sekp='page'] [aria-label='Not needed']").toHaveCount(1);
    expect("[data-sekp='oddities'] li").toHaveCount(1);
    await click("[data-sekp='confirm']");
    await animationFrame();
    expect.verifySteps(["copied"]);
    expect("[data-sekp='key']").toHaveAttribute("data-done", "1");
    expect("[data-sekp='confirm']").toHaveCount(0);
});
