/** What moves by itself: where the flow is not the one that the camera's motion induces. */

import { cameraMotion, moved, seen, type Match, type Motion } from './camera_motion';

const MATCHES = 1000; // About so many, on a grid: enough for six unknowns, and soon solved.
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
 * How far the flow is at each pixel from what the camera's motion explains, in units of the gap that
 * counts as agreement: beyond 1 something moves by itself, or is hidden in the second frame, or the
 * focal length is wrong. 0 where the flow leaves the picture: it is a guess there.
 *
 * Like `motion_score` of dfnet_tf.geometry.object_motion: depth may be wrong by a factor of `doubt`, so
 * the flow is compared with the nearest flow that such a depth gives. The flow back is not computed here.
 */
export function disagreement(
  flow: Float32Array,
  disparity: Float32Array,
  size: Size,
  focal: number,
  doubt = 2,
): Float32Array {
  const motion = cameraMotion(matches(flow, disparity, size, focal));
  const { turned, parallax } = rigidFlow(disparity, size, focal, motion);
  const apart = new Float32Array(disparity.length);
  for (let i = 0; i < apart.length; i++) {
    if (!staysInside(flow, i, size)) continue;
    const [u, v] = [flow[2 * i]!, flow[2 * i + 1]!];
    const [turnedU, turnedV] = [turned[2 * i]!, turned[2 * i + 1]!];
    const [byDepthU, byDepthV] = [parallax[2 * i]!, parallax[2 * i + 1]!];
    const square = Math.max(byDepthU ** 2 + byDepthV ** 2, 1e-12);
    const along = ((u - turnedU) * byDepthU + (v - turnedV) * byDepthV) / square;
    const nearness = Math.min(Math.max(along, 1 / doubt), doubt); // In units of the disparity.
    const [rigidU, rigidV] = [turnedU + nearness * byDepthU, turnedV + nearness * byDepthV];
    const length = u ** 2 + v ** 2 + rigidU ** 2 + rigidV ** 2;
    const gap = (u - rigidU) ** 2 + (v - rigidV) ** 2;
    apart[i] = gap / (RELATIVE_TOLERANCE * length + ABSOLUTE_TOLERANCE);
  }
  return apart;
}

/**
 * The flow that the camera's motion alone induces, in pixels, as a sum: what turning the camera
 * induces, and the parallax, which grows with disparity.
 */
export function rigidFlow(
  disparity: Float32Array,
  { height, width }: Size,
  focal: number,
  motion: Motion,
): { turned: Float32Array; parallax: Float32Array } {
  const [turned, parallax] = [new Float32Array(2 * disparity.length), new Float32Array(2 * disparity.length)];
  const [tx, ty, tz] = motion.translation as [number, number, number];
  let i = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++, i += 2) {
      const [x, y] = inFocalLengths(column, row, height, width, focal);
      const [X, Y, Z] = moved(motion, x, y, disparity[i / 2]!) as [number, number, number];
      const [u, v] = seen(X, Y, Z);
      const [turnedU, turnedV] = seen(X - tx, Y - ty, Z - tz);
      turned[i] = focal * (turnedU - x);
      turned[i + 1] = focal * (turnedV - y);
      parallax[i] = focal * (u - turnedU);
      parallax[i + 1] = focal * (v - turnedV);
    }
  }
  return { turned, parallax };
}

function staysInside(flow: Float32Array, i: number, { height, width }: Size): boolean {
  const column = (i % width) + flow[2 * i]!;
  const row = Math.floor(i / width) + flow[2 * i + 1]!;
  return column >= 0 && column < width && row >= 0 && row < height;
}

/** Matches on a grid; without those that leave the picture, whose flow is a guess. */
function matches(flow: Float32Array, disparity: Float32Array, size: Size, focal: number): Match[] {
  const { height, width } = size;
  const found: Match[] = [];
  const stride = Math.max(1, Math.floor(Math.sqrt((height * width) / MATCHES)));
  for (let row = stride >> 1; row < height; row += stride) {
    for (let column = stride >> 1; column < width; column += stride) {
      const i = row * width + column;
      if (!staysInside(flow, i, size) || !(disparity[i]! > 0)) continue;
      const [endColumn, endRow] = [column + flow[2 * i]!, row + flow[2 * i + 1]!];
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
