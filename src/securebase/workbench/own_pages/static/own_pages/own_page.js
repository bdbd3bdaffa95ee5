// The client's own page: closes an unattended page, and leaves nothing on the device once it is closed.
import { watchPresence } from "../ui/js/presence.js";
import { discardDrafts } from "../ui/js/sealed.js";

for (const form of document.querySelectorAll("form[action$='/own/close/'], form[data-forget]"))
  form.addEventListener("submit", (event) => {
    if (form.dataset.forgotten) return;
    event.preventDefault();
    form.dataset.forgotten = "yes";
    discardDrafts({ of: "own:" }).finally(() => form.requestSubmit(event.submitter));
  });

// Notifications are offered where the browser has them, and asked for only on a tap.
function offerNotifications(card) {
  const { notify, key, worker, denied } = card.dataset;
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  const [on, off] = [card.querySelector("[data-on]"), card.querySelector("[data-off]")];
  const post = (body) =>
    fetch(notify, { method: "POST", headers: { "X-CSRFToken": token, "Content-Type": "application/json" }, body });
  const registered = () => navigator.serviceWorker.register(worker, { scope: "/c/" });
  const show = (state) => Object.assign(on, { hidden: state }) && Object.assign(off, { hidden: !state });
  card.hidden = false;
  on.addEventListener("click", async () => {
    if ((await Notification.requestPermission()) !== "granted") {
      card.querySelector("[role=status]").textContent = denied;
      return;
    }
    const options = { userVisibleOnly: true, applicationServerKey: key };
    const subscription = await (await registered()).pushManager.subscribe(options);
    if ((await post(JSON.stringify(subscription))).ok) show(true);
  });
  off.addEventListener("click", async () => {
    await (await (await registered()).pushManager.getSubscription())?.unsubscribe();
    if ((await post("{}")).ok) show(false);
  });
}
const card = document.querySelector("[data-notify]");
if (card && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window)
  offerNotifications(card);

const { minutes, own, still } = document.body.dataset;
if (Number(minutes) > 0 && own) watchPresence(still, [[minutes * 60_000 + 5_000, () => location.replace(own)]]);
