/** The worker: opens both networks once, then computes one moment after the other. */

import { FrameReader } from './frame_reader';
import type { FromWorker, Opening, Result, Running, ToWorker } from './messages';
import { disagreement, focalLength } from './moving_objects';
import { Network } from './network';
import { loadRuntime } from './runtime';

declare function postMessage(message: FromWorker, transfer?: Transferable[]): void;

const reader = new FrameReader();
let depth: Network;
let flow: Network;

onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  try {
    if (data.kind === 'open') await open(data);
    else await run(data);
  } catch (error) {
    postMessage({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
};

async function open({ backend, runtime, models }: Opening): Promise<void> {
  const threads = await loadRuntime(runtime, backend);
  depth = await Network.open(models.depth, 'depth', backend, threads);
  flow = await Network.open(models.flow, 'flow', backend, threads);
  postMessage({ kind: 'opened', threads, onGpu: { depth: depth.onGpu, flow: flow.onGpu } });
}

async function run({ frame, next, wanted, fieldOfView }: Running): Promise<void> {
  const result: Result = { kind: 'result', frame, next, disparity: null, flow: null, moving: null };
  if (wanted.depth || wanted.moving) {
    result.disparity = mapOf(depth, await depth.run(reader.read(frame, depth)));
  }
  if (next && (wanted.flow || wanted.moving)) {
    result.flow = mapOf(flow, await flow.run(reader.read(frame, flow), reader.read(next, flow)));
  }
  const haveOneSize = depth.height === flow.height && depth.width === flow.width;
  if (wanted.moving && haveOneSize && result.disparity && result.flow) {
    const focal = focalLength(flow.width, fieldOfView);
    result.moving = mapOf(flow, disagreement(result.flow.values, result.disparity.values, flow, focal));
  }
  postMessage(result, transferable(result));
}

const mapOf = ({ height, width }: Network, values: Float32Array) => ({ height, width, values });

function transferable({ frame, next, disparity, flow, moving }: Result): Transferable[] {
  const maps = [disparity, flow, moving].flatMap((map) => (map ? [map.values.buffer] : []));
  return [frame, ...(next ? [next] : []), ...maps];
}
