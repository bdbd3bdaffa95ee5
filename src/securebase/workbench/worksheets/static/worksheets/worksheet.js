// Saves a worksheet during input: after every pause, when the page is left, and again until the server confirms.
const SAVE_DELAY = 1200; // milliseconds without input
const RETRY_DELAY = 8000;
const OFFLINE_RETRY_DELAY = 5000;
// Key of input that could not be saved because the session had ended; ui/idle.js deletes it at sign-out.
const DRAFT_KEY = "worksheet-draft";
const signIn = document.body.dataset.signIn;
// Browsers limit keepalive requests to 64 KiB (Fetch standard); larger forms are sent without keepalive.
const MAX_KEEPALIVE_LENGTH = 60_000;

class Autosave {
  constructor(form) {
    this.form = form;
    this.status = form.querySelector("[data-saving]");
    this.savedBody = this.body();
    this.timer = null;
    this.busy = false;
    this.stopped = false;
    for (const kind of ["input", "change"]) form.addEventListener(kind, () => this.schedule());
    form.addEventListener("submit", () => {
      this.stopped = true;
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.save(true);
    });
    addEventListener("pagehide", () => this.save(true));
    addEventListener("online", () => this.save());
    addEventListener("beforeunload", (event) => {
      if (this.unsaved && this.failed) event.preventDefault();
    });
  }

  body() {
    const fields = new URLSearchParams(new FormData(this.form));
    fields.delete("revision");
    fields.delete("next");
    fields.delete("new_version");
    fields.delete("csrfmiddlewaretoken");
    return fields.toString();
  }

  get unsaved() {
    return !this.stopped && this.body() !== this.savedBody;
  }

  schedule() {
    if (this.stopped) return;
    if (this.signedOut) return this.saveDraft();
    if (this.unsaved) this.setStatus("Saving…");
    this.saveIn(SAVE_DELAY);
  }

