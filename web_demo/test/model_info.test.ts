import { expect, test } from 'vitest';

import { parseModelInfo, sizeOf, tensorNamed } from '../src/model_info';

const tensor = (name: string, channels: number, dtype = 'float32') => ({
  name,
  dtype,
  shape: [1, 192, 320, channels],
  range: [0, 1],
  unit: '',
});
const valid = {
  format: 1,
  name: 'depth_int8',
  file: 'depth_int8.tflite',
  bytes: 10,
  quantization: { variant: 'int8' },
  signatures: { depth: { inputs: [tensor('image', 3, 'uint8')], outputs: [tensor('disparity', 1)] } },
};

test('reads what the export writes', () => {
  const info = parseModelInfo(JSON.stringify(valid));
  expect(info).toMatchObject({ name: 'depth_int8', variant: 'int8', bytes: 10, licence: 'unstated' });
  expect(sizeOf(info.signatures.depth!)).toEqual({ height: 192, width: 320 });
  expect(tensorNamed(info.signatures.depth!.outputs, 'disparity', 1).dtype).toBe('float32');
});

test.each([
  ['no JSON', 'PK', /the JSON that the export writes\. Received: PK/],
  ['another format', JSON.stringify({ ...valid, format: 2 }), /format 1 .* Received: 2/],
  ['no signature', JSON.stringify({ ...valid, signatures: {} }), /signatures/],
  ['another type', JSON.stringify(valid).replace('"uint8"', '"int4"'), /uint8 or float32 .*int4/],
  ['two sizes', JSON.stringify(valid).replace('[1,192', '[1,96'), /one size .*96x320, 192x320/],
  ['a turned range', JSON.stringify(valid).replace('[0,1]', '[1,0]'), /range .*\[1,0\]/],
])('says what is wrong with a JSON of %s', (_, text, message) => {
  expect(() => parseModelInfo(text)).toThrow(message);
});

test('says which tensors there are, if one is missing', () => {
  const { depth } = parseModelInfo(JSON.stringify(valid)).signatures;
  expect(() => tensorNamed(depth!.outputs, 'flow', 2)).toThrow(
    'Expected flow of 2 channels. Received: disparity of 1.',
  );
});
