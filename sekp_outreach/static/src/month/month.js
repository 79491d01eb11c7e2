import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const KINDS = ["met", "tried", "planned", "unlogged"];

/** A team's month: filled for a contact, hollow for an attempt, dotted for a plan,
 * dashed for a visit that nobody has logged. */
export class Month extends Component {
    static template = "sekp_outreach.Month";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ month: null });
        onWillStart(() => this.load());
    }

    async load(teamId = null, month = null) {
        this.state.month = await this.orm.call("sekp.month", "get_month", [teamId, month]);
    }

    chooseTeam(ev) {
        return this.load(Number(ev.target.value), this.state.month.month);
    }

    go(month) {
        return this.load(this.state.month.team_id || null, month);
    }

    /** Return what a day shows: its kinds of marks, each once, and what is read aloud. */
    tellDay(course, day) {
        const found = course.marks[day.key];
        if (!found) {
            return { marks: [], told: "" };
        }
        const values = { day: day.name, ...found };
        return {
            marks: KINDS.filter((kind) => found[kind]).map((kind) => ({
                kind,
                count: found[kind] > 1 ? found[kind] : "",
            })),
            told: found.unlogged
                ? _t("%(day)s: contacts %(met)s, attempts %(tried)s, not logged %(unlogged)s", values)
                : _t("%(day)s: contacts %(met)s, attempts %(tried)s, planned %(planned)s", values),
        };
    }

    open(course) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "sekp.course",
            res_id: course.id,
            views: [[false, "form"]],
            cache: false,
        });
    }
}

registry.category("actions").add("sekp_month", Month);
