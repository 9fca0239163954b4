import { AutoModelError } from '../../platform/index.js';

export type NpyArray = Float32Array | Int32Array;

export interface NpyContent {
  readonly data: NpyArray;
  readonly shape: readonly number[];
}

const MAGIC = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
const ALIGNMENT = 64;

/**
 * The file of an array in NumPy's .npy format 1.0, which any language reads: float32 or int32, C order, little-endian.
 * In two parts, header and data, so that large arrays are not copied.
 */
export function npyParts(data: NpyArray, shape: readonly number[]): [Uint8Array, Uint8Array] {
  const type = data instanceof Float32Array ? '<f4' : '<i4';
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const head = `{'descr': '${type}', 'fortran_order': False, 'shape': (${dims}), }`;
  const unpadded = MAGIC.length + 2 + head.length + 1;
  const padding = (ALIGNMENT - (unpadded % ALIGNMENT)) % ALIGNMENT;
  const text = Buffer.from(`${head}${' '.repeat(padding)}\n`, 'latin1');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  return [
    Buffer.concat([MAGIC, length, text]),
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ];
}

/** @throws ARTEFACT_CORRUPT when the bytes are not such a file */
export function parseNpy(bytes: Uint8Array, name: string): NpyContent {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const corrupt = (reason: string): never => {
    throw new AutoModelError('ARTEFACT_CORRUPT', `${name} is not a readable .npy file: ${reason}`, {
      details: { file: name },
    });
  };
  if (buffer.length < 10 || !buffer.subarray(0, 8).equals(MAGIC)) corrupt('no .npy header of version 1.0');
  const begin = 10 + buffer.readUInt16LE(8);
  const head = buffer.toString('latin1', 10, begin);
  const found = /'descr': '(<f4|<i4)'.*'fortran_order': False.*'shape': \(([\d, ]*)\)/.exec(head);
  if (found === null) return corrupt(`unexpected header ${head.trim()}`);
  const shape = found[2]
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (buffer.length !== begin + 4 * size)
    corrupt(`${buffer.length - begin} bytes of data for ${size} values`);
  // A copy, since the data need not be aligned inside the file's bytes.
  const data = new Uint8Array(4 * size);
  data.set(buffer.subarray(begin));
  return { data: found[1] === '<f4' ? new Float32Array(data.buffer) : new Int32Array(data.buffer), shape };
}
