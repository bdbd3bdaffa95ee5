// Updates the part above a worksheet while it is filled in. The server drew it first, in the same pieces.
const sheet = document.querySelector("form[data-autosave]");

function piece(tag, className, ...inside) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...inside.filter((one) => one !== null));
  return made;
}

function labelled(className, word, text) {
  return text ? piece("p", className, piece("b", "", word), ` ${text}`) : null;
}

// Rows of a list as they stand in the form: column → text, or list of texts.
function rowsOf(name) {
  const rows = new Map();
  for (const [key, value] of new FormData(sheet)) {
    const [list, n, column] = key.split(".");
    if (list !== name || column === undefined) continue;
    if (!rows.has(n)) rows.set(n, { faults: [] });
    const row = rows.get(n);
    if (column === "faults") row.faults.push(value);
    else row[column] = String(value).trim();
  }
  return [...rows.values()].filter((row) => row.faults.length || Object.entries(row).some(([k, v]) => k !== "faults" && v));
}

function wordOf(name, value) {
  const input = sheet.querySelector(`[name$=".${name}"][value="${CSS.escape(value)}"]`);
  return input?.nextElementSibling?.textContent ?? value;
}

function turn(row, other) {
  const who = row.speaker || "client";
  const names = { client: "Client", other, silence: "Silence" };
  return piece("li", `turn ${who}`, piece("p", "who", names[who]), row.said ? piece("p", "line", row.said) : null,
    labelled("under", "meant", row.meant), labelled("under", "felt", row.felt), labelled("under", "heard as", row.heard),
    ...row.faults.map((one) => piece("p", "fault", wordOf("faults", one))), labelled("better", "better", row.better));
}

function svg(tag, attributes, ...inside) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inside);
  return made;
}

const same = (text) => (text ?? "").split(/\s+/).join(" ").trim().toLowerCase();

function option(row) {
  const chosen = same(sheet.elements.chosen?.value) !== "" && same(sheet.elements.chosen.value) === same(row.option);
  const name = piece("th", "", row.option || "–", chosen ? " " : null, chosen ? piece("span", "tag good", "to try first") : null);
  name.scope = "row";
  const rated = piece("td", "nowrap");
  if (row.rating) {
    const bar = svg("svg", { class: "rating", viewBox: "0 0 100 10", "aria-hidden": "true" },
      svg("rect", { class: "whole", width: 100, height: 10, rx: 5 }),
      svg("rect", { class: "part", width: 10 * Number(row.rating), height: 10, rx: 5 }));
    rated.append(bar, " ", piece("span", "num", row.rating));
  }
  return piece("tr", chosen ? "chosen" : "", name, ...["good", "hard", "likely"].map((n) => piece("td", "", row[n] ?? "")), rated);
}

const SHOW = {
  dialogue(part) {
    const turns = rowsOf("lines").map((row) => turn(row, part.dataset.other));
    part.querySelector("[data-replayed]").replaceChildren(...turns);
    part.hidden = turns.length === 0;
  },
  options(part) {
    const rows = rowsOf("options").map(option);
    part.querySelector("[data-replayed]").replaceChildren(...rows);
    part.hidden = rows.length === 0;
  },
  shift(part) {
    const at = (name) => sheet.querySelector(`[name="${name}"]:checked`)?.value;
    const [before, after] = [at(part.dataset.before), at(part.dataset.after)];
    part.hidden = before === undefined || after === undefined;
    if (part.hidden) return;
    const place = (value) => 10 + 20 * Number(value);
    part.querySelector("[data-words]").textContent = `${before} → ${after}`;
    part.querySelector("[data-way]").setAttribute("x1", place(before));
    part.querySelector("[data-way]").setAttribute("x2", place(after));
    part.querySelector("[data-from]").setAttribute("cx", place(before));
    part.querySelector("[data-to]").setAttribute("cx", place(after));
  },
};

const parts = [...document.querySelectorAll("[data-replay]")];
if (sheet && parts.length) {
  const show = () => { for (const part of parts) SHOW[part.dataset.replay](part); };
  for (const kind of ["input", "change"]) sheet.addEventListener(kind, show);
  // rows that are moved, taken out and put back are clicks; their names are given anew before this hears of it
  sheet.addEventListener("click", () => setTimeout(show));
}
