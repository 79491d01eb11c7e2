import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const button = (name) => `button[name="${name}"]:enabled`;
const noDialog = "body:not(:has(.modal))";

function logContact(outcome) {
    return [
        {
            trigger: `.modal .o_field_widget[name="outcome"] input[data-value="${outcome}"]`,
            run: "click",
        },
        { trigger: `.modal ${button("action_save_and_close")}`, run: "click" },
    ];
}

tours.add("sekp_worker_plans_a_series", {
    steps: () => [
        { trigger: ".o_kanban_record:not(.o_kanban_ghost), .o_data_row .o_data_cell", run: "click" },
        { trigger: button("action_plan_visit"), run: "click" },
        { trigger: ".modal .o_field_widget[name='place'] input", run: "edit Bænken ved havnen" },
        {
            trigger: ".modal .o_field_widget[name='repeat_unit'] select, .modal .o_field_widget[name='repeat_unit'] input",
            run: "click",
        },
        { trigger: ".o_select_menu_item[data-choice-index='1']", run: "click" },
        { trigger: ".modal .o_field_widget[name='repeat_count'] input", run: "edit 2 && press Tab" },
        {
            content: "what it makes is told before it is saved",
            trigger: ".modal .o_field_widget[name='repeat_told']:contains('2')",
        },
        { trigger: `.modal ${button("action_save_and_close")}`, run: "click" },
        { trigger: noDialog },
    ],
});

tours.add("sekp_worker_logs_from_the_calendar", {
    steps: () => [
        { trigger: ".o_calendar_view .fc-event", run: "click" },
        {
            trigger: ".o_cw_popover:contains(Bænken ved havnen) .o_cw_popover_edit",
            run: "click",
        },
        { trigger: ".modal .o_field_widget[name='place'] input:value(Bænken ved havnen)" },
        { trigger: `.modal ${button("action_log_contact")}`, run: "click" },
        ...logContact("met"),
        {
            content: "back on the visit, which is held",
            trigger:
                ".modal:not(:has(button[name='action_log_contact'])) button.o_arrow_button_current[data-value='held'], body:not(:has(.modal)) .o_calendar_view",
        },
    ],
});

// Runs on a screen 360 pixels wide.
tours.add("sekp_worker_logs_from_the_day", {
    steps: () => [
        {
            trigger: ".o_kanban_record:contains(Bænken ved havnen) button[name='action_log_contact']",
            run: "click",
        },
        ...logContact("no_answer"),
        { trigger: noDialog },
        {
            content: "back on the day, with nothing left to log",
            trigger: ".o_kanban_view:not(:has(button[name='action_log_contact']))",
        },
    ],
});

tours.add("sekp_worker_goes_out", {
    steps: () => [
        { trigger: `.modal ${button("action_go")}`, run: "click" },
        { trigger: noDialog },
    ],
});

tours.add("sekp_worker_is_back", {
    steps: () => [
        { trigger: `.modal ${button("action_extend")}` },
        { trigger: `.modal ${button("action_back")}`, run: "click" },
        { trigger: noDialog },
    ],
});
