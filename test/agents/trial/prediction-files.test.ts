import fc from 'fast-check';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import {
  predictionPath,
  readLists,
  readValues,
  writeLists,
  writeValues,
} from '../../../src/agents/trial/prediction-files.js';
import { removeFolder, temporaryFolder } from '../tiny-project.js';

const dir = temporaryFolder();
afterAll(() => removeFolder(dir));
const invalid = expect.objectContaining({ code: 'PREDICTIONS_INVALID' });
const path = predictionPath(dir, 'key', 'validation');

describe('raw values', () => {
  it('come back bit for bit, also those that no score may be', () => {
    fc.assert(
      fc.property(fc.float32Array({ maxLength: 40 }), (values) => {
        writeValues(path, values);
        const back = readValues(path, values.length);
        expect(back).toEqual(values);
      }),
      { numRuns: 40 },
    );
  });

  it('of a part of an array are that part alone', () => {
    const whole = Float32Array.of(1, 2, 3, 4);
    const hash = writeValues(path, whole.subarray(1, 3));
    expect([...readValues(path, 2)]).toEqual([2, 3]);
    expect(writeValues(path, Float32Array.of(2, 3))).toBe(hash);
    expect(writeValues(path, Float32Array.of(3, 2))).not.toBe(hash);
  });

  it('of any other length are refused: too few, too many, half a number', () => {
    for (const bytes of [0, 4, 11, 13, 16]) {
      writeFileSync(path, new Uint8Array(bytes));
      expect(() => readValues(path, 3)).toThrowError(invalid);
    }
    writeFileSync(path, new Uint8Array(12));
    expect(readValues(path, 3)).toHaveLength(3);
  });
});

describe('ranked lists', () => {
  const shape = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat({ max: 6 }));

  it('come back as they were, and are refused when any byte is cut off or added', () => {
    fc.assert(
      fc.property(shape, fc.nat(), ([k, cases], place) => {
        const lists = {
          k,
          items: Int32Array.from({ length: k * cases }, (_, i) => i * 7),
          scores: Float32Array.from({ length: k * cases }, (_, i) => -i / 3),
          tiesAtCut: Int32Array.from({ length: cases }, (_, i) => i % 2),
          repeats: {
            ends: Int32Array.from({ length: cases }, (_, i) => i + 1),
            items: Int32Array.from({ length: cases }, (_, i) => i * 3),
            scores: Float32Array.from({ length: cases }, (_, i) => i / 5),
          },
        };
        writeLists(path, lists);
        expect(readLists(path)).toEqual(lists);
        const bytes = readFileSync(path);
        writeFileSync(path, Buffer.concat([bytes, Buffer.of(0)]));
        expect(() => readLists(path)).toThrowError(invalid);
        if (cases === 0) return;
        writeFileSync(path, bytes);
        truncateSync(path, 8 + (place % (bytes.length - 8)));
        expect(() => readLists(path)).toThrowError(invalid);
      }),
      { numRuns: 30 },
    );
  });

  it('whose head promises more than there is are refused', () => {
    for (const head of [
      [1000, 2],
      [2, 1_000_000],
      [0, 7],
    ]) {
      writeFileSync(path, Buffer.from(Int32Array.from([...head, 1, 2, 3]).buffer));
      expect(() => readLists(path)).toThrowError(invalid);
    }
  });

  it('that are missing ask for the trial to be repeated', () => {
    expect(() => readLists(predictionPath(dir, 'none', 'test'))).toThrowError(
      expect.objectContaining({ code: 'FILE_NOT_FOUND', retryable: true }),
    );
  });
});
