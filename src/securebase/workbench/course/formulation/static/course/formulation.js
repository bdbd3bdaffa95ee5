// Choice of problem areas: evidence of the record can be copied into the field “speaks for”; areas without text send no row.
for (const area of document.querySelectorAll(".area")) {
  const row = area.querySelector("[data-row]");
  const texts = [...area.querySelectorAll("textarea")];
  const updateRow = () => {
    row.disabled = texts.every((text) => !text.value.trim());
  };
  for (const text of texts) text.addEventListener("input", updateRow);
  updateRow();
  for (const button of area.querySelectorAll("[data-take]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const [text] = texts;
      if (!text.value.includes(button.dataset.take))
        text.value = [text.value.trim(), button.dataset.take].filter(Boolean).join("\n");
      text.dispatchEvent(new Event("input", { bubbles: true }));
      text.focus();
    });
  }
  const tick = area.querySelector("input[name=chosen]");
  tick.addEventListener("change", () => {
    area.classList.toggle("chosen", tick.checked);
    const chosen = document.querySelectorAll("input[name=chosen]:checked");
    for (const other of document.querySelectorAll("input[name=chosen]"))
      other.disabled = chosen.length >= 2 && !other.checked;
  });
}
