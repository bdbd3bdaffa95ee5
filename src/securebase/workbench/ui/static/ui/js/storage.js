// The browser's storage, for input that the server does not have yet. Every page works without it.
export function openStorage(name) {
  try {
    return window[name];
  } catch {
    return null; // refused by the browser
  }
}

export function writeJson(storage, key, value) {
  try {
    storage?.setItem(key, JSON.stringify(value));
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

export function removeAll(storage, prefix, applies = () => true) {
  const keys = Object.keys(storage ?? {}).filter((key) => key.startsWith(prefix));
  for (const key of keys) if (applies(key)) storage.removeItem(key);
}
