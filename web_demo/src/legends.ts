/** What the colours mean, below the pictures. */

import { ColourMap, type ColourMapName } from './colour_map';
import type { DisparityLimits, FlowRange } from './display_range';
import { drawWheel } from './flow_colours';
import type { Result } from './messages';
import { byId } from './page';
import { ticks } from './scale_ticks';

const flowNote = byId('flow-note');
const movingNote = byId('moving-note');
const movingLegend = movingNote.innerHTML;

export function drawFlowWheel(): void {
  const wheel = byId<HTMLCanvasElement>('wheel');
  const radius = (wheel.width - 1) / 2;
  wheel.getContext('2d')!.putImageData(new ImageData(drawWheel(radius), wheel.width), 0, 0);
}

export function drawScale(name: ColourMapName, limits: DisparityLimits): void {
  const bar = byId<HTMLCanvasElement>('bar').getContext('2d')!;
  const image = bar.createImageData(256, 1);
  const map = new ColourMap(name);
  for (let x = 0; x < 256; x++) map.put((x + 0.5) / 256, image.data, 4 * x);
  bar.putImageData(image, 0, 0);
  byId('ticks').replaceChildren(
    ...ticks(limits).map(({ distance, place }) => {
      const tick = document.createElement('span');
      tick.style.left = `${100 * place}%`;
      tick.textContent = String(Number(distance.toPrecision(1)));
      return tick;
    }),
  );
}

/** Says how long the flow of full colour is, or why there is none. */
export function describe({ next, disparity, flow, moving }: Result, { longest }: FlowRange): void {
  const missing = next ? null : 'needs a film, or two pictures';
  flowNote.textContent =
    missing ?? (flow ? `to the next frame; full colour: ${longest.toFixed(1)} px of ${flow.width}` : '');
  if (moving) movingNote.innerHTML = movingLegend;
  else
    movingNote.textContent =
      missing ?? (disparity && flow ? 'needs depth and flow of one size: choose such networks' : '');
}
