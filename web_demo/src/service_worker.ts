/**
 * Keeps the page for when there is no network, and isolates it from other origins, which threads need
 * and which most static servers do not ask for.
 */

/// <reference lib="webworker" />

// Both are written by vite.config.ts.
declare const __SHELL__: string;
declare const __BUILD__: string;

const worker = self as unknown as ServiceWorkerGlobalScope;
const CACHE = `dfnet-${__BUILD__}`;
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

worker.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(JSON.parse(__SHELL__) as string[])));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(Promise.all([forgetOtherBuilds(), worker.clients.claim()]));
});

worker.addEventListener('fetch', (event) => {
  const { method, url, headers } = event.request;
  const isOurs = method === 'GET' && url.startsWith(worker.registration.scope);
  if (isOurs && !headers.has('range')) event.respondWith(answer(event.request)); // Films come in ranges.
});

async function forgetOtherBuilds(): Promise<void> {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith('dfnet-') && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
}

/** From the cache, or else from the network into it. */
async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, { ignoreSearch: true });
  if (kept) return isolated(kept);
  const response = await fetch(request);
  if (response.status === 200) await cache.put(request, response.clone());
  return isolated(response);
}

function isolated(response: Response): Response {
  if (response.status === 0) return response; // Opaque: its headers cannot be changed.
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
