// The check-in on a phone: sliders that begin unanswered, answers kept until they are sent, also over a closed page, and
// sending that survives a poor connection. Without this file the same form works with plain buttons.

// "Help now", from anywhere on the page, opens the help text itself
document.querySelector(".help-link")?.addEventListener("click", () => { document.getElementById("help").open = true; });

const KEPT = "check-in:";
const A_DAY = 24 * 60 * 60 * 1000;

forgetOld();
begin(document.querySelector("[data-check-in]"));
document.getElementById("open-notice")?.focus();

function begin(form) {
  if (!form) {
    // sent, closed or run out: nothing of it needs to stay
    storage()?.removeItem(KEPT + shortened(location.pathname.replace(/sent\/$/, "")));
    return;
  }
  const keep = new Keeper(form);
  const back = keep.restore();
  const sliders = [...form.querySelectorAll("[data-slider]")].map((question) => new Slider(question, () => keep.save()));
  form.addEventListener("change", () => keep.save());
  form.addEventListener("submit", (event) => send(event, form, keep));
  const empty = form.querySelector("[data-empty]");
  empty?.closest("[data-kept]").removeAttribute("hidden");
  empty?.addEventListener("click", () => {
    for (const button of form.querySelectorAll("input[type=radio]")) button.checked = false;
    for (const slider of sliders) slider.show();
    keep.forget();
    document.querySelector("[data-status]").textContent = "Everything is empty again.";
    document.querySelector("main").focus();
    scrollTo(0, 0);
  });
  if (back) document.querySelector("[data-status]").textContent = "What you chose before is back. It is not sent yet.";
}

// One slider over the plain buttons of a question. Untouched, it is no answer: nothing is checked, and it says so.
function Slider(question, changed) {
  const buttons = [...question.querySelectorAll(".steps input")];
  const [low, high] = [...question.querySelectorAll(".ends span")].map((end) => end.textContent);
  const range = document.createElement("input");
  const said = document.createElement("output");
  const undo = document.createElement("button");
  const line = document.createElement("div");
  Object.assign(range, { type: "range", min: 0, max: buttons.length - 1, step: 1 });
  range.setAttribute("aria-labelledby", question.querySelector("legend").id);
  Object.assign(undo, { type: "button", className: "link", textContent: "Leave open" });
  line.className = "answered-line";
  line.append(said, undo);
  question.querySelector(".steps").hidden = true;
  question.querySelector(".ends").before(range);
  question.append(line);

  function show() {
    const at = buttons.findIndex((button) => button.checked);
    range.classList.toggle("open", at < 0);
    range.value = at < 0 ? Math.floor(buttons.length / 2) : at;
    range.style.setProperty("--part", at < 0 ? 0 : at / (buttons.length - 1));
    said.textContent = at < 0 ? "Not answered yet" : `${buttons[at].value} of ${buttons.at(-1).value}`;
    undo.hidden = at < 0;
    range.setAttribute("aria-valuetext", at < 0 ? `not answered yet; from ${low} to ${high}` : said.textContent);
  }

  function answer() {
    buttons[Number(range.value)].checked = true;
    show();
    changed();
  }

  range.addEventListener("input", answer);
  // a tap on the very middle moves nothing, so no input event comes; a lifted finger or a pressed space says it is
  // meant. (A finger that scrolls the page over a slider is cancelled, not lifted.)
  range.addEventListener("pointerup", answer);
  range.addEventListener("keydown", (event) => {
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      answer();
    }
  });
  this.show = show;
  undo.addEventListener("click", () => {
    for (const button of buttons) button.checked = false;
    show();
    changed();
    range.focus();
  });
  show();
}

// What was chosen, kept on the client's own phone until it is sent, for a day at most, under a name that does not give the
// link away. On the therapist's own device, handed over, nothing is kept: half-answered questions are not for the person
// who gets it back.
function Keeper(form) {
  const name = KEPT + shortened(location.pathname);
  const store = form.dataset.keep === "no" ? null : storage();

  this.save = () => {
    const fields = [...new FormData(form)];
    try { store?.setItem(name, JSON.stringify({ at: Date.now(), fields })); } catch { /* no room: nothing is kept */ }
  };
  // whether any answer came back
  this.restore = () => {
    const shown = form.querySelector("input[type=radio]:checked") !== null; // the server's own word goes first
    let back = false;
    for (const [key, value] of read(store, name)?.fields ?? []) {
      const field = form.elements[key];
      if (key === "submission") field.value = value;
      else if (!shown && key.startsWith("item_") && field) {
        field.value = value;
        back = true;
      }
    }
    return back;
  };
  this.forget = () => store?.removeItem(name);
}

function storage() {
  try { return localStorage; } catch { return null; }
}

// what lies there and is no older than a day; a time ahead of the clock is none
function read(store, name) {
  try {
    const kept = JSON.parse(store?.getItem(name) ?? "null");
    const age = Date.now() - kept?.at;
    return age >= 0 && age < A_DAY ? kept : null;
  } catch {
    return null;
  }
}

// whatever else lies there for longer than a day, of whichever check-in
function forgetOld() {
  const store = storage();
  const names = store ? Array.from({ length: store.length }, (_, n) => store.key(n)) : [];
  for (const name of names) if (name?.startsWith(KEPT) && !read(store, name)) store.removeItem(name);
}

// a short sum of the address (FNV-1a, twice): enough to tell links apart, not enough to open one
function shortened(text) {
  return [0x811c9dc5, 0x01000193].map((seed) => {
    let sum = seed;
    for (const letter of text) sum = Math.imul(sum ^ letter.codePointAt(0), 0x01000193) >>> 0;
    return sum.toString(16);
  }).join("");
}

// Sends until the workbench has said that it is saved. The same sending twice is kept once.
async function send(event, form, keep) {
  event.preventDefault();
  const status = document.querySelector("[data-status]");
  const button = form.querySelector("[data-send]");
  const body = new URLSearchParams(new FormData(form, event.submitter?.name ? event.submitter : undefined));
  keep.save();
  const pressed = event.submitter ?? button;
  const all = [button, ...document.querySelectorAll(`button[form="${form.id}"]`)];
  // said where the finger is: “Send as it is” stands at the top of the page, “Send” at its end
  (pressed.closest("p") ?? pressed).before(status);
  for (const one of all) one.disabled = true;
  status.textContent = "Sending…";
  for (let wait = 2; ; wait = Math.min(wait * 2, 30)) {
    let answer = null;
    try {
      answer = await fetch(form.action, { method: "POST", body, signal: AbortSignal.timeout(20_000) });
    } catch { /* no connection: try again below */ }
    if (answer?.redirected) {
      keep.forget();
      location.replace(answer.url);
      return;
    }
    if (answer && answer.status < 500) {
      if (answer.status === 410) keep.forget();
      show(await answer.text()); // something to read
      for (const one of all) one.disabled = false;
      return;
    }
    status.textContent = "Not sent yet. Your answers are kept here, and sending is tried again.";
    await Promise.race([pause(wait), new Promise((go) => addEventListener("online", go, { once: true }))]);
  }
}

function pause(seconds) {
  return new Promise((go) => setTimeout(go, seconds * 1000));
}

// The page that came back, put in place of this one's middle; the sliders are made anew.
function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  document.querySelector("main").replaceWith(page.querySelector("main"));
  document.title = page.title;
  begin(document.querySelector("[data-check-in]"));
  scrollTo(0, 0);
  document.getElementById("open-notice")?.focus();
}
