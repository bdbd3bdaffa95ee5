// Worksheets: saved during input, with rows, and parts of the page that follow what is saved.
import { Autosave } from "../ui/js/autosave.js";
import { putBack } from "../ui/js/kept.js";
import { replaceParts } from "../ui/js/parts.js";
import { useRowTool } from "../ui/js/rows.js";
import { discardDrafts, draftOf } from "../ui/js/sealed.js";

async function start(form) {
  // the client's own page keeps unsaved input on the client's own device, sealed
  const draft = form.dataset.keep === "yes" ? await draftOf("own:", new URL(form.action).pathname) : null;
  if (draft) await discardDrafts();
  // put back before the autosave, which reads the form when it is made
  putBack(form, (await draft?.read())?.input ?? []);
  form.classList.add("scripted");
  const discard = draft && (() => draft.discard().then(() => location.reload()));
  form.autosave = new Autosave(form, { discard });
  if (form.autosave.settled) draft?.discard();
  form.addEventListener("input", () => draft?.keep(form));
  form.addEventListener("click", useRowTool);
  form.addEventListener("saved", ({ detail }) => {
    draft?.discard();
    replaceParts(detail.parts);
  });
}

await Promise.all([...document.querySelectorAll("form[data-autosave]")].map(start));
