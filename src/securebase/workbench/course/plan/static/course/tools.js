// Tools of the course page: searchable, and collapsed on a phone so that the tasks come first.
const part = document.querySelector("[data-tools]");
const narrow = matchMedia("(max-width: 900px)");

function start() {
  const groups = [...part.querySelectorAll("details")];
  const search = part.querySelector(".tool-search input");
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const tool of part.querySelectorAll("[data-tool]"))
      tool.hidden = !words.every((word) => tool.dataset.tool.includes(word));
    for (const group of groups) {
      group.hidden = !group.querySelector("[data-tool]:not([hidden])");
      group.open = words.length > 0 || !narrow.matches;
    }
    const count = part.querySelectorAll("[data-tool]:not([hidden])").length;
    const result = count ? `${count} found` : "No matches. Try another word, or clear the box to see all tools.";
    part.querySelector("[data-found]").textContent = words.length ? result : "";
  };
  part.querySelector(".tool-search").hidden = false;
  filter();
  narrow.addEventListener("change", filter);
  search.addEventListener("input", filter);
  search.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") search.value = "";
    if (key === "Escape") filter();
    if (key === "Enter") part.querySelector("[data-tool]:not([hidden]) a")?.focus();
  });
}

if (part) start();
