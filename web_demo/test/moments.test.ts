import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Moments } from '../src/moments';

/** A picture that is known by its time, and knows whether it was closed. */
class FakePicture {
  isClosed = false;
  constructor(readonly time: number) {}
  close() {
    this.isClosed = true;
  }
}

beforeEach(
  () => void vi.stubGlobal('createImageBitmap', async ({ time }: FakePicture) => new FakePicture(time)),
);
afterEach(() => void vi.unstubAllGlobals());

/** A video that shows frames at these times, one a call. */
function video(...times: number[]) {
  const shown: FakePicture[] = [];
  const shoot = async () => {
    const time = times[shown.length]!;
    shown.push(new FakePicture(time));
    return { picture: shown.at(-1) as unknown as ImageBitmap, time };
  };
  return { shown, moments: new Moments(shoot) };
}

const timesOf = async (moments: Moments) => {
  const { frame, next } = await moments.take(true);
  return [frame, next].map((picture) => (picture as unknown as FakePicture).time);
};

test('without a pair the newest frame is taken alone', async () => {
  const { moments } = video(1);
  expect(await moments.take(false)).toMatchObject({ frame: { time: 1 }, next: null });
});

test('a pair is at least a twentieth of a second apart; frames between are dropped', async () => {
  const { moments, shown } = video(0, 0.033, 0.066);
  expect(await timesOf(moments)).toEqual([0, 0.066]);
  expect(shown.map(({ isClosed }) => isClosed)).toEqual([false, true, false]);
});

test('a network that keeps up goes on from the frame before', async () => {
  const { moments } = video(0, 0.1, 0.2, 0.3);
  expect([await timesOf(moments), await timesOf(moments)]).toEqual([
    [0, 0.1],
    [0.1, 0.2],
  ]);
});

test('a network that takes long gets two new frames', async () => {
  const { moments } = video(0, 0.1, 1, 1.1);
  expect([await timesOf(moments), await timesOf(moments)]).toEqual([
    [0, 0.1],
    [1, 1.1],
  ]);
});

test('no pair spans the end of a film that begins anew', async () => {
  const { moments } = video(9, 0.04, 0.1);
  expect(await timesOf(moments)).toEqual([0.04, 0.1]);
});

test('of a slow film frames that follow each other make a pair', async () => {
  const { moments } = video(0, 0.5);
  expect(await timesOf(moments)).toEqual([0, 0.5]);
});
