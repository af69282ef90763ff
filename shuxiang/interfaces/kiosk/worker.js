/* Keeps the page for times without a network and its files in the browser, and shows it in the place of
   the first screen while the library can't be reached. Nothing else of the machine's pages is kept. */
const NAME = `shuxiang-kiosk-${VERSION}`;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(NAME);
    await cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("shuxiang-kiosk-") && name !== NAME) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

async function kept(pathname) {
  return (await caches.open(NAME)).match(pathname);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.method !== "GET") return;
  if (pathname === PAGE || (FILES.includes(pathname) && request.mode !== "navigate")) {
    event.respondWith((async () => (await kept(pathname)) ?? fetch(request))());
  } else if (request.mode === "navigate" && pathname === HOME) {
    event.respondWith((async () => {
      try {
        const answer = await fetch(request);
        if (![502, 503, 504].includes(answer.status)) return answer;
      } catch { /* no network: below */ }
      return (await kept(PAGE)) ?? Response.error();
    })());
  }
});
