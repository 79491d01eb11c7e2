/**
 * Notes that wait to be sent: what happens to each, and when. It knows no screen, no
 * network and no browser's storage; what it needs of these it is given.
 */

export const UNDO = 10_000;
const HOUR = 3_600_000;
const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 60_000;
const WARNED = 7 * 24 * HOUR;
// What Odoo answers to one who has to log in, or to say again who he is.
const SESSION_ENDED = 100;
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const KEY_LENGTH = 28;
const NOTE = "note:";
const DRAFT = "draft:";
const EXPIRED = "expired:";
const SCREEN = "screen";
// What the server means as an answer to the user. Anything else may go well next time.
const REFUSALS = ["UserError", "ValidationError", "AccessError", "MissingError", "RedirectWarning"];

/** Draw what makes a note the same one when it is sent again: letters only. */
export function newKey() {
    const drawn = crypto.getRandomValues(new Uint8Array(KEY_LENGTH));
    return [...drawn].map((number) => LETTERS[number % LETTERS.length]).join("");
}

/**
 * Tell what an answer means for a note.
 *
 * @param {Object|null} answer as the server gave it, or null for none
 * @returns {{ state: "sent"|"refused"|"session"|"failed"|"offline", message?: string }}
 */
export function readAnswer(answer) {
    if (answer?.result) {
        return { state: "sent" };
    }
    const name = answer?.error?.data?.name || "";
    if (answer?.error?.code === SESSION_ENDED || name === "odoo.http.SessionExpiredException") {
        return { state: "session" };
    }
    if (REFUSALS.some((refusal) => name === `odoo.exceptions.${refusal}`)) {
        return { state: "refused", message: answer.error.data.message };
    }
    return { state: answer?.error ? "failed" : "offline" };
}

/** Tell whether a note can no longer be undone; a clock set back holds up nothing. */
export function isDue({ due }, now) {
    return due <= now || due > now + UNDO;
}

/**
 * Tell whether a moment lies outside the hours a standard gives.
 *
 * @param {{ from: number, to: number, days: number }|false} window
 * @param {{ weekday: number, hour: number, minute: number }} local Monday is 1
 */
export function isOutside(window, local) {
    if (!window) {
        return false;
    }
    const hour = local.hour + local.minute / 60;
    return local.weekday > window.days || hour < window.from || hour >= window.to;
}

/** Order courses by what is due first, or by whom one has been with last. */
export function ordered(courses, order) {
    const name = order === "recent" ? "last" : "due";
    const sign = order === "recent" ? -1 : 1;
    return [...courses].sort((one, other) => {
        if (!one[name] || !other[name]) {
            return Boolean(other[name]) - Boolean(one[name]) || one.id - other.id;
        }
        return sign * one[name].localeCompare(other[name]) || one.id - other.id;
    });
}

export class Queue {
    /**
     * @param {Object} given
     * @param {Object} given.store `all`, `get`, `put`, `remove`, `clear`
     * @param {Function} given.send takes a note, gives what `readAnswer` gives
     * @param {Function} [given.lock] runs a function while no other tab has its key
     * @param {Function} [given.changed] told when something is other than before
     * @param {Function} [given.told] told once what became of each note that was tried
     * @param {Function} [given.now]
     */
    constructor({ store, send, lock, changed, told, now }) {
        this.store = store;
        this.send = send;
        this.lock = lock || ((_key, work) => work());
        this.changed = changed || (() => {});
        this.told = told || (() => {});
        this.now = now || (() => Date.now());
        this.notes = [];
        this.drafts = [];
        this.expired = [];
        this.session = true;
        this.connected();
        this.sending = null;
    }

    /** Read anew what lies there, and let go what has lain too long. */
    async load() {
        const rows = await this.store.all();
        const gone = rows.filter(({ value }) => value.until <= this.now());
        for (const { id } of gone) {
            await this._expire(id);
        }
        const left = gone.length ? await this.store.all() : rows;
        const kind = (start) =>
            left
                .filter(({ id }) => id.startsWith(start))
                .map(({ value }) => value)
                .sort((one, other) => one.at - other.at);
        this.notes = kind(NOTE);
        this.drafts = kind(DRAFT);
        this.expired = kind(EXPIRED);
        this.changed();
    }

    /** Let one go; of a note or a draft a warning stays until it was seen. */
    _expire(id) {
        return this.lock(id, async () => {
            const value = await this.store.get(id);
            if (!value || value.until > this.now()) {
                return;
            }
            if (id.startsWith(NOTE) || id.startsWith(DRAFT)) {
                const { code, at } = value;
                await this.store.put(EXPIRED + id, {
                    id: EXPIRED + id,
                    code,
                    at,
                    draft: id.startsWith(DRAFT),
                    until: this.now() + WARNED,
                });
            }
            await this.store.remove(id);
        });
    }

    /** Forget a warning that was seen. */
    async seen(id) {
        await this.store.remove(id);
        await this.load();
    }

