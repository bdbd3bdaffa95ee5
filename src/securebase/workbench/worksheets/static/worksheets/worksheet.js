// Worksheets: saved during input, with rows, choices that can be cleared, and parts that follow what is saved.
import { Autosave } from "../ui/js/autosave.js";
import { Kept, putBack } from "../ui/js/kept.js";
import { replaceParts } from "../ui/js/parts.js";
import { startRows } from "../ui/js/rows.js";

// The client answers the text shown now, not the one shown when the page was opened.
function updateAnswerForms(form, { version, revision }) {
  const key = form.elements.artefact?.value ?? new URL(form.action).pathname;
  for (const other of document.querySelectorAll("form[action*='/answer/']")) {
    if (!other.action.includes(key) || !version) continue;
    other.elements.version.value = version;
    if (other.elements.revision) other.elements.revision.value = revision;
  }
}

function clearChoice(event) {
  const field = event.target.closest(".clear-choice")?.closest("fieldset");
  if (!field) return;
  const chosen = field.querySelector("input:checked");
  chosen.checked = false;
  field.querySelector("input").focus();
  chosen.dispatchEvent(new Event("change", { bubbles: true }));
}

function start(form) {
  // the client's own page keeps unsaved input on the client's own device
  const kept = form.dataset.keep === "yes" ? new Kept(`own-page:${new URL(form.action).pathname}`) : null;
  putBack(form, kept?.read()?.input ?? []);
  form.classList.add("scripted");
  const onChange = () => form.dispatchEvent(new Event("change"));
  // rows are built before the autosave, which reads the form when it is made
  for (const field of form.querySelectorAll("[data-rows]")) startRows(field, onChange);
  const discard = kept && (() => (kept.discard(), location.reload()));
  form.autosave = new Autosave(form, { ended: form.dataset.ended, discard });
  if (form.autosave.settled) kept?.discard();
  for (const kind of ["input", "change"]) form.addEventListener(kind, () => kept?.keep(form));
  form.addEventListener("click", clearChoice);
  form.addEventListener("saved", ({ detail }) => {
    kept?.discard();
    replaceParts(detail.parts);
    updateAnswerForms(form, detail);
  });
}

document.querySelectorAll("form[data-autosave]").forEach(start);
