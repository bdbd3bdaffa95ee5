"""The storage of a browser after a page, as a script or a finder of the phone can read it."""

from __future__ import annotations

from typing import Any

#: Everything that a script, or somebody with the phone, can read of this site's storage, as one text; CryptoKeys
#: appear with what `exportKey` gives away of them.
_READ_ALL = """async () => {
    const bytesOf = (buffer) => Array.from(new Uint8Array(buffer.buffer ?? buffer)).join(",")
        + new TextDecoder("latin1").decode(buffer);
    const parts = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
    for (const { name } of await indexedDB.databases()) {
        const database = await new Promise((done) => {
            const request = indexedDB.open(name);
            request.onsuccess = () => done(request.result);
        });
        for (const store of database.objectStoreNames) {
            const records = await new Promise((done) => {
                const request = database.transaction(store).objectStore(store).getAll();
                request.onsuccess = () => done(request.result);
            });
            for (const record of records) {
                for (const [field, value] of Object.entries(record)) {
                    if (value instanceof CryptoKey) {
                        const raw = crypto.subtle.exportKey("raw", value);
                        const shown = await raw.then(bytesOf, () => "kept by the browser");
                        parts.push(`${field}: extractable ${value.extractable}, ${shown}`);
                    } else if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
                        parts.push(`${field}: ${bytesOf(value)}`);
                    } else {
                        parts.push(`${field}: ${JSON.stringify(value)}`);
                    }
                }
            }
        }
        database.close();
    }
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
            parts.push(request.url, await (await cache.match(request)).text());
        }
    }
    return parts.join("\\n");
}"""

_COUNT = """async () => {
    if (!(await indexedDB.databases()).some(({ name }) => name === "securebase")) return 0;
    const database = await new Promise((done) => {
        const request = indexedDB.open("securebase");
        request.onsuccess = () => done(request.result);
    });
    const count = await new Promise((done) => {
        const request = database.transaction("sealed").objectStore("sealed").count();
        request.onsuccess = () => done(request.result);
    });
    database.close();
    return count;
}"""

_EDIT = """async ([edit]) => {
    const database = await new Promise((done) => {
        const request = indexedDB.open("securebase");
        request.onsuccess = () => done(request.result);
    });
    const store = database.transaction("sealed", "readwrite").objectStore("sealed");
    const records = await new Promise((done) => {
        const request = store.getAll();
        request.onsuccess = () => done(request.result);
    });
    for (const record of records) store.put({ ...record, ...edit });
    await new Promise((done) => { store.transaction.oncomplete = done; });
    database.close();
}"""


def read_storage(page: Any) -> str:
    """Return all that can be read in the storage of the page's site."""
    return str(page.evaluate(_READ_ALL))


def count_drafts(page: Any) -> int:
    """Return how many sealed drafts there are."""
    return int(page.evaluate(_COUNT))


def edit_drafts(page: Any, **values: object) -> None:
    """Overwrite fields of every sealed draft."""
    page.evaluate(_EDIT, [values])


def wait_until_kept(page: Any) -> None:
    """Wait until the answers of the check-in are stored."""
    page.wait_for_selector("[data-check-in][data-kept=yes]", state="attached")
