/** Distances to write beside the colours of disparity. */

import type { DisparityLimits } from './display_range';

const CLOSEST = 0.12; // Towards the far end ticks crowd: nearer ones would be illegible.

export interface Tick {
  distance: number;
  /** On the bar: 0 far, 1 near. */
  place: number;
}

/** 1, 2 and 5 times powers of ten between the limits, nearest first. */
export function ticks(limits: DisparityLimits): Tick[] {
  const found: Tick[] = [];
  if (!(limits.near > limits.far)) return found;
  let last = Infinity;
  for (let power = Math.floor(-Math.log10(limits.near)); ; power++) {
    for (const digit of [1, 2, 5]) {
      const distance = digit * 10 ** power;
      const place = limits.place(1 / distance);
      if (place < 0 || last - place < CLOSEST) return found;
      if (place > 1) continue;
      found.push({ distance, place });
      last = place;
    }
  }
}
