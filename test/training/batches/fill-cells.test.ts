import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CtrBlock, EncodedField } from '../../../src/schema/index.js';
import { CellLayout } from '../../../src/training/batches/cell-layout.js';
import { indexBatch, required, type Piece } from '../../../src/training/batches/fill-cells.js';
import { selectFields } from '../../../src/training/inputs/field-selection.js';
import { RowIndex } from '../../../src/training/tables/row-index.js';
import { TableSet, trainableTables } from '../../../src/training/tables/table-set.js';

const SIZE = 9;
const MAX_LENGTH = 3;
/** Everything of one vocabulary, so that one group reads all kinds of places. */
const fields: readonly EncodedField[] = [
  { kind: 'categorical', name: 'item', side: 'item', vocabulary: 'item' },
  { kind: 'multi', name: 'cart', side: 'context', vocabulary: 'item' },
  { kind: 'categorical', name: 'last', side: 'context', vocabulary: 'item' },
  { kind: 'sequence', name: 'clicks', vocabulary: 'item', maxLength: MAX_LENGTH, targetField: 'item' },
];
const selection = selectFields({ fields, vocabularySizes: new Map([['item', SIZE]]) }, undefined);
const bank = { name: 'a', dim: 4, fields: 'rows:a', sequences: new Map([['clicks', 'rows:a:clicks']]) };
const [group] = new TableSet(selection, [bank], trainableTables({ stateSize: () => 0, clocked: false }))
  .groups;
const cells = new CellLayout(selection);

interface Row {
  readonly item: number;
  readonly last: number;
  readonly cart: readonly number[];
  readonly clicks: readonly number[];
}

function blockOf(rows: readonly Row[]): CtrBlock {
  // Lists lie in one array with gaps between them, as slices of a larger log do.
  const ragged = (read: (row: Row) => readonly number[]) => {
    const values: number[] = [];
    const begins = rows.map((row) => {
      values.push(99);
      const begin = values.length;
      values.push(...read(row));
      return begin;
    });
    const ends = rows.map((row, i) => begins[i] + read(row).length);
    return { values: Int32Array.from(values), begins: Int32Array.from(begins), ends: Int32Array.from(ends) };
  };
  return {
    rows: rows.length,
    ids: new Map([
      ['item', Int32Array.from(rows, (row) => row.item)],
      ['last', Int32Array.from(rows, (row) => row.last)],
    ]),
    ragged: new Map([
      ['cart', ragged((row) => row.cart)],
      ['clicks', ragged((row) => row.clicks)],
    ]),
    numeric: new Map(),
    labels: undefined,
    extraLabels: new Map(),
    users: new Int32Array(rows.length),
    rowIds: Float64Array.from(rows, (_, row) => 1000 + row),
  };
}

type Cells = Map<number, { readonly id: number; readonly share: number }[]>;

/** What every cell of the batch is made of, by the index, and how often it was zeroed. */
function readBatch(pieces: readonly Piece[], index = new RowIndex(SIZE)) {
  const size = pieces.reduce((sum, piece) => sum + piece.rows.length, 0);
  const zeroed = new Map<number, number>();
  indexBatch(index, group, selection, cells, pieces, size, (begin, end) => {
    for (let cell = begin; cell < end; cell += 1) zeroed.set(cell, (zeroed.get(cell) ?? 0) + 1);
  });
  const filled: Cells = new Map();
  for (let p = 0; p < index.positions; p += 1) {
    const cell = filled.get(index.cells[p]) ?? [];
    filled.set(index.cells[p], [...cell, { id: index.ids[index.locals[p]], share: index.shares[p] }]);
  }
  return { size, filled, zeroed };
}

/** The same from the rows, sample by sample: an empty list is a cell of zeros. */
function plainCells(rows: readonly Row[]): Cells {
  const plain: Cells = new Map();
  rows.forEach(({ item, last, cart, clicks }, b) => {
    const alone = (id: number) => (id === 0 ? [] : [{ id, share: 1 }]);
    const members = cart.filter((id) => id !== 0);
    plain.set(3 * b, alone(item));
    plain.set(
      3 * b + 1,
      members.map((id) => ({ id, share: Math.fround(1 / members.length) })),
    );
    plain.set(3 * b + 2, alone(last));
    const newest = clicks.slice(-MAX_LENGTH);
    for (let l = 0; l < MAX_LENGTH; l += 1) {
      plain.set(3 * rows.length + MAX_LENGTH * b + l, alone(newest[l] ?? 0));
    }
  });
  return plain;
}

