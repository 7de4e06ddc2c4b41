/** What the page and its worker say to each other. One worker serves one choice of back-end and models. */

import type { Map } from './distance_probe';
import type { ModelInfo } from './model_info';

export type Backend = 'wasm' | 'webgpu';
export type NetworkName = 'depth' | 'flow';

export interface ModelFile {
  info: ModelInfo;
  /** Its URL, or its bytes. */
  content: string | ArrayBuffer;
}

export interface Opening {
  kind: 'open';
  backend: Backend;
  /** The folder of LiteRT.js's WebAssembly. */
  runtime: string;
  models: Record<NetworkName, ModelFile>;
}

export type GpuShare = 'wholly' | 'in part' | 'not at all';

/** What the back-end turned out to be. */
export interface Opened {
  kind: 'opened';
  threads: number;
  /** How much of a network the graphics card takes. */
  onGpu: Record<NetworkName, GpuShare>;
}

/** A frame and one that follows it shortly; null: there is none. */
export interface Moment {
  frame: ImageBitmap;
  next: ImageBitmap | null;
}

export interface Wanted {
  depth: boolean;
  flow: boolean;
  moving: boolean;
}

export interface Running extends Moment {
  kind: 'run';
  wanted: Wanted;
  /** Degrees across the part of the picture that the networks see. */
  fieldOfView: number;
}

/** What was computed of a moment, whose pictures come back. */
export interface Result extends Moment {
  kind: 'result';
  disparity: Map | null;
  /** (u, v) from the frame to the next one, in pixels. */
  flow: Map | null;
  /** Beyond 1 something moves by itself. */
  moving: Map | null;
}

export interface Failed {
  kind: 'failed';
  message: string;
}

export type ToWorker = Opening | Running;
export type FromWorker = Opened | Result | Failed;
