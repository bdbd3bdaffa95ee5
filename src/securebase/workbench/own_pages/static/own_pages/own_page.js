// The client's own page: closes an unattended page, and leaves nothing on the device once it is closed.
import { watchPresence } from "../ui/js/presence.js";
import { openStorage, removeAll } from "../ui/js/storage.js";

for (const form of document.querySelectorAll("form[action$='/own/close/'], form[data-forget]"))
  form.addEventListener("submit", () => removeAll(openStorage("localStorage"), "own-page:"));

const { minutes, own, still } = document.body.dataset;
if (Number(minutes) > 0 && own) watchPresence(still, [[minutes * 60_000 + 5_000, () => location.replace(own)]]);
