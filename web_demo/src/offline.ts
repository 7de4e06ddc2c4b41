/** Starts the service worker: afterwards the page works without a network, and may use threads. */

const RELOADED = 'reloaded for threads';

/** Resolves when the page may go on; reloads it once if that makes it isolated. */
export async function prepareOffline(): Promise<void> {
  if (!('serviceWorker' in navigator)) return; // Not a secure page: it works, on one thread.
  try {
    const registration = await navigator.serviceWorker.register('./service_worker.js');
    if (!registration.active) await settled(registration.installing!);
  } catch (error) {
    console.warn('No service worker: the page works, on one thread.', error);
    return;
  }
  if (crossOriginIsolated || sessionStorage.getItem(RELOADED)) return;
  sessionStorage.setItem(RELOADED, 'yes');
  location.reload();
  await new Promise(() => {}); // The page ends here.
}

/** Resolves when a worker is at work, or has failed: the page must not wait for it for ever. */
function settled(worker: ServiceWorker): Promise<void> {
  return new Promise((resolve) => {
    const look = () => ['activated', 'redundant'].includes(worker.state) && resolve();
    worker.addEventListener('statechange', look);
    look();
  });
}
