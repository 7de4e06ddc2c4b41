/** How long a frame takes, and how many come in a second, over the last runs. */

import { percentile } from './percentile';

const WINDOW = 50;

export class Pace {
  private latencies: number[] = [];
  private ends: number[] = [];

  /** Counts one frame, from its beginning to its end in milliseconds of one clock. */
  add(begin: number, end: number): void {
    this.latencies = [...this.latencies, end - begin].slice(-WINDOW);
    this.ends = [...this.ends, end].slice(-WINDOW);
  }

  /** A percentile of the latencies in milliseconds; NaN before the first frame. */
  latency(percent: number): number {
    return percentile(this.latencies, percent);
  }

  /** The mean over the window; NaN before the second frame. */
  get framesPerSecond(): number {
    const span = this.ends.at(-1)! - this.ends[0]!;
    return span > 0 ? (1000 * (this.ends.length - 1)) / span : NaN;
  }
}
