/** Loads LiteRT.js within a worker. */

import { isWebGPUSupported, loadLiteRt, supportsFeature } from '@litertjs/core';

import type { Backend } from './messages';

const MOST_THREADS = 4; // Of a phone's cores the others are slow ones: waiting for them costs more.

/** Emscripten's settings, which its script takes from the global of this name. */
declare const self: { Module?: object; crossOriginIsolated: boolean };

/** Returns the number of threads. Threads need a page that is isolated from other origins. */
export async function loadRuntime(folder: string, backend: Backend): Promise<number> {
  if (backend === 'webgpu' && !isWebGPUSupported()) {
    throw new Error('This browser has no WebGPU: choose the processor.');
  }
  const hasThreads = backend === 'wasm' && self.crossOriginIsolated && (await supportsFeature('relaxedSimd'));
  // The GPU hands what it cannot compute to WebAssembly, and waits for it only by JSPI.
  const jspi = backend === 'webgpu' && (await supportsFeature('jspi'));
  self.Module = {
    // Without them Emscripten looks beside this worker, and starts this worker as its threads.
    locateFile: (name: string) => folder + name,
    mainScriptUrlOrBlob: `${folder}litert_wasm_threaded_internal.js`,
    print: () => {},
    printErr: (line: string) => console.debug(line),
  };
  await loadLiteRt(folder, { threads: hasThreads, jspi });
  return hasThreads ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1;
}
