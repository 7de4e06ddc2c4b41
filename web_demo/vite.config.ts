import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { defineConfig, type Plugin } from 'vite';

const RUNTIME = new URL('node_modules/@litertjs/core/wasm/', import.meta.url);
const BUILDS = ['', '_compat', '_jspi', '_threaded'].map((kind) => `litert_wasm${kind}_internal`);

/** Puts LiteRT.js's WebAssembly beside the page, so that it needs no other server. */
function bundledRuntime(): Plugin {
  return {
    name: 'bundled-runtime',
    generateBundle() {
      for (const file of BUILDS.flatMap((name) => [`${name}.js`, `${name}.wasm`])) {
        const source = readFileSync(new URL(file, RUNTIME));
        this.emitFile({ type: 'asset', fileName: `litert/${file}`, source });
      }
    },
  };
}

/** Tells the service worker what belongs to the page, and a name that changes when any of it does. */
function offlineList(): Plugin {
  return {
    name: 'offline-list',
    enforce: 'post',
    generateBundle(_, bundle) {
      const worker = bundle['service_worker.js'];
      if (worker?.type !== 'chunk') throw new Error('Expected service_worker.js among what is built.');
      // Models and WebAssembly are large: they are kept when they are first used.
      const isShell = (name: string) =>
        /\.(html|js|css|svg|webmanifest)$/.test(name) && !name.startsWith('litert/');
      const shell = Object.keys(bundle).filter((name) => isShell(name) && name !== 'service_worker.js');
      const contents = Object.values(bundle).map((file) => ('code' in file ? file.code : file.source));
      const hash = createHash('sha256');
      for (const content of contents) hash.update(content);
      worker.code = worker.code
        .replace('__SHELL__', JSON.stringify(JSON.stringify(['./', ...shell])))
        .replace('__BUILD__', JSON.stringify(hash.digest('hex').slice(0, 12)));
    },
  };
}

export default defineConfig({
  base: './', // The page works in any folder of a server.
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { index: 'index.html', service_worker: 'src/service_worker.ts' },
      output: {
        entryFileNames: ({ name }) => (name === 'service_worker' ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  worker: { format: 'iife' }, // LiteRT.js loads its script by importScripts, which modules lack.
  plugins: [bundledRuntime(), offlineList()],
});
