// The client's own page: what is typed and not yet saved is kept on the client's own device until it is saved, and an
// unattended page closes itself. Without this file everything works with plain forms.

const body = document.body;
const PREFIX = "own-page:";
const store = (() => { try { return localStorage; } catch { return null; } })();

function forgetAll() {
  for (const name of Object.keys(store ?? {})) if (name.startsWith(PREFIX)) store.removeItem(name);
}

// what was filled in, without what a page adds of itself
function words(fields) {
  return [...fields].filter(([name]) => !["revision", "next", "anew", "csrfmiddlewaretoken"].includes(name)).join("\n");
}

// ---- what is typed --------------------------------------------------------------------------------------------------
class Draft {
  constructor(form) {
    this.form = form;
    this.name = PREFIX + new URL(form.action, location.href).pathname;
    form.addEventListener("input", () => this.keep());
    form.addEventListener("change", () => this.keep());
    form.addEventListener("saved", () => this.forget());
  }

  keep() {
    const fields = new URLSearchParams(new FormData(this.form));
    fields.delete("csrfmiddlewaretoken");
    try { store?.setItem(this.name, fields.toString()); } catch { /* no room: the page itself still has it */ }
  }

  forget() { store?.removeItem(this.name); }

  // what an earlier visit could not send: sent now where nobody wrote meanwhile, else the client decides
  async putBack() {
    const kept = store?.getItem(this.name);
    if (!kept) return;
    const fields = new URLSearchParams(kept);
    if (words(fields) === words(new URLSearchParams(new FormData(this.form)))) {
      this.forget(); // it arrived after all, as the page was closing
      return;
    }
    if (fields.get("revision") === this.form.elements.revision.value) {
      if (await this.send(fields)) location.reload();
      return;
    }
    this.ask(fields);
  }

  async send(fields) {
    fields.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
    const answer = await fetch(this.form.action, {
      method: "POST", body: fields, headers: { "X-Autosave": "1" }, redirect: "error",
    }).catch(() => null);
    // refused because it is empty: nothing to keep; refused for anything else it stays here
    const told = answer?.status === 400 ? await answer.json().catch(() => ({})) : {};
    if (answer?.ok || told.empty) this.forget();
    return Boolean(answer?.ok);
  }

  ask(fields) {
    const note = document.createElement("div");
    note.className = "callout warn";
    note.setAttribute("role", "alert");
    const text = document.createElement("p");
    text.textContent = "You typed something here before that could not be saved, and the page was changed since.";
    const mine = document.createElement("button");
    Object.assign(mine, { type: "button", className: "button", textContent: "Take what I typed then" });
    mine.addEventListener("click", async () => {
      fields.set("revision", this.form.elements.revision.value);
      fields.set("anew", "1");
      if (await this.send(fields)) location.reload();
    });
    const theirs = document.createElement("button");
    Object.assign(theirs, { type: "button", className: "button quiet", textContent: "Keep what is here" });
    theirs.addEventListener("click", () => { this.forget(); note.remove(); });
    note.append(text, mine, theirs);
    this.form.before(note);
  }
}

const form = document.querySelector("form[data-keep]");
if (form?.dataset.keep === "yes") new Draft(form).putBack();
for (const leaving of document.querySelectorAll("form[action$='/own/close/'], form[data-forget]")) {
  leaving.addEventListener("submit", forgetAll);
}

// ---- an unattended page ---------------------------------------------------------------------------------------------
const minutes = Number(body.dataset.minutes);
let timer = null;
let told = Date.now();

function active() {
  clearTimeout(timer);
  timer = setTimeout(() => location.replace(body.dataset.own), minutes * 60_000 + 5_000);
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  if (!token || Date.now() - told < 120_000) return;
  told = Date.now();
  const sent = new URLSearchParams({ csrfmiddlewaretoken: token.value });
  fetch(body.dataset.still, { method: "POST", body: sent, redirect: "error" }).catch(() => {});
}

if (minutes > 0 && body.dataset.own) {
  for (const kind of ["pointerdown", "keydown", "touchstart"]) addEventListener(kind, active, { passive: true });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  active();
}