  saveIn(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), delay);
  }

  async save(leaving = false) {
    if (!this.unsaved || (this.busy && !leaving)) return;
    if (this.signedOut) return this.saveDraft();
    clearTimeout(this.timer);
    this.busy = true;
    const sending = this.body();
    const revision = this.form.elements.revision.value;
    const fields = new URLSearchParams(new FormData(this.form));
    if (this.newVersion) fields.set("new_version", "1");
    try {
      const response = await fetch(this.form.action, {
        method: "POST",
        body: fields,
        headers: { "X-Autosave": "1" },
        keepalive: leaving && fields.toString().length < MAX_KEEPALIVE_LENGTH,
        redirect: "manual", // a redirect leads to the sign-in page, handled below
      });
      await this.handleResponse(response, sending, revision);
    } catch {
      this.failed = true;
      this.setStatus("Not saved yet: no connection. Trying again…", true);
      this.saveIn(OFFLINE_RETRY_DELAY);
    } finally {
      this.busy = false;
    }
    if (!this.failed && this.unsaved) this.schedule();
  }

  async handleResponse(response, sending, revision) {
    const reply = response.headers.get("content-type")?.includes("json") ? await response.json() : {};
    if (response.ok) {
      this.failed = false;
      this.newVersion = false;
      this.form.elements.anew?.remove();
      this.savedBody = sending;
      this.form.elements.revision.value = reply.revision;
      this.updateAnswerForms(reply);
      this.form.dispatchEvent(new CustomEvent("saved"));
      this.showProblems(reply.problems ?? {});
      const count = Object.keys(reply.problems ?? {}).length;
      this.setStatus(
        count ? `Saved ${reply.saved}, except the fields marked below` : `Saved ${reply.saved}`,
        count > 0,
      );
    } else if (response.status === 409) {
      const current = this.form.elements.revision.value;
      if (revision !== current && String(reply.revision) === current) this.schedule(); // two saves of this page overlapped
      else this.showConflict(reply);
    } else if (response.status === 400 && reply.empty) {
      this.savedBody = sending; // an empty worksheet has nothing to save
      this.setStatus("Nothing saved yet");
    } else if (response.status === 400) {
      this.failed = true; // the next change tries again
      this.setStatus(`Not saved. ${reply.error ?? "Please keep a copy of your text."}`, true);
    } else {
      const signedOut = response.status === 403 || response.type === "opaqueredirect";
      this.failed = true;
      this.setStatus(
        signedOut
          ? (this.form.dataset.ended ?? "Not saved: you have been signed out. Your text is kept in this tab.")
          : "Not saved yet. Trying again…",
        true,
      );
      if (signedOut && signIn) this.offerSignIn();
      else this.saveIn(RETRY_DELAY);
    }
  }

  // after the end of the session, this tab keeps the input for the same account until it can be saved
  offerSignIn() {
    this.signedOut = true;
    this.saveDraft();
    const back = encodeURIComponent(location.pathname + location.search);
    const link = document.createElement("a");
    Object.assign(link, { href: `${signIn}?away=1&next=${back}`, textContent: "Sign in again here" });
    this.status.append(" ", link);
  }

  saveDraft() {
    const draft = { account: document.body.dataset.account, path: this.path, fields: this.body() };
    try {
      sessionStorage.setItem(DRAFT_KEY, JSON.stringify(draft));
    } catch {
      /* storage full: the page still holds the input */
    }
  }

  get path() {
    return new URL(this.form.action, location.href).pathname;
  }

  // saves the draft as the newest version; a version saved elsewhere meanwhile stays in the history
  async restoreDraft() {
    const draft = (() => {
      try {
        return JSON.parse(sessionStorage.getItem(DRAFT_KEY) ?? "null");
      } catch {
        return null;
      }
    })();
    if (draft?.path !== this.path || draft.account !== document.body.dataset.account) return;
    const fields = new URLSearchParams(draft.fields);
    for (const name of ["csrfmiddlewaretoken", "revision"]) fields.set(name, this.form.elements[name].value);
    fields.set("new_version", "1");
    this.stopped = true;
    const response = await fetch(this.form.action, {
      method: "POST",
      body: fields,
      headers: { "X-Autosave": "1" },
      redirect: "manual",
    }).catch(() => null);
    if (response?.ok) {
      sessionStorage.removeItem(DRAFT_KEY);
      location.reload();
    } else {
      this.stopped = false;
      this.setStatus("The text you entered before you were signed out could not be saved yet. Reload the page.", true);
    }
  }

  // two tabs or two people have written: the reader decides which text becomes the newest version
  showConflict(reply) {
    this.stopped = true;
    const note = document.createElement("div");
    note.className = "callout alert";
    note.setAttribute("role", "alert");
    const text = document.createElement("p");
    text.textContent = "This was changed in another tab or by someone else. Your text is still here but not saved.";
    const mine = document.createElement("button");
    Object.assign(mine, { type: "button", className: "button", textContent: "Save my text as a new version" });
    mine.addEventListener("click", () => {
      this.form.elements.revision.value = reply.revision;
      this.newVersion = true; // keeps the other text in the history
      this.stopped = false;
      note.remove();
      this.save();
    });
    const theirs = document.createElement("a");
    Object.assign(theirs, {
      className: "button",
      textContent: "View the saved version",
      href: this.form.action,
      target: "_blank",
    });
    const line = document.createElement("p");
    line.className = "actions";
    line.append(mine, theirs);
    note.append(text, line);
    this.form.before(note);
    note.scrollIntoView({ block: "center" });
    this.setStatus("Not saved: changed elsewhere", true);
  }

  // the client answers the text shown now, not the one shown when the page was opened
  updateAnswerForms(reply) {
    const key = this.form.elements.artefact?.value ?? new URL(this.form.action).pathname;
    for (const other of document.querySelectorAll("form[action*='/answer/']")) {
      if (!other.action.includes(key) || !reply.version) continue;
      other.elements.version.value = reply.version;
      if (other.elements.revision) other.elements.revision.value = reply.revision;
    }
  }

  showProblems(problems) {
    for (const list of this.form.querySelectorAll("[data-problem]")) {
      const reason = problems[list.dataset.problem];
      list.hidden = !reason;
      list.firstElementChild.textContent = reason ?? "";
    }
  }

  setStatus(text, bad = false) {
    this.status.textContent = text;
    this.status.classList.toggle("bad", bad);
  }
}