    /**
     * Take a note; it is sent when it can no longer be undone.
     *
     * @param {Object} said `values`, `code`, `context` and what else makes the note
     * @param {number} hours it is kept at most
     */
    async add(said, hours) {
        const at = this.now();
        const note = {
            ...said,
            key: newKey(),
            at,
            due: at + UNDO,
            until: at + hours * HOUR,
            state: "waiting",
            message: "",
            tries: 0,
        };
        await this.store.put(NOTE + note.key, note);
        await this.dropDraft(said.values.course_id);
        return note;
    }

    /** Give back a note that is not sent yet, or nothing where it is. */
    take(key) {
        return this.lock(NOTE + key, async () => {
            const note = await this.store.get(NOTE + key);
            if (note) {
                await this.store.remove(NOTE + key);
            }
            await this.load();
            return note;
        });
    }

    /** Let nothing wait any longer to be undone, and send what can be sent. */
    async release(key) {
        for (const { key: one, due } of this.notes) {
            if (due > this.now() && (!key || key === one)) {
                await this._change(one, { due: this.now() });
            }
        }
        await this.load();
        return this.flush();
    }

    /** Try a refused note again. */
    async again(key) {
        await this._change(key, { state: "waiting", message: "" });
        this.connected();
        await this.load();
        return this.flush();
    }

    _change(key, values) {
        return this.lock(NOTE + key, async () => {
            const note = await this.store.get(NOTE + key);
            if (note) {
                await this.store.put(NOTE + key, { ...note, ...values });
            }
        });
    }

    /** Do not wait any longer before the next try. */
    connected() {
        this.wait = FIRST_WAIT;
        this.retryAt = 0;
    }

    /** Tell when there is something to do next, or null for never. */
    nextAt() {
        const moments = [...this.notes, ...this.drafts].map(({ until }) => until);
        for (const note of this.notes) {
            if (note.state === "waiting") {
                const due = isDue(note, this.now()) ? 0 : note.due;
                moments.push(Math.max(due, this.retryAt, note.again || 0));
            }
        }
        return moments.length ? Math.min(...moments) : null;
    }

    /** Send what waits, the oldest first, each once whatever tab does it. */
    flush() {
        this.sending ||= this._flush().finally(() => {
            this.sending = null;
        });
        return this.sending;
    }

    async _flush() {
        await this.load();
        const sent = [];
        try {
            for (const note of this.notes) {
                if (this.retryAt > this.now() || !this._mayGo(note)) {
                    continue;
                }
                const told = await this.lock(NOTE + note.key, () => this._sendOne(note.key));
                if (told) {
                    sent.push(told);
                }
            }
            await this.load();
        } finally {
            this.told(sent);
        }
        return sent;
    }

    _mayGo(note) {
        const now = this.now();
        const again = note.again || 0;
        const rests = again > now && again <= now + LONGEST_WAIT;
        return note.state === "waiting" && isDue(note, now) && !rests;
    }

    async _sendOne(key) {
        // Another tab may have sent it, or taken it back.
        const note = await this.store.get(NOTE + key);
        if (!note || !this._mayGo(note)) {
            return null;
        }
        const { state, message } = await this.send(note);
        this.session = state !== "session";
        if (state === "sent") {
            this.connected();
            await this.store.remove(NOTE + key);
        } else if (state === "refused") {
            await this.store.put(NOTE + key, { ...note, state, message });
        } else if (state === "failed") {
            // The network is there: it is about this note, and holds up no other.
            const wait = Math.min(FIRST_WAIT * 2 ** note.tries, LONGEST_WAIT);
            const again = this.now() + wait;
            await this.store.put(NOTE + key, { ...note, again, failed: true, tries: note.tries + 1 });
        } else {
            this.retryAt = this.now() + this.wait;
            this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
            await this.store.put(NOTE + key, { ...note, failed: false, tries: note.tries + 1 });
        }
        return { state, message, code: note.code, tries: note.tries };
    }

    /**
     * Keep what was begun and not yet saved, one for each course.
     *
     * Its time counts from when something was written, not from when it was looked at.
     *
     * @param {{ code: string, form: Object, at?: number, until?: number }} draft
     */
    async keepDraft(courseId, draft, hours) {
        const last = this.draftOf(courseId);
        if (last && JSON.stringify(last.form) === JSON.stringify(draft.form)) {
            return;
        }
        const at = this.now();
        const until = at + hours * HOUR;
        await this.store.put(DRAFT + courseId, { at, until, ...draft, courseId });
        await this.load();
    }

    async dropDraft(courseId) {
        await this.store.remove(DRAFT + courseId);
        await this.load();
    }

    draftOf(courseId) {
        return this.drafts.find((draft) => draft.courseId === courseId);
    }

    // What the screen last showed, for when there is no network.
    keepScreen(screen) {
        const at = this.now();
        return this.store.put(SCREEN, { screen, at, until: at + screen.hours * HOUR });
    }

    async lastScreen() {
        const kept = await this.store.get(SCREEN);
        return kept && kept.until > this.now() ? kept : null;
    }

    async clear() {
        await this.store.clear();
        await this.load();
    }
}
