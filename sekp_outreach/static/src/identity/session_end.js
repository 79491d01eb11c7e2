import { Component, onMounted, onWillUnmount, useEnv, xml } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { rpc, rpcBus } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { useBus } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

// How the server says that a session is over, or waits for the password again.
const OVER = 100;
const ASK_EVERY = 10 * 1000;
const EMPTIED = "ACTION_MANAGER:UPDATE";

/**
 * Takes what is shown off the screen as soon as the session is known to be over: by any
 * answer of the server, by asking now and then, or when the web client is emptied.
 */
export function useSessionEnd() {
    const env = useEnv();
    let timer;
    const ask = () => {
        // What is no dialog may stay open all day, and would keep the session from ending.
        if (env.dialogData || !document.hidden) {
            rpc("/web/session/check", {}, { silent: true }).catch((error) => {
                // Odoo tells that the session is over; a lost connection is none.
                if (error.code === OVER) {
                    throw error;
                }
            });
        }
    };
    const end = () => {
        browser.clearInterval(timer);
        if (env.dialogData) {
            // Without reading anew what is below, which would be waited for and fails.
            env.dialogData.close({ noReload: true });
        } else {
            env.bus.trigger(EMPTIED, {});
        }
    };
    useBus(rpcBus, "RPC:RESPONSE", ({ detail }) => detail.error?.code === OVER && end());
    useBus(env.bus, EMPTIED, ({ detail }) => !detail.id && env.dialogData && end());
    onMounted(() => {
        timer = browser.setInterval(ask, ASK_EVERY);
        document.addEventListener("visibilitychange", ask);
    });
    onWillUnmount(() => {
        browser.clearInterval(timer);
        document.removeEventListener("visibilitychange", ask);
    });
}

/** Stands in a form that shows who somebody is. */
export class SessionEnd extends Component {
    static template = xml`<t/>`;
    static props = { ...standardWidgetProps };

    setup() {
        useSessionEnd();
    }
}

registry.category("view_widgets").add("sekp_session_end", { component: SessionEnd });
