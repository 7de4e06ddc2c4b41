/** The models that were exported into this page, and those that somebody brings. */

import type { ModelFile, NetworkName } from './messages';
import { Refusal, parseModelInfo, sizeOf } from './model_info';

const descriptions = import.meta.glob<string>('../models/*/*.json', {
  eager: true,
  query: '?raw',
  import: 'default',
});
const urls = import.meta.glob<string>('../models/*/*.tflite', {
  eager: true,
  query: '?url',
  import: 'default',
});

/** Throws if a JSON has no model beside it: the page was not built by `make web-demo`. */
export function shippedModels(): ModelFile[] {
  return Object.entries(descriptions).map(([path, text]) => {
    const info = parseModelInfo(text);
    const url = urls[path.replace(/[^/]*$/, info.file)];
    if (!url)
      throw new Refusal(`${path}: expected ${info.file} beside it. Build the page by "make web-demo".`);
    return { info, content: new URL(url, document.baseURI).href };
  });
}

/** Models among dropped files, each a .tflite and the .json that the export wrote beside it. */
export async function broughtModels(files: File[]): Promise<ModelFile[]> {
  const models: ModelFile[] = [];
  for (const description of files.filter(({ name }) => name.endsWith('.json'))) {
    const info = parseModelInfo(await description.text());
    const model = files.find(({ name }) => name === info.file);
    if (!model)
      throw new Refusal(`${description.name}: expected ${info.file} with it. Drop both files together.`);
    models.push({ info, content: await model.arrayBuffer() });
  }
  if (models.length === 0) {
    const names = files.map(({ name }) => name).join(', ');
    throw new Refusal(
      `Expected a .tflite and the .json that the export wrote beside it. Received: ${names}.`,
    );
  }
  return models;
}

/** As the page lists it: its name, size in pixels and in megabytes. */
export function label({ info }: ModelFile, network: NetworkName): string {
  const { width, height } = sizeOf(info.signatures[network]!);
  return `${info.name}, ${width}×${height}, ${(info.bytes / 1e6).toFixed(1)} MB`;
}
