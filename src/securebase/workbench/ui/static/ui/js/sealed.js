// Unsent input on a client's own device, encrypted with a key that no script can read out (WebCrypto, not extractable).
// Key and ciphertext are one record of IndexedDB; deleting the record ends both. Nothing is readable in the storage of
// the browser, and on a connection without encryption, where a page has no WebCrypto, nothing is stored at all.
import { unsavedInput } from "./kept.js";

const DATABASE = "securebase";
const STORE = "sealed";
export const MAX_AGE = 24 * 60 * 60 * 1000;

// Runs one step in the store. Every page works without it: it may be blocked, full or damaged.
async function inStore(mode, step) {
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "name" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      const request = step(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

async function attempt(action) {
  try {
    return await action();
  } catch {
    return null;
  }
}

const bytes = (text) => new TextEncoder().encode(text);

// The draft of one form under a name that reveals nothing. Without a name, or without WebCrypto, it keeps nothing.
export class SealedDraft {
  constructor(name) {
    this.name = name;
    this.possible = Boolean(name && globalThis.crypto?.subtle && globalThis.indexedDB);
    this.last = Promise.resolve();
  }

  // Returns what was written, or null: nothing, too old, or sealed with a key that is gone.
  async read() {
    if (!this.possible) return null;
    await this.last;
    return attempt(async () => {
      const record = await inStore("readonly", (store) => store.get(this.name));
      if (!record || !(Math.abs(Date.now() - record.at) < MAX_AGE)) return null;
      const { key, iv, sealed } = record;
      const how = { name: "AES-GCM", iv, additionalData: bytes(this.name) };
      return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, sealed)));
    });
  }

  // Writes in the order of the calls; returns a promise that is settled when it is stored.
  write(content) {
    return this.#then(async () => {
      const record = await inStore("readonly", (store) => store.get(this.name));
      const usages = ["encrypt", "decrypt"];
      const key = record?.key ?? (await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, usages));
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const how = { name: "AES-GCM", iv, additionalData: bytes(this.name) };
      const sealed = await crypto.subtle.encrypt(how, key, bytes(JSON.stringify(content)));
      await inStore("readwrite", (store) => store.put({ name: this.name, at: Date.now(), key, iv, sealed }));
    });
  }

  discard() {
    return this.#then(() => inStore("readwrite", (store) => store.delete(this.name)));
  }

  // Keeps the unsaved input of a form beside what else belongs to it. `form.dataset.kept` says whether it is stored.
  keep(form, beside = {}) {
    if (!this.possible) return this.last;
    const input = unsavedInput(form);
    form.dataset.kept = "no";
    const written = input || beside.page ? this.write({ input: input ?? [], ...beside }) : this.discard();
    return written.then(() => {
      if (written === this.last) form.dataset.kept = "yes";
    });
  }

  #then(action) {
    if (!this.possible) return this.last;
    this.last = this.last.then(() => attempt(action));
    return this.last;
  }
}

// Deletes drafts that are too old, those whose name begins so on request, and the readable ones of earlier versions.
export async function discardDrafts({ of = null } = {}) {
  try {
    for (const key of Object.keys(localStorage)) if (/^(check-in|own-page):/.test(key)) localStorage.removeItem(key);
  } catch {
    // storage is blocked, so nothing is in it
  }
  if (!globalThis.indexedDB) return;
  const records = (await attempt(() => inStore("readonly", (store) => store.getAll()))) ?? [];
  for (const { name, at } of records)
    if ((of !== null && name.startsWith(of)) || !(Math.abs(Date.now() - at) < MAX_AGE))
      await attempt(() => inStore("readwrite", (store) => store.delete(name)));
}

// Returns the draft of a text such as an address, under a name that does not reveal it.
export async function draftOf(kind, text) {
  return new SealedDraft(globalThis.crypto?.subtle ? kind + (await digestName(text)) : "");
}

// The name of a draft: a digest, as the server computes it for the page.
async function digestName(text) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes(text)));
  return Array.from(digest.slice(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
