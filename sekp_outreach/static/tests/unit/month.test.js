import { describe, expect, test } from "@odoo/hoot";
import { click, queryAllAttributes, select } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { getService, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";

describe.current.tags("desktop");
defineMailModels();

const day = (number) => ({
    key: `2026-09-0${number}`,
    number,
    name: `Day ${number}`,
    free: number === 3,
    today: number === 2,
});

const month = {
    teams: [
        { id: 1, name: "Harbour" },
        { id: 2, name: "Forest" },
    ],
    team_id: 1,
    name: "September 2026",
    month: "2026-09",
    before: "2026-08",
    after: "2026-10",
    days: [1, 2, 3].map(day),
    workers: [
        {
            id: 5,
            name: "Karen",
            courses: [
                {
                    id: 7, code: "vuta-tevu-32", closed: false, gap: true, met: 1, tried: 2,
                    marks: {
                        "2026-09-01": { met: 0, tried: 0, planned: 0, unlogged: 1 },
                        "2026-09-02": { met: 1, tried: 2, planned: 0, unlogged: 0 },
                    },
                },
                {
                    id: 8, code: "meli-papu-41", closed: true, gap: false, met: 0, tried: 0,
                    marks: { "2026-09-03": { met: 0, tried: 0, planned: 1, unlogged: 0 } },
                },
            ],
        },
    ],
}; // prettier-ignore

async function openMonth(values = {}) {
    onRpc("sekp.month", "get_month", ({ args }) => {
        expect.step(`month ${args[0]} ${args[1]}`);
        return { ...month, ...values, team_id: args[0] || 1 };
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "sekp_month" });
    await animationFrame();
    expect.verifySteps(["month null null"]);
}

const row = (code) => `tr[data-code="${code}"]`;

test("a day tells contacts and attempts by shape, number and words", async () => {
    await openMonth();
    expect(`${row("vuta-tevu-32")} .o_sekp_mark_met`).toHaveCount(1);
    expect(`${row("vuta-tevu-32")} .o_sekp_mark_met`).toHaveText("");
    expect(`${row("vuta-tevu-32")} .o_sekp_mark_tried`).toHaveText("2");
    expect(`${row("meli-papu-41")} .o_sekp_mark_planned`).toHaveCount(1);
    expect(`${row("vuta-tevu-32")} .o_sekp_mark_unlogged`).toHaveCount(1);
    const told = queryAllAttributes(`${row("vuta-tevu-32")} td [role="img"]`, "aria-label");
    expect(told).toEqual([
        "Day 1: contacts 0, attempts 0, not logged 1",
        "Day 2: contacts 1, attempts 2, planned 0",
    ]);
    expect(`${row("vuta-tevu-32")} .fa-exclamation-triangle`).toHaveAttribute("role", "img");
    expect(`${row("meli-papu-41")} th`).toHaveText(/Closed/);
    expect("th[aria-current='date']").toHaveText("2");
});

test("one goes from month to month and from team to team", async () => {
    await openMonth();
    await click("[data-sekp='before']");
    await animationFrame();
    expect.verifySteps(["month 1 2026-08"]);
    await click("[data-sekp='team']");
    await select("2");
    await animationFrame();
    expect.verifySteps(["month 2 2026-09"]);
    await click("[data-sekp='now']");
    await animationFrame();
    expect.verifySteps(["month 2 null"]);
});

test("a month without courses says so", async () => {
    await openMonth({ workers: [] });
    expect("[data-sekp='none']").toHaveText("No course of the team was open in this month.");
    expect("table").toHaveCount(0);
});

test("who supervises no team that carries courses is told so", async () => {
    await openMonth({ workers: [], teams: [] });
    expect("[data-sekp='none']").toHaveText("You supervise no team that carries courses.");
});
