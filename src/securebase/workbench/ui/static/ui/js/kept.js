// Keeps input in the browser until the server has it, and puts it back into its form.
import { restoreRows } from "./rows.js";

const KEPT_HIDDEN = ["revision", "submission"]; // hidden fields that tell what the input belongs to
const NEVER_KEPT = ["password", "submit", "button", "fieldset"];

const isTick = (field) => field.type === "radio" || field.type === "checkbox";
const namesakes = (form, name) => [...form.elements].filter((field) => field.name === name);

function isChanged(field) {
  if (isTick(field)) return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return field.value !== field.defaultValue;
}

// Returns the unsaved input of a form, or null: changed fields, all rows of lists, and all fields of a form that is
// shown again with errors. A field is named by its name and its position among the fields of that name.
export function unsavedInput(form) {
  if (form.autosave?.settled) return null;
  const refused = form.querySelector(".errorlist, [role=alert]") !== null;
  const fields = [...form.elements].filter(
    (field) => field.name && !field.disabled && !NEVER_KEPT.includes(field.type),
  );
  const entered = fields.filter((field) => field.type !== "hidden" && (refused || isChanged(field)));
  if (!entered.length && !form.autosave) return null;
  return fields
    .filter((field) => entered.includes(field) || field.closest("[data-rows]") || KEPT_HIDDEN.includes(field.name))
    .map((field) => [
      field.name,
      namesakes(form, field.name).indexOf(field),
      isTick(field) ? field.checked : field.value,
    ]);
}

export function putBack(form, input) {
  const names = input.map(([name]) => name);
  restoreRows(form, names);
  for (const [name, position, value] of input) {
    const field = namesakes(form, name)[position];
    if (!field) continue;
    field[isTick(field) ? "checked" : "value"] = value;
    for (let group = field.closest("details"); group; group = group.parentElement.closest("details")) group.open = true;
  }
}

// Every page works without the browser's storage, which may be blocked, full or hold what cannot be read.
function attempt(action) {
  try {
    return action();
  } catch {
    return null;
  }
}

// Unsaved input under one key of the browser's storage: that of the device, of the tab (sessionStorage), or none.
export class Draft {
  constructor(key, storage = "localStorage") {
    Object.assign(this, { key, storage: attempt(() => window[storage]) });
  }

  read() {
    return attempt(() => JSON.parse(this.storage.getItem(this.key)));
  }

  write(kept) {
    attempt(() => this.storage.setItem(this.key, JSON.stringify(kept)));
  }

  discard() {
    attempt(() => this.storage.removeItem(this.key));
  }

  keep(form) {
    const input = unsavedInput(form);
    if (input) this.write({ at: Date.now(), input });
    else this.discard();
  }
}
