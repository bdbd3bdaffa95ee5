// Replaces parts of the page, named by their ids, by newer ones from the server; open details stay open.
export function replaceParts(parts = {}) {
  for (const [id, html] of Object.entries(parts)) {
    const part = document.getElementById(id);
    if (!part) continue; // a page that shows less
    const opened = [...part.querySelectorAll("details")].map((details) => details.open);
    part.innerHTML = html;
    [...part.querySelectorAll("details")].forEach((details, n) => (details.open = opened[n] ?? details.open));
  }
}
