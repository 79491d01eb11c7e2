import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { session } from "@web/session";

const tours = registry.category("web_tour.tours");
const note = (name) => `.o_sekp_quick [data-sekp='${name}']`;
const card = (name) => `.o_sekp_morning [data-sekp='${name}'] h2`;
const field = (name) => `.o_form_view .o_field_widget[name='${name}']`;

// Nothing is stored by a tour: what is begun in one is thrown away at its end.
tours.add("sekp_around_contact_person", {
    steps: () => [
        {
            trigger: ".o_sekp_quick li:not(:has(.badge)) [data-sekp='course']",
            content: _t("Your citizens by their code, who is due first on top. Choose one."),
            run: "click",
        },
        {
            trigger: note("met"),
            content: _t(
                "Tried, Not There is one more tap and done. Choose Met now: nothing is saved yet."
            ),
            run: "click",
        },
        {
            trigger: note("tomorrow"),
            content: _t("Say when the next step is due. You would be reminded."),
            run: "click",
        },
        {
            trigger: note("throw_away"),
            content: _t(
                "Save would send it, without network as soon as there is one. This was a try: throw it away."
            ),
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-danger",
            content: _t("Yes, throw it away."),
            run: "click",
        },
        { trigger: note("course") },
    ],
});

tours.add("sekp_around_intake", {
    steps: () => [
        {
            trigger: `${field("concern")} textarea`,
            content: _t(
                "Write while somebody talks: who reports, and what is worrying in their words. Write a word as a try."
            ),
            run: "edit ...",
        },
        {
            trigger: `${field("place")} input`,
            content: _t("Where the person can be found, as it is said. Clocks start when you save."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_form_button_cancel",
            content: _t("This was a try: discard it."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            // To discard takes its time; who is shown around sees it.
            isActive: ["auto"],
            trigger: '.o_action_manager:not(:has([name="concern"] textarea:value("...")))',
        },
    ],
});

tours.add("sekp_around_supervisor", {
    steps: () => [
        {
            trigger: card("referrals"),
            content: _t(
                "Each card tells how many wait and how late the worst of them is. Tap its title to go on."
            ),
            run: "click",
        },
        {
            trigger: card("gaps"),
            content: _t("Who has not been met as their own rhythm says. Nobody is forgotten."),
            run: "click",
        },
        {
            trigger: card("visits"),
            content: _t("Visits that were planned and of which nothing was noted."),
            run: "click",
        },
        {
            isActive: [card("caseload")],
            trigger: card("caseload"),
            content: _t(
                "Who carries how much. Behind the dots: somebody is ill today, or gives courses on."
            ),
            run: "click",
        },
        {
            trigger: ".o_sekp_morning [data-sekp='month']",
            content: _t("The month shows who was met on which day."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_sekp_month h1",
            content: _t("Filled for a contact, hollow for an attempt, dotted for a planned visit."),
            tooltipPosition: "bottom",
            run: "click",
        },
    ],
});

// The first of them whose role one has.
const AROUND = [
    {
        group: "sekp_outreach.group_supervisor",
        tour: "sekp_around_supervisor",
        start: "sekp_outreach.sekp_morning_action",
    },
    {
        group: "sekp_outreach.group_contact_person",
        tour: "sekp_around_contact_person",
        start: "sekp_outreach.sekp_quick_log_action",
        needs: note("course"),
    },
    {
        group: "sekp_outreach.group_intake",
        tour: "sekp_around_intake",
        start: "sekp_outreach.sekp_referral_action_new",
    },
];

async function showAround(env) {
    const { action, notification, orm, tour_service } = env.services;
    for (const { group, tour, start, needs } of AROUND) {
        if (!(await user.hasGroup(group))) {
            continue;
        }
        await action.doAction(start, { clearBreadcrumbs: true });
        if (needs && !document.querySelector(needs)) {
            const told = _t("There is nothing to show yet: you carry no course.");
            notification.add(told, { type: "info" });
            return;
        }
        await tour_service.startTour(tour, {
            mode: "manual",
            redirect: false,
            rainbowManMessage: _t("That is how it goes. Show Me Around is always in the menu."),
        });
        if (!session.tour_enabled) {
            // Or the tours of all other apps would follow.
            await orm.call("res.users", "switch_tour_enabled", [false]);
        }
        return;
    }
}

registry.category("actions").add("sekp_show_around", showAround);
