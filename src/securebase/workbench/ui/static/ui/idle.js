// A page with a client's record does not stay on an unattended screen: after the idle time it goes to sign-in, having
// said so a minute before. What was typed and not saved is kept in this tab for the same account, and nobody else's.
// Somebody who types for long is not idle: the page says so to the server now and then.
const body = document.body;
const minutes = Number(body.dataset.idleMinutes);
const target = body.dataset.signIn;
const channel = "BroadcastChannel" in window ? new BroadcastChannel("securebase") : null;
const store = (() => { try { return sessionStorage; } catch { return null; } })();
const KEPT = "typed";
let timers = [];
let told = Date.now();
let warning = null;

// ---- what was typed -------------------------------------------------------------------------------------------------
function kept() {
  try { return JSON.parse(store?.getItem(KEPT) ?? "null"); } catch { return null; }
}

function forget() {
  store?.removeItem(KEPT);
}

// never a hidden field, nor a password; of a form that was refused everything, else what differs from how it was shown
function typedInto(form) {
  const refused = form.querySelector(".errorlist, [role=alert]") !== null;
  return [...form.elements].flatMap((field, n) => {
    if (!field.name || ["hidden", "password", "submit", "button", "fieldset"].includes(field.type)) return [];
    const ticked = field.type === "radio" || field.type === "checkbox";
    let same = field.value === field.defaultValue;
    if (ticked) same = field.checked === field.defaultChecked;
    else if (field.options) same = [...field.options].every((o) => o.selected === o.defaultSelected);
    return same && !refused ? [] : [[n, field.name, ticked ? field.checked : field.value]];
  });
}

function keep(forms) {
  const typed = forms.flatMap((form) => typedInto(form).map((field) => [[...document.forms].indexOf(form), ...field]));
  if (!typed.length) return forget();
  const path = location.pathname + location.search;
  store?.setItem(KEPT, JSON.stringify({ account: body.dataset.account, path, typed, away: false }));
}

function putBack() {
  const found = kept();
  if (!found) return;
  // not by way of sign-in, so it was saved or left behind; or somebody else is here now
  if (!found.away || found.account !== body.dataset.account) return forget();
  if (found.path !== location.pathname + location.search) return;
  for (const [form, n, name, value] of found.typed) {
    const field = document.forms[form]?.elements[n];
    if (field?.name !== name) continue;
    if (typeof value === "boolean") field.checked = value;
    else field.value = value;
    for (let at = field.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
  }
  forget();
  say("What you had typed before you were away is back. It is not saved yet.");
}

// ---- going away -----------------------------------------------------------------------------------------------------
function say(text) {
  warning?.remove();
  warning = document.createElement("div");
  warning.className = "callout warn idle-note";
  warning.setAttribute("role", "alert");
  warning.textContent = text;
  document.querySelector("main").prepend(warning);
}

function leave() {
  keep([...document.querySelectorAll("form[method=post]")]);
  away();
}

function away() {
  location.replace(`${target}?away=1&next=${encodeURIComponent(location.pathname + location.search)}`);
}

function warn() {
  say("Nobody has touched this page for a while: it closes in a minute. Press any key or click to stay.");
  warning.dataset.leaving = "yes";
}

function tellServer() {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  if (!token || Date.now() - told < 120_000) return;
  told = Date.now();
  const sent = new URLSearchParams({ csrfmiddlewaretoken: token.value });
  fetch(body.dataset.stillHere, { method: "POST", body: sent, redirect: "error" }).catch(() => {});
}

function active() {
  for (const timer of timers) clearTimeout(timer);
  if (warning?.dataset.leaving) warning.remove();
  timers = [setTimeout(warn, Math.max(minutes - 1, minutes / 2) * 60_000), setTimeout(leave, minutes * 60_000)];
  tellServer();
}

if (minutes > 0 && target) {
  for (const kind of ["pointerdown", "keydown", "touchstart"]) addEventListener(kind, active, { passive: true });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  // a sign-in that has ended already takes the form that is sent to the sign-in page: what is in it is kept till then
  addEventListener("submit", (event) => keep([event.target]));
  channel?.addEventListener("message", (event) => {
    // the sign-in ended in another tab: this one leaves too
    if (event.data === "ended") leave();
    // signed out, or the device handed over: nothing may stay to be seen in this one, nor kept
    if (event.data === "closed") {
      forget();
      store?.removeItem("worksheet-draft");
      away();
    }
  });
  putBack();
  active();
} else if (body.dataset.closed !== undefined) {
  const asked = new URLSearchParams(location.search);
  const next = document.querySelector("input[name=next]");
  const ended = next !== null && (asked.has("away") || asked.has("next"));
  const found = kept();
  if (found && next && (ended || found.away)) {
    next.value = found.path;
    store.setItem(KEPT, JSON.stringify({ ...found, away: true }));
  } else {
    forget();
    if (!ended) store?.removeItem("worksheet-draft");
  }
  channel?.postMessage(ended ? "ended" : "closed");
}
