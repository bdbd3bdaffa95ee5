// The tools of the course page: found by typing, and folded on a phone so that the tasks come first.
const part = document.querySelector("[data-tools]");

if (part) {
  const groups = [...part.querySelectorAll("details")];
  const box = part.querySelector(".tool-search");
  const search = box.querySelector("input");
  const found = box.querySelector("[data-found]");
  const narrow = matchMedia("(max-width: 900px)");
  const fold = () => { for (const group of groups) group.open = !narrow.matches; };

  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const group of groups) {
      let here = 0;
      for (const tool of group.querySelectorAll("[data-tool]")) {
        tool.hidden = !words.every((word) => tool.dataset.tool.includes(word));
        if (!tool.hidden) here += 1;
      }
      group.hidden = here === 0;
      if (words.length) group.open = true;
      shown += here;
    }
    if (!words.length) fold();
    found.textContent = !words.length ? "" : shown ? `${shown} found` : "Nothing fits. Try another word, or empty the box to see all tools.";
  };

  box.hidden = false;
  fold();
  narrow.addEventListener("change", () => { if (!search.value) fold(); });
  search.addEventListener("input", show);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { search.value = ""; show(); }
    if (event.key === "Enter") part.querySelector("details:not([hidden]) li:not([hidden]) a")?.focus();
  });
}
