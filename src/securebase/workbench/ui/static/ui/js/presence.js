// Tells the server now and then that somebody is active, so that long typing does not count as idle, and acts when
// nobody was for a time. steps: pairs of milliseconds and what to do then. onActive: what to do at every activity.
const REPORT_INTERVAL = 120_000; // milliseconds

export function watchPresence(address, steps, onActive = () => {}) {
  let timers = [];
  let lastReport = Date.now();
  const active = () => {
    timers.forEach(clearTimeout);
    timers = steps.map(([after, act]) => setTimeout(act, after));
    onActive();
    const token = document.querySelector("input[name=csrfmiddlewaretoken]");
    if (!token || Date.now() - lastReport < REPORT_INTERVAL) return;
    lastReport = Date.now();
    const body = new URLSearchParams({ csrfmiddlewaretoken: token.value });
    fetch(address, { method: "POST", body, redirect: "error" }).catch(() => {});
  };
  for (const kind of ["pointerdown", "keydown", "touchstart"]) addEventListener(kind, active, { passive: true });
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload(); // the page may be locked by now
  });
  active();
}
