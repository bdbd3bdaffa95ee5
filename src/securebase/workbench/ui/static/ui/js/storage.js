// The browser's storage, for input that the server does not have yet. Every page works without it.
export function openStorage(name) {
  try {
    return window[name];
  } catch {
    return null; // refused by the browser
  }
}

export function write(storage, key, text) {
  try {
    storage?.setItem(key, text);
  } catch {
    /* storage full: the page still holds the input */
  }
}

export function readJson(storage, key) {
  try {
    return JSON.parse(storage?.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

export function keysOf(storage, prefix) {
  return Object.keys(storage ?? {}).filter((key) => key.startsWith(prefix));
}

export function removeAll(storage, prefix) {
  for (const key of keysOf(storage, prefix)) storage.removeItem(key);
}
