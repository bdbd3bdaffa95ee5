// The client's own page: closes an unattended page, and leaves nothing on the device once it is closed.
import { draftsOf } from "../ui/js/kept.js";
import { watchPresence } from "../ui/js/presence.js";

for (const form of document.querySelectorAll("form[action$='/own/close/'], form[data-forget]"))
  form.addEventListener("submit", () => draftsOf("own-page:").forEach((draft) => draft.discard()));

const { minutes, own, still } = document.body.dataset;
if (Number(minutes) > 0 && own) watchPresence(still, [[minutes * 60_000 + 5_000, () => location.replace(own)]]);
