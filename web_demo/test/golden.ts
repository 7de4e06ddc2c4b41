/** Arrays that Python computed: tests/web/make_web_golden.py. */

import { readFileSync } from 'node:fs';

interface Entry {
  shape: number[];
  dtype: string;
  data: string;
}

export class Golden {
  private readonly entries: Record<string, Entry>;

  constructor(name: string) {
    const path = new URL(`./golden/${name}.json`, import.meta.url);
    this.entries = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Entry>;
  }

  shape(key: string): number[] {
    return this.entry(key).shape;
  }

  floats(key: string): Float32Array {
    return new Float32Array(this.bytesOf(key, 'float32'));
  }

  bytes(key: string): Uint8Array {
    return new Uint8Array(this.bytesOf(key, 'uint8'));
  }

  private bytesOf(key: string, dtype: string): ArrayBuffer {
    const entry = this.entry(key);
    if (entry.dtype !== dtype) throw new Error(`Expected ${dtype}. Received: ${entry.dtype}.`);
    return Uint8Array.from(Buffer.from(entry.data, 'base64')).buffer;
  }

  private entry(key: string): Entry {
    const entry = this.entries[key];
    if (!entry) throw new Error(`Expected ${Object.keys(this.entries).join(', ')}. Received: ${key}.`);
    return entry;
  }
}

/** The greatest difference between RGBA pixels and RGB ones. */
export function colourGap(rgba: Uint8ClampedArray, rgb: Uint8Array): number {
  let gap = 0;
  for (let i = 0; i < rgb.length; i++) {
    gap = Math.max(gap, Math.abs(rgba[4 * Math.floor(i / 3) + (i % 3)]! - rgb[i]!));
  }
  return gap;
}

/** The greatest difference between numbers. */
export function gap(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  return Array.from(found).reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
}
