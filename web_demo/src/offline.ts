/** Starts the service worker: afterwards the page works without a network, and may use threads. */

const RELOADED = 'reloaded for threads';

/** Resolves when the page may go on; reloads it once if that makes it isolated. */
export async function prepareOffline(): Promise<void> {
  if (!('serviceWorker' in navigator)) return; // Not a secure page: it works, on one thread.
  try {
    await navigator.serviceWorker.register('./service_worker.js');
    await navigator.serviceWorker.ready;
  } catch (error) {
    console.warn('No service worker: the page works, on one thread.', error);
    return;
  }
  if (crossOriginIsolated || sessionStorage.getItem(RELOADED)) return;
  sessionStorage.setItem(RELOADED, 'yes');
  location.reload();
  await new Promise(() => {});
}
