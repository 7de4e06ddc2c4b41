import { expect, test } from 'vitest';

import { AreaScaler } from '../src/area_scaler';
import { middle } from '../src/framing';
import { Golden, gap } from './golden';

/** RGB bytes as a canvas has them. */
function withAlpha(rgb: Uint8Array): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray((4 * rgb.length) / 3).fill(255);
  for (let i = 0; i < rgb.length; i++) rgba[4 * Math.floor(i / 3) + (i % 3)] = rgb[i]!;
  return rgba;
}

test.each([0, 1, 2, 3, 4])('resizes picture %i as Python does', (i) => {
  const golden = new Golden(`resize_${i}`);
  const [height, width] = golden.shape('image') as [number, number];
  const [newHeight, newWidth] = golden.shape('resized') as [number, number];
  const resized = new Uint8Array(3 * newHeight * newWidth);
  new AreaScaler(width, height, newWidth, newHeight).scale(withAlpha(golden.bytes('image')), resized);
  expect(gap(resized, golden.floats('resized'))).toBeLessThan(0.51);
});

test('a network sees the largest middle part of its shape', () => {
  expect(middle(1280, 720, 320, 192)).toEqual({ left: 40, top: 0, width: 1200, height: 720 });
  expect(middle(480, 640, 320, 192)).toEqual({ left: 0, top: 176, width: 480, height: 288 });
  expect(middle(320, 192, 320, 192)).toEqual({ left: 0, top: 0, width: 320, height: 192 });
});
