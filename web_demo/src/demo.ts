/** The page at work: a source, two networks, and a loop that computes the newest moment. */

import { Closed, Inference } from './inference';
import { describe, drawScale } from './legends';
import type { Backend, Moment, Opened, Result } from './messages';
import type { ModelChoice } from './model_choice';
import { Pace } from './pace';
import { Painter } from './painter';
import { LAYERS, arrange, byId, canvasOf, notice, settings, wanted } from './page';
import { Probe, drawPoints } from './probe';
import type { Source } from './source';

export class Demo {
  readonly probe = new Probe();
  private readonly painter = new Painter();
  private pace = new Pace();
  private inference: Inference | null = null;
  private source: Source | null = null;
  private result: Result | null = null;
  private turn = 0; // Whoever is not of the newest turn stops.
  private opening = 0;

  constructor(private readonly models: ModelChoice) {}

  /** Opens the networks that are chosen, in a new worker: the old one's memory is freed. */
  async openNetworks(): Promise<void> {
    const opening = ++this.opening;
    this.stop();
    this.inference?.close();
    this.inference = null;
    say('Loading the networks…');
    const chosen = { depth: this.models.chosen('depth'), flow: this.models.chosen('flow') };
    const { backend } = settings();
    const [inference, opened] = await Inference.open(backend, chosen);
    if (opening !== this.opening) return inference.close(); // Others were chosen meanwhile.
    this.inference = inference;
    byId('computed-by').textContent = computedBy(backend, opened);
    byId('licence').textContent = this.models.licence;
    this.restart();
  }

  /** Shows another source in place of the one before. */
  async open(source: Source): Promise<void> {
    this.stop();
    this.source?.suspend();
    this.source = source;
    this.painter.restart();
    this.probe.clear();
    await this.goOn();
    for (const id of ['freeze', 'save']) byId<HTMLButtonElement>(id).disabled = false;
  }

  /** Releases the camera, or holds the film; the last result stays. */
  pause(): void {
    this.stop();
    this.source?.suspend();
  }

  async goOn(): Promise<void> {
    const { source } = this;
    await source?.resume();
    if (source === this.source) this.restart();
  }

  /** Computes with what is chosen now; a still anew. */
  restart(): void {
    this.pace = new Pace();
    if (!this.source) say('Start the camera, or open a film or a picture.');
    else say('');
    if (this.source && this.inference) void this.run(this.source, this.inference, ++this.turn);
  }

  /** Draws the last result, as is chosen now. */
  repaint(): void {
    const chosen = settings();
    arrange(chosen);
    if (!this.result) return;
    this.painter.paint(this.result, chosen);
    for (const layer of LAYERS) drawPoints(canvasOf(layer), this.probe.points);
    drawScale(chosen.colourMap, this.painter.limits);
    describe(this.result, this.painter.range);
    const reading = this.probe.reading(this.result);
    if (byId('reading').textContent !== reading) byId('reading').textContent = reading;
  }

  private stop(): void {
    this.turn++;
  }

  private async run(source: Source, inference: Inference, turn: number): Promise<void> {
    try {
      do {
        const chosen = settings();
        const wants = wanted(chosen);
        const moment = await source.moment(wants.flow || wants.moving);
        if (turn !== this.turn) return discard(moment);
        const begin = performance.now();
        const result = await inference.run(moment, wants, chosen.fieldOfView);
        if (turn !== this.turn) return discard(result);
        this.pace.add(begin, performance.now());
        this.show(result);
      } while (!source.isStill);
    } catch (error) {
      if (turn === this.turn && !(error instanceof Closed)) notice((error as Error).message);
    }
  }

  private show(result: Result): void {
    if (this.result) discard(this.result);
    this.result = result;
    this.painter.follow(result);
    this.repaint();
    say('');
    byId('p50').textContent = milliseconds(this.pace.latency(50));
    byId('p90').textContent = milliseconds(this.pace.latency(90));
    const rate = this.pace.framesPerSecond;
    byId('rate').textContent = rate > 0 ? `${rate.toFixed(1)} / s` : '–';
    document.dispatchEvent(new CustomEvent('dfnet:result', { detail: result }));
  }
}

export function say(state: string): void {
  byId('state').textContent = state;
}

function discard({ frame, next }: Moment): void {
  frame.close();
  next?.close();
}

const milliseconds = (time: number) => `${time.toFixed(0)} ms`;

function computedBy(backend: Backend, { threads, onGpu }: Opened): string {
  if (backend === 'webgpu') return `graphics card: depth ${onGpu.depth}, flow ${onGpu.flow}`;
  return `processor, ${threads} thread${threads > 1 ? 's' : ''}`;
}
