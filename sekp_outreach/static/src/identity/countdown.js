import { Component, onMounted, onWillUnmount, onWillUpdateProps, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { useSessionEnd } from "./session_end";

// For so long the tab may be out of sight before what it shows is taken away.
const HIDDEN_AT_MOST = 60 * 1000;

/** Counts down how long an identity stays open, and closes the dialog in the end. */
export class IdentityCountdown extends Component {
    static template = "sekp_outreach.IdentityCountdown";
    static props = { ...standardWidgetProps };

    setup() {
        useSessionEnd();
        this.action = useService("action");
        this.state = useState({ seconds: 0 });
        this.onVisibility = this.onVisibility.bind(this);
        this.start(this.props.record);
        onMounted(() => {
            this.timer = setInterval(() => this.tick(), 1000);
            document.addEventListener("visibilitychange", this.onVisibility);
        });
        onWillUpdateProps(({ record }) => {
            if (record !== this.props.record || record.data.seconds_left !== this.told) {
                this.start(record);
            }
        });
        onWillUnmount(() => {
            clearInterval(this.timer);
            document.removeEventListener("visibilitychange", this.onVisibility);
        });
    }

    /** Both ends keep their own clock: only the time that is left is told. */
    start(record) {
        this.told = record.data.seconds_left;
        this.until = Date.now() + this.told * 1000;
        this.state.seconds = this.told;
    }

    get label() {
        const { seconds } = this.state;
        return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    }

    tick() {
        const left = Math.ceil((this.until - Date.now()) / 1000);
        const hidden = this.hiddenSince && Date.now() - this.hiddenSince > HIDDEN_AT_MOST;
        this.state.seconds = Math.max(left, 0);
        if ((left <= 0 || hidden) && !this.closing) {
            this.close();
        }
    }

    onVisibility() {
        this.hiddenSince = document.hidden ? Date.now() : this.hiddenSince;
        this.tick();
        this.hiddenSince = document.hidden ? this.hiddenSince : null;
    }

    async close() {
        // Only an opening that was shown is taken away.
        if (!this.props.record.data.is_open) {
            return;
        }
        this.closing = true;
        // What was typed and not saved goes as well.
        await this.props.record.discard();
        await this.action.doAction({ type: "ir.actions.act_window_close" });
    }
}

registry.category("view_widgets").add("sekp_identity_countdown", {
    component: IdentityCountdown,
    fieldDependencies: [
        { name: "seconds_left", type: "integer" },
        { name: "is_open", type: "boolean" },
    ],
});
