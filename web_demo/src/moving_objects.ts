/** What moves by itself: where the flow is not the one that the camera's motion induces. */

import { cameraMotion, moved, seen, type Match, type Motion } from './camera_motion';

const STRIDE = 4; // Every so many pixels, across and down, give a match: enough for six unknowns.
const RELATIVE_TOLERANCE = 0.01;
const ABSOLUTE_TOLERANCE = 0.5; // Square pixels.

export interface Size {
  height: number;
  width: number;
}

/** Focal length in pixels of a picture that shows so many degrees across. */
export const focalLength = (width: number, degrees: number) =>
  width / 2 / Math.tan((degrees * Math.PI) / 360);

/**
 * How far the flow and the rigid flow are apart at each pixel, in units of the gap that counts as
 * agreement, as dfnet_tf.geometry.object_motion: beyond 1 something moves by itself, or is hidden in
 * the second frame, or depth or the focal length is wrong.
 */
export function disagreement(flow: Float32Array, disparity: Float32Array, size: Size, focal: number): Float32Array {
  const motion = cameraMotion(matches(flow, disparity, size, focal));
  const rigid = rigidFlow(disparity, size, focal, motion);
  const apart = new Float32Array(disparity.length);
  for (let i = 0; i < apart.length; i++) {
    const [u, v] = [flow[2 * i]!, flow[2 * i + 1]!];
    const [rigidU, rigidV] = [rigid[2 * i]!, rigid[2 * i + 1]!];
    const length = u ** 2 + v ** 2 + rigidU ** 2 + rigidV ** 2;
    const gap = (u - rigidU) ** 2 + (v - rigidV) ** 2;
    apart[i] = gap / (RELATIVE_TOLERANCE * length + ABSOLUTE_TOLERANCE);
  }
  return apart;
}

/** The flow that the camera's motion alone induces, in pixels. */
export function rigidFlow(disparity: Float32Array, { height, width }: Size, focal: number, motion: Motion): Float32Array {
  const flow = new Float32Array(2 * disparity.length);
  let i = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++, i++) {
      const [x, y] = inFocalLengths(column, row, height, width, focal);
      const [X, Y, Z] = moved(motion, x, y, disparity[i]!) as [number, number, number];
      const [u, v] = seen(X, Y, Z);
      flow[2 * i] = focal * (u - x);
      flow[2 * i + 1] = focal * (v - y);
    }
  }
  return flow;
}

/** Matches on a grid; without those that leave the picture, whose flow is a guess. */
function matches(flow: Float32Array, disparity: Float32Array, { height, width }: Size, focal: number): Match[] {
  const found: Match[] = [];
  for (let row = STRIDE >> 1; row < height; row += STRIDE) {
    for (let column = STRIDE >> 1; column < width; column += STRIDE) {
      const i = row * width + column;
      const [endColumn, endRow] = [column + flow[2 * i]!, row + flow[2 * i + 1]!];
      const isInside = endColumn >= 0 && endColumn < width && endRow >= 0 && endRow < height;
      if (!isInside || !(disparity[i]! > 0)) continue;
      const [x, y] = inFocalLengths(column, row, height, width, focal);
      const [endX, endY] = inFocalLengths(endColumn, endRow, height, width, focal);
      found.push({ x, y, disparity: disparity[i]!, endX, endY });
    }
  }
  return found;
}

/** From the middle of the picture; the centre of the upper left pixel is (0, 0). */
const inFocalLengths = (column: number, row: number, height: number, width: number, focal: number) =>
  [(column - (width - 1) / 2) / focal, (row - (height - 1) / 2) / focal] as const;
