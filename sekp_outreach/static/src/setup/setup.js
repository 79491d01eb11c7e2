import { Component, onWillStart, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

/** What has to be set up before the first referral: done or not, why, and the way. */
export class Setup extends Component {
    static template = "sekp_outreach.Setup";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ board: null });
        onWillStart(() => this.load());
    }

    async load() {
        this.state.board = await this.orm.call("sekp.setup", "get_steps");
    }

    open({ action }) {
        return this.action.doAction(action, { onClose: () => this.load() });
    }

    async confirmKey() {
        await this.orm.call("sekp.setup", "confirm_key_copied");
        await this.load();
    }
}

registry.category("actions").add("sekp_setup", Setup);