function expectCells(pieces: readonly Piece[], rows: readonly Row[], index?: RowIndex): void {
  const { size, filled, zeroed } = readBatch(pieces, index);
  expect(size).toBe(rows.length);
  const plain = plainCells(rows);
  for (const [cell, members] of plain) {
    expect(filled.get(cell) ?? []).toEqual(members);
    // A cell is either written or zeroed, and once: the slab still holds the batch before.
    expect(zeroed.get(cell) ?? 0).toBe(members.length === 0 ? 1 : 0);
  }
  expect([...filled.keys(), ...zeroed.keys()].every((cell) => plain.has(cell))).toBe(true);
}

const id = fc.integer({ min: 0, max: SIZE - 1 });
const someRows = fc.array(
  fc.record({
    item: id,
    last: id,
    cart: fc.array(id, { maxLength: 5 }),
    clicks: fc.array(id, { maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 8 },
);

describe('indexBatch', () => {
  it('fills or zeroes every cell once, as a plain reading of the rows says', () => {
    fc.assert(
      fc.property(someRows, (rows) => {
        const all = Int32Array.from(rows.keys());
        expectCells([{ block: blockOf(rows), rows: all, first: 0 }], rows);
      }),
    );
  });

  it('takes rows in any order and from several blocks, and forgets the batch before', () => {
    fc.assert(
      fc.property(someRows, someRows, fc.array(fc.nat(7), { maxLength: 6 }), (left, right, picks) => {
        const index = new RowIndex(SIZE);
        readBatch([{ block: blockOf(right), rows: Int32Array.from(right.keys()), first: 0 }], index);
        const picked = picks.map((pick) => pick % left.length);
        const pieces: Piece[] = [
          { block: blockOf(left), rows: Int32Array.from(picked), first: 0 },
          { block: blockOf(right), rows: Int32Array.from(right.keys()).reverse(), first: picked.length },
        ];
        expectCells(pieces, [...picked.map((pick) => left[pick]), ...right.toReversed()], index);
      }),
    );
  });

  const good: Row = { item: 1, last: 2, cart: [3, 4], clicks: [5, 6, 7, 8] };

  it.each([
    ['item', SIZE, { item: SIZE }],
    ['item', -1, { item: -1 }],
    ['last', 2 ** 31 - 1, { last: 2 ** 31 - 1 }],
    ['cart', SIZE, { cart: [1, SIZE] }],
    ['cart', -7, { cart: [0, -7, 2] }],
    ['clicks', SIZE, { clicks: [1, SIZE, 2] }],
    ['clicks', -2, { clicks: [-2] }],
  ] as const)('refuses in field %s the id %i', (field, bad, wrong) => {
    const block = blockOf([good, { ...good, ...wrong }, good]);
    const pieceOf = (rows: readonly number[]): Piece => ({ block, rows: Int32Array.from(rows), first: 0 });
    expect(() => readBatch([pieceOf([2, 1])])).toThrow(
      expect.objectContaining({
        code: 'ID_OUT_OF_RANGE',
        details: { field, row: 1001, id: bad, size: SIZE },
      }),
    );
    expect(() => readBatch([pieceOf([0, 2])])).not.toThrow();
  });

  it('does not look at events before the window', () => {
    const block = blockOf([{ ...good, clicks: [-5, 99, 1, 2, 3] }]);
    const { filled } = readBatch([{ block, rows: Int32Array.of(0), first: 0 }]);
    expect([3, 4, 5].map((cell) => filled.get(cell)![0].id)).toEqual([1, 2, 3]);
  });

  it('names a column that the rows lack', () => {
    for (const name of ['item', 'cart', 'clicks']) {
      const block = blockOf([good]);
      const without = {
        ...block,
        ids: new Map([...block.ids].filter(([key]) => key !== name)),
        ragged: new Map([...block.ragged].filter(([key]) => key !== name)),
      };
      expect(() => readBatch([{ block: without, rows: Int32Array.of(0), first: 0 }])).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', details: { column: name } }),
      );
    }
    expect(required(0, 'zero is a column too')).toBe(0);
  });
});
