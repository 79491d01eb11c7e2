import { describe, expect, test } from "@odoo/hoot";
import {
    click,
    edit,
    queryAllAttributes,
    queryOne,
    waitFor,
    waitForNone,
    waitUntil,
} from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    getService,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import {
    isOutside,
    newKey,
    ordered,
    Queue,
    readAnswer,
    UNDO,
} from "@sekp_outreach/quick_log/queue";
import { MemoryStore, NotOursError, SturdyStore } from "@sekp_outreach/quick_log/store";

const { DateTime } = luxon;
const HOUR = 3_600_000;
const SENT = { state: "sent" };
const OFFLINE = { state: "offline" };

/** A queue whose clock and network a test holds. */
function makeQueue(store = new MemoryStore()) {
    const world = { now: 1_000, answer: SENT, sent: [] };
    world.queue = new Queue({
        store,
        now: () => world.now,
        send: async (note) => {
            world.sent.push(note.key);
            return world.answer;
        },
    });
    world.add = (courseId = 7) =>
        world.queue.add({ values: { course_id: courseId }, code: "vuta-tevu-32" }, 2);
    return world;
}

describe("the queue", () => {
    test("a note can be taken back for ten seconds, then it is sent and gone", async () => {
        const world = makeQueue();
        const note = await world.add();
        expect(world.queue.nextAt()).toBe(world.now + UNDO);
        await world.queue.flush();
        expect(world.sent).toEqual([]);
        world.now += UNDO;
        const told = await world.queue.flush();
        expect(told.map(({ state }) => state)).toEqual(["sent"]);
        expect(world.sent).toEqual([note.key]);
        expect(world.queue.notes).toEqual([]);
        expect(await world.queue.take(note.key)).toBe(undefined);
        expect(world.queue.nextAt()).toBe(null);
    });

    test("what was taken back is not sent", async () => {
        const world = makeQueue();
        const note = await world.add();
        expect((await world.queue.take(note.key)).values).toEqual({ course_id: 7 });
        world.now += UNDO;
        await world.queue.flush();
        expect(world.sent).toEqual([]);
    });

    test("who leaves sends at once", async () => {
        const world = makeQueue();
        await world.add();
        await world.queue.release();
        expect(world.sent).toHaveLength(1);
        expect(world.queue.notes).toEqual([]);
    });

    test("without network it tries again, later each time, under the same key", async () => {
        const world = makeQueue();
        const note = await world.add();
        world.answer = OFFLINE;
        await world.queue.release();
        const waits = [];
        for (let number = 0; number < 7; number++) {
            waits.push(world.queue.nextAt() - world.now);
            await world.queue.flush();
            world.now = world.queue.nextAt();
            await world.queue.flush();
        }
        expect(waits).toEqual([2000, 4000, 8000, 16000, 32000, 60000, 60000]);
        expect(new Set(world.sent)).toEqual(new Set([note.key]));
        expect(world.sent).toHaveLength(8);
        world.answer = SENT;
        world.queue.connected();
        await world.queue.flush();
        expect(world.queue.notes).toEqual([]);
    });

    test("the oldest goes first, and when it finds no network the others wait", async () => {
        const world = makeQueue();
        const first = await world.add(7);
        world.now += 1;
        const second = await world.add(8);
        world.answer = OFFLINE;
        await world.queue.release();
        expect(world.sent).toEqual([first.key]);
        world.answer = SENT;
        world.queue.connected();
        await world.queue.flush();
        expect(world.sent).toEqual([first.key, first.key, second.key]);
    });

    test("a refused note stays to be corrected, and waits for nobody", async () => {
        const world = makeQueue();
        const note = await world.add();
        world.answer = { state: "refused", message: "The course was closed." };
        await world.queue.release();
        world.now += HOUR;
        await world.queue.flush();
        expect(world.sent).toHaveLength(1);
        expect(world.queue.notes[0].message).toBe("The course was closed.");
        world.answer = SENT;
        await world.queue.again(note.key);
        expect(world.queue.notes).toEqual([]);
    });

    test("an ended session keeps the notes and says so", async () => {
        const world = makeQueue();
        await world.add();
        world.answer = { state: "session" };
        await world.queue.release();
        expect(world.queue.session).toBe(false);
        expect(world.queue.notes).toHaveLength(1);
        world.answer = SENT;
        world.queue.connected();
        await world.queue.flush();
        expect(world.queue.session).toBe(true);
    });

    test("after its hours a note goes, and a warning without its words stays", async () => {
        const world = makeQueue();
        await world.add();
        world.answer = OFFLINE;
        await world.queue.release();
        world.now += 2 * HOUR - 1;
        await world.queue.load();
        expect(world.queue.notes).toHaveLength(1);
        world.now += 1;
        await world.queue.load();
        expect(world.queue.notes).toEqual([]);
        const [warning] = world.queue.expired;
        expect(Object.keys(warning).sort()).toEqual(["at", "code", "draft", "id", "until"]);
        expect(warning.draft).toBe(false);
        await world.queue.load();
        expect(world.queue.expired).toHaveLength(1);
        await world.queue.seen(warning.id);
        expect(world.queue.expired).toEqual([]);
    });

    test("a warning that nobody has seen does not stay for ever", async () => {
        const world = makeQueue();
        await world.queue.keepDraft(7, { code: "vuta-tevu-32", form: {} }, 2);
        world.now += 2 * HOUR;
        await world.queue.load();
        expect(world.queue.expired[0].draft).toBe(true);
        world.now += 7 * 24 * HOUR;
        await world.queue.load();
        expect(world.queue.expired).toEqual([]);
        expect(await world.queue.store.all()).toEqual([]);
    });

    test("a note that the server fails on holds up no other", async () => {
        const world = makeQueue();
        const first = await world.add(7);
        world.now += 1;
        const second = await world.add(8);
        const answers = { [first.key]: { state: "failed" }, [second.key]: SENT };
        world.queue.send = async ({ key }) => {
            world.sent.push(key);
            return answers[key];
        };
        await world.queue.release();
        expect(world.sent).toEqual([first.key, second.key]);
        expect(world.queue.notes.map(({ failed }) => failed)).toEqual([true]);
        await world.queue.flush();
        expect(world.sent).toHaveLength(2);
        expect(world.queue.nextAt()).toBe(world.now + 2000);
        world.now += 2000;
        await world.queue.flush();
        expect(world.queue.nextAt()).toBe(world.now + 4000);
        answers[first.key] = SENT;
        world.now += 4000;
        await world.queue.flush();
        expect(world.queue.notes).toEqual([]);
    });

    test("a clock that is set back holds up nothing", async () => {
        const world = makeQueue();
        world.now += 24 * HOUR;
        const note = await world.queue.add({ values: { course_id: 7 }, code: "x" }, 72);
        world.now -= 24 * HOUR;
        expect(world.queue.nextAt()).toBe(0);
        await world.queue.flush();
        expect(world.sent).toEqual([note.key]);
    });

    test("to look at a draft does not keep it longer, and a correction keeps its time", async () => {
        const world = makeQueue();
        const draft = { code: "vuta-tevu-32", form: { note: "x" } };
        await world.queue.keepDraft(7, draft, 2);
        const { until } = world.queue.draftOf(7);
        world.now += HOUR;
        await world.queue.keepDraft(7, draft, 2);
        expect(world.queue.draftOf(7).until).toBe(until);
        await world.queue.keepDraft(7, { ...draft, form: { note: "xy" } }, 2);
        expect(world.queue.draftOf(7).until).toBe(until + HOUR);
        await world.queue.keepDraft(8, { ...draft, at: 5, until: until + 1 }, 2);
        expect(world.queue.draftOf(8).until).toBe(until + 1);
    });

    test("what became of a note is told once, however many ask", async () => {
        const world = makeQueue();
        const told = [];
        world.queue.told = (answers) => told.push(answers.length);
        await world.add();
        world.now += UNDO;
        await Promise.all([world.queue.flush(), world.queue.flush()]);
        expect(told).toEqual([1]);
    });

    test("where the browser's store fails it goes on in memory", async () => {
        class Full extends MemoryStore {
            async put() {
                throw new Error("full");
            }
        }
        const base = new Full();
        base.rows.set("note:old", { key: "old" });
        const store = new SturdyStore(base, async () => base);
        expect(store.kept).toBe(true);
        await store.put("note:new", { key: "new" });
        expect(store.kept).toBe(false);
        const ids = async () => (await store.all()).map(({ id }) => id).sort();
        expect(await ids()).toEqual(["note:new", "note:old"]);
        expect(await store.get("note:new")).toEqual({ key: "new" });
        await store.remove("note:old");
        await store.remove("note:new");
        expect(await ids()).toEqual([]);
        expect(store.kept).toBe(true);
    });

    test("a store that was closed is opened anew, and never somebody else's", async () => {
        class Closed extends MemoryStore {
            constructor(error) {
                super();
                this.all = this.get = this.put = this.remove = this.clear = async () => {
                    throw error;
                };
            }
        }
        const fresh = new MemoryStore();
        let opened = 0;
        const reopen = async () => {
            opened++;
            return fresh;
        };
        const closed = new SturdyStore(new Closed(new Error("closed")), reopen);
        await closed.put("a", 1);
        expect([opened, closed.kept, fresh.rows.get("a")]).toEqual([1, true, 1]);
        const theirs = new SturdyStore(new Closed(new NotOursError()), reopen);
        await theirs.put("b", 2);
        expect(await theirs.all()).toEqual([{ id: "b", value: 2 }]);
        expect([opened, theirs.kept]).toEqual([1, false]);
    });

    test("a draft lasts until its note, or its time", async () => {
        const world = makeQueue();
        await world.queue.keepDraft(7, { code: "vuta-tevu-32", form: { note: "x" } }, 2);
        await world.queue.keepDraft(8, { code: "fine-bode-11", form: {} }, 2);
        expect(world.queue.draftOf(7).form).toEqual({ note: "x" });
        await world.add(7);
        expect(world.queue.draftOf(7)).toBe(undefined);
        world.now += 2 * HOUR;
        await world.queue.load();
        expect(world.queue.drafts).toEqual([]);
        expect(world.queue.expired.map(({ code }) => code)).toInclude("fine-bode-11");
    });

    test("two that share a store send a note once", async () => {
        const store = new MemoryStore();
        const [one, other] = [makeQueue(store), makeQueue(store)];
        const locks = new Map();
        for (const { queue } of [one, other]) {
            queue.lock = (key, work) => {
                const before = locks.get(key) || Promise.resolve();
                const mine = before.then(work);
                locks.set(key, mine);
                return mine;
            };
        }
        await one.add();
        one.now = other.now = 1_000 + UNDO;
        await Promise.all([one.queue.flush(), other.queue.flush()]);
        expect(one.sent.length + other.sent.length).toBe(1);
    });

    test("the list of the screen is kept as long as a note", async () => {
        const world = makeQueue();
        await world.queue.keepScreen({ hours: 2, courses: [] });
        expect((await world.queue.lastScreen()).screen.courses).toEqual([]);
        world.now += 2 * HOUR;
        expect(await world.queue.lastScreen()).toBe(null);
        await world.queue.clear();
        expect(await world.queue.store.all()).toEqual([]);
    });
});

