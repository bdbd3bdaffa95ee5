// Saves a form during input: after every pause, when the page is left, and again until the server confirms.
const SAVE_DELAY = 1200; // milliseconds without input
const RETRY_DELAY = 8000;
const OFFLINE_RETRY_DELAY = 5000;
// Browsers limit keepalive requests to 64 KiB (Fetch standard); larger forms are sent without keepalive.
const MAX_KEEPALIVE_LENGTH = 60_000;
const TECHNICAL_FIELDS = ["revision", "next", "new_version", "csrfmiddlewaretoken"];

function fieldsOf(form) {
  return new URLSearchParams(new FormData(form));
}

function defaultsOf(form) {
  const copy = form.cloneNode(true);
  copy.reset();
  return fieldsOf(copy);
}

// Returns what a person has entered, without the technical fields of the page, for comparison.
function inputOf(fields) {
  const input = new URLSearchParams(fields);
  for (const name of TECHNICAL_FIELDS) input.delete(name);
  return input.toString();
}

// Options: status (element that shows the state), fields (returns the fields to send; they start as saved), delay, and
// discard (forgets the input after a conflict, where it is kept on the device). Attributes of the form: data-view
// (address of the saved version) and data-ended (what to say after the end of the session). The form dispatches “saved”
// with the server's reply, and “signed-out”. Notices are in ui/_saving.html.
export class Autosave {
  constructor(form, { status = form.querySelector("[data-saving]"), fields, delay = SAVE_DELAY, discard } = {}) {
    Object.assign(this, { form, status, delay, discard, settledStatus: status.textContent });
    this.fields = fields ?? (() => fieldsOf(form));
    // what was entered before this script ran differs from the defaults, so it is saved, too
    this.savedInput = inputOf(fields?.() ?? defaultsOf(form));
    form.addEventListener("input", () => this.schedule());
    form.addEventListener("submit", () => (this.stopped = true));
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

  // whether the server has all input
  get settled() {
    return !this.newVersion && inputOf(this.fields()) === this.savedInput;
  }

  get unsaved() {
    return !this.stopped && !this.settled;
  }

  schedule() {
    if (this.stopped) return;
    if (this.signedOut) return this.keep();
    if (this.unsaved) this.setStatus("Saving…");
    else if (!this.busy) this.setStatus(this.settledStatus); // changed back to what is saved
    this.saveIn(this.delay);
  }

  saveIn(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), delay);
  }

  async save({ leaving = false, newVersion = this.newVersion } = {}) {
    this.newVersion = newVersion;
    if (!this.unsaved || this.signedOut || (this.busy && !leaving)) return;
    clearTimeout(this.timer);
    this.busy = true;
    const body = this.fields();
    const input = inputOf(body);
    if (newVersion) body.set("new_version", "1");
    const [response, reply] = await this.send(body, leaving && body.toString().length < MAX_KEEPALIVE_LENGTH);
    this.busy = false;
    if (response) this.handleReply(response, reply, input, body.get("revision"));
    else this.retry("Not saved yet: no connection. Trying again…", OFFLINE_RETRY_DELAY);
    if (!this.failed && this.unsaved) this.schedule();
  }

  // Returns the response and the data in it; null without a connection.
  async send(body, keepalive) {
    // a redirect leads to the sign-in page, so it is not followed
    const options = { method: "POST", body, headers: { "X-Autosave": "1" }, keepalive, redirect: "manual" };
    try {
      const response = await fetch(this.form.action, options);
      return [response, response.headers.get("content-type")?.includes("json") ? await response.json() : {}];
    } catch {
      return [null, {}];
    }
  }

  handleReply(response, reply, input, revision) {
    const current = this.form.elements.revision.value;
    if (response.ok) this.confirm(reply, input);
    else if (response.status === 409) {
      // two saves of this page overlapped: the later one named the revision before the earlier one
      if (revision !== current && String(reply.revision) === current) this.schedule();
      else this.showConflict(reply);
    } else if (response.status === 400 && reply.empty) {
      this.settle(input, "Nothing saved yet"); // an empty worksheet has nothing to save
    } else if (response.status === 400) {
      this.failed = true; // the next change tries again
      this.setStatus(`Not saved. ${reply.error ?? "Please keep a copy of it."}`, true);
    } else if (response.status === 403 || response.type === "opaqueredirect") this.endSession();
    else this.retry("Not saved yet. Trying again…", RETRY_DELAY);
  }

  confirm(reply, input) {
    const problems = reply.problems ?? {};
    const count = Object.keys(problems).length;
    this.newVersion = false;
    if (this.form.elements.new_version?.type === "hidden") this.form.elements.new_version.remove();
    this.form.elements.revision.value = reply.revision;
    for (const list of this.form.querySelectorAll("[data-problem]")) {
      list.hidden = !problems[list.dataset.problem];
      list.firstElementChild.textContent = problems[list.dataset.problem] ?? "";
    }
    this.settle(input, `Saved ${reply.saved}${count ? ", except the fields marked below" : ""}`, count > 0);
    this.form.dispatchEvent(new CustomEvent("saved", { detail: reply }));
  }

  settle(input, status, bad = false) {
    this.failed = false;
    this.savedInput = input;
    this.settledStatus = status;
    this.setStatus(status, bad);
  }

  retry(text, delay) {
    this.failed = true;
    this.setStatus(text, true);
    this.saveIn(delay);
  }

  endSession() {
    const text = this.form.dataset.ended ?? "Not saved: you have been signed out. Your text is kept in this tab.";
    const signIn = document.getElementById("sign-in-again");
    if (!signIn) return this.retry(text, RETRY_DELAY);
    this.signedOut = this.failed = true;
    const link = document.importNode(signIn.content.firstElementChild, true);
    link.search += `&next=${encodeURIComponent(location.pathname + location.search)}`;
    this.setStatus(text, true);
    this.status.append(" ", link);
    this.keep();
  }

  keep() {
    this.form.dispatchEvent(new Event("signed-out", { bubbles: true })); // ui/idle.js keeps the input
  }

  // two tabs or two people have written: the reader decides which input becomes the newest version
  showConflict(reply) {
    this.stopped = this.failed = true;
    const note = document.getElementById("conflict").content.firstElementChild.cloneNode(true);
    const part = (name) => note.querySelector(`[data-${name}]`);
    part("theirs").href = this.form.dataset.view ?? this.form.action;
    part("discard").hidden = !this.discard;
    part("discard").addEventListener("click", this.discard);
    part("mine").addEventListener("click", () => {
      this.form.elements.revision.value = reply.revision;
      this.stopped = false;
      note.remove();
      this.save({ newVersion: true }); // keeps the other version in the history
    });
    // not before(): a field of the form may have that name
    (this.form.closest("details") ?? this.form).insertAdjacentElement("beforebegin", note);
    note.scrollIntoView({ block: "center" });
    this.setStatus("Not saved: changed elsewhere", true);
  }

  setStatus(text, bad = false) {
    this.status.textContent = text;
    this.status.classList.toggle("bad", bad);
  }
}
