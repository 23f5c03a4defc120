// Served as /points/worker.js. Does one thing: without a network, every points page is the copy of the card.
// It keeps that page and the files it names, its colour and its logo among them, nothing else, and forgets them at
// sign-out.

const KEPT = "card";
const COPY = "/points/";
const FILES = /^\/(static|brands|logos)\//;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("message", (event) => event.waitUntil(keep(event.data.copy)));

addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.mode === "navigate" && pathname.startsWith("/points/sign-out/")) {
    // Before the answer: who wanted to be gone is gone, whatever becomes of the request.
    event.respondWith(caches.delete(KEPT).then(() => fetch(request)));
  } else if (request.mode === "navigate" && request.method === "GET") {
    event.respondWith(fetch(request).catch(() => kept(COPY)));
  } else if (request.method === "GET" && FILES.test(pathname)) {
    event.respondWith(fetch(request).catch(() => kept(request)));
  }
});

// All is fetched before anything is replaced. A redirect means that nobody is signed in any more.
const keep = async (address) => {
  const page = await fetch(address, { redirect: "error", cache: "no-store" });
  if (!page.ok) return;
  const named = (await page.clone().text()).matchAll(/"(\/(?:static|brands|logos)\/[^"#]+)"/g);
  const files = await Promise.all([...named].map(async ([, file]) => [file, await fetch(file)]));
  await caches.delete(KEPT);
  const cache = await caches.open(KEPT);
  for (const [file, answer] of files) if (answer.ok) await cache.put(file, answer);
  await cache.put(COPY, page);
};

const kept = async (what) => (await caches.match(what, { ignoreVary: true })) ?? Response.error();