test("a key has small letters only, and is never the same", () => {
    const keys = Array.from({ length: 50 }, newKey);
    expect(keys.every((key) => /^[a-z]{28}$/.test(key))).toBe(true);
    expect(new Set(keys).size).toBe(50);
});

test("what an answer means", () => {
    const error = (name) => ({ error: { data: { name, message: "No." } } });
    expect(readAnswer({ result: { id: 1 } })).toEqual(SENT);
    expect(readAnswer(null)).toEqual(OFFLINE);
    expect(readAnswer({})).toEqual(OFFLINE);
    expect(readAnswer(error("odoo.http.SessionExpiredException")).state).toBe("session");
    for (const name of ["UserError", "AccessError", "ValidationError", "MissingError"]) {
        expect(readAnswer(error(`odoo.exceptions.${name}`))).toEqual({
            state: "refused",
            message: "No.",
        });
    }
    for (const name of ["psycopg2.OperationalError", "odoo.exceptions.ConcurrencyError"]) {
        expect(readAnswer(error(name)).state).toBe("failed");
    }
    // As Odoo answers when somebody has to say again who they are.
    expect(readAnswer({ error: { code: 100, data: { name: "x" } } }).state).toBe("session");
});

test("outside the hours of a standard", () => {
    const window = { from: 8.5, to: 16, days: 5 };
    const at = (weekday, hour, minute = 0) => isOutside(window, { weekday, hour, minute });
    expect([at(1, 8, 29), at(1, 8, 30), at(5, 15, 59), at(5, 16), at(6, 12)]).toEqual([
        true, false, false, true, true,
    ]);
    expect(isOutside(false, { weekday: 7, hour: 3, minute: 0 })).toBe(false);
});

