import { describe, expect, test } from "@odoo/hoot";
import { queryAll, queryOne } from "@odoo/hoot-dom";
import { mockDate } from "@odoo/hoot-mock";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");

class Course extends models.Model {
    _name = "course";
    strip = fields.Json();
    _records = [
        { id: 1, strip: { met: ["2026-09-07"], tried: ["2026-09-08", "2026-09-13"] } },
        { id: 2, strip: { met: Array(3).fill("2026-09-16"), tried: Array(9).fill("2026-09-14") } },
    ];
}

defineMailModels();
defineModels([Course]);

const show = (resId) => {
    mockDate("2026-09-16 12:00:00");
    return mountView({
        type: "form",
        resModel: "course",
        resId,
        arch: `<form><field name="strip" widget="sekp_rhythm_strip"/></form>`,
    });
};

test("contacts are filled and attempts hollow, week by week", async () => {
    await show(1);
    expect(".o_sekp_strip_week").toHaveCount(13);
    expect(".o_sekp_strip_week:nth-child(12) .o_sekp_strip_met").toHaveCount(1);
    expect(".o_sekp_strip_week:nth-child(12) .o_sekp_strip_tried").toHaveCount(2);
    expect(".o_sekp_strip_week:nth-child(13) span").toHaveCount(0);
});

test("what is seen is also told, and reached by the keyboard", async () => {
    await show(1);
    const strip = queryOne(".o_sekp_strip");
    expect(strip).toHaveAttribute("role", "img");
    expect(strip).toHaveAttribute("tabindex", "0");
    expect(strip.getAttribute("aria-label")).toMatch(/Week 37.*contacts 1, attempts 2/);
    expect(strip.getAttribute("aria-label")).toMatch(/Weeks without any: 12/);
});

test("a busy week stays as low as the others and says that there is more", async () => {
    await show(2);
    expect(queryAll(".o_sekp_strip_week span").length).toBe(5);
    expect(".o_sekp_strip_more").toHaveText("+");
    expect(queryOne(".o_sekp_strip_week:nth-child(13)").title).toMatch(/contacts 3, attempts 9/);
});
