import { expect, test } from "@odoo/hoot";
import { click, queryAllTexts, select } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    getService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";

defineMailModels();

const action = { type: "ir.actions.act_window", res_model: "sekp.referral" };
const line = {
    id: "sekp.referral-7",
    model: "sekp.referral",
    res_id: 7,
    code: "vuta-tevu-32",
    text: "Acute",
    worker: false,
    when: "2 days late",
    late: true,
};

function makeBoard(values) {
    return {
        own: false,
        today: "Wednesday 16 September",
        teams: [
            { id: 1, name: "Harbour" },
            { id: 2, name: "Forest" },
        ],
        team_id: false,
        first: false,
        sections: [
            { key: "referrals", title: "Untouched Referrals", calm: "No referral waits.",
              count: 1, late: 1, worst: "2 days late", lines: [line], action },
            { key: "clocks", title: "Clocks", calm: "No clock runs out.", count: 0,
              late: 0, worst: false, lines: [], action },
        ],
        caseload: [
            { user_id: 5, name: "Karen", courses: 2, workload: false, late: 1, share: 100,
              action: { ...action, res_model: "sekp.course" } },
        ],
        sick: false,
        ...values,
    };
}

async function openBoard(values = {}) {
    onRpc("sekp.morning", "get_board", ({ args }) => {
        expect.step(`board ${args}`);
        return makeBoard({ ...values, team_id: args[0] || false });
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "sekp_morning" });
    await animationFrame();
    expect.verifySteps(["board ,false"]);
}

test("numbers, lateness in words, and calm where nothing waits", async () => {
    await openBoard();
    expect("[data-sekp=referrals]").toHaveAttribute("data-count", "1");
    expect("[data-sekp=referrals] p").toHaveText("Late: 1, at worst 2 days late");
    expect("[data-sekp=clocks] p").toHaveText("No clock runs out.");
    expect("[data-sekp=clocks] button").toHaveCount(0);
    expect("[data-sekp=first]").toHaveCount(0);
    expect(queryAllTexts("main h2")).toEqual(["Untouched Referrals\n1", "Clocks", "Caseload"]);
});

test("what to do first is said on the first day", async () => {
    await openBoard({ first: "Register the first referral.", caseload: [] });
    expect("[data-sekp=first]").toHaveText("Register the first referral.");
    expect("[data-sekp=caseload]").toHaveCount(0);
});

test("another team is asked for", async () => {
    await openBoard();
    await click("select[data-sekp=team]");
    await select("2");
    await animationFrame();
    expect.verifySteps(["board 2,false"]);
});

test("a line opens its record and a number all of them", async () => {
    await openBoard();
    const opened = [];
    patchWithCleanup(getService("action"), {
        doAction: (request) => opened.push(request.res_id || request.res_model),
    });
    await click("[data-sekp=line]");
    await click("[data-sekp=all]");
    await click("[data-sekp=worker]");
    await animationFrame();
    expect(opened).toEqual([7, "sekp.referral", "sekp.course"]);
});
