/**
 * The camera's motion between two frames, solved from the depth of the first and the flow to the second.
 *
 * As dfnet_tf.geometry.ego_motion, of one way: Gauss-Newton with the motion field's derivatives
 * (Longuet-Higgins and Prazdny, 1980) and Cauchy's weights, so that things that move by themselves
 * are outliers.
 */

import { NormalEquations, UNKNOWNS, inlierScale } from './least_squares';

const STEPS = 16; // How often the problem is made linear and solved.
const INLIERS = 0.25; // Share of the matches that get more than half of their weight.
const SMALLEST_INLIER = 1e-4; // In focal lengths: less is rounding.
const DEPTH_DOUBT = 70; // How much worse depth is known (as a share of it) than flow (in focal lengths).
const LEAST_DEPTH = 1e-3; // Points nearer than this, or behind the camera, project as if they were here.

/** Where a point is seen in both frames, in focal lengths from the centre, and its inverse depth. */
export interface Match {
  x: number;
  y: number;
  disparity: number;
  endX: number;
  endY: number;
}

/** p_second = rotation p_first + translation; the translation in units of 1 / disparity. */
export interface Motion {
  rotation: number[]; // Row by row.
  translation: number[];
}

export const STILL: Motion = { rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], translation: [0, 0, 0] };

export function cameraMotion(matches: Match[]): Motion {
  let motion = STILL;
  for (let step = 0; step < STEPS; step++) motion = improved(motion, matches);
  return motion;
}

/** Where a point of the first frame, (x, y) in focal lengths, is after the motion: (X, Y, Z). */
export function moved(
  { rotation: r, translation: t }: Motion,
  x: number,
  y: number,
  disparity: number,
): number[] {
  return [0, 1, 2].map((i) => (r[3 * i]! * x + r[3 * i + 1]! * y + r[3 * i + 2]!) / disparity + t[i]!);
}

/** Where a point is seen, in focal lengths. */
export function seen(x: number, y: number, z: number): [number, number] {
  const depth = Math.max(z, LEAST_DEPTH);
  return [x / depth, y / depth];
}

function improved(motion: Motion, matches: Match[]): Motion {
  const rows = matches.map((match) => linearised(motion, match));
  const lengths = Float64Array.from(rows, ([u, v]) => Math.hypot(u.residual, v.residual));
  const scale = inlierScale(lengths, INLIERS, SMALLEST_INLIER);
  const equations = new NormalEquations();
  for (const [i, pair] of rows.entries()) {
    const weight = 1 / (1 + (lengths[i]! / scale) ** 2);
    for (const { row, residual } of pair) equations.add(row, residual, weight);
  }
  return composed(equations.solve(), motion);
}

interface Row {
  row: number[]; // Derivatives by tx, ty, tz, rx, ry, rz.
  residual: number;
}

/** Both rows of a match, whitened: along its parallax a residual may come from a wrong depth as well. */
function linearised(motion: Motion, match: Match): [Row, Row] {
  const [x, y, z] = moved(motion, match.x, match.y, match.disparity) as [number, number, number];
  const [u, v] = seen(x, y, z);
  const [tx, ty, tz] = motion.translation as [number, number, number];
  const [turnedU, turnedV] = seen(x - tx, y - ty, z - tz);
  const near = 1 / Math.max(z, LEAST_DEPTH);
  const byU = [near, 0, -u * near, -u * v, 1 + u * u, -v, match.endX - u];
  const byV = [0, near, -v * near, -1 - v * v, u * v, u, match.endY - v];
  whiten(byU, byV, u - turnedU, v - turnedV);
  return [
    { row: byU, residual: byU[UNKNOWNS]! },
    { row: byV, residual: byV[UNKNOWNS]! },
  ];
}

/** Measures columns (u, v) in what they are in doubt by: 1, along the parallax (1 + (D |p|)^2)^(1/2). */
function whiten(byU: number[], byV: number[], parallaxU: number, parallaxV: number): void {
  const square = parallaxU ** 2 + parallaxV ** 2;
  const shrink = (1 - 1 / Math.sqrt(1 + DEPTH_DOUBT ** 2 * square)) / Math.max(square, 1e-12);
  for (let i = 0; i < byU.length; i++) {
    const along = shrink * (parallaxU * byU[i]! + parallaxV * byV[i]!);
    byU[i]! -= along * parallaxU;
    byV[i]! -= along * parallaxV;
  }
}

/** The motion followed by a small one (tx, ty, tz, rx, ry, rz), whose rotation is Rx Ry Rz. */
function composed(change: number[], { rotation: r, translation: t }: Motion): Motion {
  const small = rotationOf(change[3]!, change[4]!, change[5]!);
  const by = (i: number, values: number[], offset: number, step: number) =>
    small[3 * i]! * values[offset]! +
    small[3 * i + 1]! * values[offset + step]! +
    small[3 * i + 2]! * values[offset + 2 * step]!;
  return {
    rotation: Array.from({ length: 9 }, (_, k) => by(Math.floor(k / 3), r, k % 3, 3)),
    translation: [0, 1, 2].map((i) => by(i, t, 0, 1) + change[i]!),
  };
}

function rotationOf(x: number, y: number, z: number): number[] {
  const [cx, cy, cz] = [Math.cos(x), Math.cos(y), Math.cos(z)];
  const [sx, sy, sz] = [Math.sin(x), Math.sin(y), Math.sin(z)];
  return [
    ...[cy * cz, -cy * sz, sy],
    ...[cx * sz + sx * sy * cz, cx * cz - sx * sy * sz, -sx * cy],
    ...[sx * sz - cx * sy * cz, sx * cz + cx * sy * sz, cx * cy],
  ];
}
