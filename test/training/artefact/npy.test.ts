import { describe, expect, it } from 'vitest';
import { npyParts, parseNpy } from '../../../src/training/artefact/npy.js';

function file(data: Float32Array | Int32Array, shape: readonly number[]): Buffer {
  return Buffer.concat(npyParts(data, shape));
}

describe('npy', () => {
  it('writes the bytes that NumPy writes', () => {
    // np.save of np.array([[1, 2, 3], [4, 5, 6]], dtype='<i4')
    const head = "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }";
    const expected = Buffer.concat([
      Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]),
      Buffer.from(head.padEnd(117) + '\n'),
      Buffer.from(Int32Array.of(1, 2, 3, 4, 5, 6).buffer),
    ]);
    expect(file(Int32Array.of(1, 2, 3, 4, 5, 6), [2, 3])).toEqual(expected);
  });

  it.each([[[3]], [[3, 1]], [[1, 3, 1]]])('reads back shape %j', (shape) => {
    const data = Float32Array.of(1, -0.5, 3e-9);
    expect(parseNpy(file(data, shape), 'x')).toEqual({ data, shape });
  });

  it('refuses what it does not understand', () => {
    const good = file(Float32Array.of(1, 2), [2]);
    for (const bad of [
      good.subarray(0, 5),
      good.subarray(0, good.length - 1),
      Buffer.from(good.toString('latin1').replace('<f4', '>f4'), 'latin1'),
    ]) {
      expect(() => parseNpy(bad, 'x.npy')).toThrow(expect.objectContaining({ code: 'ARTEFACT_CORRUPT' }));
    }
  });
});
