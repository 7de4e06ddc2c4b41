/**
 * Colours of optical flow, as dfnet_tf.visualize.color_flow: hue = direction, white = no motion.
 *
 * By the Middlebury wheel: right is red, down yellow, left light blue, up violet (Baker et al., "A
 * database and evaluation methodology for optical flow", IJCV 2011).
 */

import { putUnknown } from './colour_map';

const WHEEL_STOPS = [0, 15, 21, 25, 36, 49, 55];
const WHEEL_COLOURS = [0xff0000, 0xffff00, 0x00ff00, 0x00ffff, 0x0000ff, 0xff00ff, 0xff0000];
const HUES = 4096; // Around the circle: a step of one changes no colour by more than one.

const hues = Array.from({ length: HUES + 1 }, (_, i) => hue(i / HUES));

/** Colours a flow (u, v, u, v, ...) into RGBA pixels: fully from `longest` on, in its unit. */
export function drawFlow(flow: Float32Array, longest: number, rgba: Uint8ClampedArray): void {
  const scale = 1 / Math.max(longest, 1e-6);
  for (let i = 0; i < flow.length / 2; i++) {
    putFlow(flow[2 * i]! * scale, flow[2 * i + 1]! * scale, rgba, 4 * i);
  }
}

/** Puts the colour of a flow, in units of the longest, at rgba[to]. */
export function putFlow(u: number, v: number, rgba: Uint8ClampedArray, to: number): void {
  const length = Math.hypot(u, v);
  if (!(length < Infinity)) return putUnknown(rgba, to);
  const turn = Math.atan2(v, u) / (2 * Math.PI);
  const full = hues[Math.round((turn < 0 ? turn + 1 : turn) * HUES)]!;
  const strength = Math.min(length, 1);
  for (let i = 0; i < 3; i++) rgba[to + i] = 255 - strength * (255 - full[i]!);
  rgba[to + 3] = 255;
}

/** The legend: all directions and lengths up to the longest, as a disc of RGBA pixels. */
export function drawWheel(radius: number): Uint8ClampedArray<ArrayBuffer> {
  const side = 2 * radius + 1;
  const rgba = new Uint8ClampedArray(4 * side * side);
  for (let y = -radius; y <= radius; y++) {
    for (let x = -radius; x <= radius; x++) {
      if (Math.hypot(x, y) > radius + 0.5) continue;
      putFlow(x / radius, y / radius, rgba, 4 * ((y + radius) * side + x + radius));
    }
  }
  return rgba;
}

/** The full colour of a direction, as a share of the circle from +u over +v. */
function hue(turn: number): [number, number, number] {
  const place = turn * WHEEL_STOPS.at(-1)!;
  const segment = Math.max(0, WHEEL_STOPS.findIndex((stop) => place <= stop) - 1);
  const [start, end] = [WHEEL_STOPS[segment]!, WHEEL_STOPS[segment + 1]!];
  const share = (place - start) / (end - start);
  const mixed = (shift: number) => {
    const from = (WHEEL_COLOURS[segment]! >> shift) & 255;
    return from + share * (((WHEEL_COLOURS[segment + 1]! >> shift) & 255) - from);
  };
  return [mixed(16), mixed(8), mixed(0)];
}
