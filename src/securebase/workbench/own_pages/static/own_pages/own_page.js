// The client's own page: keeps unsaved input on the client's own device until it is saved, and closes an unattended
// page. Without this file everything works with plain forms.

const body = document.body;
const PREFIX = "own-page:";
const storage = (() => {
  try {
    return localStorage;
  } catch {
    return null;
  }
})();

function forgetAll() {
  for (const name of Object.keys(storage ?? {})) if (name.startsWith(PREFIX)) storage.removeItem(name);
}

// returns the input without the technical fields of a page, for comparison
function inputText(fields) {
  return [...fields]
    .filter(([name]) => !["revision", "next", "new_version", "csrfmiddlewaretoken"].includes(name))
    .join("\n");
}

// ---- unsaved input --------------------------------------------------------------------------------------------------
class Draft {
  constructor(form) {
    this.form = form;
    this.name = PREFIX + new URL(form.action, location.href).pathname;
    form.addEventListener("input", () => this.store());
    form.addEventListener("change", () => this.store());
    form.addEventListener("saved", () => this.discard());
  }

  store() {
    const fields = new URLSearchParams(new FormData(this.form));
    fields.delete("csrfmiddlewaretoken");
    try {
      storage?.setItem(this.name, fields.toString());
    } catch {
      /* storage full: the page still holds the input */
    }
  }

  discard() {
    storage?.removeItem(this.name);
  }

  // sends the input that an earlier visit could not send; if the worksheet has changed since, the client decides
  async restore() {
    const draft = storage?.getItem(this.name);
    if (!draft) return;
    const fields = new URLSearchParams(draft);
    if (inputText(fields) === inputText(new URLSearchParams(new FormData(this.form)))) {
      this.discard(); // it was saved after all while the page closed
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
    const response = await fetch(this.form.action, {
      method: "POST",
      body: fields,
      headers: { "X-Autosave": "1" },
      redirect: "error",
    }).catch(() => null);
    // discard a draft that the server refuses as empty; keep it on any other refusal
    const reply = response?.status === 400 ? await response.json().catch(() => ({})) : {};
    if (response?.ok || reply.empty) this.discard();
    return Boolean(response?.ok);
  }

  ask(fields) {
    const note = document.createElement("div");
    note.className = "callout warn";
    note.setAttribute("role", "alert");
    const text = document.createElement("p");
    text.textContent = "Text you entered earlier could not be saved, and this worksheet has changed since.";
    const mine = document.createElement("button");
    Object.assign(mine, { type: "button", className: "button", textContent: "Use my earlier text" });
    mine.addEventListener("click", async () => {
      fields.set("revision", this.form.elements.revision.value);
      fields.set("new_version", "1");
      if (await this.send(fields)) location.reload();
    });
    const theirs = document.createElement("button");
    Object.assign(theirs, { type: "button", className: "button quiet", textContent: "Keep the current text" });
    theirs.addEventListener("click", () => {
      this.discard();
      note.remove();
    });
    note.append(text, mine, theirs);
    this.form.before(note);
  }
}

const form = document.querySelector("form[data-keep]");
if (form?.dataset.keep === "yes") new Draft(form).restore();
for (const leaving of document.querySelectorAll("form[action$='/own/close/'], form[data-forget]")) {
  leaving.addEventListener("submit", forgetAll);
}

// ---- an unattended page ---------------------------------------------------------------------------------------------
const minutes = Number(body.dataset.minutes);
let timer = null;
let lastPing = Date.now();

function onActivity() {
  clearTimeout(timer);
  timer = setTimeout(() => location.replace(body.dataset.own), minutes * 60_000 + 5_000);
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  if (!token || Date.now() - lastPing < 120_000) return;
  lastPing = Date.now();
  const fields = new URLSearchParams({ csrfmiddlewaretoken: token.value });
  fetch(body.dataset.still, { method: "POST", body: fields, redirect: "error" }).catch(() => {});
}

if (minutes > 0 && body.dataset.own) {
  for (const kind of ["pointerdown", "keydown", "touchstart"]) addEventListener(kind, onActivity, { passive: true });
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  onActivity();
}
