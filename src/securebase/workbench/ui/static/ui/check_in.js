// The check-in on a phone: answers that survive closing the page, a page that opens without a connection, and
// submission that retries on a poor one. Without this script the same form is submitted by the browser.
import { putBack } from "./js/kept.js";
import { discardDrafts, draftOf, SealedDraft } from "./js/sealed.js";

// On a device of the clinic the server gives no name, and nothing is stored, because the therapist gets it back.
let draft = new SealedDraft(document.body.dataset.draft);
const isShell = document.body.dataset.shell !== undefined;

const main = () => document.querySelector("main");
const words = () => document.querySelector("[data-words]")?.dataset ?? {};

function setStatus(text) {
  const status = document.querySelector("[data-status]");
  if (status && text) status.textContent = text;
}

async function start() {
  const form = document.querySelector("[data-check-in]");
  document.getElementById("open-notice")?.focus();
  if (!form) return draft.discard(); // sent, closed or expired
  const kept = (await draft.read()) ?? {};
  // answers from the server take precedence
  const answered = form.querySelector("input[type=radio]:checked:not([value=''])") !== null;
  const earlier = (kept.input ?? []).filter(([field]) => !answered || field === "submission");
  putBack(form, earlier);
  const restored = earlier.some(([field]) => field !== "submission");
  if (restored && !answered) setStatus(words().restored);
  // the page itself is kept, sealed, so that it opens again without a connection
  const page = draft.possible ? (isShell ? kept.page : main().innerHTML) : undefined;
  const keep = (queued) => draft.keep(form, { page, title: document.title, queued });
  keep(kept.queued);
  form.addEventListener("change", () => keep());
  form.addEventListener("submit", (event) => send(event, form, keep));
  document.querySelector(draft.possible ? "[data-kept-here]" : "[data-kept-nowhere]")?.removeAttribute("hidden");
  form.querySelector("[data-empty]")?.addEventListener("click", () => {
    for (const button of form.querySelectorAll("input[type=radio][value='']")) button.checked = true;
    keep();
    setStatus(words().cleared);
    main().focus();
    scrollTo(0, 0);
  });
  if (kept.queued) resume(form, kept.queued);
}

// Sends what was on its way when the page was closed.
function resume(form, button) {
  const submitter = [...form.elements, ...document.querySelectorAll(`[form="${form.id}"]`)].find(
    (field) => field.type === "submit" && field.name === button.name,
  );
  if (submitter) form.requestSubmit(submitter);
  else {
    const extra = Object.assign(document.createElement("input"), { type: "hidden", ...button });
    if (button.name) form.append(extra);
    form.requestSubmit(form.querySelector("button:not([type=button])"));
  }
}

// Retries until the workbench confirms that the answers are saved. It stores repeated submissions only once.
async function send(event, form, keep) {
  event.preventDefault();
  const { submitter } = event;
  // a storage that hangs must not hold the answers back
  const pause = new Promise((resolve) => setTimeout(resolve, 2000));
  await Promise.race([keep({ name: submitter.name, value: submitter.value }), pause]);
  // Show the status next to the pressed button: “Send as it is” is at the top of the page, “Send” at its end.
  submitter.closest("p").before(document.querySelector("[data-status]"));
  for (const field of form.elements) field.disabled = field.type === "submit";
  setStatus(words().sending);
  for (let wait = 2; ; wait = Math.min(wait * 2, 30)) {
    const body = new URLSearchParams(new FormData(form)); // anew: answers may have changed in the meantime
    if (submitter.name) body.append(submitter.name, submitter.value);
    const options = { method: "POST", body, signal: AbortSignal.timeout(20_000) };
    const response = await fetch(location.href, options).catch(() => null); // no connection
    if (response?.redirected || response?.status === 410) await draft.discard();
    if (response?.redirected) return location.replace(response.url);
    // errors, or a page that explains why it is closed
    if (response && response.status < 500) return showPage(await response.text());
    setStatus(form.querySelector(".safety input:checked")?.value > 0 ? words().safety : words().waiting);
    await new Promise((resolve) => {
      setTimeout(resolve, wait * 1000);
      addEventListener("online", resolve, { once: true });
    });
  }
}

// Replaces the main part of this page by that of the response.
async function showPage(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  main().replaceWith(page.querySelector("main"));
  document.title = page.title;
  scrollTo(0, 0);
  await draft.keep(document.querySelector("[data-check-in]") ?? document.createElement("form"));
  return start();
}

// Without a connection the worker shows an empty page; the questions are in the sealed draft of this link.
async function fillShell() {
  const token = location.pathname.split("/")[2];
  draft = await draftOf("", token);
  const kept = await draft.read();
  addEventListener("online", () => kept || location.reload());
  if (!kept?.page) return;
  main().innerHTML = kept.page;
  document.title = kept.title;
  document.querySelector("[data-status]")?.replaceChildren();
  await start();
  setStatus(words().offline);
}

// “Help now” opens the help text from anywhere on the page.
document.querySelector(".help-link")?.addEventListener("click", () => {
  document.getElementById("help").open = true;
});
await discardDrafts();
await (isShell ? fillShell() : start());
document.body.dataset.ready = "yes";
const { worker } = document.body.dataset;
if (worker && !isShell && navigator.serviceWorker) {
  await navigator.serviceWorker.register(worker, { scope: "/c/" }).catch(() => null);
  navigator.serviceWorker.ready.then(() => (document.body.dataset.offline = "yes"));
}
