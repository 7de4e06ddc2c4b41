/** One function of a model, opened by LiteRT.js; inputs and outputs go by name. */

import { Tensor, loadAndCompile, type CompiledModel, type SignatureRunner } from '@litertjs/core';

import type { Backend, GpuShare, ModelFile, NetworkName } from './messages';
import { Refusal, sizeOf, tensorNamed, type SignatureInfo, type TensorInfo } from './model_info';

const PICTURES = { depth: ['image'], flow: ['first', 'second'] } as const;
const OUTPUTS = { depth: { name: 'disparity', channels: 1 }, flow: { name: 'flow', channels: 2 } } as const;

export class Network {
  readonly height: number;
  readonly width: number;

  private constructor(
    private readonly model: CompiledModel,
    private readonly runner: SignatureRunner,
    private readonly inputs: TensorInfo[],
    private readonly output: TensorInfo,
    signature: SignatureInfo,
  ) {
    ({ height: this.height, width: this.width } = sizeOf(signature));
  }

  /** Throws a Refusal if the model is not what its JSON says, or cannot be loaded. */
  static async open(
    { info, content }: ModelFile,
    name: NetworkName,
    backend: Backend,
    threads: number,
  ): Promise<Network> {
    const signature = info.signatures[name];
    if (!signature)
      throw new Refusal(
        `${info.name}: expected a model of ${name}. Received: ${Object.keys(info.signatures)}.`,
      );
    const inputs = PICTURES[name].map((input) => tensorNamed(signature.inputs, input, 3));
    const output = tensorNamed(signature.outputs, OUTPUTS[name].name, OUTPUTS[name].channels);
    const bytes = await contentOf(content, info.file, info.bytes);
    const model = await compiled(bytes, info.name, backend, threads);
    const runner = model.signatures[name];
    if (!runner)
      throw new Refusal(
        `${info.file}: expected the function ${name}. Received: ${Object.keys(model.signatures)}.`,
      );
    for (const tensor of inputs) checkTensor(info.file, runner.getInputDetails(), tensor);
    checkTensor(info.file, runner.getOutputDetails(), output);
    return new Network(model, runner, inputs, output, signature);
  }

  get onGpu(): GpuShare {
    // Without JSPI LiteRT.js gives a network that the GPU cannot take wholly to the processor.
    if (this.model.options.accelerator !== 'webgpu') return 'not at all';
    return this.model.isFullyAccelerated ? 'wholly' : 'in part';
  }

  /** Pictures are RGB bytes of the network's size, in the order of the function's arguments. */
  async run(...pictures: Uint8Array<ArrayBuffer>[]): Promise<Float32Array> {
    const tensors = this.inputs.map((input, i) => new Tensor(asInput(pictures[i]!, input), input.shape));
    const byName = Object.fromEntries(this.inputs.map((input, i) => [input.name, tensors[i]!]));
    const outputs = await this.runner.run(byName);
    try {
      return (await outputs[this.output.name]!.data()) as Float32Array;
    } finally {
      for (const tensor of [...tensors, ...Object.values(outputs)]) tensor.delete();
    }
  }
}

/** 0..255, or 0..1 where the model takes floats. */
function asInput(
  picture: Uint8Array<ArrayBuffer>,
  { dtype }: TensorInfo,
): Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer> {
  return dtype === 'uint8' ? picture : Float32Array.from(picture, (value) => value / 255);
}

async function contentOf(content: string | ArrayBuffer, file: string, expected: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(typeof content === 'string' ? await fetched(content, file) : content);
  if (bytes.length !== expected) {
    throw new Refusal(
      `${file}: expected ${expected} bytes, as its JSON says. Received: ${bytes.length}. Take the JSON of the same export.`,
    );
  }
  return bytes;
}

async function fetched(url: string, file: string): Promise<ArrayBuffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Refusal(`${file}: expected to fetch it. Received: status ${response.status}.`);
  return response.arrayBuffer();
}

async function compiled(
  bytes: Uint8Array,
  name: string,
  backend: Backend,
  threads: number,
): Promise<CompiledModel> {
  try {
    return await loadAndCompile(bytes, { accelerator: backend, cpuOptions: { numThreads: threads } });
  } catch (error) {
    // LiteRT.js 2.5.3 reads only constant indices of a GATHER on the GPU, so it fails on flow.
    if (backend === 'webgpu') return compiled(bytes, name, 'wasm', threads);
    throw new Refusal(`${name}: expected a LiteRT model that this browser can run. Received: ${error}`);
  }
}

interface Details {
  name: string;
  dtype: string;
  shape: ArrayLike<number>;
}

function checkTensor(file: string, all: readonly Details[], { name, dtype, shape }: TensorInfo): void {
  const found = all.find((details) => details.name === name);
  const expected = `${dtype} ${name} [${shape}]`;
  const received = found ? `${found.dtype} ${name} [${Array.from(found.shape)}]` : 'none';
  if (expected !== received) {
    throw new Refusal(`${file}: expected ${expected}, as its JSON says. Received: ${received}.`);
  }
}
