// Session page: keyboard input for the ten techniques, and small forms that are submitted without leaving the note.
const techniques = document.querySelector("[data-extents]");
const rows = [...document.querySelectorAll("[data-extent]")];
const [rest, undo] = ["[data-rest]", "[data-rest-undo]"].map((name) => document.querySelector(name));
const selected = (row) => row.querySelector("input:checked");
let previous = null; // the rating at the start of a click
let zeroed = [];

// Sets ratings of 0–3, or clears them with null.
function rate(some, value) {
  for (const row of some) {
    const input = value === null ? selected(row) : row.querySelector(`input[value="${value}"]`);
    if (input) input.checked = value !== null;
  }
  techniques.dispatchEvent(new Event("change", { bubbles: true }));
}

// Digits rate a technique, arrow keys move to the next one, and Delete clears the rating.
function onKey(event) {
  const row = event.target.closest("[data-extent]");
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  const to = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (/^[0-3]$/.test(event.key)) {
    rate([row], event.key);
    selected(row).focus();
  } else if (to) {
    const next = rows[rows.indexOf(row) + to];
    if (next) (selected(next) ?? next.querySelector("input")).focus();
  } else if (event.key === "Delete" || event.key === "Backspace") rate([row], null);
  else return;
  event.preventDefault();
}

function startTechniques() {
  techniques.addEventListener("keydown", onKey);
  // A second tap clears the rating. pointerdown fires before the browser changes the selection.
  techniques.addEventListener("pointerdown", ({ target }) => {
    const row = target.closest("[data-extent]");
    previous = row && selected(row);
  });
  techniques.addEventListener("click", (event) => {
    if (!event.target.matches("input")) return;
    if (event.target === previous && event.detail > 0) rate([event.target.closest("[data-extent]")], null);
    previous = null;
  });
  rest.hidden = false;
  rest.addEventListener("click", () => {
    zeroed = rows.filter((row) => !selected(row));
    rate(zeroed, 0);
    undo.hidden = zeroed.length === 0;
  });
  undo.addEventListener("click", () => {
    rate(
      zeroed.filter((row) => selected(row)?.value === "0"),
      null,
    );
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
    const response = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form, submitter)),
    });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById(part.id);
    if (!fresh) throw new Error("no such part"); // a refused form comes back in its part, with what was typed
    part.replaceWith(fresh);
    const line = Object.assign(document.createElement("p"), { className: "saving", role: "status" });
    fresh.append(line);
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
