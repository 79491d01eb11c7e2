import { Component, onWillStart, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatFloat } from "@web/core/utils/numbers";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

/** The board a day begins with: numbers, the first lines, and the way to all of them. */
export class Morning extends Component {
    static template = "sekp_outreach.Morning";
    static components = { Dropdown, DropdownItem, Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.own = Boolean(this.props.action.params?.own);
        this.state = useState({ board: null });
        onWillStart(() => this.load(null));
    }

    async load(teamId) {
        this.state.board = await this.orm.call("sekp.morning", "get_board", [teamId, this.own]);
    }

    chooseTeam(ev) {
        return this.load(Number(ev.target.value) || null);
    }

    workload({ workload }) {
        return formatFloat(workload, { digits: [16, 1], trailingZeros: false });
    }

    openAll({ action }) {
        return this.action.doAction(action);
    }

    openMonth() {
        return this.action.doAction("sekp_outreach.sekp_month_action");
    }

    openLine({ model, res_id }) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id,
            views: [[false, "form"]],
            cache: false,
        });
    }

    giveOn({ user_id }) {
        return this.action.doAction("sekp_outreach.sekp_leave_action", {
            additionalContext: { default_user_id: user_id },
            onClose: () => this.load(this.state.board.team_id || null),
        });
    }

    async openSick({ user_id }) {
        const action = await this.orm.call("sekp.morning", "open_sick", [user_id]);
        return this.action.doAction(action, {
            onClose: () => this.load(this.state.board.team_id || null),
        });
    }
}

registry.category("actions").add("sekp_morning", Morning);
