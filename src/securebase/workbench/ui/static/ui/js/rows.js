// A list of rows in a form. The order on the page is the order that is saved; numbers in names only tell rows apart.
const FIELDS = "input, textarea, select";
const TOOLS = {
  up: (tool, row) => row.previousElementSibling?.before(row),
  down: (tool, row) => row.nextElementSibling?.after(row),
  // the fields of a removed row are not sent; the same button restores it
  remove: (tool, row) => {
    const removed = row.classList.toggle("removed");
    for (const field of row.querySelectorAll(FIELDS)) field.disabled = removed;
    tool.textContent = removed ? "Undo: restore the row" : "Remove row";
  },
  add: (tool) => {
    const list = tool.closest("[data-rows]").querySelector(".sheet-rows");
    list.append(makeRow(list, 1 + Math.max(...[...list.children].map(numberOf))));
    return list.lastElementChild.querySelector(FIELDS);
  },
};

const numberOf = (row) => Number(/\.(\d+)\./.exec(row.querySelector("[name]").name)[1]);

function makeRow(list, number) {
  const copy = document.createElement("template");
  const blank = list.closest("[data-rows]").querySelector("template");
  copy.innerHTML = blank.innerHTML.replaceAll(/(?<=[.-])0000(?=[.-])/g, number);
  return copy.content.firstElementChild;
}

// Names the tools, of which every row has the same, by the position of their row.
function nameTools(list) {
  [...list.children].forEach((row, n) => {
    for (const tool of row.querySelectorAll("[data-tool]")) tool.ariaLabel = `${tool.textContent} (${n + 1})`;
  });
}

// Brings the rows of a form into the order of these names of fields; adds missing rows and drops all others.
export function restoreRows(form, names) {
  for (const list of form.querySelectorAll(".sheet-rows")) {
    const start = `${list.closest("[data-rows]").dataset.rows}.`;
    const own = names.filter((name) => name.startsWith(start));
    const numbers = new Set(own.map((name) => Number(name.slice(start.length).split(".")[0])));
    const rows = new Map([...list.children].map((row) => [numberOf(row), row]));
    if (numbers.size) list.replaceChildren(...[...numbers].map((n) => rows.get(n) ?? makeRow(list, n)));
    nameTools(list);
  }
}

// Acts on a click on a button of a list: moves or removes its row, or adds one.
export function useRowTool({ target }) {
  const act = TOOLS[target.dataset.tool];
  if (!act) return;
  const next = act(target, target.closest(".sheet-row")) ?? target;
  nameTools(next.closest(".sheet-rows"));
  next.focus();
  next.dispatchEvent(new Event("input", { bubbles: true }));
}
