import { registry } from "@web/core/registry";

const { DateTime } = luxon;
const button = (name) => `button[name="${name}"]:enabled`;
const inDays = (days) => DateTime.now().plus({ days }).toFormat("dd-MM-yyyy");

function day(field, days) {
    return [
        {
            trigger: `.o_field_widget[name="${field}"] input, .o_field_widget[name="${field}"] button`,
            run: "click",
        },
        {
            trigger: `.o_field_widget[name="${field}"] input`,
            run: `edit ${inDays(days)} && press Tab`,
        },
    ];
}

// Runs on a screen 360 pixels wide.
registry.category("web_tour.tours").add("sekp_plan_an_absence", {
    steps: () => [
        { trigger: ".o-kanban-button-new, .o_list_button_add", run: "click" },
        ...day("date_from", 10),
        ...day("date_to", 14),
        { trigger: ".o_form_button_save", run: "click" },
        {
            content: "the course that lacks an agreement is shown, and nothing is too wide",
            trigger: `.o_field_widget[name="lacking_ids"] ${button("action_agree_absence")}`,
            run() {
                const width = document.documentElement.scrollWidth;
                if (width > window.innerWidth) {
                    throw new Error(`the form is ${width} of ${window.innerWidth} wide`);
                }
            },
        },
        {
            trigger: `.o_field_widget[name="lacking_ids"] ${button("action_agree_absence")}`,
            run: "click",
        },
        {
            content: "who knows the citizen is proposed",
            trigger: ".modal .o_field_widget[name='cover_id'] input:value(Lone Kollega)",
        },
        {
            trigger: ".modal .o_field_widget[name='how'] input[data-value='visits']",
            run: "click",
        },
        { trigger: `.modal ${button("action_save_and_close")}`, run: "click" },
        { trigger: "body:not(:has(.modal))" },
        {
            content: "the agreement is on the absence, and nothing is left to agree on",
            trigger:
                ".o_form_view:not(:has([name='action_agree_absence'])) .o_field_widget[name='agreement_ids']:contains('Lone Kollega')",
        },
    ],
});
