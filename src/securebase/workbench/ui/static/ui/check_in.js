// The check-in on a phone: sliders that start unanswered, answers that survive closing the page, and submission that
// retries on a poor connection. Without this script the same form works with plain buttons.
import { Kept, putBack } from "./js/kept.js";
import { openStorage, readJson, removeAll } from "./js/storage.js";

const PREFIX = "check-in:";
const MAX_AGE = 24 * 60 * 60 * 1000;
const storage = openStorage("localStorage");

function isCurrent(kept) {
  const age = Date.now() - kept?.at;
  return age >= 0 && age < MAX_AGE;
}

// Unsent answers stay on the client's own phone for a day at most, under a key that does not reveal the link (FNV-1a
// with two seeds). On the therapist's device (handed over) nothing is stored, because the therapist gets it back.
function openKept(storageOfPage) {
  let key = PREFIX;
  for (const seed of [0x811c9dc5, 0x01000193]) {
    let sum = seed;
    for (const letter of location.pathname.replace(/sent\/$/, ""))
      sum = Math.imul(sum ^ letter.codePointAt(0), 0x01000193) >>> 0;
    key += sum.toString(16);
  }
  return new Kept(key, storageOfPage);
}

function setStatus(text) {
  document.querySelector("[data-status]").textContent = text;
}

function start(form) {
  if (!form) return openKept(storage).discard(); // sent, closed or expired
  const kept = openKept(form.dataset.keep === "no" ? null : storage);
  const answered = form.querySelector("input[type=radio]:checked") !== null; // answers from the server take precedence
  const earlier = (kept.read()?.input ?? []).filter(([name]) => !answered || name === "submission");
  putBack(form, earlier);
  if (earlier.length && !answered) setStatus("Your earlier answers are restored. They have not been sent yet.");
  const sliders = [...form.querySelectorAll("[data-slider]")].map(makeSlider);
  form.addEventListener("change", () => kept.keep(form));
  form.addEventListener("submit", (event) => send(event, form, kept));
  const empty = form.querySelector("[data-empty]");
  empty?.closest("[data-kept]").removeAttribute("hidden");
  empty?.addEventListener("click", () => {
    for (const button of form.querySelectorAll("input[type=radio]")) button.checked = false;
    for (const update of sliders) update();
    kept.discard();
    setStatus("Your answers have been cleared.");
    document.querySelector("main").focus();
    scrollTo(0, 0);
  });
}

// Shows a slider in place of the radio buttons of a question. Until it is touched, no button is checked and it says so.
// Returns the function that shows the present answer.
function makeSlider(question) {
  const buttons = [...question.querySelectorAll(".steps input")];
  const others = [...question.querySelectorAll(".besides input")];
  const [low, high] = [...question.querySelectorAll(".ends span")].map((end) => end.textContent);
  const [range, output, clear] = ["[type=range]", "output", "[data-clear]"].map((part) => question.querySelector(part));
  question.querySelector(".steps").hidden = true;
  range.hidden = output.parentElement.hidden = false;

  function update() {
    const index = buttons.findIndex((button) => button.checked);
    const other = others.find((button) => button.checked)?.parentElement.textContent.trim();
    const open = index < 0 && !other;
    range.classList.toggle("open", index < 0);
    range.value = index < 0 ? Math.floor(buttons.length / 2) : index;
    range.style.setProperty("--part", index < 0 ? 0 : index / (buttons.length - 1));
    output.textContent = open ? "Not answered yet" : (other ?? `${buttons[index].value} of ${buttons.at(-1).value}`);
    range.setAttribute("aria-valuetext", open ? `not answered yet; from ${low} to ${high}` : output.textContent);
    clear.hidden = open;
  }

  const changed = () => question.dispatchEvent(new Event("change", { bubbles: true }));
  const answer = () => {
    buttons[Number(range.value)].checked = true;
    changed();
  };
  range.addEventListener("input", answer);
  // A tap exactly on the middle does not move the slider and sends no input event, so pointerup, space and Enter count
  // as an answer, too. (Scrolling the page over a slider ends in pointercancel, not in pointerup.)
  range.addEventListener("pointerup", answer);
  range.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    answer();
  });
  clear.addEventListener("click", () => {
    for (const button of [...buttons, ...others]) button.checked = false;
    changed();
    range.focus();
  });
  question.addEventListener("change", update);
  update();
  return update;
}

// Retries until the workbench confirms that the answers are saved. It stores repeated submissions only once.
async function send(event, form, kept) {
  event.preventDefault();
  const { submitter } = event;
  const buttons = [form.querySelector("[data-send]"), ...document.querySelectorAll(`button[form="${form.id}"]`)];
  const pressed = submitter ?? buttons[0];
  kept.keep(form);
  // Show the status next to the pressed button: “Send as it is” is at the top of the page, “Send” at its end.
  (pressed.closest("p") ?? pressed).before(document.querySelector("[data-status]"));
  for (const button of buttons) button.disabled = true;
  setStatus("Sending…");
  for (let wait = 2; ; wait = Math.min(wait * 2, 30)) {
    const body = new URLSearchParams(new FormData(form)); // anew: answers may have changed in the meantime
    if (submitter?.name) body.append(submitter.name, submitter.value);
    const options = { method: "POST", body, signal: AbortSignal.timeout(20_000) };
    const response = await fetch(form.action, options).catch(() => null); // no connection
    if (response?.redirected || response?.status === 410) kept.discard();
    if (response?.redirected) return location.replace(response.url);
    // errors, or a page that explains why it is closed
    if (response && response.status < 500) return showPage(await response.text());
    setStatus("Not sent yet. Your answers are still here. Trying again…");
    await new Promise((resolve) => {
      setTimeout(resolve, wait * 1000);
      addEventListener("online", resolve, { once: true });
    });
  }
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

// “Help now” opens the help text from anywhere on the page.
document.querySelector(".help-link")?.addEventListener("click", () => {
  document.getElementById("help").open = true;
});
removeAll(storage, PREFIX, (key) => !isCurrent(readJson(storage, key)));
start(document.querySelector("[data-check-in]"));
document.getElementById("open-notice")?.focus();
