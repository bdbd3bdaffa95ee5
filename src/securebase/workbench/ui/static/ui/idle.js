// Idle lock: after the idle time a page with a client's record goes to sign-in, with a warning a minute before. Unsaved
// input stays in this tab for the same account only. While somebody is active, the page tells the server now and then, so
// that long typing does not count as idle.
const body = document.body;
const minutes = Number(body.dataset.idleMinutes);
const signInPage = body.dataset.signIn;
const channel = "BroadcastChannel" in window ? new BroadcastChannel("securebase") : null;
const storage = (() => {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
})();
const INPUT_KEY = "typed";
let timers = [];
let lastReport = Date.now();
let warning = null;

// ---- unsaved input --------------------------------------------------------------------------------------------------
function storedInput() {
  try {
    return JSON.parse(storage?.getItem(INPUT_KEY) ?? "null");
  } catch {
    return null;
  }
}

function discardInput() {
  storage?.removeItem(INPUT_KEY);
}

// Returns changed fields, or all fields of a form shown again with errors; never hidden fields or passwords.
function unsavedFields(form) {
  const refused = form.querySelector(".errorlist, [role=alert]") !== null;
  return [...form.elements].flatMap((field, n) => {
    if (!field.name || ["hidden", "password", "submit", "button", "fieldset"].includes(field.type)) return [];
    const checkable = field.type === "radio" || field.type === "checkbox";
    let unchanged = field.value === field.defaultValue;
    if (checkable) unchanged = field.checked === field.defaultChecked;
    else if (field.options) unchanged = [...field.options].every((o) => o.selected === o.defaultSelected);
    return unchanged && !refused ? [] : [[n, field.name, checkable ? field.checked : field.value]];
  });
}

function saveInput(forms) {
  const typed = forms.flatMap((form) =>
    unsavedFields(form).map((field) => [[...document.forms].indexOf(form), ...field]),
  );
  if (!typed.length) return discardInput();
  const path = location.pathname + location.search;
  storage?.setItem(INPUT_KEY, JSON.stringify({ account: body.dataset.account, path, typed, away: false }));
}

function restoreInput() {
  const input = storedInput();
  if (!input) return;
  // Discard input that was saved or abandoned (it did not go through sign-in), and that of another account.
  if (!input.away || input.account !== body.dataset.account) return discardInput();
  if (input.path !== location.pathname + location.search) return;
  for (const [form, n, name, value] of input.typed) {
    const field = document.forms[form]?.elements[n];
    if (field?.name !== name) continue;
    if (typeof value === "boolean") field.checked = value;
    else field.value = value;
    for (let group = field.closest("details"); group; group = group.parentElement.closest("details")) group.open = true;
  }
  discardInput();
  showWarning("Your unsaved text has been restored. Save it to keep it.");
}

// ---- idle time ------------------------------------------------------------------------------------------------------
function showWarning(text) {
  warning?.remove();
  warning = document.createElement("div");
  warning.className = "callout warn idle-note";
  warning.setAttribute("role", "alert");
  warning.textContent = text;
  document.querySelector("main").prepend(warning);
}

function leave() {
  saveInput([...document.querySelectorAll("form[method=post]")]);
  goToSignIn();
}

function goToSignIn() {
  location.replace(`${signInPage}?away=1&next=${encodeURIComponent(location.pathname + location.search)}`);
}

function warn() {
  showWarning("You will be signed out in a minute. Press a key or click to stay.");
  warning.dataset.leaving = "yes";
}

function reportActivity() {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  if (!token || Date.now() - lastReport < 120_000) return;
  lastReport = Date.now();
  const fields = new URLSearchParams({ csrfmiddlewaretoken: token.value });
  fetch(body.dataset.stillHere, { method: "POST", body: fields, redirect: "error" }).catch(() => {});
}

function resetTimers() {
  for (const timer of timers) clearTimeout(timer);
  if (warning?.dataset.leaving) warning.remove();
  timers = [setTimeout(warn, Math.max(minutes - 1, minutes / 2) * 60_000), setTimeout(leave, minutes * 60_000)];
  reportActivity();
}

if (minutes > 0 && signInPage) {
  for (const kind of ["pointerdown", "keydown", "touchstart"]) addEventListener(kind, resetTimers, { passive: true });
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  // If the sign-in has already ended, a submitted form leads to the sign-in page, so store its input first.
  addEventListener("submit", (event) => saveInput([event.target]));
  channel?.addEventListener("message", (event) => {
    // The sign-in ended in another tab.
    if (event.data === "ended") leave();
    // Signed out, or the device was handed over: show nothing and store nothing.
    if (event.data === "closed") {
      discardInput();
      storage?.removeItem("worksheet-draft");
      goToSignIn();
    }
  });
  restoreInput();
  resetTimers();
} else if (body.dataset.closed !== undefined) {
  const query = new URLSearchParams(location.search);
  const next = document.querySelector("input[name=next]");
  const ended = next !== null && (query.has("away") || query.has("next"));
  const input = storedInput();
  if (input && next && (ended || input.away)) {
    next.value = input.path;
    storage.setItem(INPUT_KEY, JSON.stringify({ ...input, away: true }));
  } else {
    discardInput();
    if (!ended) storage?.removeItem("worksheet-draft");
  }
  channel?.postMessage(ended ? "ended" : "closed");
}
