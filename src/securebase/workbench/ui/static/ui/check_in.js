// The check-in on a phone: answers that survive closing the page, and submission that retries on a poor connection.
// Without this script the same form is submitted by the browser.
import { Draft, draftsOf, putBack } from "./js/kept.js";

const PREFIX = "check-in:";
const MAX_AGE = 24 * 60 * 60 * 1000;
// Unsent answers stay on the client's own phone for a day at most. On a device of the clinic the server gives no name
// for them, and nothing is stored, because the therapist gets it back.
const { draft: name } = document.body.dataset;
const draft = new Draft(PREFIX + name, name ? "localStorage" : null);

function setStatus(text) {
  document.querySelector("[data-status]").textContent = text;
}

function start() {
  const form = document.querySelector("[data-check-in]");
  document.getElementById("open-notice")?.focus();
  if (!form) return draft.discard(); // sent, closed or expired
  // answers from the server take precedence
  const answered = form.querySelector("input[type=radio]:checked:not([value=''])") !== null;
  const earlier = (draft.read()?.input ?? []).filter(([field]) => !answered || field === "submission");
  putBack(form, earlier);
  if (earlier.length && !answered) setStatus("Your earlier answers are restored. They have not been sent yet.");
  form.addEventListener("change", () => draft.keep(form));
  form.addEventListener("submit", (event) => send(event, form));
  const empty = form.querySelector("[data-empty]");
  empty?.closest("[data-kept]").removeAttribute("hidden");
  empty?.addEventListener("click", () => {
    for (const button of form.querySelectorAll("input[type=radio][value='']")) button.checked = true;
    draft.discard();
    setStatus("Your answers have been cleared.");
    document.querySelector("main").focus();
    scrollTo(0, 0);
  });
}

// Retries until the workbench confirms that the answers are saved. It stores repeated submissions only once.
async function send(event, form) {
  event.preventDefault();
  const { submitter } = event;
  draft.keep(form);
  // Show the status next to the pressed button: “Send as it is” is at the top of the page, “Send” at its end.
  submitter.closest("p").before(document.querySelector("[data-status]"));
  for (const field of form.elements) field.disabled = field.type === "submit";
  setStatus("Sending…");
  for (let wait = 2; ; wait = Math.min(wait * 2, 30)) {
    const body = new URLSearchParams(new FormData(form)); // anew: answers may have changed in the meantime
    if (submitter.name) body.append(submitter.name, submitter.value);
    const options = { method: "POST", body, signal: AbortSignal.timeout(20_000) };
    const response = await fetch(form.action, options).catch(() => null); // no connection
    if (response?.redirected || response?.status === 410) draft.discard();
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

// Replaces the main part of this page by that of the response.
function showPage(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  document.querySelector("main").replaceWith(page.querySelector("main"));
  document.title = page.title;
  scrollTo(0, 0);
  start();
}

// “Help now” opens the help text from anywhere on the page.
document.querySelector(".help-link")?.addEventListener("click", () => {
  document.getElementById("help").open = true;
});
for (const other of draftsOf(PREFIX)) if (!(Math.abs(Date.now() - other.read()?.at) < MAX_AGE)) other.discard();
start();
