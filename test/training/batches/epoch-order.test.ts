import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EpochOrder, sequentialSlices } from '../../../src/training/batches/epoch-order.js';

function starts(sizes: readonly number[]): number[] {
  const result = [0];
  for (const size of sizes) result.push(result.at(-1)! + size);
  return result;
}

function rowsOf(order: EpochOrder, blockStarts: readonly number[], epoch: number, batch: number): number[] {
  const total = blockStarts.at(-1)!;
  const rows: number[] = [];
  for (let from = 0; from < total; from += batch) {
    for (const slice of order.slices(epoch, from, Math.min(total, from + batch))) {
      for (const row of slice.rows) rows.push(blockStarts[slice.block] + row);
    }
  }
  return rows;
}

const sizes = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 5 });

describe('EpochOrder', () => {
  it('visits every row once in every epoch, block after block', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 9 }), fc.nat(5), (blocks, batch, epoch) => {
        const blockStarts = starts(blocks);
        const rows = rowsOf(new EpochOrder(blockStarts, 4), blockStarts, epoch, batch);
        expect(rows.toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: blockStarts.at(-1)! }, (_, i) => i),
        );
      }),
    );
  });

  it('is a function of seed and epoch: a late start meets the same rows', () => {
    const blockStarts = starts([30, 20, 25]);
    const whole = rowsOf(new EpochOrder(blockStarts, 9), blockStarts, 3, 10);
    const late = new EpochOrder(blockStarts, 9)
      .slices(3, 40, 50)
      .flatMap((s) => [...s.rows].map((r) => blockStarts[s.block] + r));
    expect(late).toEqual(whole.slice(40, 50));
    expect(rowsOf(new EpochOrder(blockStarts, 9), blockStarts, 4, 10)).not.toEqual(whole);
    expect(rowsOf(new EpochOrder(blockStarts, 8), blockStarts, 3, 10)).not.toEqual(whole);
  });
});

describe('sequentialSlices', () => {
  it('keeps the order of the rows across blocks', () => {
    const slices = sequentialSlices([0, 3, 3, 7], 2, 6);
    expect(slices.map((s) => [s.block, [...s.rows]])).toEqual([
      [0, [2]],
      [2, [0, 1, 2]],
    ]);
  });
});
