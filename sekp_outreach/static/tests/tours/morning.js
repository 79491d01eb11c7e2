import { registry } from "@web/core/registry";

const section = (key) => `.o_sekp_morning [data-sekp="${key}"]`;
const back = {
    content: "back to the board",
    trigger: ".o_back_button, .o_control_panel .breadcrumb-item:not(.active) a",
    run: "click",
};

// Runs on a screen 360 pixels wide and on a desk.
registry.category("web_tour.tours").add("sekp_supervisors_morning", {
    steps: () => [
        {
            content: "what waits is told by number and lateness, and nothing is too wide",
            trigger: `${section("referrals")}[data-count="1"] [data-sekp="line"]`,
            run() {
                const width = document.documentElement.scrollWidth;
                if (width > window.innerWidth) {
                    throw new Error(`the board is ${width} of ${window.innerWidth} wide`);
                }
            },
        },
        {
            content: "what does not wait says so calmly",
            trigger: `${section("handovers")}[data-count="0"] p`,
        },
        {
            content: "a line opens its record",
            trigger: `${section("referrals")} [data-sekp="line"]`,
            run: "click",
        },
        { trigger: ".o_form_view .o_field_widget[name='source_id']" },
        back,
        {
            content: "a number opens all of them",
            trigger: `${section("mine")} [data-sekp="all"]`,
            run: "click",
        },
        { trigger: ".o_data_row, .o_kanban_record:not(.o_kanban_ghost)" },
        back,
        {
            content: "the caseload opens a worker's courses",
            trigger: `${section("caseload")} [data-sekp="worker"]`,
            run: "click",
        },
        { trigger: ".o_data_row, .o_kanban_record:not(.o_kanban_ghost)" },
        back,
        {
            content: "a worker who leaves gives the courses on",
            trigger: `${section("caseload")} [data-sekp="more"]`,
            run: "click",
        },
        { trigger: ".o-dropdown--menu .o-dropdown-item:last", run: "click" },
        { trigger: ".modal button[name='action_propose']:enabled", run: "click" },
        { trigger: ".modal button[name='action_leave']:enabled" },
        {
            trigger: ".modal .o_data_row, .modal .o_kanban_record:not(.o_kanban_ghost)",
        },
        { trigger: ".modal button[special='cancel'], .modal .btn-close", run: "click" },
        { trigger: `body:not(:has(.modal)) ${section("caseload")}` },
    ],
});
