/** Brings pictures to a network's size: the middle of its shape, each pixel the mean of what it covers. */

import { AreaScaler } from './area_scaler';
import { middle } from './framing';

export class FrameReader {
  private readonly context: OffscreenCanvasRenderingContext2D;
  private scaler = new AreaScaler(1, 1, 1, 1);

  constructor() {
    const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('Expected a canvas in a worker. This browser has none: update it.');
    this.context = context;
  }

  /** RGB bytes, row by row. */
  read(picture: ImageBitmap, { height, width }: { height: number; width: number }): Uint8Array<ArrayBuffer> {
    const part = middle(picture.width, picture.height, width, height);
    Object.assign(this.context.canvas, { width: part.width, height: part.height });
    this.context.drawImage(picture, -part.left, -part.top);
    const { data } = this.context.getImageData(0, 0, part.width, part.height);
    if (!this.scaler.fits(part.width, part.height, width, height)) {
      this.scaler = new AreaScaler(part.width, part.height, width, height);
    }
    const rgb = new Uint8Array(3 * width * height);
    this.scaler.scale(data, rgb);
    return rgb;
  }
}
