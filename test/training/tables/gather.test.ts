import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EmbeddingTable } from '../../../src/training/tables/embedding-table.js';
import { gatherRows } from '../../../src/training/tables/gather.js';
import { RowIndex } from '../../../src/training/tables/row-index.js';

const ROWS = 20;

function filled(ids: readonly number[], bags: readonly (readonly number[])[]): RowIndex {
  const index = new RowIndex(ROWS);
  index.clear();
  index.reserve(ids.length);
  ids.forEach((id, cell) => index.add(id, cell, 1));
  index.beginBags();
  index.reserve(bags.flat().length, bags.length);
  bags.forEach((members, b) => {
    index.openBag(ids.length + b);
    for (const id of members) index.add(id, ids.length + b, 1 / members.length);
  });
  return index;
}

const idLists = fc.array(fc.integer({ min: 1, max: ROWS - 1 }), { minLength: 1, maxLength: 30 });
const bagLists = fc.array(fc.array(fc.integer({ min: 1, max: ROWS - 1 }), { minLength: 1, maxLength: 4 }), {
  maxLength: 5,
});

describe('gatherRows', () => {
  it('copies rows to their cells and averages bags, whatever the dimension', () => {
    fc.assert(
      fc.property(idLists, bagLists, fc.constantFrom(1, 3, 4, 8, 16), (ids, bags, dim) => {
        const table = new EmbeddingTable({ name: 'g', rows: ROWS, dim, stateSize: dim, clocked: false });
        table.initialise(7);
        const weights = table.weights();
        const out = new Float32Array((ids.length + bags.length) * dim).fill(NaN);
        gatherRows(table, filled(ids, bags), out, 'all');
        ids.forEach((id, cell) => {
          expect(out.subarray(cell * dim, (cell + 1) * dim)).toEqual(
            weights.subarray(id * dim, (id + 1) * dim),
          );
        });
        bags.forEach((members, b) => {
          for (let j = 0; j < dim; j += 1) {
            const mean = members.reduce((sum, id) => sum + weights[id * dim + j], 0) / members.length;
            expect(out[(ids.length + b) * dim + j]).toBeCloseTo(mean, 6);
          }
        });
      }),
    );
  });

  it('in two passes gives the bits of one, and each cell is written once', () => {
    fc.assert(
      fc.property(idLists, idLists, bagLists, (ids, others, bags) => {
        const table = new EmbeddingTable({ name: 'g', rows: ROWS, dim: 8, stateSize: 0, clocked: false });
        table.initialise(7);
        const index = filled(ids, bags);
        const whole = new Float32Array((ids.length + bags.length) * 8);
        gatherRows(table, index, whole, 'all');
        index.markShared(filled(others, []));
        const early = new Float32Array(whole.length).fill(NaN);
        const late = new Float32Array(whole.length).fill(NaN);
        gatherRows(table, index, early, 'private');
        gatherRows(table, index, late, 'shared');
        whole.forEach((value, i) => {
          expect(Number.isNaN(early[i])).toBe(!Number.isNaN(late[i]));
          expect(Number.isNaN(early[i]) ? late[i] : early[i]).toBe(value);
        });
      }),
    );
  });
});

describe('RowIndex', () => {
  it('forgets a batch when it is cleared', () => {
    const index = filled([3, 4, 3], []);
    expect([index.uniques, index.has(3), index.has(5)]).toEqual([2, true, false]);
    index.clear();
    index.reserve(1);
    index.add(5, 0, 1);
    expect([index.uniques, index.has(3), index.has(5)]).toEqual([1, false, true]);
  });

  it('numbers distinct rows in order of appearance', () => {
    const index = filled([9, 2, 9, 9], []);
    expect([...index.ids.subarray(0, index.uniques)]).toEqual([9, 2]);
    expect([...index.locals.subarray(0, 4)]).toEqual([0, 1, 0, 0]);
  });
});

describe('initial rows', () => {
  it('are a function of seed, table and row', () => {
    const make = (name: string, rows: number, seed: number) => {
      const table = new EmbeddingTable({ name, rows, dim: 4, stateSize: 0, clocked: false });
      table.initialise(seed);
      return table.weights();
    };
    expect(make('a', 5, 1)).toEqual(make('a', 9, 1).subarray(0, 20));
    expect(make('a', 5, 1)).not.toEqual(make('b', 5, 1));
    expect(make('a', 5, 1)).not.toEqual(make('a', 5, 2));
    const large = make('a', 5000, 1).subarray(4);
    const std = Math.sqrt(large.reduce((sum, w) => sum + w * w, 0) / large.length);
    expect(std).toBeCloseTo(0.01, 3);
  });
});
