// Shows the person selected on the circle or in the list beside it, and what a saved circle changes on the page.
import { replaceParts } from "../ui/js/parts.js";

const circle = document.querySelector("[data-circle]");
const links = document.querySelectorAll("[data-choose]");
let chosen = document.querySelector("[data-about]:not([hidden])")?.dataset.about;

function show(id) {
  chosen = id;
  for (const panel of document.querySelectorAll("[data-about]")) panel.hidden = panel.dataset.about !== id;
  for (const link of links) {
    if (link.dataset.choose === id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  document.querySelector("[data-nobody]").hidden = Boolean(id);
}

circle.addEventListener("person-chosen", (event) => show(event.detail));
circle.addEventListener("person-moved", ({ detail }) => {
  document.querySelector(`[data-about="${detail.id}"] [data-where]`).textContent = detail.where;
});
circle.querySelector("form").addEventListener("saved", ({ detail }) => {
  replaceParts(detail.parts);
  show(chosen);
});
for (const link of links) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    show(link.dataset.choose);
    circle.dispatchEvent(new CustomEvent("choose-person", { detail: link.dataset.choose }));
  });
}
