/**
 * Where notes lie on the phone: encrypted, with a key that cannot be read out, bound to
 * one user of one database. Where the browser does not encrypt: in memory only.
 */

const DATABASE = "sekp_quick_log";
const ROWS = "rows";
const OWNER = "owner";
const ALGORITHM = "AES-GCM";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function answered(request) {
    return new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
}

function finished(transaction) {
    return new Promise((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
}

export class MemoryStore {
    kept = false;
    rows = new Map();

    async all() {
        return [...this.rows].map(([id, value]) => ({ id, value }));
    }

    async get(id) {
        return this.rows.get(id);
    }

    async put(id, value) {
        this.rows.set(id, value);
    }

    async remove(id) {
        this.rows.delete(id);
    }

    async clear() {
        this.rows.clear();
    }
}

/** The store belongs to whoever has logged in since. */
export class NotOursError extends Error {}

export class SafeStore {
    kept = true;
    // How much of somebody else's was not sent and had to go.
    dropped = 0;

    constructor(database, who) {
        this.database = database;
        this.who = who;
    }

    /**
     * Open what this user left, and drop what another one did.
     *
     * @param {string} who user and database
     */
    static async open(who) {
        const opening = indexedDB.open(DATABASE, 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore(ROWS);
        const database = await answered(opening);
        database.onversionchange = () => database.close();
        const store = new SafeStore(database, who);
        const rows = store.rows("readwrite");
        const owner = await answered(rows.get(OWNER));
        if (owner && owner.who !== who) {
            const ids = await answered(rows.getAllKeys());
            store.dropped = ids.filter((id) => /^(note|draft):/.test(id)).length;
            await answered(rows.clear());
            // A page that the other one left open must not claim it again.
            await store.ownKey();
        }
        return store;
    }

    rows(mode) {
        return this.database
            .transaction(ROWS, mode, { durability: "strict" })
            .objectStore(ROWS);
    }

    async owner() {
        const owner = await answered(this.rows("readonly").get(OWNER));
        return owner?.who === this.who ? owner : null;
    }

    /** Return the key, drawing it when something is kept for the first time. */
    async ownKey() {
        const owner = await this.owner();
        if (owner) {
            return owner.key;
        }
        const key = await crypto.subtle.generateKey({ name: ALGORITHM, length: 256 }, false, [
            "encrypt",
            "decrypt",
        ]);
        const rows = this.rows("readwrite");
        // Another tab may have drawn one meanwhile, or be another user's.
        const first = await answered(rows.get(OWNER));
        if (first && first.who !== this.who) {
            throw new NotOursError();
        }
        if (first) {
            return first.key;
        }
        rows.put({ who: this.who, key }, OWNER);
        await finished(rows.transaction);
        return key;
    }

    async put(id, value) {
        const key = await this.ownKey();
        const iv = crypto.getRandomValues(new Uint8Array(12));
        const data = await crypto.subtle.encrypt(
            { name: ALGORITHM, iv, additionalData: encoder.encode(id) },
            key,
            encoder.encode(JSON.stringify(value))
        );
        const rows = this.rows("readwrite");
        const owner = await answered(rows.get(OWNER));
        if (owner?.who !== this.who) {
            rows.transaction.abort();
            throw new NotOursError();
        }
        rows.put({ iv, data }, id);
        await finished(rows.transaction);
    }

    async decrypted(key, id, { iv, data }) {
        try {
            const text = await crypto.subtle.decrypt(
                { name: ALGORITHM, iv, additionalData: encoder.encode(id) },
                key,
                data
            );
            return JSON.parse(decoder.decode(text));
        } catch {
            // Nobody can read it any more.
            return undefined;
        }
    }

    async get(id) {
        const owner = await this.owner();
        const row = owner && (await answered(this.rows("readonly").get(id)));
        return row ? this.decrypted(owner.key, id, row) : undefined;
    }

    async all() {
        const owner = await this.owner();
        if (!owner) {
            return [];
        }
        const rows = this.rows("readonly");
        const [ids, values] = await Promise.all([
            answered(rows.getAllKeys()),
            answered(rows.getAll()),
        ]);
        const found = [];
        for (const [place, id] of ids.entries()) {
            const value = id !== OWNER && (await this.decrypted(owner.key, id, values[place]));
            if (value) {
                found.push({ id, value });
            }
        }
        return found;
    }

    /** Change rows, unless they are somebody else's by now. */
    async change(act) {
        const rows = this.rows("readwrite");
        const owner = await answered(rows.get(OWNER));
        if (!owner || owner.who === this.who) {
            act(rows);
        }
        await finished(rows.transaction);
    }

    remove(id) {
        return this.change((rows) => rows.delete(id));
    }

    /** Forget everything, the key with it. */
    clear() {
        return this.change((rows) => rows.clear());
    }
}

/**
 * Goes on in memory where the browser's store fails: full, or closed in the background.
 *
 * What lies in the store can still be read and removed.
 */
export class SturdyStore {
    memory = new MemoryStore();
    gone = new Set();

    /**
     * @param {Object} base a store that may fail
     * @param {Function} reopen gives it anew, or fails
     */
    constructor(base, reopen) {
        this.base = base;
        this.reopen = reopen;
        this.dropped = base.dropped;
    }

    get kept() {
        return !this.memory.rows.size;
    }

    /** Do something with the browser's store; when it fails, once more with a new one. */
    async based(act) {
        try {
            return await act(this.base);
        } catch (error) {
            if (error instanceof NotOursError) {
                throw error;
            }
            this.base = await this.reopen();
            return act(this.base);
        }
    }

    async put(id, value) {
        this.gone.delete(id);
        try {
            await this.based((base) => base.put(id, value));
            await this.memory.remove(id);
        } catch {
            await this.memory.put(id, value);
        }
    }

    async get(id) {
        const known = await this.memory.get(id);
        if (known || this.gone.has(id)) {
            return known;
        }
        return this.based((base) => base.get(id)).catch(() => undefined);
    }

    async all() {
        const ours = await this.memory.all();
        const known = new Set([...ours.map(({ id }) => id), ...this.gone]);
        const rows = await this.based((base) => base.all()).catch(() => []);
        return [...rows.filter(({ id }) => !known.has(id)), ...ours];
    }

    async remove(id) {
        await this.memory.remove(id);
        this.gone.add(id);
        await this.based((base) => base.remove(id)).catch(() => {});
    }

    async clear() {
        await this.memory.clear();
        await this.based((base) => base.clear()).catch(() => {});
    }
}

/** Open the store, or one in memory where the browser encrypts or keeps nothing. */
export async function openStore(who) {
    if (!globalThis.crypto?.subtle || !globalThis.indexedDB) {
        return new MemoryStore();
    }
    const reopen = () => SafeStore.open(who);
    try {
        return new SturdyStore(await reopen(), reopen);
    } catch {
        return new MemoryStore();
    }
}
