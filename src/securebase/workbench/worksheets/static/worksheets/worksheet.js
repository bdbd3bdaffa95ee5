// A worksheet is saved while it is filled in: at every pause, when the page is left, and until the workbench says so.
const PAUSE = 1200;
const AGAIN = 8000;
// What could not be saved because the sign-in had ended; ui/idle.js takes it away where somebody signs out.
const DRAFT = "worksheet-draft";
const signIn = document.body.dataset.signIn;
// A browser sends no more than 64 KiB once the page is gone; more than that goes the usual way or not at all.
const MOST_WHEN_LEAVING = 60_000;

class Keeper {
  constructor(form) {
    this.form = form;
    this.status = form.querySelector("[data-saving]");
    this.sent = this.body();
    this.timer = null;
    this.busy = false;
    this.stopped = false;
    for (const kind of ["input", "change"]) form.addEventListener(kind, () => this.soon());
    form.addEventListener("submit", () => { this.stopped = true; });
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") this.now(true); });
    addEventListener("pagehide", () => this.now(true));
    addEventListener("online", () => this.now());
    addEventListener("beforeunload", (event) => { if (this.unsaved && this.failed) event.preventDefault(); });
  }

  body() {
    const fields = new URLSearchParams(new FormData(this.form));
    fields.delete("revision");
    fields.delete("next");
    fields.delete("anew");
    fields.delete("csrfmiddlewaretoken");
    return fields.toString();
  }

  get unsaved() { return !this.stopped && this.body() !== this.sent; }

  soon() {
    if (this.stopped) return;
    if (this.ended) return this.hold();
    if (this.unsaved) this.say("Writing…");
    this.later(PAUSE);
  }

