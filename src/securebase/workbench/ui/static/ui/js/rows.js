// A list of rows in a form. The order on the page is the order that is saved; numbers in names only tell rows apart.
const FIELDS = "input, textarea, select";
const TOOLS = {
  up: (row) => row.previousElementSibling?.before(row),
  down: (row) => row.nextElementSibling?.after(row),
  // the fields of a removed row are not sent; the same button restores it
  remove: (row, tool) => {
    const removed = row.classList.toggle("removed");
    for (const field of row.querySelectorAll(FIELDS)) field.disabled = removed;
    tool.textContent = tool.dataset.label = removed ? "Undo: restore the row" : "Remove row";
  },
};

const numberOf = (row) => Number(/\.(\d+)\./.exec(row.querySelector("[name]").name)[1]);

function makeRow(field, number) {
  const copy = document.createElement("template");
  copy.innerHTML = field.querySelector("template").innerHTML.replaceAll(/(?<=[.-])0000(?=[.-])/g, number);
  return copy.content.firstElementChild;
}

// Brings the rows of a form into the order of these names of fields; adds missing rows and drops all others.
export function restoreRows(form, names) {
  for (const field of form.querySelectorAll("[data-rows]")) {
    const list = field.querySelector(".sheet-rows");
    const start = `${field.dataset.rows}.`;
    const own = names.filter((name) => name.startsWith(start));
    const numbers = new Set(own.map((name) => Number(name.slice(start.length).split(".")[0])));
    const rows = new Map([...list.children].map((row) => [numberOf(row), row]));
    if (numbers.size) list.replaceChildren(...[...numbers].map((n) => rows.get(n) ?? makeRow(field, n)));
  }
}

function isEmpty(row) {
  const filled = (field) => (field.matches("[type=radio], [type=checkbox]") ? field.checked : field.value);
  return !row.querySelector(".errors:not([hidden])") && ![...row.querySelectorAll(FIELDS)].some(filled);
}

export function startRows(field, onChange) {
  const list = field.querySelector(".sheet-rows");
  let next = 1 + Math.max(-1, ...[...list.children].map(numberOf));

  function add() {
    const row = makeRow(field, next++);
    list.append(row);
    update();
    return row;
  }

  // names the tools by the position of their row, and gives problems the position that the server reports
  function update() {
    [...list.children].forEach((row, n) => {
      for (const tool of row.querySelectorAll("[data-tool]"))
        tool.setAttribute("aria-label", `${tool.dataset.label} ${n + 1}`);
    });
    [...list.querySelectorAll(".sheet-row:not(.removed)")].forEach((row, n) => {
      for (const problem of row.querySelectorAll("[data-problem]"))
        problem.dataset.problem = problem.dataset.problem.replace(/\.\d+\./, `.${n}.`);
    });
  }

  for (const spare of list.querySelectorAll(".spare")) {
    spare.classList.remove("spare");
    if (isEmpty(spare)) spare.remove();
  }
  list.addEventListener("click", ({ target }) => {
    const act = TOOLS[target.dataset.tool];
    if (!act) return;
    act(target.closest(".sheet-row"), target);
    update();
    target.focus();
    onChange();
  });
  field.querySelector("[data-add]").addEventListener("click", () => add().querySelector(FIELDS)?.focus());
  if (list.children.length) update();
  else add();
}
