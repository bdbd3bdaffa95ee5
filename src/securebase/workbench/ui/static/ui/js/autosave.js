// Saves a form during input: after every pause, when the page is left, and again until the server confirms.
import { button, element, notice } from "./dom.js";

const SAVE_DELAY = 1200; // milliseconds without input
const RETRY_DELAY = 8000;
const OFFLINE_RETRY_DELAY = 5000;
// Browsers limit keepalive requests to 64 KiB (Fetch standard); larger forms are sent without keepalive.
const MAX_KEEPALIVE_LENGTH = 60_000;
const TECHNICAL_FIELDS = ["revision", "next", "anew", "csrfmiddlewaretoken"];

// Returns what a person has entered, without the technical fields of the page, for comparison.
export function inputOf(fields) {
  const input = new URLSearchParams(fields);
  for (const name of TECHNICAL_FIELDS) input.delete(name);
  return input.toString();
}

// Sends fields as a script's save. A redirect leads to the sign-in page, so it is not followed.
export function post(form, body, keepalive = false) {
  return fetch(form.action, { method: "POST", body, headers: { "X-Autosave": "1" }, keepalive, redirect: "manual" });
}

function fieldsOf(form) {
  return new URLSearchParams(new FormData(form));
}

function defaultsOf(form) {
  const copy = form.cloneNode(true);
  copy.reset();
  return fieldsOf(copy);
}

// Options: status (element that shows the state), fields and saved (functions that return the fields to send, and those
// that the server has), delay, thing (what is saved, in words), view (address of the saved version), ended (what to say
// after the end of the session), draft (keeps input that could not be sent).
// The form dispatches “saved” with the server's reply.
export class Autosave {
  constructor(form, options = {}) {
    const { status, fields, saved, delay, ...rest } = options;
    this.form = form;
    this.status = status ?? form.querySelector("[data-saving]");
    this.fields = fields ?? (() => fieldsOf(form));
    this.delay = delay ?? SAVE_DELAY;
    this.options = { thing: "text", view: form.action, ...rest };
    // what was entered before this script ran differs from the defaults, so it is saved, too
    this.savedInput = inputOf(saved?.() ?? defaultsOf(form));
    this.settledStatus = this.status.textContent;
    this.extra = {}; // fields of the next save that force it even without new input
    for (const kind of ["input", "change"]) form.addEventListener(kind, () => this.schedule());
    form.addEventListener("submit", () => {
      this.stopped = true;
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.save({ leaving: true });
    });
    addEventListener("pagehide", () => this.save({ leaving: true }));
    addEventListener("online", () => this.save());
    addEventListener("beforeunload", (event) => {
      if (this.unsaved && this.failed) event.preventDefault();
    });
    if (this.unsaved) this.schedule();
  }

  get unsaved() {
    return !this.stopped && inputOf(this.fields()) !== this.savedInput;
  }

  schedule() {
    if (this.stopped) return;
    this.options.draft?.keep(this.fields(), this.signedOut);
    if (this.signedOut) return;
    if (this.unsaved) this.setStatus("Saving…");
    else if (!this.busy) this.setStatus(this.settledStatus); // back to what is saved
    this.saveIn(this.delay);
  }

  saveIn(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), delay);
  }

  async save({ leaving = false, extra = {} } = {}) {
    Object.assign(this.extra, extra);
    const wanted = this.unsaved || (Object.keys(this.extra).length > 0 && !this.stopped);
    if (!wanted || this.signedOut || (this.busy && !leaving)) return;
    clearTimeout(this.timer);
    this.busy = true;
    const body = this.fields();
    const input = inputOf(body);
    for (const [name, value] of Object.entries(this.extra)) body.set(name, value);
    this.extra = {};
    this.failed = false;
    try {
      const response = await post(this.form, body, leaving && body.toString().length < MAX_KEEPALIVE_LENGTH);
      await this.handleResponse(response, input, body);
    } catch {
      this.retry(body, "Not saved yet: no connection. Trying again…", OFFLINE_RETRY_DELAY);
    } finally {
      this.busy = false;
    }
    if (!this.failed && (this.unsaved || Object.keys(this.extra).length)) this.saveIn(this.delay);
  }

  async handleResponse(response, input, body) {
    const reply = response.headers.get("content-type")?.includes("json") ? await response.json() : {};
    if (response.ok) this.confirm(reply, input);
    else if (response.status === 409) {
      const current = this.form.elements.revision.value;
      // two saves of this page overlapped: the later one named the revision before the earlier one
      if (body.get("revision") !== current && String(reply.revision) === current) this.schedule();
      else this.showConflict(reply);
    } else if (response.status === 400 && reply.empty) {
      this.savedInput = input; // an empty worksheet has nothing to save
      this.setStatus((this.settledStatus = "Nothing saved yet"));
    } else if (response.status === 400) {
      this.failed = true; // the next change tries again
      this.setStatus(`Not saved. ${reply.error ?? `Please keep a copy of your ${this.options.thing}.`}`, true);
    } else if (response.status === 403 || response.type === "opaqueredirect") this.endSession(body);
    else this.retry(body, "Not saved yet. Trying again…", RETRY_DELAY);
  }

  confirm(reply, input) {
    this.form.elements.anew?.remove();
    this.savedInput = input;
    this.form.elements.revision.value = reply.revision;
    this.options.draft?.discard();
    this.showProblems(reply.problems ?? {});
    const count = Object.keys(reply.problems ?? {}).length;
    this.settledStatus = `Saved ${reply.saved}${count ? ", except the fields marked below" : ""}`;
    this.setStatus(this.settledStatus, count > 0);
    this.form.dispatchEvent(new CustomEvent("saved", { detail: reply }));
  }

  retry(body, text, delay) {
    this.failed = true;
    for (const name of ["anew", "new_version"]) if (body.has(name)) this.extra[name] = body.get(name);
    this.setStatus(text, true);
    this.saveIn(delay);
  }

  endSession(body) {
    const { ended, draft } = this.options;
    const text = ended ?? "Not saved: you have been signed out. Your text is kept in this tab.";
    if (!draft?.signIn) return this.retry(body, text, RETRY_DELAY);
    this.signedOut = this.failed = true;
    draft.keep(this.fields(), true);
    this.setStatus(text, true);
    this.status.append(" ", element("a", { href: draft.signIn, textContent: "Sign in again here" }));
  }

  // two tabs or two people have written: the reader decides which input becomes the newest version
  showConflict(reply) {
    this.stopped = this.failed = true;
    const { thing, view } = this.options;
    const mine = button(`Save my ${thing} as a new version`, () => {
      this.form.elements.revision.value = reply.revision;
      this.stopped = false;
      note.remove();
      this.save({ extra: { anew: "1" } }); // keeps the other version in the history
    });
    const theirs = element("a", { className: "button", textContent: "View the saved version", href: view });
    theirs.target = "_blank";
    const text = `This was changed in another tab or by someone else. Your ${thing} is still here but not saved.`;
    const note = notice("alert", text, mine, theirs);
    (this.form.closest("details") ?? this.form).before(note);
    note.scrollIntoView({ block: "center" });
    this.setStatus("Not saved: changed elsewhere", true);
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
