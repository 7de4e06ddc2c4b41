/** Colours disparities from far to near, as dfnet_tf.visualize.color_disparity. */

import tables from './colour_tables.json';
import type { DisparityLimits } from './display_range';

export type ColourMapName = keyof typeof tables;
export const COLOUR_MAPS = Object.keys(tables) as ColourMapName[];

const UNKNOWN = [128, 128, 128] as const; // What is no disparity, or no flow, is grey.

/** Whether it is the disparity of anything: positive and finite. */
export const isDisparity = (value: number) => value > 0 && value < Infinity;

/** A table of 256 colours, matplotlib's of that name. */
export class ColourMap {
  private readonly table: Uint8Array;

  constructor(name: ColourMapName) {
    this.table = Uint8Array.from(atob(tables[name]), (character) => character.charCodeAt(0));
  }

  /** Colours disparities into RGBA pixels, from black (far) to light (near) in "magma". */
  draw(disparity: Float32Array, limits: DisparityLimits, rgba: Uint8ClampedArray): void {
    for (let i = 0; i < disparity.length; i++) {
      const value = disparity[i]!;
      if (isDisparity(value)) this.put(limits.place(value), rgba, 4 * i);
      else putUnknown(rgba, 4 * i);
    }
  }

  /** Puts the colour at `place`, 0 (far) to 1 (near), or of the end beyond, at rgba[to]. */
  put(place: number, rgba: Uint8ClampedArray, to: number): void {
    const from = 3 * Math.max(0, Math.min(255, Math.floor(place * 256)));
    rgba[to] = this.table[from]!;
    rgba[to + 1] = this.table[from + 1]!;
    rgba[to + 2] = this.table[from + 2]!;
    rgba[to + 3] = 255;
  }
}

export function putUnknown(rgba: Uint8ClampedArray, to: number): void {
  rgba.set(UNKNOWN, to);
  rgba[to + 3] = 255;
}
