// Updates the part above a worksheet during input. The server renders the same elements first (above_*.html).
const sheet = document.querySelector("form[data-autosave]");

function node(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null));
  return element;
}

function labelledLine(className, label, text) {
  return text ? node("p", className, node("b", "", label), ` ${text}`) : null;
}

// Returns the filled rows of a list field in the form: column → text, or list of texts.
function filledRows(name) {
  const rows = new Map();
  for (const [key, value] of new FormData(sheet)) {
    const [list, n, column] = key.split(".");
    if (list !== name || column === undefined) continue;
    if (!rows.has(n)) rows.set(n, { faults: [] });
    const row = rows.get(n);
    if (column === "faults") row.faults.push(value);
    else row[column] = String(value).trim();
  }
  return [...rows.values()].filter(
    (row) => row.faults.length || Object.entries(row).some(([k, v]) => k !== "faults" && v),
  );
}

function labelOf(name, value) {
  const input = sheet.querySelector(`[name$=".${name}"][value="${CSS.escape(value)}"]`);
  return input?.nextElementSibling?.textContent ?? value;
}

function turnNode(row, other) {
  const speaker = row.speaker || "client";
  const names = { client: "Client", other, silence: "Silence" };
  return node(
    "li",
    `turn ${speaker}`,
    node("p", "who", names[speaker]),
    row.said ? node("p", "line", row.said) : null,
    labelledLine("under", "Meant:", row.meant),
    labelledLine("under", "Felt:", row.felt),
    labelledLine("under", "Heard as:", row.heard),
    ...row.faults.map((fault) => node("p", "fault", labelOf("faults", fault))),
    labelledLine("better", "Better:", row.better),
  );
}

function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const normalise = (text) => (text ?? "").split(/\s+/).join(" ").trim().toLowerCase();

function optionRow(row) {
  const chosen =
    normalise(sheet.elements.chosen?.value) !== "" && normalise(sheet.elements.chosen.value) === normalise(row.option);
  const name = node(
    "th",
    "",
    row.option || "–",
    chosen ? " " : null,
    chosen ? node("span", "tag good", "to try first") : null,
  );
  name.scope = "row";
  const rating = node("td", "nowrap");
  if (row.rating) {
    const bar = svg(
      "svg",
      { class: "rating", viewBox: "0 0 100 10", "aria-hidden": "true" },
      svg("rect", { class: "whole", width: 100, height: 10, rx: 5 }),
      svg("rect", { class: "part", width: 10 * Number(row.rating), height: 10, rx: 5 }),
    );
    rating.append(bar, " ", node("span", "num", row.rating));
  }
  return node(
    "tr",
    chosen ? "chosen" : "",
    name,
    ...["good", "hard", "likely"].map((n) => node("td", "", row[n] ?? "")),
    rating,
  );
}

const RENDERERS = {
  dialogue(part) {
    const turns = filledRows("lines").map((row) => turnNode(row, part.dataset.other));
    part.querySelector("[data-replayed]").replaceChildren(...turns);
    part.hidden = turns.length === 0;
  },
  options(part) {
    const rows = filledRows("options").map(optionRow);
    part.querySelector("[data-replayed]").replaceChildren(...rows);
    part.hidden = rows.length === 0;
  },
  shift(part) {
    const checkedValue = (name) => sheet.querySelector(`[name="${name}"]:checked`)?.value;
    const [before, after] = [checkedValue(part.dataset.before), checkedValue(part.dataset.after)];
    part.hidden = before === undefined || after === undefined;
    if (part.hidden) return;
    const x = (value) => 10 + 20 * Number(value);
    part.querySelector("[data-words]").textContent = `${before} → ${after}`;
    part.querySelector("[data-way]").setAttribute("x1", x(before));
    part.querySelector("[data-way]").setAttribute("x2", x(after));
    part.querySelector("[data-from]").setAttribute("cx", x(before));
    part.querySelector("[data-to]").setAttribute("cx", x(after));
  },
};

const parts = [...document.querySelectorAll("[data-replay]")];
if (sheet && parts.length) {
  const update = () => {
    for (const part of parts) RENDERERS[part.dataset.replay](part);
  };
  for (const kind of ["input", "change"]) sheet.addEventListener(kind, update);
  // clicks move, remove and restore rows; wait until worksheet.js has renumbered their inputs
  sheet.addEventListener("click", () => setTimeout(update));
}
