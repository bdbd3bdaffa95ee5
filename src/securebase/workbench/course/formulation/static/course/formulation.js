// Choice of problem areas: evidence of the record can be copied into the field “Evidence for”; areas without text send
// no row, and no more than two areas can be chosen.
const areas = [...document.querySelectorAll(".area")];

function update() {
  const chosen = document.querySelectorAll("input[name=chosen]:checked").length;
  for (const area of areas) {
    const tick = area.querySelector("input[name=chosen]");
    tick.disabled = chosen >= 2 && !tick.checked;
    area.querySelector("[data-row]").disabled = ![...area.querySelectorAll("textarea")].some((t) => t.value.trim());
  }
}

for (const button of document.querySelectorAll("[data-take]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const text = button.closest(".area").querySelector("textarea");
    const { take } = button.dataset;
    if (!text.value.includes(take)) text.value = [text.value.trim(), take].filter(Boolean).join("\n");
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  });
}
document.addEventListener("input", update, { capture: true }); // before the autosave reads the form
update();
