import { expect, test } from 'vitest';

import { cameraMotion } from '../src/camera_motion';
import { disagreement, focalLength, rigidFlow } from '../src/moving_objects';
import { Golden, gap } from './golden';

const golden = new Golden('moving');
const [height, width] = golden.shape('disparity') as [number, number];
const size = { height, width };
const focal = golden.floats('focal')[0]!;
const disparity = golden.floats('disparity');
const flow = golden.floats('flow');
const solved = golden.floats('motion');
const motion = {
  rotation: [0, 1, 2].flatMap((row) => [...solved.slice(4 * row, 4 * row + 3)]),
  translation: [solved[3]!, solved[7]!, solved[11]!],
};

const staysInside = (i: number) => {
  const [column, row] = [(i % width) + flow[2 * i]!, Math.floor(i / width) + flow[2 * i + 1]!];
  return column >= 0 && column < width && row >= 0 && row < height;
};

test('the rigid flow is that of Python', () => {
  const { turned, parallax } = rigidFlow(disparity, size, focal, motion);
  const found = turned.map((value, i) => value + parallax[i]!);
  expect(gap(found, golden.floats('rigid_flow'))).toBeLessThan(1e-4);
});

test('without doubt of depth, flow and rigid flow disagree as in Python', () => {
  const found = disagreement(flow, disparity, size, focal, 1);
  const expected = golden.floats('disagreement').map((value, i) => (staysInside(i) ? value : 0));
  const apart = found.map((value, i) => Math.abs(value - expected[i]!) / (1 + expected[i]!));
  expect(Math.max(...apart)).toBeLessThan(1e-3);
});

test('the box that moves by itself disagrees, and nothing else', () => {
  const moves = disagreement(flow, disparity, size, focal).map((value) => Number(value > 1));
  const isBox = (i: number) => {
    const [row, column] = [Math.floor(i / width), i % width];
    return row >= 14 && row < 26 && column >= 34 && column < 48;
  };
  expect(moves.filter((_, i) => !isBox(i))).not.toContain(1);
  const box = moves.filter((_, i) => isBox(i));
  // Where it moves along the parallax it might as well be nearer than it seems.
  expect(box.reduce((sum, move) => sum + move, 0) / box.length).toBeGreaterThan(0.8);
});

test('a depth that is wrong by half its size moves nothing', () => {
  const wrong = disparity.map((value, i) => (i % width < 20 ? 1.5 * value : value));
  const moves = disagreement(flow, wrong, size, focal).filter((value, i) => value > 1 && i % width < 30);
  expect(moves.length).toBe(0);
  const doubtless = disagreement(flow, wrong, size, focal, 1).filter(
    (value, i) => value > 1 && i % width < 30,
  );
  expect(doubtless.length).toBeGreaterThan(10);
});

test('the motion of exact matches is found again', () => {
  const matches = Array.from({ length: 60 }, (_, i) => {
    const [x, y, near] = [(i % 10) / 10 - 0.45, Math.floor(i / 10) / 10 - 0.25, 0.1 + (i % 7) / 10];
    const [X, Y, Z] = [x / near + 0.2, y / near, 1 / near - 0.3]; // Translation alone.
    return { x, y, disparity: near, endX: X / Z, endY: Y / Z };
  });
  const { rotation, translation } = cameraMotion(matches);
  expect(gap(translation, [0.2, 0, -0.3])).toBeLessThan(1e-6);
  expect(gap(rotation, [1, 0, 0, 0, 1, 0, 0, 0, 1])).toBeLessThan(1e-6);
});

test('a view of 90 degrees has half its width as focal length', () => {
  expect(focalLength(320, 90)).toBeCloseTo(160, 6);
});
