/** What is seen, as one PNG: the pictures below each other or in pairs, with their legends. */

import { LAYERS, byId, canvasOf, figureOf, type Layer } from './page';

const MARGIN = 12;
const CAPTION = 44; // Height of what stands below a picture, in pixels.

export async function snapshot(): Promise<Blob> {
  const layers = LAYERS.filter((layer) => !figureOf(layer).hidden);
  const { width, height } = canvasOf(layers[0] ?? 'picture');
  const columns = layers.length > 1 ? 2 : 1;
  const rows = Math.ceil(layers.length / columns);
  const page = new OffscreenCanvas(
    columns * (width + MARGIN) + MARGIN,
    rows * (height + CAPTION + MARGIN) + MARGIN,
  );
  const context = page.getContext('2d')!;
  context.fillStyle = 'white';
  context.fillRect(0, 0, page.width, page.height);
  for (const [i, layer] of layers.entries()) {
    const left = MARGIN + (i % columns) * (width + MARGIN);
    const top = MARGIN + Math.floor(i / columns) * (height + CAPTION + MARGIN);
    context.drawImage(canvasOf(layer), left, top, width, height);
    drawCaption(context, layer, left, top + height, width);
  }
  return page.convertToBlob({ type: 'image/png' });
}

function drawCaption(
  context: OffscreenCanvasRenderingContext2D,
  layer: Layer,
  left: number,
  top: number,
  width: number,
): void {
  const middle = top + CAPTION / 2;
  context.fillStyle = 'black';
  context.font = '15px system-ui, sans-serif';
  context.textBaseline = 'middle';
  const room = { depth: width / 2 - 8, flow: width - CAPTION, picture: width, moving: width }[layer];
  context.fillText(captionOf(layer), left, middle, room);
  if (layer === 'depth')
    context.drawImage(byId<HTMLCanvasElement>('bar'), left + width / 2, middle - 8, width / 2, 16);
  if (layer === 'flow')
    context.drawImage(byId<HTMLCanvasElement>('wheel'), left + room, top + 2, CAPTION - 4, CAPTION - 4);
}

function captionOf(layer: Layer): string {
  if (layer === 'depth') return 'depth, from far to near';
  if (layer === 'moving') return 'orange: moves by itself';
  return layer === 'flow' ? `flow ${byId('flow-note').textContent}` : layer;
}

export function download(blob: Blob, name: string): void {
  const link = Object.assign(document.createElement('a'), {
    href: URL.createObjectURL(blob),
    download: name,
  });
  link.click();
  URL.revokeObjectURL(link.href);
}
