import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const button = (name) => `button[name="${name}"]:enabled`;
const inState = (state) =>
    `.o_statusbar_status button.o_arrow_button_current[data-value="${state}"]`;

function pick(field, text) {
    return [
        {
            content: `type in ${field}`,
            trigger: `.o_field_widget[name="${field}"] input`,
            run: `edit ${text}`,
        },
        {
            content: `choose in ${field}`,
            trigger: `.o-autocomplete--dropdown-item:contains("${text}")`,
            run: "click",
        },
    ];
}

tours.add("sekp_intake_registers", {
    steps: () => [
        { trigger: ".o_list_button_add", run: "click" },
        ...pick("source_id", "Pårørende"),
        { trigger: ".o_field_widget[name='place'] input", run: "edit Bænken ved kirken" },
        {
            trigger: ".o_field_widget[name='concern'] textarea",
            run: "edit Har siddet ude i regnen i tre dage.",
        },
        { trigger: ".o_form_button_save", run: "click" },
        { trigger: ".o_field_widget[name='deadline_ids'] .o_data_row:nth-child(2)" },
        { trigger: button("action_respond"), run: "click" },
        { trigger: ".o_field_widget[name='responded_on']" },
        { trigger: button("action_accept"), run: "click" },
        { trigger: inState("accepted") },
    ],
});

tours.add("sekp_supervisor_allocates", {
    steps: () => [
        { trigger: ".o_data_row .o_data_cell[name='reference']", run: "click" },
        { trigger: button("action_allocate"), run: "click" },
        ...pick("user_id", "Karen"),
        { trigger: `.modal ${button("action_allocate")}`, run: "click" },
        { trigger: ".o_form_view .o_field_widget[name='contact_person_id']:contains('Karen')" },
    ],
});

function logContact(outcome, form) {
    return [
        { trigger: button("action_log_contact"), run: "click" },
        {
            trigger: `.modal .o_field_widget[name="outcome"] input[data-value="${outcome}"]`,
            run: "click",
        },
        {
            trigger: `.modal .o_field_widget[name="form_id"] .o_radio_item:contains("${form}") input`,
            run: "click",
        },
        { trigger: `.modal ${button("action_save_and_close")}`, run: "click" },
        { trigger: "body:not(:has(.modal))" },
    ];
}

// Runs on a screen 360 pixels wide: the street.
tours.add("sekp_worker_logs_and_hands_over", {
    steps: () => [
        { trigger: ".o_kanban_record:not(.o_kanban_ghost), .o_data_row", run: "click" },
        ...logContact("no_answer", "Besøg i hjemmet"),
        { trigger: ".o_field_widget[name='attempt_count']:contains('1')" },
        ...logContact("met", "I det offentlige rum"),
        { trigger: ".o_field_widget[name='contact_count']:contains('1')" },
        {
            content: "what does not fit on a phone lies behind the menu",
            trigger: ".o_statusbar_buttons button:has(.oi-ellipsis-v)",
            run: "click",
        },
        { trigger: button("action_hand_over"), run: "click" },
        { trigger: ".o_field_widget[name='offer_id'] input", run: "click" },
        {
            trigger:
                ".modal .o_kanban_record:contains('værested'), .o-autocomplete--dropdown-item:contains('værested')",
            run: "click",
        },
        { trigger: ".o_field_widget[name='receiver_id'] input", run: "click" },
        {
            trigger:
                ".modal .o_kanban_record:contains('Rikke'), .o-autocomplete--dropdown-item:contains('Rikke')",
            run: "click",
        },
        { trigger: ".o_form_button_save", run: "click" },
        { trigger: button("action_consent_oral"), run: "click" },
        { trigger: button("action_send") },
        {
            content: "what does not fit on a phone lies behind the menu",
            trigger: ".o_statusbar_buttons button:has(.oi-ellipsis-v)",
            run: "click",
        },
        { trigger: button("action_preview"), run: "click" },
        { trigger: ".modal .o_sekp_letter:contains('Kode')" },
        { trigger: ".modal button:contains('Tilbage')", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        { trigger: button("action_send"), run: "click" },
        { trigger: button("action_accept") },
    ],
});

tours.add("sekp_worker_plans_a_visit", {
    steps: () => [
        { trigger: ".o_kanban_record:not(.o_kanban_ghost), .o_data_row", run: "click" },
        {
            content: "what does not fit on a phone lies behind the menu",
            trigger: ".o_statusbar_buttons button:has(.oi-ellipsis-v)",
            run: "click",
        },
        { trigger: button("action_plan_visit"), run: "click" },
        {
            trigger: ".modal .o_field_widget[name='place'] input",
            run: "edit Bænken ved havnen",
        },
        { trigger: `.modal ${button("action_save_and_close")}`, run: "click" },
        { trigger: "body:not(:has(.modal))" },
    ],
});

tours.add("sekp_worker_sees_the_visit", {
    steps: () => [
        {
            content: "the day in cards, not a week's grid",
            trigger: ".o_kanban_view .o_kanban_record:contains(Bænken ved havnen)",
        },
        { trigger: ".o_kanban_record button[name='action_log_contact']:enabled" },
    ],
});

tours.add("sekp_calendar_shows_a_neutral_block", {
    steps: () => [
        { trigger: ".o_calendar_view .fc-event" },
        { trigger: "body:not(:contains(Bænken ved havnen))" },
    ],
});

tours.add("sekp_receiver_meets", {
    steps: () => [
        { trigger: ".o_data_row .o_data_cell[name='reference']", run: "click" },
        { trigger: ".o_form_view:not(:has(.o_sekp_letter))" },
        { trigger: button("action_accept"), run: "click" },
        { trigger: ".o_field_widget[name='disclosed'] .o_sekp_letter" },
        { trigger: button("action_met"), run: "click" },
        { trigger: ".o_field_widget[name='met_count']:contains('1')" },
        {
            content: "a second meeting on the same day is asked about",
            trigger: button("action_met_again"),
            run: "click",
        },
        { trigger: ".modal .modal-footer .btn-primary", run: "click" },
        { trigger: inState("completed") },
    ],
});

tours.add("sekp_worker_closes", {
    steps: () => [
        { trigger: ".o_data_row .o_data_cell[name='reference']", run: "click" },
        { trigger: button("action_close"), run: "click" },
        {
            trigger: ".modal .o_field_widget[name='outcome'] input[data-value='bridged']",
            run: "click",
        },
        { trigger: `.modal ${button("action_close")}`, run: "click" },
        { trigger: `.modal:has(${button("action_print")}) .btn[special='cancel']`, run: "click" },
        { trigger: inState("closed") },
    ],
});
