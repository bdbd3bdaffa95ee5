// The check-in on a phone: sliders that start unanswered, a draft that survives closing the page, and submission that
// retries on a poor connection. Without this script the same form works with plain buttons.

// "Help now" opens the help text from anywhere on the page.
document.querySelector(".help-link")?.addEventListener("click", () => {
  document.getElementById("help").open = true;
});

const DRAFT_PREFIX = "check-in:";
const MAX_AGE = 24 * 60 * 60 * 1000;

deleteOldDrafts();
start(document.querySelector("[data-check-in]"));
document.getElementById("open-notice")?.focus();

function start(form) {
  if (!form) {
    // sent, closed or expired: delete its draft
    openStorage()?.removeItem(DRAFT_PREFIX + hash(location.pathname.replace(/sent\/$/, "")));
    return;
  }
  const draft = new Draft(form);
  const restored = draft.restore();
  const sliders = [...form.querySelectorAll("[data-slider]")].map(
    (question) => new Slider(question, () => draft.save()),
  );
  form.addEventListener("change", () => draft.save());
  form.addEventListener("submit", (event) => send(event, form, draft));
  const empty = form.querySelector("[data-empty]");
  empty?.closest("[data-kept]").removeAttribute("hidden");
  empty?.addEventListener("click", () => {
    for (const button of form.querySelectorAll("input[type=radio]")) button.checked = false;
    for (const slider of sliders) slider.update();
    draft.remove();
    document.querySelector("[data-status]").textContent = "Your answers are cleared.";
    document.querySelector("main").focus();
    scrollTo(0, 0);
  });
  if (restored)
    document.querySelector("[data-status]").textContent =
      "Your earlier answers are restored. They have not been sent yet.";
}

// A slider in place of the radio buttons of a question. Until it is touched, no button is checked and it says so.
function Slider(question, onChange) {
  const buttons = [...question.querySelectorAll(".steps input")];
  const besides = [...question.querySelectorAll(".besides input")];
  const [low, high] = [...question.querySelectorAll(".ends span")].map((end) => end.textContent);
  const range = document.createElement("input");
  const output = document.createElement("output");
  const undo = document.createElement("button");
  const line = document.createElement("div");
  Object.assign(range, { type: "range", min: 0, max: buttons.length - 1, step: 1 });
  range.setAttribute("aria-labelledby", question.querySelector("legend").id);
  Object.assign(undo, { type: "button", className: "link", textContent: "Clear" });
  line.className = "answered-line";
  line.append(output, undo);
  question.querySelector(".steps").hidden = true;
  question.querySelector(".ends").before(range);
  question.append(line);

  function update() {
    const index = buttons.findIndex((button) => button.checked);
    range.classList.toggle("open", index < 0);
    range.value = index < 0 ? Math.floor(buttons.length / 2) : index;
    range.style.setProperty("--part", index < 0 ? 0 : index / (buttons.length - 1));
    const other = besides.find((button) => button.checked)?.parentElement.textContent.trim();
    const open = index < 0 && !other;
    output.textContent = open ? "Not answered yet" : (other ?? `${buttons[index].value} of ${buttons.at(-1).value}`);
    undo.hidden = open;
    range.setAttribute("aria-valuetext", open ? `not answered yet; from ${low} to ${high}` : output.textContent);
  }

  function answer() {
    buttons[Number(range.value)].checked = true;
    update();
    onChange();
  }

  range.addEventListener("input", answer);
  // A tap exactly on the middle does not move the slider and sends no input event, so pointerup, space and Enter count as
  // an answer, too. (Scrolling the page over a slider ends in pointercancel, not in pointerup.)
  range.addEventListener("pointerup", answer);
  range.addEventListener("keydown", (event) => {
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      answer();
    }
  });
  for (const button of besides) button.addEventListener("change", update);
  this.update = update;
  undo.addEventListener("click", () => {
    for (const button of [...buttons, ...besides]) button.checked = false;
    update();
    onChange();
    range.focus();
  });
  update();
}

