import { expect, test } from "@odoo/hoot";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { utils } from "@web/core/ui/ui_service";
import { defineModels, fields, models, mountView, patchWithCleanup } from "@web/../tests/web_test_helpers";

class Course extends models.Model {
    _name = "course";
    name = fields.Char();
    phase = fields.Selection({ selection: [["framing", "Framing"], ["closed", "Closed"]] });
    _records = [{ id: 1, name: "vuta-tevu-32", phase: "closed" }];
}

defineMailModels();
defineModels([Course]);

const show = (small) => {
    patchWithCleanup(utils, { isSmall: () => small });
    return mountView({
        type: "kanban",
        resModel: "course",
        arch: `<kanban js_class="sekp_board" default_group_by="phase">
            <templates><t t-name="card"><field name="name"/></t></templates>
        </kanban>`,
    });
};

test("on a desk the board has its columns", async () => {
    await show(false);
    expect(".o_kanban_group").toHaveCount(1);
});

test("on a phone it is one list", async () => {
    await show(true);
    expect(".o_kanban_group").toHaveCount(0);
    expect(".o_kanban_record:not(.o_kanban_ghost)").toHaveText("vuta-tevu-32");
});
