// Session page: keyboard input for the ten techniques, and small forms that are submitted without leaving the note.
const techniques = document.querySelector("[data-extents]");
const rows = [...document.querySelectorAll("[data-extent]")];
const [rest, undo] = ["[data-rest]", "[data-rest-undo]"].map((name) => document.querySelector(name));
const selected = (row) => row.querySelector("input:checked");
let zeroed = [];

// Sets ratings of 0–3, or clears them with an empty value.
function rate(some, value) {
  for (const row of some) row.querySelector(`input[value="${value}"]`).checked = true;
  techniques.dispatchEvent(new Event("input", { bubbles: true }));
}

// Digits rate a technique, arrow keys move to the next one, and Delete clears the rating.
function onKey(event) {
  const row = event.target.closest("[data-extent]");
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
  const value = { 0: "0", 1: "1", 2: "2", 3: "3", Delete: "", Backspace: "" }[event.key];
  if (value === undefined && !step) return;
  event.preventDefault();
  if (value !== undefined) rate([row], value);
  selected(rows[rows.indexOf(row) + step] ?? row).focus();
}

function startTechniques() {
  techniques.addEventListener("keydown", onKey);
  rest.hidden = false;
  rest.addEventListener("click", () => {
    zeroed = rows.filter((row) => selected(row).value === "");
    rate(zeroed, 0);
    undo.hidden = zeroed.length === 0;
  });
  undo.addEventListener("click", () => {
    const unchanged = zeroed.filter((row) => selected(row).value === "0");
    rate(unchanged, "");
    undo.hidden = true;
    rest.focus();
  });
}

// Forms beside the note (rupture, next session) are submitted in the background, and only their part of the page is
// replaced. They run one after another, so that a message never appears beside the wrong form.
let pending = Promise.resolve();

async function send(form, submitter) {
  const part = form.closest("[data-part]");
  try {
    const body = new URLSearchParams(new FormData(form, submitter));
    const response = await fetch(form.action, { method: "POST", body });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById(part.id); // a refused form comes back in its part, with what was typed
    const line = Object.assign(document.createElement("p"), { className: "saving", role: "status" });
    fresh.append(line); // fails on a page without this part
    part.replaceWith(fresh);
    line.textContent = [...page.querySelectorAll(".messages li")].map((li) => li.textContent.trim()).join(" ");
    fresh.querySelector("button, a")?.focus({ preventScroll: true });
  } catch {
    form.removeAttribute("data-in-place"); // fall back to a normal submission, so that the browser shows the error
    form.requestSubmit(submitter);
  }
}

function submitInPlace(event) {
  const form = event.target.closest("form[data-in-place]");
  if (!form) return;
  event.preventDefault();
  if (form.dataset.sent) return; // a second click while the first request is pending
  form.dataset.sent = "yes";
  pending = pending.then(() => send(form, event.submitter));
}

if (techniques) {
  startTechniques();
  document.addEventListener("submit", submitInPlace);
}
