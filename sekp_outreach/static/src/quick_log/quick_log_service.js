import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { session } from "@web/session";
import "@web/webclient/user_menu/user_menu_items";
import { Queue, readAnswer } from "./queue";
import { MemoryStore, openStore } from "./store";

const CALL = "/web/dataset/call_kw/sekp.quick.log/log";
const NAME = "sekp_quick_log";
const PATIENCE = 30_000;
const LAST_TRY = 5_000;
// What a browser sends of a page that is left: no more bytes than this.
const MOST_WHEN_LEFT = 60_000;
const CHANGED = "changed";
const LEFT = "left";

/** Send a note. It goes on when the page is left, and gives up when nothing answers. */
async function send({ values, key, context }) {
    const body = JSON.stringify({
        jsonrpc: "2.0",
        method: "call",
        params: {
            model: "sekp.quick.log",
            method: "log",
            args: [values, key],
            kwargs: { context },
        },
    });
    const patience = new AbortController();
    const timer = browser.setTimeout(() => patience.abort(), PATIENCE);
    try {
        const response = await browser.fetch(CALL, {
            method: "POST",
            keepalive: new TextEncoder().encode(body).length < MOST_WHEN_LEFT,
            headers: { "Content-Type": "application/json" },
            body,
            signal: patience.signal,
        });
        return readAnswer(await response.json());
    } catch {
        return readAnswer(null);
    } finally {
        browser.clearTimeout(timer);
    }
}

/** Run a function while no other tab of this browser runs one of the same name. */
function lock(key, work) {
    const { locks } = browser.navigator;
    return locks ? locks.request(`${NAME}:${key}`, work) : work();
}

/** Keeps notes until they are sent, whatever screen is open. */
export class Keeper {
    constructor(env, { action, dialog, notification }) {
        this.env = env;
        this.action = action;
        this.dialog = dialog;
        this.notification = notification;
        this.timer = null;
        this.warned = new Set();
        this.state = reactive({
            kept: true, notes: [], drafts: [], expired: [], session: true, sent: 0,
        }); // prettier-ignore
        this.ready = this.start();
    }

    async start() {
        const store = await openStore(`${session.db}:${user.userId}`);
        this.queue = new Queue({
            store,
            send,
            lock,
            changed: () => this.changed(),
            told: (answers) => this.told(answers),
        });
        this.channel = new BroadcastChannel(NAME);
        this.channel.onmessage = ({ data }) => this.heard(data);
        browser.addEventListener("online", () => this.wake());
        browser.addEventListener("pagehide", () => this.release());
        browser.addEventListener("beforeunload", (ev) => {
            if (!this.state.kept && this.unsent) {
                ev.preventDefault();
            }
        });
        document.addEventListener("visibilitychange", () => {
            if (document.visibilityState === "hidden") {
                this.release();
            } else {
                this.wake();
            }
        });
        if (store.dropped) {
            this.tell(
                _t(
                    "Notes that a colleague had not sent from this phone were deleted: %s. Tell the colleague.",
                    store.dropped
                )
            );
        }
        await this.queue.load();
        // Nobody waits for it: where the network is poor it takes its time.
        this.flush();
    }

    get unsent() {
        return this.state.notes.length + this.state.drafts.length;
    }

    /** Show what is other than before, and come back when there is something to do. */
    changed() {
        const { notes, drafts, expired, session: live } = this.queue;
        const { kept } = this.queue.store;
        Object.assign(this.state, { notes, drafts, expired, session: live, kept });
        for (const { id, code, draft } of expired) {
            if (!this.warned.has(id)) {
                this.warned.add(id);
                this.tell(
                    draft
                        ? _t("A draft on %s was not saved in time and was deleted.", code)
                        : _t("A note on %s could not be sent in time and was deleted.", code)
                );
            }
        }
        this.watch();
    }

    watch() {
        browser.clearTimeout(this.timer);
        const next = this.queue.nextAt();
        if (next !== null && !this.queue.sending) {
            const wait = Math.min(Math.max(next - Date.now(), 50), 2 ** 31 - 1);
            this.timer = browser.setTimeout(() => this.flush(), wait);
        }
    }

    tell(message) {
        this.notification.add(message, {
            type: "danger",
            sticky: true,
            buttons: [
                {
                    name: _t("Open the Street Note"),
                    onClick: () => this.action.doAction("sekp_outreach.sekp_quick_log_action"),
                },
            ],
        });
    }

    wake() {
        this.queue.connected();
        return this.flush();
    }

    async flush() {
        try {
            await this.queue.flush();
        } finally {
            this.watch();
        }
    }

    async release(key) {
        if (!this.state.notes.length) {
            return;
        }
        await this.queue.release(key);
        this.share();
    }

    told(answers) {
        for (const { state, code, message, tries } of answers) {
            if (state === "refused") {
                this.tell(_t("The note on %(code)s was refused. %(message)s", { code, message }));
            } else if (state === "sent") {
                this.state.sent++;
                if (tries) {
                    this.notification.add(_t("Sent: the note on %s.", code), { type: "success" });
                }
            }
        }
        if (answers.length) {
            this.share();
        }
        this.watch();
    }

    share() {
        this.channel.postMessage(CHANGED);
    }

    /** Follow what another tab did; after its log-out nothing is kept here either. */
    heard(what) {
        if (what === LEFT) {
            this.queue.store = new MemoryStore();
        }
        return this.queue.load();
    }

    async add(said, hours) {
        const values = { ...said.values, user_id: user.userId };
        const context = { ...user.context };
        const note = await this.queue.add({ ...said, values, context }, hours);
        this.share();
        return note;
    }

    async take(key) {
        const note = await this.queue.take(key);
        this.share();
        return note;
    }

    async again(key) {
        await this.queue.again(key);
    }

    /** Ask before what somebody wrote is thrown away. */
    ask(code, confirm) {
        this.dialog.add(ConfirmationDialog, {
            title: _t("Throw Away"),
            body: _t("The note on %s is deleted from this phone and cannot be brought back.", code),
            confirmLabel: _t("Delete"),
            confirmClass: "btn-danger",
            confirm,
            cancelLabel: _t("Keep"),
            cancel: () => {},
        });
    }

    /** Log out, forgetting everything; ask first when something is not sent. */
    async leave(go) {
        await this.ready;
        const patience = new Promise((resolve) => browser.setTimeout(resolve, LAST_TRY));
        if (this.state.notes.length) {
            await Promise.race([this.release(), patience]);
        }
        const forget = async () => {
            // What comes back from the network after this finds nothing to be kept in.
            const { store } = this.queue;
            this.queue.store = new MemoryStore();
            await store.clear();
            this.channel.postMessage(LEFT);
            go();
        };
        if (!this.unsent) {
            return forget();
        }
        this.dialog.add(ConfirmationDialog, {
            title: _t("Not Yet Sent"),
            body: _t(
                "Not yet sent from this phone: %s. If you log out now, it is deleted.",
                this.unsent
            ),
            confirmLabel: _t("Delete Them and Log Out"),
            confirmClass: "btn-danger",
            confirm: forget,
            cancelLabel: _t("Stay"),
            cancel: () => {},
        });
    }
}

export const quickLogService = {
    dependencies: ["action", "dialog", "notification"],
    start: (env, services) => new Keeper(env, services),
};

registry.category("services").add(NAME, quickLogService);

const items = registry.category("user_menuitems");
const logOutItem = items.get("log_out");

items.add(
    "log_out",
    (env) => {
        const item = logOutItem(env);
        return { ...item, callback: () => env.services[NAME].leave(item.callback) };
    },
    { force: true }
);
