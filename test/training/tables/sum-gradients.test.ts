import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RowIndex } from '../../../src/training/tables/row-index.js';
import { sumGradients } from '../../../src/training/tables/sum-gradients.js';
import { rowIndexOf } from '../support/row-indexes.js';

const ROWS = 12;
const ids = fc.array(fc.integer({ min: 1, max: ROWS - 1 }), { maxLength: 30 });
const bags = fc.array(fc.array(fc.integer({ min: 1, max: ROWS - 1 }), { minLength: 1, maxLength: 4 }), {
  maxLength: 5,
});
const dims = fc.constantFrom(1, 3, 8, 16);

function gradientsFor(index: RowIndex, dim: number, seed: number): Float32Array {
  const cells = Math.max(0, ...index.cells.subarray(0, index.positions)) + 1;
  return Float32Array.from({ length: cells * dim }, (_, i) => Math.sin(seed + 1.3 * i));
}

/** Gradient of every row in double precision. */
function naiveSums(
  singles: readonly number[],
  lists: readonly (readonly number[])[],
  dim: number,
  gradients: Float32Array,
): Map<number, number[]> {
  const sums = new Map<number, number[]>();
  const add = (id: number, cell: number, share: number): void => {
    const sum = sums.get(id) ?? Array(dim).fill(0);
    for (let j = 0; j < dim; j += 1) sum[j] += share * gradients[cell * dim + j];
    sums.set(id, sum);
  };
  singles.forEach((id, cell) => add(id, cell, 1));
  lists.forEach((members, b) => members.forEach((id) => add(id, singles.length + b, 1 / members.length)));
  return sums;
}

describe('sumGradients', () => {
  it('sums by row what a plain loop sums, duplicates and members of bags included', () => {
    fc.assert(
      fc.property(ids, bags, dims, fc.nat(99), (singles, lists, dim, seed) => {
        const index = rowIndexOf(ROWS, singles, lists);
        const gradients = gradientsFor(index, dim, seed);
        const expected = naiveSums(singles, lists, dim, gradients);
        const sums = new Float32Array(index.uniques * dim).fill(NaN);
        sumGradients(index, dim, gradients, sums, 'all');
        expect(index.uniques).toBe(expected.size);
        for (let local = 0; local < index.uniques; local += 1) {
          expected
            .get(index.ids[local])!
            .forEach((value, j) => expect(sums[local * dim + j]).toBeCloseTo(value, 4));
        }
      }),
    );
  });

  it('gives the same bits in two passes as in one, and zeros outside of a pass', () => {
    fc.assert(
      fc.property(ids, bags, ids, dims, (singles, lists, others, dim) => {
        const index = rowIndexOf(ROWS, singles, lists);
        const gradients = gradientsFor(index, dim, 5);
        const sumsOf = (pass: 'all' | 'private' | 'shared'): Float32Array => {
          const sums = new Float32Array(index.uniques * dim).fill(7);
          sumGradients(index, dim, gradients, sums, pass);
          return sums;
        };
        const whole = sumsOf('all');
        index.markShared(rowIndexOf(ROWS, others));
        const [early, late] = [sumsOf('private'), sumsOf('shared')];
        for (let i = 0; i < whole.length; i += 1) {
          const shared = index.shared[Math.floor(i / dim)] === 1;
          expect([early[i], late[i]]).toEqual(shared ? [0, whole[i]] : [whole[i], 0]);
        }
      }),
    );
  });

  it('writes nothing behind the distinct rows of the batch', () => {
    const sums = new Float32Array(6 * 8).fill(7);
    sumGradients(rowIndexOf(ROWS, [4, 2, 4]), 8, new Float32Array(3 * 8).fill(1), sums, 'all');
    expect([...sums.subarray(0, 8)]).toEqual(Array(8).fill(2));
    expect([...sums.subarray(8, 16)]).toEqual(Array(8).fill(1));
    expect([...sums.subarray(16)]).toEqual(Array(32).fill(7));
  });

  it('gives each member of a bag its share', () => {
    const sums = new Float32Array(4);
    const index = rowIndexOf(ROWS, [3], [[3, 5, 5, 9]]);
    sumGradients(index, 1, Float32Array.of(1, 8), sums, 'all');
    // 3: once alone and a quarter of the bag; 5: twice a quarter; 9: a quarter
    expect([...sums.subarray(0, 3)]).toEqual([1 + 2, 4, 2]);
  });
});