test("the order of the list", () => {
    const courses = [
        { id: 1, due: false, last: "2026-09-14" },
        { id: 2, due: "2026-09-20", last: false },
        { id: 3, due: "2026-09-10", last: "2026-09-15" },
    ];
    const ids = (order) => ordered(courses, order).map(({ id }) => id);
    expect(ids("due")).toEqual([3, 2, 1]);
    expect(ids("recent")).toEqual([3, 1, 2]);
});

describe("the screen", () => {
    defineMailModels();

    const course = {
        id: 7, code: "vuta-tevu-32", due: "2026-09-10", late: true, when: "6 days late",
        last: false, texts: true, asks_told: false, form_ids: [], function_ids: [],
        window: false,
    };
    const screen = {
        user_id: 2, now: "2026-09-16 10:00:00", hours: 72, tz: "Europe/Copenhagen",
        course_id: false, appointment: false, out: false,
        courses: [course, { ...course, id: 8, code: "fine-bode-11", texts: false, due: false }],
        outcomes: [["met", "Met"], ["no_answer", "No answer"]],
        hours_reasons: [["wish", "The person's wish"]],
        forms: [{ id: 1, name: "Phone", is_visit: false },
                { id: 2, name: "Visit at home", is_visit: true }],
        functions: [{ id: 5, name: "Isolation" }, { id: 6, name: "Network" }],
    };

    // Notes are taken under a lock of the browser, which takes its own time.
    const PATIENT = { timeout: 5_000 };
    const shown = (selector) => waitFor(selector, PATIENT);
    const gone = (selector) => waitForNone(selector, PATIENT);

    /** Open the screen; what is sent is told as a step, with what it says. */
    async function openScreen(values = {}, params = {}, store = new MemoryStore()) {
        const sent = [];
        onRpc("sekp.quick.log", "get_screen", () => ({ ...screen, ...values }));
        onRpc("sekp.quick.log", "log", ({ args }) => {
            sent.push(args[0]);
            return { id: 1, again: false };
        });
        await mountWithCleanup(WebClient);
        const keeper = getService("sekp_quick_log");
        await keeper.ready;
        keeper.queue.store = store;
        await getService("action").doAction({
            type: "ir.actions.client",
            tag: "sekp_quick_log",
            params,
        });
        await shown(params.course_id ? "[data-sekp=code]" : "[data-sekp=course]");
        return sent;
    }

    const settled = async () => {
        await advanceTime(500);
        await animationFrame();
    };

    test("two taps for who was not there, with a way back", async () => {
        const sent = await openScreen();
        expect(queryAllAttributes("[data-sekp=course]", "data-code")).toEqual([
            "vuta-tevu-32", "fine-bode-11",
        ]);
        await click("[data-sekp=course]:first");
        await animationFrame();
        await click("[data-sekp=not_there]");
        await shown("[data-sekp=undone]");
        expect(sent).toEqual([]);
        await click("[data-sekp=undo]");
        await shown("[data-sekp=no_answer]");
        expect("[data-sekp=undone]").toHaveCount(0);
        expect("[data-sekp=no_answer]").toHaveAttribute("aria-pressed", "true");
        await click("[data-sekp=save]");
        await shown("[data-sekp=undone]");
        await advanceTime(UNDO + 1000);
        await waitUntil(() => sent.length, PATIENT);
        await settled();
        expect(sent).toHaveLength(1);
        expect(sent[0].outcome).toBe("no_answer");
        expect(sent[0].form_id).toBe(2);
        expect(sent[0].minutes).toBe(15);
        await gone("[data-sekp=undone]");
    });

    test("all that can be said, and on to the next", async () => {
        const sent = await openScreen();
        await click("[data-sekp=course]:first");
        await animationFrame();
        await click("[data-sekp=met]");
        await animationFrame();
        await click("[data-sekp=form]:first");
        await click("[data-sekp=function]:last");
        await click("#sekp_note");
        await edit("Sad ved kanalen");
        await animationFrame();
        await click("[data-sekp=save_next]");
        await gone("#sekp_note");
        expect("[data-sekp=code]").toHaveText("fine-bode-11");
        await getService("sekp_quick_log").release();
        expect(sent[0].note).toBe("Sad ved kanalen");
        expect(sent[0].function_ids).toEqual([6]);
        expect(sent[0].form_id).toBe(1);
        expect(sent[0].minutes).toBe(30);
    });

    /** Let a note be refused, a day ago. */
    async function openRefused() {
        const store = new MemoryStore();
        const at = Date.now() - 24 * HOUR;
        const when = DateTime.fromMillis(at).toFormat("yyyy-MM-dd'T'HH:mm");
        const form = {
            outcome: "no_answer", form_id: 2, minutes: 15, function_ids: [], note: "Ringede",
            next_step: "", next_step_on: "", hours_reason: "", told_of_referral: false, when,
        }; // prettier-ignore
        await store.put("note:k", {
            key: "k", code: course.code, values: { course_id: 7 }, form, at, due: at,
            until: at + 72 * HOUR, state: "refused", message: "No.", tries: 0,
        }); // prettier-ignore
        const sent = await openScreen({}, {}, store);
        await getService("sekp_quick_log").queue.load();
        await shown("[data-sekp=correct]");
        return { sent, when };
    }

    test("what is corrected a day later is noted on its own day", async () => {
        const { sent, when } = await openRefused();
        await click("[data-sekp=correct]");
        await shown("#sekp_when");
        expect(queryOne("#sekp_when").value).toBe(when);
        await click("[data-sekp=save]");
        await shown("[data-sekp=undone]");
        await getService("sekp_quick_log").release();
        expect(sent[0].started_at).toBe(
            DateTime.fromISO(when).toUTC().toFormat("yyyy-MM-dd HH:mm:ss")
        );
    });

    test("a correction does not write over what was begun since", async () => {
        await openRefused();
        const { queue } = getService("sekp_quick_log");
        await queue.keepDraft(7, { code: course.code, form: { note: "Ny" } }, 72);
        await click("[data-sekp=correct]");
        await shown(".o_notification");
        expect(queue.draftOf(7).form.note).toBe("Ny");
        expect("[data-sekp=correct]").toHaveCount(1);
    });

    test("an attempt in two taps takes over no telephone", async () => {
        const sent = await openScreen();
        await click("[data-sekp=course]:first");
        await shown("[data-sekp=met]");
        await click("[data-sekp=met]");
        await shown("[data-sekp=form]");
        await click("[data-sekp=form]:first");
        await click("[data-sekp=save]");
        await shown("[data-sekp=undone]");
        await shown("[data-sekp=course]");
        await click("[data-sekp=course]:last");
        await shown("[data-sekp=not_there]");
        await click("[data-sekp=not_there]");
        await shown("[data-sekp=course]");
        await getService("sekp_quick_log").release();
        expect(sent.map(({ form_id }) => form_id)).toEqual([1, 2]);
    });

    test("what is not one's own is shown, and not kept on the phone", async () => {
        const store = new MemoryStore();
        const foreign = { ...course, id: 9, code: "mali-rone-54", foreign: true };
        await openScreen(
            { courses: [course, foreign], course_id: 9 },
            { course_id: 9 },
            store
        );
        expect("[data-sekp=code]").toHaveText("mali-rone-54");
        const { screen: kept } = await getService("sekp_quick_log").queue.lastScreen();
        expect(kept.courses.map(({ code }) => code)).toEqual(["vuta-tevu-32"]);
        expect(kept.course_id).toBe(false);
    });

    test("a standard that stores no text asks for none", async () => {
        await openScreen();
        await click("[data-sekp=course]:last");
        await animationFrame();
        await click("[data-sekp=met]");
        await animationFrame();
        expect("#sekp_note, #sekp_next").toHaveCount(0);
    });

    test("outside the hours a reason is asked for before anything is sent", async () => {
        const window = { from: 0, to: 0, days: 5 };
        const sent = await openScreen(
            { courses: [{ ...course, window }] },
            { course_id: 7 }
        );
        expect("[data-sekp=code]").toHaveText("vuta-tevu-32");
        await click("[data-sekp=not_there]");
        await shown("[data-sekp=wish]");
        expect("[data-sekp=undone]").toHaveCount(0);
        expect("[data-sekp=save]").not.toBeEnabled();
        await click("[data-sekp=wish]");
        await animationFrame();
        await click("[data-sekp=save]");
        await shown("[data-sekp=undone]");
        await getService("sekp_quick_log").release();
        expect(sent[0].hours_reason).toBe("wish");
    });

    test("a hint is told as long as it holds, also from a list that was kept", async () => {
        const hinted = (id, code, hints_until) => ({
            ...course, id, code, hints: ["There is a dog"], hints_until,
        }); // prettier-ignore
        await openScreen({
            courses: [
                hinted(7, "vuta-tevu-32", "2999-01-01"),
                hinted(8, "fine-bode-11", "2019-01-01"),
            ],
        });
        expect(queryAllAttributes("[data-sekp=course] .fa-shield", "title")).toEqual([
            "There is a dog",
        ]);
    });

    test("a code is found among one's own, and nothing else is asked for", async () => {
        await openScreen();
        await click(".o_sekp_search");
        await edit("FINE");
        await animationFrame();
        expect(queryAllAttributes("[data-sekp=course]", "data-code")).toEqual([
            "fine-bode-11",
        ]);
    });
});