  later(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), wait);
  }

  async now(leaving = false) {
    if (!this.unsaved || (this.busy && !leaving)) return;
    if (this.ended) return this.hold();
    clearTimeout(this.timer);
    this.busy = true;
    const sending = this.body();
    const from = this.form.elements.revision.value;
    const fields = new URLSearchParams(new FormData(this.form));
    if (this.anew) fields.set("anew", "1");
    try {
      const answer = await fetch(this.form.action, {
        method: "POST",
        body: fields,
        headers: { "X-Autosave": "1" },
        keepalive: leaving && fields.toString().length < MOST_WHEN_LEAVING,
        redirect: "manual", // to the sign-in: said below
      });
      await this.answered(answer, sending, from);
    } catch {
      this.failed = true;
      this.say("Not saved yet: no connection. It is tried again.", true);
      this.later(5000);
    } finally {
      this.busy = false;
    }
    if (!this.failed && this.unsaved) this.soon();
  }

  async answered(answer, sending, from) {
    const told = answer.headers.get("content-type")?.includes("json") ? await answer.json() : {};
    if (answer.ok) {
      this.failed = false;
      this.anew = false;
      this.form.elements.anew?.remove();
      this.sent = sending;
      this.form.elements.revision.value = told.revision;
      this.answered_to(told);
      this.form.dispatchEvent(new CustomEvent("saved"));
      this.problems(told.problems ?? {});
      const open = Object.keys(told.problems ?? {}).length;
      this.say(open ? `Saved ${told.saved}; what is marked could not be read` : `Saved ${told.saved}`, open > 0);
    } else if (answer.status === 409) {
      const now = this.form.elements.revision.value;
      if (from !== now && String(told.revision) === now) this.soon(); // two of this page's own saves crossed
      else this.conflict(told);
    } else if (answer.status === 400 && told.empty) {
      this.sent = sending; // an empty sheet: nothing to keep
      this.say("Nothing saved yet");
    } else if (answer.status === 400) {
      this.failed = true; // tried again with the next change
      this.say(`Not saved. ${told.error ?? "The workbench could not take it; keep a copy of what you typed."}`, true);
    } else {
      const ended = answer.status === 403 || answer.type === "opaqueredirect";
      this.failed = true;
      this.say(ended ? (this.form.dataset.ended ?? "Not saved: your sign-in has ended. What you typed is kept in this tab.") : "Not saved yet. It is tried again.", true);
      if (ended && signIn) this.offerSignIn();
      else this.later(AGAIN);
    }
  }

  // a sign-in that has ended: what is typed waits in this tab, for the same account, until it can be saved
  offerSignIn() {
    this.ended = true;
    this.hold();
    const back = encodeURIComponent(location.pathname + location.search);
    const link = document.createElement("a");
    Object.assign(link, { href: `${signIn}?away=1&next=${back}`, textContent: "Sign in again here" });
    this.status.append(" ", link);
  }

  hold() {
    const draft = { account: document.body.dataset.account, path: this.path, fields: this.body() };
    try { sessionStorage.setItem(DRAFT, JSON.stringify(draft)); } catch { /* no room: the page itself still has it */ }
  }

  get path() { return new URL(this.form.action, location.href).pathname; }

  // saved as the newest version; what was saved elsewhere meanwhile stays in the history
  async putBack() {
    const draft = (() => { try { return JSON.parse(sessionStorage.getItem(DRAFT) ?? "null"); } catch { return null; } })();
    if (draft?.path !== this.path || draft.account !== document.body.dataset.account) return;
    const fields = new URLSearchParams(draft.fields);
    for (const name of ["csrfmiddlewaretoken", "revision"]) fields.set(name, this.form.elements[name].value);
    fields.set("anew", "1");
    this.stopped = true;
    const answer = await fetch(this.form.action, {
      method: "POST", body: fields, headers: { "X-Autosave": "1" }, redirect: "manual",
    }).catch(() => null);
    if (answer?.ok) {
      sessionStorage.removeItem(DRAFT);
      location.reload();
    } else {
      this.stopped = false;
      this.say("What you typed before your sign-in ended could not be saved yet. Load the page again.", true);
    }
  }

  // two tabs, or two people: both texts exist, and somebody who reads has to say which is to stand
  conflict(told) {
    this.stopped = true;
    const note = document.createElement("div");
    note.className = "callout alert";
    note.setAttribute("role", "alert");
    const text = document.createElement("p");
    text.textContent = "This was changed in another tab or by somebody else. What you typed is still here and is not saved.";
    const mine = document.createElement("button");
    Object.assign(mine, { type: "button", className: "button", textContent: "Save mine as the newest version" });
    mine.addEventListener("click", () => {
      this.form.elements.revision.value = told.revision;
      this.anew = true; // what the others wrote stays in the history
      this.stopped = false;
      note.remove();
      this.now();
    });
    const theirs = document.createElement("a");
    Object.assign(theirs, { className: "button", textContent: "See what is saved now", href: this.form.action, target: "_blank" });
    const line = document.createElement("p");
    line.className = "actions";
    line.append(mine, theirs);
    note.append(text, line);
    this.form.before(note);
    note.scrollIntoView({ block: "center" });
    this.say("Not saved: changed elsewhere", true);
  }

  // the client answers the text that is shown now, not the one shown when the page was opened
  answered_to(told) {
    const own = this.form.elements.artefact?.value ?? new URL(this.form.action).pathname;
    for (const other of document.querySelectorAll("form[action*='/answer/']")) {
      if (!other.action.includes(own) || !told.version) continue;
      other.elements.version.value = told.version;
      if (other.elements.revision) other.elements.revision.value = told.revision;
    }
  }

  problems(found) {
    for (const list of this.form.querySelectorAll("[data-problem]")) {
      const why = found[list.dataset.problem];
      list.hidden = !why;
      list.firstElementChild.textContent = why ?? "";
    }
  }

  say(text, bad = false) {
    this.status.textContent = text;
    this.status.classList.toggle("bad", bad);
  }
}

// One of several: what was chosen can be left open again.
function clearable(field, keeper) {
  if (field.querySelector(".clear-one")) return;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "clear-one", textContent: "Leave open" });
  const show = () => { button.hidden = !field.querySelector("input:checked"); };
  button.addEventListener("click", () => {
    const chosen = field.querySelector("input:checked");
    if (chosen) chosen.checked = false;
    show();
    field.querySelector("input")?.focus();
    keeper.soon();
  });
  field.addEventListener("change", show);
  field.append(button);
  show();
}

