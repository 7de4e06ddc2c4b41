/** Wires the page's buttons to what they do. */

import { COLOUR_MAPS } from './colour_map';
import { Demo, say } from './demo';
import { DisparityLimits } from './display_range';
import { drawFlowWheel, drawScale } from './legends';
import type { ModelFile } from './messages';
import { ModelChoice } from './model_choice';
import { prepareOffline } from './offline';
import { LAYERS, byId, canvasOf, notice, settings } from './page';
import { broughtModels, shippedModels } from './shipped_models';
import { download, snapshot } from './snapshot';
import { Camera, Film, Pictures } from './source';

const video = byId<HTMLVideoElement>('video');
const freeze = byId<HTMLButtonElement>('freeze');
const models = new ModelChoice(shippedModels());
const demo = new Demo(models);
let filmUrl = '';

/** Runs what a person asked for; what goes wrong is said in one line. */
async function attempt(action: () => unknown): Promise<void> {
  notice(null);
  try {
    await action();
  } catch (error) {
    say('');
    notice(error instanceof Error ? error.message : String(error));
  }
}

async function openCamera(deviceId: string | null): Promise<void> {
  melt();
  const camera = new Camera(video, deviceId, () => notice('The camera was taken away. Start it again.'));
  await demo.open(camera);
  const devices = (await navigator.mediaDevices.enumerateDevices()).filter(
    ({ kind }) => kind === 'videoinput',
  );
  const select = byId<HTMLSelectElement>('device');
  const options = devices.map(
    ({ deviceId: id, label }, i) =>
      new Option(label || `Camera ${i + 1}`, id, false, id === camera.openDeviceId),
  );
  select.replaceChildren(...options);
  select.hidden = devices.length < 2;
}

async function openFilm(content: Blob, name: string): Promise<void> {
  melt();
  URL.revokeObjectURL(filmUrl);
  filmUrl = URL.createObjectURL(content);
  await demo.open(new Film(video, filmUrl, name));
}

async function openFiles(files: File[]): Promise<void> {
  const film = files.find(({ type }) => type.startsWith('video/'));
  if (files.some(({ name }) => /\.(tflite|json)$/.test(name))) {
    await openModels(await broughtModels(files));
  } else if (film) {
    await openFilm(film, film.name);
  } else if (files.length > 0) {
    melt();
    const inOrder = files.toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    await demo.open(await Pictures.open(inOrder));
  }
}

/** If they cannot be opened, the networks before are. */
async function openModels(brought: ModelFile[]): Promise<void> {
  const takeBack = models.add(brought);
  try {
    await demo.openNetworks();
  } catch (error) {
    takeBack();
    await demo.openNetworks();
    throw error;
  }
}

async function openStreet(): Promise<void> {
  const response = await fetch('./street.mp4');
  if (!response.ok) throw new Error('The rendered street is not in this page: build it by "make web-demo".');
  byId<HTMLInputElement>('field-of-view').value = '80'; // That of the renderer.
  showDegrees();
  await openFilm(await response.blob(), 'The rendered street');
}

const isFrozen = () => freeze.getAttribute('aria-pressed') === 'true';

function melt(): void {
  freeze.setAttribute('aria-pressed', 'false');
}

async function toggleFreeze(): Promise<void> {
  freeze.setAttribute('aria-pressed', String(!isFrozen()));
  if (!isFrozen()) return demo.goOn();
  demo.pause();
  say('Frozen');
}

async function changeVisibility(): Promise<void> {
  if (document.visibilityState === 'hidden') demo.pause();
  else if (!isFrozen()) await demo.goOn();
}

function showDegrees(): void {
  byId('degrees').textContent = String(settings().fieldOfView);
}

function listenToButtons(): void {
  const onClick = (id: string, action: () => unknown) => (byId(id).onclick = () => attempt(action));
  onClick('camera', () => openCamera(null));
  onClick('street', openStreet);
  onClick('freeze', toggleFreeze);
  onClick('save', async () => download(await snapshot(), `dfnet-${Date.now()}.png`));
  byId<HTMLSelectElement>('device').onchange = ({ target }) =>
    attempt(() => openCamera((target as HTMLSelectElement).value));
  byId<HTMLInputElement>('files').onchange = ({ target }) => {
    const input = target as HTMLInputElement;
    const files = [...(input.files ?? [])];
    input.value = ''; // Else the same file cannot be chosen again.
    void attempt(() => openFiles(files));
  };
}

function listenToSettings(): void {
  const onChange = (id: string, action: () => unknown) => (byId(id).onchange = () => attempt(action));
  onChange('backend', () => {
    models.prefer(settings().backend);
    return demo.openNetworks();
  });
  onChange('depth-model', () => demo.openNetworks());
  onChange('flow-model', () => demo.openNetworks());
  byId('field-of-view').oninput = showDegrees;
  byId('settings').addEventListener('change', () => demo.repaint());
  for (const box of document.querySelectorAll<HTMLInputElement>('[name=layer], #field-of-view')) {
    box.addEventListener('change', () => isFrozen() || demo.restart());
  }
}

function listenToPictures(): void {
  for (const canvas of LAYERS.map(canvasOf)) {
    canvas.onclick = ({ offsetX, offsetY }) => {
      demo.probe.touch({ x: offsetX / canvas.clientWidth, y: offsetY / canvas.clientHeight });
      demo.repaint();
    };
    canvas.onkeydown = (event) => {
      if (!demo.probe.press(event.key)) return;
      event.preventDefault(); // Arrows would scroll.
      demo.repaint();
    };
  }
}

function listenToDrops(): void {
  document.ondragover = (event) => {
    event.preventDefault();
    document.body.classList.add('dropping');
  };
  document.ondragleave = () => document.body.classList.remove('dropping');
  document.ondrop = (event) => {
    event.preventDefault();
    document.body.classList.remove('dropping');
    void attempt(() => openFiles([...(event.dataTransfer?.files ?? [])]));
  };
}

async function offerWebGpu(): Promise<void> {
  const option = byId<HTMLSelectElement>('backend').querySelector<HTMLOptionElement>('[value=webgpu]')!;
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  if (adapter) return;
  option.disabled = true;
  option.textContent += ': not in this browser';
}

async function start(): Promise<void> {
  const maps = COLOUR_MAPS.map((name) => new Option(name));
  byId<HTMLSelectElement>('colour-map').replaceChildren(...maps);
  drawFlowWheel();
  drawScale(settings().colourMap, new DisparityLimits());
  listenToButtons();
  listenToSettings();
  listenToPictures();
  listenToDrops();
  document.addEventListener('visibilitychange', () => attempt(changeVisibility));
  await prepareOffline();
  void offerWebGpu();
  models.prefer('wasm');
  await demo.openNetworks();
}

void attempt(start);