// Adds a button to a single-choice field that clears the choice.
function makeClearable(field, autosave) {
  if (field.querySelector(".clear-choice")) return;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "clear-choice", textContent: "Clear" });
  const show = () => {
    button.hidden = !field.querySelector("input:checked");
  };
  button.addEventListener("click", () => {
    const chosen = field.querySelector("input:checked");
    if (chosen) chosen.checked = false;
    show();
    field.querySelector("input")?.focus();
    autosave.schedule();
  });
  field.addEventListener("change", show);
  field.append(button);
  show();
}

// A list of rows: add, move, remove. Input names contain the row number and are renumbered after every change.
class Rows {
  constructor(field, autosave) {
    this.autosave = autosave;
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
    for (const row of this.list.children) this.addTools(row);
    this.renumber();
  }

  append() {
    this.list.append(this.blank.content.cloneNode(true));
    return this.list.lastElementChild;
  }

  add() {
    const row = this.append();
    this.addTools(row);
    this.renumber();
    row.querySelector("input, textarea, select")?.focus();
  }

  addTools(row) {
    if (row.querySelector(".row-tools")) return;
    const tools = document.createElement("div");
    tools.className = "row-tools";
    const addTool = (text, act) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: text });
      button.addEventListener("click", () => {
        act();
        this.renumber();
        this.autosave.schedule();
      });
      tools.append(button);
      return button;
    };
    addTool("Up", () => row.previousElementSibling?.before(row)).dataset.tool = "up";
    addTool("Down", () => row.nextElementSibling?.after(row)).dataset.tool = "down";
    addTool("Remove row", () => this.remove(row));
    row.append(tools);
    for (const choice of row.querySelectorAll("[data-single-choice]")) makeClearable(choice, this.autosave);
  }

  remove(row) {
    const next = row.nextElementSibling;
    const undo = document.createElement("button");
    Object.assign(undo, { type: "button", className: "link", textContent: "Undo: restore the row" });
    undo.addEventListener("click", () => {
      if (next?.isConnected) next.before(row);
      else this.list.append(row);
      undo.remove();
      this.renumber();
      this.autosave.schedule();
      row.querySelector("input, textarea, select")?.focus();
    });
    row.remove();
    this.list.after(undo);
    undo.focus();
  }

  renumber() {
    const rows = [...this.list.children];
    const start = `${this.name}.`;
    // radio buttons with the same name share one choice, so two rows must never share a name, not even during renaming
    const rename = (suffix) =>
      rows.forEach((row, n) => {
        for (const input of row.querySelectorAll("[name]")) {
          if (!input.name.startsWith(start)) continue;
          const column = input.name.slice(start.length).split(".").slice(1).join(".").replace(/~$/, "");
          const checked = input.checked;
          input.name = `${start}${n}.${column}${suffix}`;
          if (input.type === "radio") input.checked = checked;
        }
      });
    const chosen = rows.map((row) => [...row.querySelectorAll("input[type=radio]")].map((r) => r.checked));
    rename("~");
    rename("");
    rows.forEach((row, n) => {
      [...row.querySelectorAll("input[type=radio]")].forEach((r, i) => {
        r.checked = chosen[n][i];
      });
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
      for (const tool of row.querySelectorAll(".row-tools button")) {
        tool.setAttribute("aria-label", `${tool.textContent}${tool.dataset.tool ? ", row" : ""} ${n + 1}`);
      }
      if (up) up.disabled = n === 0;
      if (down) down.disabled = n === rows.length - 1;
    });
  }
}

for (const form of document.querySelectorAll("form[data-autosave]")) {
  form.classList.add("scripted");
  // rows are built before the autosave, which reads the form in its constructor
  const proxy = { schedule: () => {} };
  for (const field of form.querySelectorAll("[data-rows]")) new Rows(field, { schedule: () => proxy.schedule() });
  const autosave = new Autosave(form);
  if (signIn) autosave.restoreDraft();
  proxy.schedule = () => autosave.schedule();
  for (const choice of form.querySelectorAll("[data-single-choice]")) makeClearable(choice, autosave);
}
