/** What the ends of the colours mean: follows each frame slowly, so that colours do not flicker. */

import { isDisparity } from './colour_map';
import { percentileOfSorted } from './percentile';

const SMOOTHING = 0.1; // The share by which each frame moves a range towards its own.
const SHORTEST = 1; // Pixels of full colour, so that the noise of a still camera stays white.

/** The disparities (1 / distance) at both ends of a colour map. */
export class DisparityLimits {
  far = NaN;
  near = NaN;

  /** Moves towards the 2nd and 98th percentile of what is valid; the first frame sets them. */
  follow(disparity: Float32Array): void {
    const sorted = disparity.filter(isDisparity).sort();
    if (sorted.length === 0) return;
    this.far = smoothed(this.far, percentileOfSorted(sorted, 2));
    this.near = smoothed(this.near, percentileOfSorted(sorted, 98));
  }

  /** Where a disparity lies between the far (0) and the near end (1). */
  place(disparity: number): number {
    return (disparity - this.far) / Math.max(this.near - this.far, 1e-12);
  }
}

/** The length of flow, in pixels, that has the full colour. */
export class FlowRange {
  longest = NaN;

  /** Moves towards the 99th percentile of the lengths of a flow (u, v, u, v, ...). */
  follow(flow: Float32Array): void {
    const lengths = new Float32Array(flow.length / 2);
    for (let i = 0; i < lengths.length; i++) lengths[i] = Math.hypot(flow[2 * i]!, flow[2 * i + 1]!);
    const known = lengths.filter((length) => length < Infinity).sort();
    if (known.length === 0) return;
    this.longest = smoothed(this.longest, Math.max(percentileOfSorted(known, 99), SHORTEST));
  }
}

const smoothed = (old: number, now: number) => (Number.isNaN(old) ? now : old + SMOOTHING * (now - old));
