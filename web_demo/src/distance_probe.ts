/**
 * Distances at touched points. The depth of one camera has no unit, so what can be said is how many
 * times as far one point is as another.
 */

import { isDisparity } from './colour_map';
import { percentile } from './percentile';

const RADIUS = 2; // Of the square around a point whose median counts, in pixels.

export interface Map {
  values: Float32Array;
  height: number;
  width: number;
}

/** 1 / the median of the valid disparities around pixel (x, y); NaN without any. */
export function distanceAt({ values, height, width }: Map, x: number, y: number): number {
  const around: number[] = [];
  for (let row = Math.max(0, y - RADIUS); row <= Math.min(height - 1, y + RADIUS); row++) {
    for (let column = Math.max(0, x - RADIUS); column <= Math.min(width - 1, x + RADIUS); column++) {
      const value = values[row * width + column]!;
      if (isDisparity(value)) around.push(value);
    }
  }
  return 1 / percentile(around, 50);
}
