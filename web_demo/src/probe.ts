/** Two touched points: the first is the reference, each further one is measured by it. */

import { distanceAt, type Map } from './distance_probe';
import type { Result } from './messages';

const FINGER = 0.05; // A finger hides such a part of the picture.
const STEP = 0.02; // Of the picture, by an arrow key.
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

/** Parts of the width and the height of what the networks see. */
export interface Point {
  x: number;
  y: number;
}

export class Probe {
  private touched: Point[] = [];

  get points(): readonly Point[] {
    return this.touched;
  }

  /** For another film: the points were of this one. */
  clear(): void {
    this.touched = [];
  }

  /** Touching the reference again begins anew. */
  touch(point: Point): void {
    const [reference] = this.touched;
    if (!reference) this.touched = [point];
    else if (Math.hypot(point.x - reference.x, point.y - reference.y) > FINGER)
      this.touched = [reference, point];
    else this.touched = [];
  }

  /** Enter sets the next point, or begins anew; arrows move the last one. Returns whether it was such a key. */
  press(key: string): boolean {
    const [reference, compared] = this.touched;
    const arrow = ARROWS[key];
    if (key === 'Enter') {
      if (compared) this.touched = [];
      else this.touched = reference ? [reference, { ...reference }] : [{ x: 0.5, y: 0.5 }];
    } else if (arrow && reference) {
      const last = this.touched.at(-1)!;
      const moved = { x: within(last.x + arrow[0]), y: within(last.y + arrow[1]) };
      this.touched = [...this.touched.slice(0, -1), moved];
    } else {
      return false;
    }
    return true;
  }

  /** What the points say, in a sentence or two. */
  reading({ disparity, flow }: Result): string {
    const [reference, compared] = this.touched;
    if (!reference) return 'Touch a picture, then another point of it: how many times as far is it?';
    const motion = flow ? motionAt(flow, compared ?? reference) : '';
    if (!disparity) return motion || 'Show depth to measure.';
    if (!compared) return `A is set. Touch another point: how many times as far as A is it? ${motion}`;
    const ratio = distanceOf(disparity, compared) / distanceOf(disparity, reference);
    if (!Number.isFinite(ratio)) return 'Nothing is known at one of the points.';
    return `B is ${ratio.toFixed(ratio < 10 ? 2 : 0)} times as far as A. ${motion}`;
  }
}

const within = (part: number) => Math.max(0, Math.min(1, part));

const distanceOf = (map: Map, point: Point) => distanceAt(map, ...pixel(map, point));

function pixel({ width, height }: Map, { x, y }: Point): [number, number] {
  return [Math.min(width - 1, Math.floor(x * width)), Math.min(height - 1, Math.floor(y * height))];
}

function motionAt(flow: Map, point: Point): string {
  const [x, y] = pixel(flow, point);
  const i = 2 * (y * flow.width + x);
  const [u, v] = [flow.values[i]!, flow.values[i + 1]!];
  const sideways = `${Math.abs(u).toFixed(1)} px ${u < 0 ? 'left' : 'right'}`;
  return `It moves ${sideways} and ${Math.abs(v).toFixed(1)} px ${v < 0 ? 'up' : 'down'}.`;
}

/** Draws the points with their letters. */
export function drawPoints(canvas: HTMLCanvasElement, points: readonly Point[]): void {
  const context = canvas.getContext('2d')!;
  const radius = Math.max(5, canvas.width / 60);
  context.font = `600 ${2.2 * radius}px system-ui, sans-serif`;
  for (const [i, { x, y }] of points.entries()) {
    const [left, top] = [x * canvas.width, y * canvas.height];
    for (const [style, width] of [
      ['black', 4],
      ['white', 2],
    ] as const) {
      context.lineWidth = (width * radius) / 8;
      context.strokeStyle = style;
      context.beginPath();
      context.arc(left, top, radius, 0, 2 * Math.PI);
      context.stroke();
    }
    context.lineWidth = radius / 2;
    context.strokeStyle = 'black';
    context.strokeText('AB'[i]!, left + 1.4 * radius, top + 0.8 * radius);
    context.fillStyle = 'white';
    context.fillText('AB'[i]!, left + 1.4 * radius, top + 0.8 * radius);
  }
}
