// Tools of the course page: searchable, and collapsed on a phone so that the tasks come first.
const part = document.querySelector("[data-tools]");

if (part) {
  const groups = [...part.querySelectorAll("details")];
  const box = part.querySelector(".tool-search");
  const search = box.querySelector("input");
  const status = box.querySelector("[data-found]");
  const narrow = matchMedia("(max-width: 900px)");
  const collapse = () => {
    for (const group of groups) group.open = !narrow.matches;
  };

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const group of groups) {
      let matches = 0;
      for (const tool of group.querySelectorAll("[data-tool]")) {
        tool.hidden = !words.every((word) => tool.dataset.tool.includes(word));
        if (!tool.hidden) matches += 1;
      }
      group.hidden = matches === 0;
      if (words.length) group.open = true;
      shown += matches;
    }
    if (!words.length) collapse();
    status.textContent = !words.length
      ? ""
      : shown
        ? `${shown} found`
        : "No matches. Try another word, or clear the box to see all tools.";
  };

  box.hidden = false;
  collapse();
  narrow.addEventListener("change", () => {
    if (!search.value) collapse();
  });
  search.addEventListener("input", filter);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      search.value = "";
      filter();
    }
    if (event.key === "Enter") part.querySelector("details:not([hidden]) li:not([hidden]) a")?.focus();
  });
}
