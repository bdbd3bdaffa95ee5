// Shows the progress of the estimation every second, and the page with its result when it ends.
const card = document.querySelector("[data-progress]");

setInterval(async () => {
  const response = await fetch(card.dataset.progress);
  const { running, words, share } = await response.json();
  if (!running) return location.reload();
  card.querySelector("p").textContent = words;
  card.querySelector("progress").value = share;
}, 1000);
