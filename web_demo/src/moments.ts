/** Takes moments from a playing video: the newest frame and one that follows it shortly. */

import type { Moment } from './messages';

// Flow needs frames that follow each other closely, however long a network takes.
const SHORTEST_GAP = 0.05; // Seconds.
const LONGEST_GAP = 0.15; // Beyond it a new pair is taken, unless the video itself is slower.

export interface Shot {
  picture: ImageBitmap;
  /** Of the video, in seconds. */
  time: number;
}

export class Moments {
  private last: Shot | null = null; // The last moment's next frame, which may begin the next moment.

  /** `shoot` waits for a frame that the video has not shown yet. */
  constructor(private readonly shoot: () => Promise<Shot>) {}

  async take(pair: boolean): Promise<Moment> {
    const newest = await this.shoot();
    if (!pair) return { frame: newest.picture, next: null };
    const before = this.last;
    this.last = null;
    const gap = before ? newest.time - before.time : NaN;
    if (before && gap >= SHORTEST_GAP && gap <= LONGEST_GAP) return this.pair(before, newest);
    before?.picture.close();
    return this.pair(...(await this.followed(newest)));
  }

  /** A shot and the first one that is far enough from it. */
  private async followed(first: Shot): Promise<[Shot, Shot]> {
    for (;;) {
      const shot = await this.shoot();
      if (shot.time - first.time >= SHORTEST_GAP) return [first, shot];
      const beganAnew = shot.time < first.time; // A film that plays in a loop.
      (beganAnew ? first : shot).picture.close();
      if (beganAnew) first = shot;
    }
  }

  private async pair(first: Shot, second: Shot): Promise<Moment> {
    this.last = { picture: await createImageBitmap(second.picture), time: second.time };
    return { frame: first.picture, next: second.picture };
  }
}
