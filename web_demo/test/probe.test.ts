import { expect, test } from 'vitest';

import type { Result } from '../src/messages';
import { Probe } from '../src/probe';

const [height, width] = [20, 30];
/** Upper half twice as far as the lower one; all moves 3 px to the left and 1 px down. */
const result = {
  disparity: { height, width, values: new Float32Array(600).map((_, i) => (i < 300 ? 0.5 : 1)) },
  flow: { height, width, values: new Float32Array(1200).map((_, i) => (i % 2 ? 1 : -3)) },
} as unknown as Result;

test('the second point is measured by the first', () => {
  const probe = new Probe();
  probe.touch({ x: 0.5, y: 0.9 });
  probe.touch({ x: 0.5, y: 0.1 });
  expect(probe.reading(result)).toBe('B is 2.00 times as far as A. It moves 3.0 px left and 1.0 px down.');
  probe.touch({ x: 0.4, y: 0.8 });
  expect(probe.reading(result)).toContain('B is 1.00 times');
});

test('touching the first point again begins anew', () => {
  const probe = new Probe();
  for (const y of [0.9, 0.1, 0.91]) probe.touch({ x: 0.5, y });
  expect(probe.points).toEqual([]);
});

test('keys set and move the points, within the picture', () => {
  const probe = new Probe();
  expect(probe.press('ArrowUp')).toBe(false); // The page scrolls.
  for (const key of ['Enter', 'Enter', ...Array<string>(40).fill('ArrowUp'), 'ArrowLeft']) probe.press(key);
  expect(probe.points).toEqual([
    { x: 0.5, y: 0.5 },
    { x: expect.closeTo(0.48, 6), y: 0 },
  ]);
  probe.press('Enter');
  expect(probe.points).toEqual([]);
});

test('says so where nothing is known', () => {
  const probe = new Probe();
  probe.touch({ x: 0.5, y: 0.9 });
  probe.touch({ x: 0.5, y: 0.1 });
  const none = { ...result.disparity!, values: new Float32Array(600) };
  expect(probe.reading({ ...result, disparity: none })).toBe('Nothing is known at one of the points.');
});
