// Idle lock: after the idle time a page with a client's record goes to sign-in, with a warning a minute before. Unsaved
// input stays in this tab for the same account only.
import { Draft, putBack, unsavedInput } from "./js/kept.js";
import { watchPresence } from "./js/presence.js";

const { account, closed, idleMinutes, signIn, stillHere } = document.body.dataset;
const here = location.pathname + location.search;
const channel = "BroadcastChannel" in window ? new BroadcastChannel("securebase") : null;
const draft = new Draft("typed", "sessionStorage");
const note = document.getElementById("idle-note");

// away: whether the input waits for the next sign-in, rather than for the answer to a form that is being sent
function keepInput(forms, away) {
  const all = [...document.forms];
  const input = forms.map((form) => [all.indexOf(form), unsavedInput(form)]).filter(([, fields]) => fields);
  if (input.length) draft.write({ account, path: here, input, away });
  else draft.discard();
}

function keepAllInput() {
  keepInput([...document.querySelectorAll("form[method=post]")], true);
}

function restoreInput() {
  const kept = draft.read();
  const isOwn = kept?.away && kept.account === account;
  if (isOwn && kept.path !== here) return;
  // Input that was saved or abandoned (it did not go through sign-in), and that of another account, is discarded, too.
  draft.discard();
  if (!isOwn) return;
  for (const [form, fields] of kept.input) if (document.forms[form]) putBack(document.forms[form], fields);
  showNote("Your unsaved text has been restored. Save it to keep it.");
}

function showNote(textContent) {
  Object.assign(note, { textContent, hidden: false });
}

function warn() {
  showNote("You will be signed out in a minute. Press a key or click to stay.");
  note.dataset.leaving = "yes";
}

function stay() {
  if (note.dataset.leaving) note.hidden = true;
}

function goToSignIn() {
  location.replace(`${signIn}?away=1&next=${encodeURIComponent(here)}`);
}

function leave() {
  keepAllInput();
  goToSignIn();
}

function lockWhenIdle(minutes) {
  const steps = [
    [Math.max(minutes - 1, minutes / 2) * 60_000, warn],
    [minutes * 60_000, leave],
  ];
  // If the sign-in has already ended, a submitted form leads to the sign-in page, so its input is stored first.
  addEventListener("submit", (event) => keepInput([event.target], false));
  addEventListener("signed-out", keepAllInput); // an autosave was refused
  channel?.addEventListener("message", (event) => {
    // The sign-in ended in another tab.
    if (event.data === "ended") leave();
    // Signed out, or the device was handed over: show nothing and store nothing.
    if (event.data !== "closed") return;
    draft.discard();
    goToSignIn();
  });
  restoreInput();
  watchPresence(stillHere, steps, stay);
}

// The page to sign in, and pages of a device that was handed over.
function closeOtherTabs() {
  const query = new URLSearchParams(location.search);
  const next = document.querySelector("input[name=next]");
  const ended = next !== null && (query.has("away") || query.has("next"));
  const kept = draft.read();
  if (kept && next && (ended || kept.away)) {
    next.value = kept.path;
    draft.write({ ...kept, away: true });
  } else draft.discard();
  channel?.postMessage(ended ? "ended" : "closed");
}

if (Number(idleMinutes) > 0 && signIn) lockWhenIdle(Number(idleMinutes));
else if (closed !== undefined) closeOtherTabs();
