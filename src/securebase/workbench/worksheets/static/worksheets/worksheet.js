// Worksheets: saved during input, with rows, and parts of the page that follow what is saved.
import { Autosave } from "../ui/js/autosave.js";
import { Draft, putBack } from "../ui/js/kept.js";
import { replaceParts } from "../ui/js/parts.js";
import { useRowTool } from "../ui/js/rows.js";

function start(form) {
  // the client's own page keeps unsaved input on the client's own device
  const draft = form.dataset.keep === "yes" ? new Draft(`own-page:${new URL(form.action).pathname}`) : null;
  // put back before the autosave, which reads the form when it is made
  putBack(form, draft?.read()?.input ?? []);
  form.classList.add("scripted");
  const discard = draft && (() => (draft.discard(), location.reload()));
  form.autosave = new Autosave(form, { discard });
  if (form.autosave.settled) draft?.discard();
  form.addEventListener("input", () => draft?.keep(form));
  form.addEventListener("click", useRowTool);
  form.addEventListener("saved", ({ detail }) => {
    draft?.discard();
    replaceParts(detail.parts);
  });
}

document.querySelectorAll("form[data-autosave]").forEach(start);
