import { expect, test } from 'vitest';

import { DisparityLimits } from '../src/display_range';
import { distanceAt } from '../src/distance_probe';
import { Pace } from '../src/pace';
import { ticks } from '../src/scale_ticks';

test('the distance at a point is that of the median around it', () => {
  const values = new Float32Array(35).fill(0.5);
  values.set([NaN, 0, 9, 9], 15);
  expect(distanceAt({ values, height: 5, width: 7 }, 2, 2)).toBeCloseTo(2, 6);
  expect(distanceAt({ values: new Float32Array(35), height: 5, width: 7 }, 0, 0)).toBeNaN();
});

test('ticks are round distances between the limits, nearest first, none crowded', () => {
  const limits = new DisparityLimits();
  [limits.far, limits.near] = [0.02, 0.6];
  const found = ticks(limits);
  expect(found.map(({ distance }) => distance)).toEqual([2, 5, 10]);
  for (const { distance, place } of found) expect(place).toBeCloseTo((1 / distance - 0.02) / 0.58, 6);
  expect(ticks(new DisparityLimits())).toEqual([]);
});

test('pace tells percentiles of the latency and the frames per second', () => {
  const pace = new Pace();
  expect(pace.latency(50)).toBeNaN();
  for (let i = 0; i < 11; i++) pace.add(200 * i, 200 * i + 40 + i);
  expect(pace.latency(50)).toBe(45);
  expect(pace.latency(90)).toBe(49);
  expect(pace.framesPerSecond).toBeCloseTo(1000 / 201, 6);
});
