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

export class SafeStore {
    kept = true;

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
            await answered(rows.clear());
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
            throw new Error("The store is another user's.");
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
            throw new Error("The store is another user's.");
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

    async remove(id) {
        const rows = this.rows("readwrite");
        rows.delete(id);
        await finished(rows.transaction);
    }

    /** Forget everything, the key with it. */
    async clear() {
        const rows = this.rows("readwrite");
        rows.clear();
        await finished(rows.transaction);
    }
}

/** Open the store, or one in memory where the browser encrypts or keeps nothing. */
export async function openStore(who) {
    if (!globalThis.crypto?.subtle || !globalThis.indexedDB) {
        return new MemoryStore();
    }
    try {
        return await SafeStore.open(who);
    } catch {
        return new MemoryStore();
    }
}
