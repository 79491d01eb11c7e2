import { registry } from "@web/core/registry";

const button = (name) => `.modal button[name="${name}"]:enabled`;
const field = (name, tag = "input") => `.modal .o_field_widget[name="${name}"] ${tag}`;
const noDialog = "body:not(:has(.modal))";
const realNow = Date.now;

// Runs on a screen 360 pixels wide and on a desk.
registry.category("web_tour.tours").add("sekp_identity", {
    steps: () => [
        { trigger: ".o_kanban_record:not(.o_kanban_ghost), .o_data_row .o_data_cell", run: "click" },
        {
            content: "an alias: one text and Save",
            trigger: ".oe_title button[name='action_move_up']",
            run: "click",
        },
        { trigger: field("alias"), run: "edit Kaptajnen" },
        { trigger: button("action_save"), run: "click" },
        { trigger: `${noDialog} .oe_title .o_field_widget[name='alias'] input:value(Kaptajnen)` },
        { trigger: ".o_notebook .nav-link[name='person']", run: "click" },
        { trigger: ".tab-pane button[name='action_move_up']", run: "click" },
        { trigger: `${field("name")}`, run: "edit Ida Marie Havtorn" },
        { trigger: field("phones", "textarea"), run: "edit 20 11 22 33" },
        { trigger: button("action_save"), run: "click" },
        { trigger: `${noDialog} .tab-pane button[name='action_open_identity']`, run: "click" },
        {
            content: "shut until a purpose is told",
            trigger: ".modal .o_sekp_identity:not(:has(.o_sekp_identity_countdown))",
            run() {},
        },
        { trigger: button("action_open_visit"), run: "click" },
        {
            content: "open, and nothing is wider than the screen",
            trigger: `${field("name")}:value(Ida Marie Havtorn)`,
            run({ anchor }) {
                const { right } = anchor.getBoundingClientRect();
                if (right > window.innerWidth) {
                    throw new Error(`the name ends at ${right} of ${window.innerWidth}`);
                }
            },
        },
        {
            content: "an hour goes by",
            trigger: ".modal .o_sekp_identity_countdown:contains(':')",
            run() {
                Date.now = () => realNow() + 60 * 60 * 1000;
            },
        },
        {
            content: "it has closed by itself",
            trigger: noDialog,
            run() {
                Date.now = realNow;
                if (document.body.innerHTML.includes("Havtorn")) {
                    throw new Error("the name is still on the page");
                }
            },
        },
    ],
});
