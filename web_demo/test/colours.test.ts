import { describe, expect, test } from 'vitest';

import { ColourMap, isDisparity } from '../src/colour_map';
import { DisparityLimits, FlowRange } from '../src/display_range';
import { drawFlow, drawWheel } from '../src/flow_colours';
import { percentile } from '../src/percentile';
import { Golden, colourGap } from './golden';

describe('disparity', () => {
  const golden = new Golden('disparity');
  const disparity = golden.floats('disparity');

  test('has the colours of the Python pictures', () => {
    const limits = new DisparityLimits();
    [limits.far, limits.near] = golden.floats('limits') as unknown as [number, number];
    const rgba = new Uint8ClampedArray(4 * disparity.length);
    new ColourMap('magma').draw(disparity, limits, rgba);
    expect(colourGap(rgba, golden.bytes('colours'))).toBeLessThanOrEqual(1);
    expect(rgba.filter((_, i) => i % 4 === 3).every((alpha) => alpha === 255)).toBe(true);
  });

  test('has the percentiles of numpy', () => {
    const valid = disparity.filter(isDisparity);
    const found = [0, 2, 50, 98, 100].map((percent) => percentile(valid, percent));
    found.forEach((value, i) => expect(value).toBeCloseTo(golden.floats('percentiles')[i]!, 5));
  });

  test("limits are the first frame's percentiles, then follow slowly", () => {
    const limits = new DisparityLimits();
    limits.follow(disparity);
    const [, far, , near] = golden.floats('percentiles') as unknown as [number, number, number, number];
    expect([limits.far, limits.near]).toEqual([expect.closeTo(far, 5), expect.closeTo(near, 5)]);
    limits.follow(disparity.map((value) => 2 * value));
    expect(limits.near).toBeCloseTo(1.1 * near, 5);
  });

  test('limits stay unknown while no pixel is valid', () => {
    const limits = new DisparityLimits();
    limits.follow(new Float32Array([NaN, 0, -1]));
    expect(limits.near).toBeNaN();
  });
});

describe('flow', () => {
  const golden = new Golden('flow');
  const flow = golden.floats('flow');

  test('has the colours of the Python pictures', () => {
    const rgba = new Uint8ClampedArray(2 * flow.length);
    drawFlow(flow, 6, rgba);
    expect(colourGap(rgba, golden.bytes('colours'))).toBeLessThanOrEqual(1);
  });

  test('to the right is red, and down is yellow', () => {
    const rgba = new Uint8ClampedArray(8);
    drawFlow(new Float32Array([5, 0, 0, 5]), 5, rgba);
    expect([...rgba]).toEqual([255, 0, 0, 255, 255, expect.closeTo((255 * 13.75) / 15, -1), 0, 255]);
  });

  test('has the range of the 99th percentile, but at least a pixel', () => {
    const range = new FlowRange();
    range.follow(flow);
    expect(range.longest).toBeCloseTo(golden.floats('magnitude_99')[0]!, 4);
    const still = new FlowRange();
    still.follow(new Float32Array(8));
    expect(still.longest).toBe(1);
  });

  test('has the legend of the Python pictures within its disc', () => {
    const expected = new Golden('legend').bytes('colours');
    const rgba = drawWheel(20);
    const inside = Array.from({ length: 41 * 41 }, (_, i) => i).filter((i) => rgba[4 * i + 3]);
    expect(inside.length).toBeGreaterThan(Math.PI * 20 ** 2);
    for (const i of inside) {
      const pixel = rgba.slice(4 * i, 4 * i + 4);
      expect(colourGap(pixel, expected.slice(3 * i, 3 * i + 3))).toBeLessThanOrEqual(1);
    }
  });
});
