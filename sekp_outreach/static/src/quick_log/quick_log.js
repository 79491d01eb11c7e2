import { Component, onWillStart, onWillUnmount, useEffect, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { serializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { isDue, isOutside, ordered } from "./queue";

const { DateTime } = luxon;
const MINUTES = [5, 15, 30, 60, 90, 120];
const DEFAULT_MINUTES = { met: 30 };
const ATTEMPT_MINUTES = 15;
const DRAFT_WAIT = 1_000;
// So long the list waits for the network before it shows what it knows.
const LIST_WAIT = 3_000;
// A draft from longer ago than this tells of then, not of now.
const FRESH = 3_600_000;
const LOCAL = "yyyy-MM-dd'T'HH:mm";
const NOTHING = {
    outcome: "",
    form_id: 0,
    minutes: 0,
    function_ids: [],
    note: "",
    next_step: "",
    next_step_on: "",
    hours_reason: "",
    told_of_referral: false,
    when: "",
};

/** The street note: whom, whether one met, and what else there is to say. */
export class QuickLog extends Component {
    static template = "sekp_outreach.QuickLog";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.keeper = useService("sekp_quick_log");
        this.kept = useState(this.keeper.state);
        this.state = useState({
            screen: null,
            listedAt: 0,
            order: "due",
            query: "",
            course: null,
            form: { ...NOTHING },
            undo: null,
            left: 0,
            saving: false,
        });
        this.asked = this.props.action.params || {};
        this.lastForm = 0;
        this.offset = 0;
        onWillStart(async () => {
            await this.keeper.ready;
            await this.load();
            this.openAsked();
        });
        useEffect(
            (sent) => {
                if (sent && !this.state.course) {
                    this.load().catch(() => {});
                }
            },
            () => [this.kept.sent]
        );
        this.ticking = browser.setInterval(() => this.tick(), 250);
        onWillUnmount(() => {
            browser.clearInterval(this.ticking);
            this.saveDraft();
            this.keeper.release();
        });
    }

    // --- the list -----------------------------------------------------------------
    /** Show what the server says or, where it says nothing in time, said last. */
    async load() {
        const { course_id, appointment_id } = this.asked;
        const fetching = this.orm.silent
            .call("sekp.quick.log", "get_screen", [], { course_id, appointment_id })
            .then((screen) => this.show(screen, 0));
        const last = await this.keeper.queue.lastScreen();
        if (!last) {
            return fetching;
        }
        const known = () => this.state.listedAt || this.show(last.screen, last.at);
        const waited = new Promise((resolve) => browser.setTimeout(resolve, LIST_WAIT, "waited"));
        const first = await Promise.race([fetching.catch((error) => error), waited]);
        if (first instanceof Error && first.name === "RPC_ERROR") {
            throw first;
        }
        if (first) {
            fetching.then(() => this.openLate()).catch(() => {});
            known();
        }
    }

    /** Open what was asked for, now that the network has told of it. */
    openLate() {
        const { course } = this.state;
        if (!course && !this.left) {
            this.openAsked();
        } else if (course && !this.state.form.outcome) {
            this.appointment = this.visitOf(course);
        }
    }

    show(screen, listedAt) {
        this.state.screen = screen;
        this.state.listedAt = listedAt;
        if (!listedAt) {
            const now = DateTime.fromSQL(screen.now, { zone: "utc" });
            screen.offset = now.toMillis() - Date.now();
            // What is not one's own is shown while it is open, and not kept on the phone.
            const courses = screen.courses.filter(({ foreign }) => !foreign);
            const kept = { ...screen, courses, appointment: false, course_id: false };
            this.keeper.queue.keepScreen(kept).catch(() => {});
        }
        this.offset = screen.offset;
    }

    openAsked() {
        const { screen } = this.state;
        const course = screen.courses.find(({ id }) => id === this.asked.course_id);
        if (course) {
            this.open(course);
        }
    }

    /** What waits for more than to be taken back. */
    get unsent() {
        return this.kept.notes.filter(({ key }) => key !== this.state.undo?.key);
    }

    get courses() {
        const query = this.state.query.trim().toLowerCase();
        return ordered(this.state.screen.courses, this.state.order).filter(({ code }) =>
            code.toLowerCase().includes(query)
        );
    }

    get unknown() {
        return this.asked.course_id && !this.state.screen.courses.some(
            ({ id }) => id === this.asked.course_id
        ); // prettier-ignore
    }

    time(at) {
        const parts = { weekday: "short", day: "numeric", month: "short" };
        const clock = { hour: "2-digit", minute: "2-digit" };
        return DateTime.fromMillis(at).toLocaleString({ ...parts, ...clock });
    }

    get words() {
        const { listedAt, screen, undo, left } = this.state;
        return {
            undo: undo && _t("Noted on %(code)s. Sent in %(left)s s.", { code: undo.code, left }),
            offline: _t(
                "No network. The list is from %s; notes are kept and sent later.",
                this.time(listedAt)
            ),
            out: screen.out && _t("You are out and expected back by %s.", this.until(screen.out.until)),
        };
    }

    sayExpired({ code, at, draft }) {
        if (draft) {
            return _t(
                "The draft on %(code)s from %(time)s was not saved in time and was deleted.",
                { code, time: this.time(at) }
            );
        }
        return _t(
            "The note on %(code)s from %(time)s could not be sent in time and was deleted. Write it again.",
            { code, time: this.time(at) }
        );
    }

    sayWaiting({ until, failed }) {
        const time = this.time(until);
        return failed
            ? _t("Could not be stored yet and is tried again. Kept until %s.", time)
            : _t("Waits for the network. Kept until %s. Correct it when it is sent.", time);
    }

    sayLast({ last }) {
        const day = DateTime.fromISO(last).toLocaleString({ day: "numeric", month: "short" });
        return _t("last %s", day);
    }

    /** Tell what those who visit have to know, as long as it holds. */
    tellHints({ hints = [], hints_until: until }) {
        return until && until < DateTime.now().toISODate() ? "" : hints.join(" · ");
    }

    isDraft({ id }) {
        return this.kept.drafts.some(({ courseId }) => courseId === id);
    }

    // --- one note -----------------------------------------------------------------
    open(course, values) {
        const draft = this.keeper.queue.draftOf(course.id);
        const form = { ...NOTHING, ...(values || draft?.form) };
        if (!values && draft && form.outcome && !form.when && draft.at < Date.now() - FRESH) {
            form.when = DateTime.fromMillis(draft.at).toFormat(LOCAL);
        }
        this.state.course = course;
        this.state.form = form;
        this.appointment = this.visitOf(course);
        document.querySelector(".o_sekp_quick")?.scrollTo(0, 0);
    }

    visitOf({ id }) {
        const { appointment, course_id } = this.state.screen;
        return appointment && course_id === id ? appointment : null;
    }

    async back() {
        this.left = true;
        await this.saveDraft();
        this.state.course = null;
    }

    get forms() {
        const { form_ids } = this.state.course;
        return this.state.screen.forms.filter(
            ({ id }) => !form_ids.length || form_ids.includes(id)
        );
    }

    get functions() {
        const { function_ids } = this.state.course;
        return this.state.screen.functions.filter(
            ({ id }) => !function_ids.length || function_ids.includes(id)
        );
    }

    get formId() {
        const chosen = this.state.form.form_id || this.appointment?.form_id || this.lastForm;
        const forms = this.forms;
        const form =
            forms.find(({ id }) => id === chosen) ||
            forms.find(({ is_visit }) => is_visit) ||
            forms[0];
        return form?.id;
    }

    get minutes() {
        const { minutes, outcome } = this.state.form;
        const usual = DEFAULT_MINUTES[outcome] || ATTEMPT_MINUTES;
        return minutes || (outcome === "met" && this.appointment?.minutes) || usual;
    }

    get choicesOfMinutes() {
        return [...new Set([...MINUTES, this.minutes])].sort((one, other) => one - other);
    }

    get moment() {
        const { when } = this.state.form;
        if (when) {
            return DateTime.fromISO(when);
        }
        if (this.appointment) {
            return DateTime.fromSQL(this.appointment.started_at, { zone: "utc" });
        }
        return DateTime.now().plus(this.offset);
    }

    /** When it was, where that is not now: as written, or by the visit it is noted on. */
    get shownWhen() {
        const { when } = this.state.form;
        return when || (this.appointment ? this.moment.toLocal().toFormat(LOCAL) : "");
    }

    get latest() {
        return DateTime.now().plus(this.offset).toFormat(LOCAL);
    }

    get asksReason() {
        const local = this.moment.setZone(this.state.screen.tz);
        return isOutside(this.state.course.window, local);
    }

    get mayBeTold() {
        return this.state.course.asks_told && this.state.form.outcome === "met";
    }

    get mayBeSaved() {
        const { outcome, hours_reason } = this.state.form;
        return outcome && this.formId && (hours_reason || !this.asksReason) && !this.state.saving;
    }

    set(name, value) {
        this.state.form[name] = value;
        this.changed();
    }

    toggle(name, value) {
        this.set(name, this.state.form[name] === value ? NOTHING[name] : value);
    }

    toggleFunction(id) {
        const { function_ids: ids } = this.state.form;
        this.set("function_ids", ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id]);
    }

    nextIn(days) {
        this.toggle("next_step_on", DateTime.now().plus({ days }).toISODate());
    }

    isIn(days) {
        return this.state.form.next_step_on === DateTime.now().plus({ days }).toISODate();
    }

    /** Keep what was begun, a second after the last touch. */
    changed() {
        browser.clearTimeout(this.drafting);
        this.drafting = browser.setTimeout(() => this.saveDraft(), DRAFT_WAIT);
    }

    async saveDraft() {
        browser.clearTimeout(this.drafting);
        const { course, form, screen, saving } = this.state;
        if (!course || saving) {
            return;
        }
        const begun = Object.keys(NOTHING).some((name) => `${form[name]}` !== `${NOTHING[name]}`);
        if (begun) {
            const draft = { code: course.code, form: { ...form } };
            await this.keeper.queue.keepDraft(course.id, draft, screen.hours);
        } else if (this.keeper.queue.draftOf(course.id)) {
            await this.keeper.queue.dropDraft(course.id);
        }
    }

    throwAway() {
        const { id, code } = this.state.course;
        this.keeper.ask(code, async () => {
            browser.clearTimeout(this.drafting);
            await this.keeper.queue.dropDraft(id);
            this.state.course = null;
        });
    }

    deleteRefused({ key, code }) {
        this.keeper.ask(code, () => this.keeper.take(key));
    }

    get values() {
        const { course, form } = this.state;
        const values = {
            course_id: course.id,
            form_id: this.formId,
            outcome: form.outcome,
            minutes: this.minutes,
            function_ids: [...form.function_ids],
            started_at: serializeDateTime(this.moment),
        };
        if (this.appointment) {
            values.appointment_id = this.appointment.id;
        }
        const texts = course.texts ? ["note", "next_step"] : [];
        for (const name of ["next_step_on", ...texts]) {
            if (form[name].trim()) {
                values[name] = form[name].trim();
            }
        }
        if (this.asksReason) {
            values.hours_reason = form.hours_reason;
        }
        if (this.mayBeTold && form.told_of_referral) {
            values.told_of_referral = true;
        }
        return values;
    }

    /** Two taps: the person, and that nobody was there. */
    notThere() {
        // Nobody sees the form here: only a visit is taken over from the note before.
        if (!this.forms.some(({ id, is_visit }) => id === this.lastForm && is_visit)) {
            this.lastForm = 0;
        }
        this.set("outcome", "no_answer");
        if (this.mayBeSaved) {
            return this.save();
        }
    }

    async save(next = false) {
        if (!this.mayBeSaved) {
            return;
        }
        const { course, form, screen } = this.state;
        browser.clearTimeout(this.drafting);
        this.state.saving = true;
        try {
            const said = {
                values: this.values,
                code: course.code,
                form: {
                    ...form,
                    form_id: this.formId,
                    minutes: this.minutes,
                    when: this.moment.toLocal().toFormat(LOCAL),
                },
                appointment: this.appointment && { ...this.appointment },
            };
            const following = this.courses[this.courses.findIndex(({ id }) => id === course.id) + 1];
            const note = await this.keeper.add(said, screen.hours);
            this.lastForm = form.form_id || this.lastForm;
            this.asked = {};
            this.state.undo = { key: note.key, code: course.code };
            this.tick();
            this.state.course = null;
            if (next && following) {
                this.open(following);
            }
        } finally {
            this.state.saving = false;
        }
    }

    // --- taking back ----------------------------------------------------------------
    tick() {
        const { undo } = this.state;
        if (!undo) {
            return;
        }
        const note = this.kept.notes.find(({ key }) => key === undo.key);
        const now = Date.now();
        const due = !note || isDue(note, now) ? now : note.due;
        this.state.left = Math.ceil((due - now) / 1000);
        if (!this.state.left) {
            this.state.undo = null;
        }
    }

    async undo() {
        const { key } = this.state.undo;
        if (await this.correct(key)) {
            this.state.undo = null;
        }
    }

    /** Take a note back onto the screen; tell whether nothing stands in the way. */
    async correct(key) {
        await this.saveDraft();
        const waiting = this.kept.notes.find((one) => one.key === key);
        if (waiting && this.keeper.queue.draftOf(waiting.values.course_id)) {
            this.notification.add(
                _t("Save or throw away the draft on %s first.", waiting.code),
                { type: "warning" }
            );
            return false;
        }
        const note = await this.keeper.take(key);
        if (!note) {
            this.notification.add(_t("The note was sent already. Correct it on the course."), {
                type: "info",
            });
            return true;
        }
        const { course_id } = note.values;
        const known = this.state.screen.courses.find(({ id }) => id === course_id);
        this.open(known || this.unlisted(note), note.form);
        // Where it was refused the visit may be why: the server finds it by the time.
        this.appointment = note.state === "refused" ? null : note.appointment;
        await this.saveDraft();
        return true;
    }

    /** A course that is no longer one's own: what was written stays to be read. */
    unlisted({ code, values }) {
        return {
            id: values.course_id, code, due: false, last: false, texts: true, asks_told: false,
            form_ids: [], function_ids: [], window: false,
        }; // prettier-ignore
    }

    // --- out alone --------------------------------------------------------------------
    goOut() {
        return this.action.doAction("sekp_outreach.sekp_go_out_action", {
            additionalContext: this.asked.appointment_id
                ? { default_appointment_id: this.asked.appointment_id }
                : {},
            onClose: () => this.load(),
        });
    }

    async sayOut(method) {
        await this.orm.call("sekp.lone.work", method, [[this.state.screen.out.id]]);
        await this.load();
    }

    until(text) {
        return DateTime.fromSQL(text, { zone: "utc" })
            .setZone(this.state.screen.tz)
            .toLocaleString(DateTime.TIME_SIMPLE);
    }

    logIn() {
        browser.location.reload();
    }
}

registry.category("actions").add("sekp_quick_log", QuickLog);
