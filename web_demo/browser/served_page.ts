/** The built page in headless Chromium, served by the server of README.md's one line. */

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
);
export const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const PORT = 8137;
const ADDRESS = `http://localhost:${PORT}/`;

export async function serve(): Promise<ChildProcess> {
  if (!existsSync(`${DIST}index.html`)) throw new Error('Expected web_demo/dist. Build it: make web-demo.');
  const server = spawn('python3', ['-m', 'http.server', String(PORT), '--directory', DIST], {
    stdio: 'ignore',
  });
  for (let tries = 0; tries < 100; tries++) {
    const answers = await fetch(ADDRESS).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answers) return server;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Expected a server at ${ADDRESS}. Received no answer.`);
}

/** A graphics card that the processor imitates. */
export const IMITATED_GPU = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
];

/** With a fake camera that shows `film`, or with one that is refused. */
export async function launch(film: string | null, more: string[] = []): Promise<Browser> {
  const camera = film
    ? ['--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${film}`]
    : ['--deny-permission-prompts'];
  const args = ['--no-sandbox', '--use-fake-device-for-media-stream', ...camera, ...more];
  return chromium.launch({ executablePath: CHROMIUM!, args });
}

/** Opens the page, and waits until its networks are there. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  await page.goto(ADDRESS);
  await ready(page);
  return page;
}

export async function ready(page: Page): Promise<void> {
  await page.getByText('Start the camera, or open').waitFor({ timeout: 90_000 });
}

/** Resolves with the next result: pictures and numbers, base64. */
export async function nextResult(page: Page): Promise<Record<string, unknown>> {
  return page.evaluate(recordResult);
}

/** Runs in the page. */
function recordResult(): Promise<Record<string, unknown>> {
  const text = (bytes: Uint8Array | Uint8ClampedArray) => {
    let binary = '';
    for (const byte of bytes) binary += String.fromCharCode(byte);
    return btoa(binary);
  };
  const pixels = (picture: ImageBitmap | null) => {
    if (!picture) return null;
    const { width, height } = picture;
    const context = new OffscreenCanvas(width, height).getContext('2d')!;
    context.drawImage(picture, 0, 0);
    return { width, height, rgba: text(context.getImageData(0, 0, width, height).data) };
  };
  const numbers = (map: { values: Float32Array } | null) => map && text(new Uint8Array(map.values.buffer));
  return new Promise((resolve) => {
    const take = (event: Event) => {
      const { frame, next, disparity, flow, moving } = (event as CustomEvent).detail;
      resolve({
        frame: pixels(frame),
        next: pixels(next),
        disparity: numbers(disparity),
        flow: numbers(flow),
        moving: numbers(moving),
      });
    };
    document.addEventListener('dfnet:result', take, { once: true });
  });
}
