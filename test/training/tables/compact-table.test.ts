import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../../src/platform/index.js';
import { CompactTable, type CompactStorage } from '../../../src/training/tables/compact-table.js';
import { EmbeddingTable } from '../../../src/training/tables/embedding-table.js';
import { rowIndexOf } from '../support/row-indexes.js';

const ROWS = 20;
const ids = fc.array(fc.integer({ min: 0, max: ROWS - 1 }), { minLength: 1, maxLength: 30 });
const bags = fc.array(fc.array(fc.integer({ min: 1, max: ROWS - 1 }), { minLength: 1, maxLength: 4 }), {
  maxLength: 5,
});
const storages = fc.constantFrom<CompactStorage>('float16', 'int8');

function tables(dim: number, storage: CompactStorage, seed: number) {
  const rng = new Rng(seed);
  const exact = new EmbeddingTable({ name: 't', rows: ROWS, dim, stateSize: 0, clocked: false });
  // Rows of very different sizes; the padding row is zero.
  const weights = Float32Array.from({ length: ROWS * dim }, (_, i) => {
    const row = Math.floor(i / dim);
    return row === 0 ? 0 : rng.normal() * 10 ** ((row % 5) - 3);
  });
  exact.setWeights(weights);
  return { exact, weights, compact: new CompactTable({ name: 't', rows: ROWS, dim }, storage, weights) };
}

describe('CompactTable', () => {
  it('is off by half a step of its kind at most', () => {
    fc.assert(
      fc.property(storages, fc.constantFrom(1, 3, 8, 16), fc.nat(), (storage, dim, seed) => {
        const { weights, compact } = tables(dim, storage, seed);
        const got = compact.weights();
        for (let row = 0; row < ROWS; row += 1) {
          const own = weights.subarray(row * dim, (row + 1) * dim);
          const most = Math.max(...own.map(Math.abs));
          for (const [j, weight] of own.entries()) {
            const step = storage === 'int8' ? most / 127 : Math.max(2 ** -24, Math.abs(weight) * 2 ** -10);
            expect(Math.abs(got[row * dim + j] - weight)).toBeLessThanOrEqual(0.5001 * step);
          }
        }
      }),
    );
  });

  it('gathers single rows and bags as the exact table of the same weights does', () => {
    fc.assert(
      fc.property(storages, ids, bags, fc.constantFrom(1, 3, 8), (storage, singles, members, dim) => {
        const { compact } = tables(dim, storage, 5);
        const rounded = new EmbeddingTable({ name: 't', rows: ROWS, dim, stateSize: 0, clocked: false });
        rounded.setWeights(compact.weights());
        const size = (singles.length + members.length) * dim;
        const [wanted, got] = [new Float32Array(size), new Float32Array(size).fill(NaN)];
        rounded.gather(rowIndexOf(ROWS, singles, members), wanted, 'all');
        compact.gather(rowIndexOf(ROWS, singles, members), got, 'all');
        for (const [i, value] of got.entries()) expect(value).toBeCloseTo(wanted[i], 5);
      }),
    );
  });

  it('takes a half, or a quarter and a step per row', () => {
    const { exact, compact } = tables(16, 'float16', 1);
    expect(compact.bytes).toBe(exact.bytes / 2);
    expect(tables(16, 'int8', 1).compact.bytes).toBe(exact.bytes / 4 + 4 * ROWS);
  });

  it('is not for training', () => {
    const { compact } = tables(8, 'int8', 1);
    const index = rowIndexOf(ROWS, [1], []);
    expect(() => compact.gather(index, new Float32Array(8), 'shared')).toThrow(RangeError);
  });
});
