// Shows the person selected on the circle or in the list beside the circle.
const panels = document.querySelectorAll("[data-about]");
const links = document.querySelectorAll("[data-choose]");
const circle = document.querySelector("[data-circle]");

function show(id) {
  for (const panel of panels) panel.hidden = panel.dataset.about !== id;
  for (const link of links) {
    if (link.dataset.choose === id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  document.querySelector("[data-nobody]").hidden = Boolean(id);
}

circle.addEventListener("person-chosen", (event) => show(event.detail));
circle.addEventListener("person-moved", (event) => {
  document.querySelector(`[data-about="${event.detail.id}"] [data-where]`).textContent = event.detail.where;
});
for (const link of links) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    show(link.dataset.choose);
    circle.dispatchEvent(new CustomEvent("choose-person", { detail: link.dataset.choose }));
  });
}
