/** Draws what was computed: a picture for each layer, in colours that follow the film slowly. */

import { ColourMap } from './colour_map';
import { DisparityLimits, FlowRange } from './display_range';
import type { Map } from './distance_probe';
import { drawFlow } from './flow_colours';
import { middle } from './framing';
import type { Result } from './messages';
import { canvasOf, type Layer, type Settings } from './page';

const WIDEST = 960; // Pixels of a layer on the screen.
const OPACITY = 0.6; // Of colours over the picture.
const MOVING = [255, 140, 0]; // Orange, which neither legend is full of.

export class Painter {
  limits = new DisparityLimits();
  range = new FlowRange();

  /** Forgets the ranges: another film begins. */
  restart(): void {
    this.limits = new DisparityLimits();
    this.range = new FlowRange();
  }

  /** Lets the ranges follow a new result. */
  follow({ disparity, flow }: Result): void {
    if (disparity) this.limits.follow(disparity.values);
    if (flow) this.range.follow(flow.values);
  }

  paint(result: Result, settings: Settings): void {
    for (const layer of settings.layers) this.paintLayer(layer, result, settings);
  }

  private paintLayer(layer: Layer, result: Result, settings: Settings): void {
    const { frame } = result;
    const size = result.disparity ?? result.flow ?? { width: frame.width, height: frame.height };
    const part = middle(frame.width, frame.height, size.width, size.height);
    const width = Math.max(Math.min(part.width, WIDEST), Math.min(size.width, WIDEST));
    const height = Math.round((width * size.height) / size.width);
    const canvas = canvasOf(layer);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d')!;
    context.imageSmoothingQuality = 'high';
    const colours = this.colours(layer, result, settings);
    const showsFrame = layer === 'picture' || layer === 'moving' || settings.isOver;
    context.clearRect(0, 0, width, height);
    if (showsFrame)
      context.drawImage(frame, part.left, part.top, part.width, part.height, 0, 0, width, height);
    if (layer === 'moving') this.dim(context, width, height);
    if (!colours) return;
    context.globalAlpha = showsFrame && layer !== 'moving' ? OPACITY : 1;
    context.drawImage(colours, 0, 0, width, height);
    context.globalAlpha = 1;
  }

  private dim(context: CanvasRenderingContext2D, width: number, height: number): void {
    context.fillStyle = 'rgb(20 18 26 / 45%)';
    context.fillRect(0, 0, width, height);
  }

  private colours(
    layer: Layer,
    { disparity, flow, moving }: Result,
    settings: Settings,
  ): OffscreenCanvas | null {
    if (layer === 'depth' && disparity) {
      return coloured(disparity, (rgba) =>
        new ColourMap(settings.colourMap).draw(disparity.values, this.limits, rgba),
      );
    }
    if (layer === 'flow' && flow) {
      return coloured(flow, (rgba) => drawFlow(flow.values, this.range.longest, rgba));
    }
    if (layer === 'moving' && moving) return coloured(moving, (rgba) => drawMoving(moving.values, rgba));
    return null;
  }
}

/** Orange where something moves by itself, nothing elsewhere. */
function drawMoving(disagreement: Float32Array, rgba: Uint8ClampedArray): void {
  for (let i = 0; i < disagreement.length; i++) {
    if (disagreement[i]! > 1) rgba.set([...MOVING, 190], 4 * i);
  }
}

function coloured({ height, width }: Map, draw: (rgba: Uint8ClampedArray) => void): OffscreenCanvas {
  const image = new ImageData(width, height);
  draw(image.data);
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  return canvas;
}
