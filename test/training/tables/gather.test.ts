import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EmbeddingTable } from '../../../src/training/tables/embedding-table.js';
import { gatherRows } from '../../../src/training/tables/gather.js';
import type { RowIndex } from '../../../src/training/tables/row-index.js';
import { rowIndexOf } from '../support/row-indexes.js';

const ROWS = 20;

function filled(ids: readonly number[], bags: readonly (readonly number[])[]): RowIndex {
  return rowIndexOf(ROWS, ids, bags);
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

  it('moves every finite number bit for bit, the smallest, the largest and minus zero included', () => {
    // Rows travel as doubles: whatever two floats side by side spell must not be read as NaN.
    const float = fc.oneof(
      fc.constantFrom(
        0,
        -0,
        2 ** -149,
        -(2 ** -149),
        2 ** -126,
        3.4028234663852886e38,
        -3.4028234663852886e38,
      ),
      fc.float({ noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(
      fc.property(fc.array(float, { minLength: 16, maxLength: 16 }), (numbers) => {
        const table = new EmbeddingTable({ name: 'g', rows: 3, dim: 8, stateSize: 0, clocked: false });
        table.setWeights(Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, ...numbers));
        const out = new Float32Array(16);
        gatherRows(table, rowIndexOf(3, [2, 1]), out, 'all');
        const bits = new Int32Array(out.buffer);
        const expected = new Int32Array(
          Float32Array.from([...numbers.slice(8), ...numbers.slice(0, 8)]).buffer,
        );
        expect(bits).toEqual(expected);
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
