// The page of a session: keys for the ten techniques, and small forms that are sent without leaving the note.
const note = document.querySelector("form#note");

function changed(input) {
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

// Digits set how far, up and down go to the next technique, Delete opens again; a second tap on a key does so too.
class Extents {
  constructor(part) {
    this.rows = [...part.querySelectorAll("[data-extent]")];
    this.rest = part.querySelector("[data-rest]");
    this.undo = part.querySelector("[data-rest-undo]");
    this.set = [];
    this.rest.hidden = false;
    this.rest.addEventListener("click", () => this.noneOfTheRest());
    this.undo.addEventListener("click", () => this.openAgain());
    this.rows.forEach((row, n) => this.equip(row, n));
  }

  chosen(row) { return row.querySelector("input:checked"); }

  equip(row, n) {
    row.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^[0-3]$/.test(event.key)) this.choose(row.querySelector(`input[value="${event.key}"]`));
      else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.go(n + (event.key === "ArrowDown" ? 1 : -1));
      else if (event.key === "Delete" || event.key === "Backspace") this.open(row);
      else return;
      event.preventDefault();
    });
    // pointerdown comes before the browser chooses: only then is it known what was chosen before
    let before = null;
    row.addEventListener("pointerdown", () => { before = this.chosen(row); });
    row.addEventListener("click", (event) => {
      if (event.target.matches("input") && event.target === before && event.detail > 0) this.open(row);
      before = null;
    });
  }

  choose(input) {
    input.checked = true;
    input.focus();
    changed(input);
  }

  open(row) {
    const input = this.chosen(row);
    if (!input) return;
    input.checked = false;
    changed(input);
  }

  go(n) {
    const row = this.rows[n];
    if (row) (this.chosen(row) ?? row.querySelector("input")).focus();
  }

  noneOfTheRest() {
    this.set = this.rows.filter((row) => !this.chosen(row));
    for (const row of this.set) row.querySelector('input[value="0"]').checked = true;
    this.undo.hidden = this.set.length === 0;
    if (this.set.length) changed(this.set[0].querySelector("input"));
  }

  openAgain() {
    for (const row of this.set) {
      const input = this.chosen(row);
      if (input?.value === "0") input.checked = false;
    }
    this.undo.hidden = true;
    this.rest.focus();
    if (this.set.length) changed(this.set[0].querySelector("input"));
  }
}

// A tap beside the note (strain, the next session) is sent and its part shown anew; the note stays as it is. One after
// the other, so that what the workbench says of one does not stand beside another.
let sending = Promise.resolve();

function inPlace(event) {
  const form = event.target.closest("form[data-in-place]");
  if (!form) return;
  event.preventDefault();
  if (form.dataset.sent) return; // a second click on the same button while the first is on its way
  form.dataset.sent = "yes";
  sending = sending.then(() => send(form, event.submitter));
}

async function send(form, submitter) {
  const part = form.closest("[data-part]");
  const body = new URLSearchParams(new FormData(form, submitter));
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(part.id);
    if (!answer.ok || !fresh) throw new Error("no such part");
    part.replaceWith(fresh);
    say(page, fresh);
  } catch {
    form.removeAttribute("data-in-place"); // the plain way: the browser shows what is wrong
    form.requestSubmit(submitter);
  }
}

function say(page, fresh) {
  const told = [...page.querySelectorAll(".messages li")].map((li) => li.textContent.trim()).join(" ");
  const line = document.createElement("p");
  line.className = "saving";
  line.setAttribute("role", "status");
  fresh.append(line);
  line.textContent = told;
  fresh.querySelector("button, a")?.focus({ preventScroll: true });
}

if (note) {
  new Extents(note.querySelector("[data-extents]"));
  document.addEventListener("submit", inPlace);
}
