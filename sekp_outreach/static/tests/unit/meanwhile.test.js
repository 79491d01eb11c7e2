import { describe, expect, test } from "@odoo/hoot";
import { click, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    clickSave,
    contains,
    defineModels,
    fields,
    makeServerError,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");

class Course extends models.Model {
    _name = "sekp.course";
    concern = fields.Text();
    place = fields.Char();
    goal_ids = fields.One2many({ relation: "sekp.goal" });
    _records = [{ id: 1, concern: "Sover ude", place: "Havnen", goal_ids: [5] }];
}

class Goal extends models.Model {
    _name = "sekp.goal";
    sentence = fields.Char();
    _records = [{ id: 5, sentence: "Ro" }];
}

class Other extends models.Model {
    _name = "other";
    name = fields.Char();
    _records = [{ id: 1, name: "x" }];
}

defineMailModels();
defineModels([Course, Goal, Other]);

/** Open a course; the server refuses whoever has not seen what it says. */
async function openCourse(meanwhile) {
    const said = { ...Course._records[0], ...meanwhile };
    onRpc("sekp.course", "web_save", function ({ args, kwargs }) {
        const seen = kwargs.context.sekp_seen;
        expect.step(seen);
        const stale = Object.keys(args[1]).filter((name) => seen[name] !== said[name]);
        if (stale.length) {
            this.env["sekp.course"].write([1], meanwhile);
            throw makeServerError({
                type: "x.ChangedMeanwhileError",
                errorName: "x.ChangedMeanwhileError",
                context: { fields: stale },
            });
        }
    });
    await mountView({
        type: "form",
        resModel: "sekp.course",
        resId: 1,
        arch: `<form><field name="concern"/><field name="place"/></form>`,
    });
}

const write = async (name, text) => {
    await contains(`.o_field_widget[name=${name}] :is(input, textarea)`).edit(text);
};

test("what one has seen goes along, and nothing is asked when it still stands", async () => {
    await openCourse({});
    await write("place", "Broen");
    await clickSave();
    expect.verifySteps([{ place: "Havnen" }]);
    expect(".modal").toHaveCount(0);
});

test("both versions are shown, and one's own is saved only when chosen", async () => {
    await openCourse({ concern: "Sover inde" });
    await write("concern", "Sover i bil");
    await clickSave();
    await animationFrame();
    expect(queryAllTexts(".modal [data-sekp=now], .modal [data-sekp=mine]")).toEqual([
        "Sover inde", "Sover i bil",
    ]);
    await click("[data-sekp=keep_mine]");
    await animationFrame();
    await animationFrame();
    expect.verifySteps([{ concern: "Sover ude" }, { concern: "Sover inde" }]);
    expect(".o_field_widget[name=concern] textarea").toHaveValue("Sover i bil");
});

test("the other's stays when chosen, and what else was written is saved", async () => {
    await openCourse({ concern: "Sover inde" });
    await write("concern", "Sover i bil");
    await write("place", "Broen");
    await clickSave();
    await animationFrame();
    await click("[data-sekp=keep_theirs]");
    await animationFrame();
    await animationFrame();
    expect.verifySteps([{ concern: "Sover ude", place: "Havnen" }, { place: "Havnen" }]);
    expect(".o_field_widget[name=concern] textarea").toHaveValue("Sover inde");
    expect(".o_field_widget[name=place] input").toHaveValue("Broen");
});

test("who closes the question goes on writing", async () => {
    await openCourse({ concern: "Sover inde" });
    await write("concern", "Sover i bil");
    await clickSave();
    await animationFrame();
    await click(".modal .btn-link");
    await animationFrame();
    expect.verifySteps([{ concern: "Sover ude" }]);
    expect(".o_field_widget[name=concern] textarea").toHaveValue("Sover i bil");
    expect(".o_form_dirty, .o_form_status_indicator_buttons:not(.invisible)").not.toHaveCount(0);
});

test("what was seen does not stay in the lists of the form", async () => {
    onRpc("sekp.course", "web_save", ({ kwargs }) => {
        expect.step(Object.keys(kwargs.context.sekp_seen).join());
    });
    onRpc("sekp.goal", "tell", ({ kwargs }) => {
        expect.step("sekp_seen" in kwargs.context);
        return false;
    });
    await mountView({
        type: "form",
        resModel: "sekp.course",
        resId: 1,
        arch: `<form>
            <field name="place"/>
            <field name="goal_ids">
                <list><field name="sentence"/><button name="tell" type="object" string="Tell"/></list>
            </field>
        </form>`,
    });
    await write("place", "Broen");
    await clickSave();
    await click(".o_data_row button[name=tell]");
    await animationFrame();
    expect.verifySteps(["place", false]);
});

test("records of other apps are saved as ever", async () => {
    onRpc("other", "web_save", ({ kwargs }) => {
        expect.step("sekp_seen" in kwargs.context);
    });
    await mountView({
        type: "form",
        resModel: "other",
        resId: 1,
        arch: `<form><field name="name"/></form>`,
    });
    await contains(".o_field_widget[name=name] input").edit("y");
    await clickSave();
    expect.verifySteps([false]);
});
