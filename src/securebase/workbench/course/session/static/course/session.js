// Session page: keyboard input for the ten techniques, and small forms that are submitted without leaving the note.
const note = document.querySelector("form#note");

function dispatchChange(input) {
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

// Digits rate a technique, arrow keys move to the next one, and Delete or a second tap clears the rating.
class Extents {
  constructor(part) {
    this.rows = [...part.querySelectorAll("[data-extent]")];
    this.rest = part.querySelector("[data-rest]");
    this.undo = part.querySelector("[data-rest-undo]");
    this.zeroed = [];
    this.rest.hidden = false;
    this.rest.addEventListener("click", () => this.rateRestZero());
    this.undo.addEventListener("click", () => this.undoRest());
    this.rows.forEach((row, n) => this.addListeners(row, n));
  }

  selected(row) {
    return row.querySelector("input:checked");
  }

  addListeners(row, n) {
    row.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^[0-3]$/.test(event.key)) this.select(row.querySelector(`input[value="${event.key}"]`));
      else if (event.key === "ArrowDown" || event.key === "ArrowUp")
        this.moveTo(n + (event.key === "ArrowDown" ? 1 : -1));
      else if (event.key === "Delete" || event.key === "Backspace") this.clear(row);
      else return;
      event.preventDefault();
    });
    // pointerdown fires before the browser changes the selection, so the previous rating is still known
    let previous = null;
    row.addEventListener("pointerdown", () => {
      previous = this.selected(row);
    });
    row.addEventListener("click", (event) => {
      if (event.target.matches("input") && event.target === previous && event.detail > 0) this.clear(row);
      previous = null;
    });
  }

  select(input) {
    input.checked = true;
    input.focus();
    dispatchChange(input);
  }

  clear(row) {
    const input = this.selected(row);
    if (!input) return;
    input.checked = false;
    dispatchChange(input);
  }

  moveTo(n) {
    const row = this.rows[n];
    if (row) (this.selected(row) ?? row.querySelector("input")).focus();
  }

  rateRestZero() {
    this.zeroed = this.rows.filter((row) => !this.selected(row));
    for (const row of this.zeroed) row.querySelector('input[value="0"]').checked = true;
    this.undo.hidden = this.zeroed.length === 0;
    if (this.zeroed.length) dispatchChange(this.zeroed[0].querySelector("input"));
  }

  undoRest() {
    for (const row of this.zeroed) {
      const input = this.selected(row);
      if (input?.value === "0") input.checked = false;
    }
    this.undo.hidden = true;
    this.rest.focus();
    if (this.zeroed.length) dispatchChange(this.zeroed[0].querySelector("input"));
  }
}

// Forms beside the note (rupture, next session) are submitted in the background, and only their part of the page is
// replaced. They run one after another, so that a message never appears beside the wrong form.
let pending = Promise.resolve();

function submitInPlace(event) {
  const form = event.target.closest("form[data-in-place]");
  if (!form) return;
  event.preventDefault();
  if (form.dataset.sent) return; // a second click while the first request is pending
  form.dataset.sent = "yes";
  pending = pending.then(() => send(form, event.submitter));
}

async function send(form, submitter) {
  const part = form.closest("[data-part]");
  const body = new URLSearchParams(new FormData(form, submitter));
  try {
    const response = await fetch(form.action, { method: "POST", body });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById(part.id);
    if (!fresh) throw new Error("no such part"); // a refused form comes back in its part, with what was typed
    part.replaceWith(fresh);
    showMessages(page, fresh);
  } catch {
    form.removeAttribute("data-in-place"); // fall back to a normal submission, so that the browser shows the error
    form.requestSubmit(submitter);
  }
}

function showMessages(page, fresh) {
  const text = [...page.querySelectorAll(".messages li")].map((li) => li.textContent.trim()).join(" ");
  const line = document.createElement("p");
  line.className = "saving";
  line.setAttribute("role", "status");
  fresh.append(line);
  line.textContent = text;
  fresh.querySelector("button, a")?.focus({ preventScroll: true });
}

if (note) {
  new Extents(note.querySelector("[data-extents]"));
  document.addEventListener("submit", submitInPlace);
}
