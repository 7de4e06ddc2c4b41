/** The page's elements, and what is chosen there. */

import type { ColourMapName } from './colour_map';
import type { Backend, Wanted } from './messages';

export const LAYERS = ['picture', 'depth', 'flow', 'moving'] as const;
export type Layer = (typeof LAYERS)[number];

export function byId<T extends HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`Expected an element #${id} in index.html.`);
  return element as T;
}

export const figureOf = (layer: Layer) => document.querySelector<HTMLElement>(`figure[data-layer=${layer}]`)!;
export const canvasOf = (layer: Layer) => figureOf(layer).querySelector('canvas')!;

export interface Settings {
  layers: Set<Layer>;
  isOver: boolean;
  colourMap: ColourMapName;
  backend: Backend;
  fieldOfView: number;
}

export function settings(): Settings {
  const form = new FormData(document.querySelector<HTMLFormElement>('#settings form')!);
  return {
    layers: new Set(form.getAll('layer') as Layer[]),
    isOver: form.get('layout') === 'over',
    colourMap: byId<HTMLSelectElement>('colour-map').value as ColourMapName,
    backend: byId<HTMLSelectElement>('backend').value as Backend,
    fieldOfView: byId<HTMLInputElement>('field-of-view').valueAsNumber,
  };
}

/** What must be computed for what is shown. */
export function wanted({ layers }: Settings): Wanted {
  return { depth: layers.has('depth'), flow: layers.has('flow'), moving: layers.has('moving') };
}

/** Shows the figures of the layers that are chosen; the picture is below the others, if they lie over it. */
export function arrange({ layers, isOver }: Settings): void {
  const shown = LAYERS.filter(
    (layer) => layers.has(layer) && !(isOver && layer === 'picture' && layers.size > 1),
  );
  for (const layer of LAYERS) figureOf(layer).hidden = !shown.includes(layer);
  byId('stage').dataset.count = String(shown.length);
}

/** One line on what went wrong and what to do; null takes it away. */
export function notice(line: string | null): void {
  const element = byId('notice');
  element.textContent = line ?? '';
  element.hidden = line === null;
}
