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

test('the rigid flow is that of Python', () => {
  const found = rigidFlow(disparity, size, focal, motion);
  expect(gap(found, golden.floats('rigid_flow'))).toBeLessThan(1e-4);
});

test('flow and rigid flow disagree as in Python, whose motion is solved from the same matches', () => {
  const found = disagreement(flow, disparity, size, focal);
  const expected = golden.floats('disagreement');
  const apart = found.map((value, i) => Math.abs(value - expected[i]!) / (1 + expected[i]!));
  expect(Math.max(...apart)).toBeLessThan(0.01);
});

test('only the box that moves by itself disagrees', () => {
  const moves = disagreement(flow, disparity, size, focal).map((value) => Number(value > 1));
  for (let i = 0; i < moves.length; i++) {
    const [row, column] = [Math.floor(i / width), i % width];
    const isBox = row >= 14 && row < 26 && column >= 34 && column < 48;
    expect(moves[i], `row ${row}, column ${column}`).toBe(Number(isBox));
  }
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
