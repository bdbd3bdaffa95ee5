// The service worker of the check-in: keeps the style, the scripts and one empty page, never a page with content.
// The questions of a check-in lie encrypted in the draft of its link (ui/js/sealed.js).
const { cache, shell, files } = self.SETTINGS;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(cache)
      .then((store) => store.addAll([shell, ...files].map((url) => new Request(url, { credentials: "omit" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== cache).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

// A notification says only that there are questions; a tap opens the client's own page.
self.addEventListener("push", (event) => {
  const { title } = event.data?.json() ?? {};
  if (title) event.waitUntil(self.registration.showNotification(title, { icon: "/icon-192.png", tag: "questions" }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow("/own/"));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const { pathname, search } = new URL(request.url);
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(shell)));
  } else if (files.includes(pathname + search)) {
    event.respondWith(fetch(request).catch(() => caches.match(request.url)));
  }
});