// A list of rows: add, move, remove. Names carry the row's number, so they are given anew after every change.
class Rows {
  constructor(field, keeper) {
    this.keeper = keeper;
    this.name = field.dataset.rows;
    this.list = field.querySelector(".sheet-rows");
    this.blank = field.querySelector("template");
    for (const spare of this.list.querySelectorAll(".spare")) {
      if (!spare.querySelector(".errors:not([hidden])")) spare.remove();
    }
    const add = document.createElement("button");
    Object.assign(add, { type: "button", className: "button small", textContent: "Add a row" });
    add.addEventListener("click", () => this.add());
    this.list.after(add);
    if (!this.list.children.length) this.append();
    for (const row of this.list.children) this.equip(row);
    this.number();
  }

  append() {
    this.list.append(this.blank.content.cloneNode(true));
    return this.list.lastElementChild;
  }

  add() {
    const row = this.append();
    this.equip(row);
    this.number();
    row.querySelector("input, textarea, select")?.focus();
  }

  equip(row) {
    if (row.querySelector(".row-tools")) return;
    const tools = document.createElement("div");
    tools.className = "row-tools";
    const tool = (text, act) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: text });
      button.addEventListener("click", () => { act(); this.number(); this.keeper.soon(); });
      tools.append(button);
      return button;
    };
    tool("Up", () => row.previousElementSibling?.before(row)).dataset.tool = "up";
    tool("Down", () => row.nextElementSibling?.after(row)).dataset.tool = "down";
    tool("Remove row", () => this.remove(row));
    row.append(tools);
    for (const one of row.querySelectorAll("[data-one]")) clearable(one, this.keeper);
  }

  remove(row) {
    const next = row.nextElementSibling;
    const undo = document.createElement("button");
    Object.assign(undo, { type: "button", className: "link", textContent: "Undo: put the row back" });
    undo.addEventListener("click", () => {
      if (next?.isConnected) next.before(row);
      else this.list.append(row);
      undo.remove();
      this.number();
      this.keeper.soon();
      row.querySelector("input, textarea, select")?.focus();
    });
    row.remove();
    this.list.after(undo);
    undo.focus();
  }

  number() {
    const rows = [...this.list.children];
    const start = `${this.name}.`;
    // radio buttons of one name are one choice: two rows must not share a name even for a moment
    const pass = (suffix) => rows.forEach((row, n) => {
      for (const input of row.querySelectorAll("[name]")) {
        if (!input.name.startsWith(start)) continue;
        const column = input.name.slice(start.length).split(".").slice(1).join(".").replace(/~$/, "");
        const checked = input.checked;
        input.name = `${start}${n}.${column}${suffix}`;
        if (input.type === "radio") input.checked = checked;
      }
    });
    const chosen = rows.map((row) => [...row.querySelectorAll("input[type=radio]")].map((r) => r.checked));
    pass("~");
    pass("");
    rows.forEach((row, n) => {
      [...row.querySelectorAll("input[type=radio]")].forEach((r, i) => { r.checked = chosen[n][i]; });
      for (const label of row.querySelectorAll("label[for]")) {
        const input = row.querySelector(`[id="${label.htmlFor}"]`);
        if (!input) continue;
        input.id = input.name.replaceAll(".", "-");
        label.htmlFor = input.id;
      }
      for (const list of row.querySelectorAll("[data-problem]")) {
        list.dataset.problem = list.dataset.problem.replace(/\.\d+\./, `.${n}.`);
      }
      const up = row.querySelector("[data-tool=up]");
      const down = row.querySelector("[data-tool=down]");
      if (up) up.disabled = n === 0;
      if (down) down.disabled = n === rows.length - 1;
    });
  }
}

for (const form of document.querySelectorAll("form[data-autosave]")) {
  form.classList.add("scripted");
  const keeper = { soon: () => {} };
  for (const field of form.querySelectorAll("[data-rows]")) new Rows(field, { soon: () => keeper.soon() });
  const kept = new Keeper(form);
  if (signIn) kept.putBack();
  keeper.soon = () => kept.soon();
  for (const one of form.querySelectorAll("[data-one]")) clearable(one, kept);
}
