// A click on an empty part of the timeline adds an event on that day; drawn entries are links.
const box = document.querySelector("[data-timeline]");

if (box) {
  document.querySelector("[data-hint]").hidden = false;
  const svg = box.querySelector("svg");
  const number = (name) => Number(box.dataset[name]);
  const dayAt = (clientX) => {
    const place = svg.getBoundingClientRect();
    const x = ((clientX - place.left) / place.width) * number("width");
    const share = Math.min(Math.max((x - number("left")) / (number("right") - number("left")), 0), 1);
    const day = new Date(`${box.dataset.first}T00:00:00Z`);
    day.setUTCDate(day.getUTCDate() + Math.round(share * number("days")));
    return day.toISOString().slice(0, 10);
  };
  svg.addEventListener("click", (event) => {
    if (event.target.closest("a")) return;
    location.assign(`${box.dataset.add}&on=${dayAt(event.clientX)}#panel`);
  });
}
document
  .querySelector("#panel input:not([type=hidden]), #panel textarea, #panel select")
  ?.focus({ preventScroll: location.hash !== "#panel" });
