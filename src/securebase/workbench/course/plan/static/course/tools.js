// Tools of the course page: searchable, and collapsed on a phone so that the tasks come first.
const part = document.querySelector("[data-tools]");
const narrow = matchMedia("(max-width: 900px)");

function start() {
  const search = part.querySelector(".tool-search input");
  const tools = [...part.querySelectorAll("[data-tool]")];
  const isFound = (tool) => !tool.hidden;
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const tool of tools) tool.hidden = !words.every((word) => tool.dataset.tool.includes(word));
    for (const group of part.querySelectorAll("details")) group.open = words.length > 0 || !narrow.matches;
    const count = tools.filter(isFound).length;
    const result = count ? `${count} found` : "No matches. Try another word, or clear the box to see all tools.";
    part.querySelector("[data-found]").textContent = words.length ? result : "";
  };
  part.querySelector(".tool-search").hidden = false;
  filter();
  narrow.addEventListener("change", filter);
  search.addEventListener("input", filter);
  search.addEventListener("keydown", ({ key }) => {
    if (key === "Enter") tools.find(isFound)?.querySelector("a").focus();
  });
}

if (part) start();
