import { mkdirSync, mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ChildProcess } from 'node:child_process';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { python, ROOT } from './python';
import { CHROMIUM, DIST, IMITATED_GPU, launch, nextResult, openPage, ready, serve } from './served_page';

const CLIP = join(ROOT, 'data/street/000000'); // That of the button "Rendered street".
const MODELS = fileURLToPath(new URL('../models/192x320/', import.meta.url));
const SCREENSHOTS = fileURLToPath(new URL('../screenshots/', import.meta.url));
const MINUTES = 3 * 60_000; // On a machine that is busy with other things.

if (!CHROMIUM) console.warn('SKIPPED: the page in a browser. Expected chromium: apt install chromium.');

describe.skipIf(!CHROMIUM)('the page', { timeout: MINUTES }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'dfnet-web-'));
  let frames: string[];
  let server: ChildProcess;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    frames = readdirSync(join(CLIP, 'images'))
      .sort()
      .map((name) => join(CLIP, 'images', name));
    python('make_camera.py', CLIP, join(folder, 'camera.y4m'));
    server = await serve();
    browser = await launch(join(folder, 'camera.y4m'));
    page = await openPage(browser);
  }, MINUTES);

  afterAll(async () => {
    await browser?.close();
    server?.kill();
  });

  const notice = () => page.locator('#notice');
  const text = (id: string) => page.locator(`#${id}`).textContent();

  /** Throws, with the gaps, if Python computes something else of the same pictures. */
  function expectPythonsOutputs(record: object, variant = 'int8'): void {
    const path = join(folder, 'record.json');
    writeFileSync(path, JSON.stringify(record));
    console.log(python('compare.py', path, `${MODELS}depth_${variant}`, `${MODELS}flow_${variant}`));
  }

  test('runs on threads, though the server asks for no isolation', async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(await text('computed-by')).toMatch(/processor, [2-4] threads/);
  });

  test('computes what Python computes, of two pictures', async () => {
    const result = nextResult(page);
    await page.setInputFiles('#files', frames.slice(3, 5));
    expectPythonsOutputs(await result);
    await page.screenshot({ path: join(SCREENSHOTS, 'pictures.png') });
  });

  test('computes what Python computes, of the camera', async () => {
    await page.click('#camera');
    const record = await nextResult(page);
    expect(record.frame).not.toEqual(record.next);
    expectPythonsOutputs(record);
    for (let i = 0; i < 6; i++) await nextResult(page);
    await page.screenshot({ path: join(SCREENSHOTS, 'camera.png') });
    console.log(
      `camera: ${await text('rate')}, p50 ${await text('p50')}, p90 ${await text('p90')}, ${await text('computed-by')}`,
    );
  });

  test('tells how many times as far a touched point is, by mouse and by keys', async () => {
    await page.click('#freeze');
    const depth = page.getByRole('img', { name: /^Depth/ });
    const { width, height } = (await depth.boundingBox())!;
    await depth.click({ position: { x: width / 2, y: 0.95 * height } });
    await depth.click({ position: { x: width / 2, y: 0.5 * height } });
    const ratio = Number(/B is ([\d.]+) times/.exec((await text('reading'))!)![1]);
    expect(ratio).toBeGreaterThan(1.5); // Down the street is farther than the road before the camera.
    await depth.press('ArrowDown');
    await depth.press('Enter');
    expect(await text('reading')).toContain('Touch a picture');
  });

  test('saves what is seen as a PNG', async () => {
    const [saved] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    expect(saved.suggestedFilename()).toMatch(/^dfnet-\d+\.png$/);
    const png = readFileSync(await saved.path());
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    writeFileSync(join(SCREENSHOTS, 'saved.png'), png);
    await page.click('#freeze');
  });

  test('releases the camera while the page is hidden', async () => {
    await nextResult(page);
    await setVisibility(page, 'hidden');
    await page.waitForTimeout(1000); // Nor does it come back.
    const tracks = () => page.evaluate(() => document.querySelector('video')!.srcObject);
    expect(await tracks()).toBeNull();
    await setVisibility(page, 'visible');
    await nextResult(page);
    expect(await tracks()).not.toBeNull();
  });

  test('opens no camera for a page that was hidden meanwhile', async () => {
    const isOpen = page.evaluate(async () => {
      const { mediaDevices } = navigator;
      const opened = mediaDevices.getUserMedia.bind(mediaDevices);
      const stream = new Promise<MediaStream>((resolve) => {
        mediaDevices.getUserMedia = async (wanted) => {
          mediaDevices.getUserMedia = opened;
          await new Promise((asked) => setTimeout(asked, 500));
          const found = await opened(wanted);
          resolve(found);
          return found;
        };
      });
      document.getElementById('camera')!.click();
      return stream.then(async (found) => {
        await new Promise((later) => setTimeout(later, 200));
        return found.getTracks().some(({ readyState }) => readyState === 'live');
      });
    });
    await page.waitForTimeout(100);
    await setVisibility(page, 'hidden');
    expect(await isOpen).toBe(false);
    await setVisibility(page, 'visible');
    await nextResult(page);
  });

  test('lays colours over the picture', async () => {
    await page.check('[name=layout][value=over]');
    await nextResult(page);
    expect(await page.locator('figure:visible').count()).toBe(3);
    await page.screenshot({ path: join(SCREENSHOTS, 'over.png') });
    await page.check('[name=layout][value=beside]');
  });

  test('refuses a broken model in one line, and keeps the one before', async () => {
    const broken = readFileSync(`${MODELS}depth_int8.tflite`).fill(7, 16, 60_000);
    const files = { tflite: broken, json: readFileSync(`${MODELS}depth_int8.json`) };
    await page.setInputFiles('#files', brought(files));
    await notice().waitFor({ timeout: MINUTES });
    expect(await notice().textContent()).toMatch(/^depth_int8: expected a LiteRT model .* Received: /);
    await nextResult(page);
  });

  test('refuses a model that its JSON does not describe', async () => {
    const json = readFileSync(`${MODELS}depth_int8.json`);
    await page.setInputFiles('#files', brought({ tflite: Buffer.from('short'), json }));
    await page.getByText('bytes, as its JSON says. Received: 5.').waitFor({ timeout: MINUTES });
    await page.setInputFiles('#files', brought({ json }));
    await page.getByText('expected depth_int8.tflite with it').waitFor({ timeout: MINUTES });
  });

  test('takes a model that somebody brings', async () => {
    const json = JSON.parse(readFileSync(`${MODELS}depth_int8.json`, 'utf8'));
    const renamed = Buffer.from(JSON.stringify({ ...json, name: 'my own' }));
    await page.setInputFiles(
      '#files',
      brought({ tflite: readFileSync(`${MODELS}depth_int8.tflite`), json: renamed }),
    );
    await nextResult(page);
    expect(await page.locator('#depth-model option:checked').textContent()).toContain('my own, 320×192');
    expect(await notice().isHidden()).toBe(true);
  });

  test('takes what is dropped on it', async () => {
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['no'], 'b.png', { type: 'image/png' }));
      document.dispatchEvent(new DragEvent('drop', { dataTransfer }));
    });
    await page.getByText('b.png: expected a picture').waitFor();
  });

  test('says that there is no WebGPU, where there is none', async () => {
    const option = page.locator('#backend option[value=webgpu]');
    expect(await option.textContent()).toContain('not in this browser');
    expect(await option.isDisabled()).toBe(true);
  });

  test('says that a file is no picture', async () => {
    await page.setInputFiles('#files', [{ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no') }]);
    await page.getByText('a.png: expected a picture').waitFor();
  });

  test('plays the rendered street', async () => {
    await page.click('#street');
    await page.waitForFunction(() => document.querySelector('video')!.src.startsWith('blob:'));
    expect(await notice().isHidden()).toBe(true);
    for (let i = 0; i < 4; i++) await nextResult(page);
    await page.screenshot({ path: join(SCREENSHOTS, 'street.png') });
  });

  test('breaks no rule of accessibility that axe knows, in light and in dark', async () => {
    await page.addScriptTag({
      path: fileURLToPath(new URL('../node_modules/axe-core/axe.min.js', import.meta.url)),
    });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const { violations } = (await page.evaluate('axe.run()')) as {
        violations: { id: string; nodes: { html: string }[] }[];
      };
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`)).toEqual([]);
    }
    await page.screenshot({ path: join(SCREENSHOTS, 'dark.png'), fullPage: true });
  });

  test('fits a phone, and works without a network after the first load', async () => {
    const phone = await openPage(browser, {
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      hasTouch: true,
    });
    server.kill();
    await phone.reload();
    await ready(phone);
    await phone.click('#camera');
    await nextResult(phone);
    const overflow = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await phone.screenshot({ path: join(SCREENSHOTS, 'phone.png') });
    await phone.context().close();
    server = await serve();
  });

  test('computes what Python computes, on a graphics card', async () => {
    const other = await launch(null, IMITATED_GPU);
    const onGpu = await openPage(other);
    await onGpu.selectOption('#backend', 'webgpu');
    await onGpu.setInputFiles('#files', frames.slice(3, 5));
    const record = await nextResult(onGpu);
    expect(await onGpu.locator('#computed-by').textContent()).toBe(
      'graphics card: depth wholly, flow not at all',
    );
    expectPythonsOutputs(record, 'float16');
    await other.close();
  });

  test('says what to do where the camera is refused', async () => {
    const other = await launch(null);
    const refused = await openPage(other);
    await refused.click('#camera');
    await refused.getByText('The camera is not allowed.').waitFor({ timeout: MINUTES });
    await other.close();
  });

  test('is small but for LiteRT and the models', () => {
    const sizes = (folder: string) =>
      readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size] as const);
    const [assets, runtime] = [sizes(join(DIST, 'assets')), sizes(join(DIST, 'litert'))];
    const own = assets.filter(([name]) => !name.endsWith('.tflite'));
    const total = own.reduce((sum, [, bytes]) => sum + bytes, 0);
    console.log(
      `the page's own files: ${(total / 1e3).toFixed(0)} kB; LiteRT, one of ${runtime.length / 2}: ${(Math.max(...runtime.map(([, bytes]) => bytes)) / 1e6).toFixed(1)} MB`,
    );
    expect(total).toBeLessThan(100_000);
  });
});

/** Files as they are dropped, by their endings. */
function brought(contents: Record<string, Buffer>) {
  return Object.entries(contents).map(([ending, buffer]) => ({
    name: `depth_int8.${ending}`,
    mimeType: '',
    buffer,
  }));
}

/** Headless Chromium shows every page: the page is told otherwise. */
async function setVisibility(page: Page, state: 'hidden' | 'visible'): Promise<void> {
  await page.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}
