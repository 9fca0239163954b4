import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowIndex } from '../../../src/training/tables/row-index.js';
import { fillIndex, rowIndexOf } from '../support/row-indexes.js';

const ROWS = 15;
const ids = fc.array(fc.integer({ min: 1, max: ROWS - 1 }), { maxLength: 25 });
const bags = fc.array(fc.array(fc.integer({ min: 1, max: ROWS - 1 }), { minLength: 1, maxLength: 4 }), {
  maxLength: 4,
});

/** What the index says of its positions: (row, cell, share) each, singles and bags. */
function positionsOf(index: RowIndex): (readonly [number, number, number])[] {
  return Array.from({ length: index.positions }, (_, p) => [
    index.ids[index.locals[p]],
    index.cells[p],
    index.shares[p],
  ]);
}

/** The same from the lists themselves. */
function expectedPositions(singles: readonly number[], lists: readonly (readonly number[])[]) {
  return [
    ...singles.map((id, cell) => [id, cell, 1] as const),
    ...lists.flatMap((members, b) =>
      members.map((id) => [id, singles.length + b, Math.fround(1 / members.length)] as const),
    ),
  ];
}

function expectBatch(
  index: RowIndex,
  singles: readonly number[],
  lists: readonly (readonly number[])[],
): void {
  const distinct = [...new Set([...singles, ...lists.flat()])];
  expect(positionsOf(index)).toEqual(expectedPositions(singles, lists));
  expect([...index.ids.subarray(0, index.uniques)]).toEqual(distinct);
  expect([index.firstBagPosition, index.bags]).toEqual([singles.length, lists.length]);
  for (let id = 1; id < ROWS; id += 1) expect(index.has(id)).toBe(distinct.includes(id));
}

describe('RowIndex', () => {
  it('numbers distinct rows in order of appearance', () => {
    const index = rowIndexOf(20, [9, 2, 9, 9]);
    expect([...index.ids.subarray(0, index.uniques)]).toEqual([9, 2]);
    expect([...index.locals.subarray(0, 4)]).toEqual([0, 1, 0, 0]);
  });

  it('holds each batch and nothing of the batches before', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(ids, bags), { minLength: 1, maxLength: 6 }), (batches) => {
        const index = new RowIndex(ROWS);
        for (const [singles, lists] of batches) {
          fillIndex(index, singles, lists);
          expectBatch(index, singles, lists);
        }
      }),
    );
  });

  it('survives the wrap of its counter of batches', () => {
    const index = rowIndexOf(ROWS, [3, 4]);
    // Two billion distinct rows later.
    Object.assign(index, { base: 0x3fffffff });
    fillIndex(index, [5, 6, 5]);
    expectBatch(index, [5, 6, 5], []);
    fillIndex(index, [6], [[7, 7]]);
    expectBatch(index, [6], [[7, 7]]);
  });

  it('keeps what it holds when it makes room', () => {
    const index = new RowIndex(ROWS);
    index.clear();
    for (let id = 1; id < ROWS; id += 1) {
      index.reserve(1);
      index.add(id, 2 * id, 1);
    }
    index.beginBags();
    for (let bag = 0; bag < 3; bag += 1) {
      index.reserve(1, 1);
      index.openBag(100 + bag);
      index.add(1 + bag, 100 + bag, 1);
    }
    expect(positionsOf(index).slice(0, 3)).toEqual([
      [1, 2, 1],
      [2, 4, 1],
      [3, 6, 1],
    ]);
    expect([...index.bagCells.subarray(0, 3)]).toEqual([100, 101, 102]);
    expect([...index.bagBegins.subarray(0, 3)]).toEqual([ROWS - 1, ROWS, ROWS + 1]);
    expect(index.uniques).toBe(ROWS - 1);
  });

  it('marks what two batches share, the same rows seen from both sides', () => {
    fc.assert(
      fc.property(ids, ids, bags, (left, right, lists) => {
        const a = rowIndexOf(ROWS, left);
        const b = rowIndexOf(ROWS, right, lists);
        a.markShared(b);
        b.markShared(a);
        const shared = (index: RowIndex) =>
          [...index.ids.subarray(0, index.uniques)].filter((_, local) => index.shared[local] === 1).sort();
        const others = new Set([...right, ...lists.flat()]);
        expect(shared(a)).toEqual([...new Set(left)].filter((id) => others.has(id)).sort());
        expect(shared(b)).toEqual(shared(a));
        a.markShared(undefined);
        expect(shared(a)).toEqual([]);
      }),
    );
  });
});
