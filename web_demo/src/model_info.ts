/** What the export says of a model, in the JSON beside it. The page knows no other numbers. */

export interface TensorInfo {
  name: string;
  dtype: 'uint8' | 'float32';
  /** [1, height, width, channels] */
  shape: number[];
  /** Least and greatest value; null: any. */
  range: [number, number] | null;
  unit: string;
}

export interface SignatureInfo {
  inputs: TensorInfo[];
  outputs: TensorInfo[];
}

export interface ModelInfo {
  name: string;
  /** The model, in the folder of the JSON. */
  file: string;
  bytes: number;
  variant: string;
  licence: string;
  /** By name: depth, flow. */
  signatures: Record<string, SignatureInfo>;
}

/** A problem that the person at the page can mend; its message says how. */
export class Refusal extends Error {}

const FORMAT = 1;

/** Reads the JSON that the export writes. Throws a Refusal if it is something else. */
export function parseModelInfo(text: string): ModelInfo {
  const json = objectOf(text);
  expect(json.format === FORMAT, `format ${FORMAT}`, json.format);
  expect(typeof json.file === 'string', 'the name of a file', json.file);
  expect(typeof json.bytes === 'number', 'the number of bytes', json.bytes);
  const signatures = json.signatures as Record<string, SignatureInfo>;
  expect(signatures && Object.keys(signatures).length > 0, 'signatures', signatures);
  for (const signature of Object.values(signatures)) checkSignature(signature);
  const quantization = json.quantization as { variant?: string } | undefined;
  return {
    name: String(json.name),
    file: json.file as string,
    bytes: json.bytes as number,
    variant: quantization?.variant ?? 'unstated',
    licence: String(json.licence ?? 'unstated'),
    signatures,
  };
}

/** Height and width of all arrays of a signature. */
export function sizeOf(signature: SignatureInfo): { height: number; width: number } {
  const [, height = 0, width = 0] = signature.inputs[0]?.shape ?? [];
  return { height, width };
}

/** The tensor of that name and number of channels; a Refusal if there is none. */
export function tensorNamed(tensors: TensorInfo[], name: string, channels: number): TensorInfo {
  const found = tensors.find((tensor) => tensor.name === name && tensor.shape[3] === channels);
  const received = tensors.map((tensor) => `${tensor.name} of ${tensor.shape[3]}`).join(', ');
  if (!found) throw new Refusal(`Expected ${name} of ${channels} channels. Received: ${received}.`);
  return found;
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    if (json && typeof json === 'object') return json as Record<string, unknown>;
  } catch {
    // Told below, as for any other text.
  }
  throw new Refusal(`Expected the JSON that the export writes. Received: ${text.slice(0, 40)}`);
}

function checkSignature(signature: SignatureInfo): void {
  for (const tensors of [signature.inputs, signature.outputs]) {
    expect(Array.isArray(tensors) && tensors.length > 0, 'inputs and outputs', tensors);
  }
  const all = [...signature.inputs, ...signature.outputs];
  for (const tensor of all) checkTensor(tensor);
  const sizes = new Set(all.map((tensor) => tensor.shape.slice(1, 3).join('x')));
  expect(sizes.size === 1, 'one size of all arrays of a signature', [...sizes].join(', '));
}

function checkTensor({ name, dtype, shape, range }: TensorInfo): void {
  expect(typeof name === 'string', 'a tensor with a name', name);
  expect(dtype === 'uint8' || dtype === 'float32', 'the dtype uint8 or float32', dtype);
  const isShape = Array.isArray(shape) && shape.length === 4 && shape[0] === 1;
  const isWhole = (side: number) => Number.isInteger(side) && side > 0;
  expect(isShape && shape.every(isWhole), 'a shape [1, height, width, channels]', shape);
  const isRange = Array.isArray(range) && range.length === 2 && range[0] < range[1];
  expect(range === null || isRange, 'a range [least, greatest] or null', range);
}

function expect(condition: unknown, what: string, received: unknown): void {
  if (!condition) {
    const given = JSON.stringify(received) ?? 'nothing';
    throw new Refusal(`Expected ${what} in the JSON of a model. Received: ${given.slice(0, 80)}.`);
  }
}
