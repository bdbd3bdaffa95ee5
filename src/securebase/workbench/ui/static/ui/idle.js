// A page with a client's record does not stay on an unattended screen: after the idle time it goes to sign-in.
// Somebody who types for long is not idle: the page says so to the server now and then.
const minutes = Number(document.body.dataset.idleMinutes);
const target = document.body.dataset.signIn;
const channel = "BroadcastChannel" in window ? new BroadcastChannel("securebase") : null;
let timer;
let told = Date.now();

function leave() {
  location.replace(`${target}?away=1`);
}

function tellServer() {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  if (!token || Date.now() - told < 120_000) return;
  told = Date.now();
  const body = new URLSearchParams({ csrfmiddlewaretoken: token.value });
  fetch(document.body.dataset.stillHere, { method: "POST", body, redirect: "error" }).catch(() => {});
}

function active() {
  clearTimeout(timer);
  timer = setTimeout(leave, minutes * 60_000);
  tellServer();
}

if (minutes > 0 && target) {
  for (const kind of ["pointerdown", "keydown", "touchstart"]) addEventListener(kind, active, { passive: true });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  // signed out, or the device handed over, in another tab: nothing may stay to be seen in this one
  channel?.addEventListener("message", (event) => { if (event.data === "closed") leave(); });
  active();
} else if (document.body.dataset.closed !== undefined) {
  channel?.postMessage("closed");
}