// The unsent answers, stored on the client's own phone for a day at most, under a key that does not reveal the link. On the
// therapist's device (handed over) nothing is stored, because the therapist gets the device back.
function Draft(form) {
  const key = DRAFT_PREFIX + hash(location.pathname);
  const storage = form.dataset.keep === "no" ? null : openStorage();

  this.save = () => {
    const fields = [...new FormData(form)];
    try {
      storage?.setItem(key, JSON.stringify({ at: Date.now(), fields }));
    } catch {
      /* storage is full: no draft */
    }
  };
  // Returns whether an answer was restored.
  this.restore = () => {
    const answered = form.querySelector("input[type=radio]:checked") !== null; // answers from the server take precedence
    let restored = false;
    for (const [name, value] of readDraft(storage, key)?.fields ?? []) {
      const field = form.elements[name];
      if (name === "submission") field.value = value;
      else if (!answered && name.startsWith("item_") && field) {
        field.value = value;
        restored = true;
      }
    }
    return restored;
  };
  this.remove = () => storage?.removeItem(key);
}

function openStorage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

// Returns the draft unless it is older than a day or dated in the future.
function readDraft(storage, key) {
  try {
    const draft = JSON.parse(storage?.getItem(key) ?? "null");
    const age = Date.now() - draft?.at;
    return age >= 0 && age < MAX_AGE ? draft : null;
  } catch {
    return null;
  }
}

// Deletes expired drafts of all check-ins.
function deleteOldDrafts() {
  const storage = openStorage();
  const keys = storage ? Array.from({ length: storage.length }, (_, n) => storage.key(n)) : [];
  for (const key of keys) if (key?.startsWith(DRAFT_PREFIX) && !readDraft(storage, key)) storage.removeItem(key);
}

// A short hash of the address (FNV-1a with two seeds): it distinguishes links but cannot be used to open one.
function hash(text) {
  return [0x811c9dc5, 0x01000193]
    .map((seed) => {
      let sum = seed;
      for (const letter of text) sum = Math.imul(sum ^ letter.codePointAt(0), 0x01000193) >>> 0;
      return sum.toString(16);
    })
    .join("");
}

// Retries until the workbench confirms that the answers are saved. It stores repeated submissions only once.
async function send(event, form, draft) {
  event.preventDefault();
  const status = document.querySelector("[data-status]");
  const button = form.querySelector("[data-send]");
  const body = new URLSearchParams(new FormData(form, event.submitter?.name ? event.submitter : undefined));
  draft.save();
  const pressed = event.submitter ?? button;
  const sendButtons = [button, ...document.querySelectorAll(`button[form="${form.id}"]`)];
  // Show the status next to the pressed button: “Send as it is” is at the top of the page, “Send” at its end.
  (pressed.closest("p") ?? pressed).before(status);
  for (const sendButton of sendButtons) sendButton.disabled = true;
  status.textContent = "Sending…";
  for (let wait = 2; ; wait = Math.min(wait * 2, 30)) {
    let response = null;
    try {
      response = await fetch(form.action, { method: "POST", body, signal: AbortSignal.timeout(20_000) });
    } catch {
      /* no connection: try again below */
    }
    if (response?.redirected) {
      draft.remove();
      location.replace(response.url);
      return;
    }
    if (response && response.status < 500) {
      if (response.status === 410) draft.remove();
      showPage(await response.text()); // errors, or a page that explains why it is closed
      for (const sendButton of sendButtons) sendButton.disabled = false;
      return;
    }
    status.textContent = "Not sent yet. Your answers are still here. Trying again…";
    await Promise.race([pause(wait), new Promise((resolve) => addEventListener("online", resolve, { once: true }))]);
  }
}

function pause(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

// Replaces the main part of this page by that of the response and rebuilds the sliders.
function showPage(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  document.querySelector("main").replaceWith(page.querySelector("main"));
  document.title = page.title;
  start(document.querySelector("[data-check-in]"));
  scrollTo(0, 0);
  document.getElementById("open-notice")?.focus();
}
