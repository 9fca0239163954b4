import { AutoModelError } from '../../platform/index.js';
import type { CtrBlock, Ragged } from '../../schema/index.js';
import type { FieldSelection } from '../inputs/field-selection.js';
import type { RowIndex } from '../tables/row-index.js';
import type { TableGroup } from '../tables/table-set.js';
import type { CellLayout } from './cell-layout.js';

/** Rows of one loaded block, to be placed from sample `first` on. */
export interface Piece {
  readonly block: CtrBlock;
  readonly rows: Int32Array;
  readonly first: number;
}

/** Zeroes the cells [begin, end) in every bank of the group. */
export type ZeroCells = (begin: number, end: number) => void;

/**
 * Reads the ids that one group of tables needs for a batch of `size` samples into its index; places without an id are
 * zeroed.
 * @throws ID_OUT_OF_RANGE naming field, row and id
 */
export function indexBatch(
  index: RowIndex,
  group: TableGroup<unknown>,
  selection: FieldSelection,
  cells: CellLayout,
  pieces: readonly Piece[],
  size: number,
  zero: ZeroCells,
): void {
  index.clear();
  const placeOf = (f: number): FieldPlace => {
    const field = selection.embedded[f].name;
    return { index, group, field, f, fieldCount: cells.fieldCount, zero };
  };
  for (const f of group.singles) {
    index.reserve(size);
    for (const piece of pieces) addSingles(placeOf(f), piece);
  }
  for (const s of group.sequences) {
    const { name, maxLength } = selection.sequences[s];
    index.reserve(size * maxLength);
    const start = cells.sequenceStart(size, s);
    for (const piece of pieces) addSequences(index, group, name, piece, start, maxLength, zero);
  }
  index.beginBags();
  for (const f of group.bags) {
    for (const piece of pieces) addBags(placeOf(f), piece);
  }
}

/** The `f`-th field: that of sample b is cell b * fieldCount + f. */
interface FieldPlace {
  readonly index: RowIndex;
  readonly group: TableGroup<unknown>;
  readonly field: string;
  readonly f: number;
  readonly fieldCount: number;
  readonly zero: ZeroCells;
}

function addSingles(
  { index, group, field, f, fieldCount, zero }: FieldPlace,
  { block, rows, first }: Piece,
): void {
  const ids = required(block.ids.get(field), field);
  const { size } = group;
  for (let i = 0; i < rows.length; i += 1) {
    const id = ids[rows[i]];
    const cell = (first + i) * fieldCount + f;
    if (id > 0 && id < size) index.add(id, cell, 1);
    else if (id === 0) zero(cell, cell + 1);
    else refuse(field, block, rows[i], id, size);
  }
}

function addSequences(
  index: RowIndex,
  group: TableGroup<unknown>,
  field: string,
  { block, rows, first }: Piece,
  start: number,
  maxLength: number,
  zero: ZeroCells,
): void {
  const { values, begins, ends } = required(block.ragged.get(field), field);
  const { size } = group;
  for (let i = 0; i < rows.length; i += 1) {
    const end = ends[rows[i]];
    const begin = Math.max(begins[rows[i]], end - maxLength);
    const base = start + (first + i) * maxLength - begin;
    for (let at = begin; at < end; at += 1) {
      const id = values[at];
      if (id > 0 && id < size) index.add(id, base + at, 1);
      else if (id === 0) zero(base + at, base + at + 1);
      else refuse(field, block, rows[i], id, size);
    }
    zero(base + end, base + begin + maxLength);
  }
}

function addBags(
  { index, group, field, f, fieldCount, zero }: FieldPlace,
  { block, rows, first }: Piece,
): void {
  const list = required(block.ragged.get(field), field);
  index.reserve(totalLength(list, rows), rows.length);
  const { values, begins, ends } = list;
  for (let i = 0; i < rows.length; i += 1) {
    const cell = (first + i) * fieldCount + f;
    const begin = begins[rows[i]];
    const end = ends[rows[i]];
    let members = 0;
    for (let at = begin; at < end; at += 1) if (values[at] !== 0) members += 1;
    if (members === 0) {
      zero(cell, cell + 1);
      continue;
    }
    index.openBag(cell);
    for (let at = begin; at < end; at += 1) {
      const id = values[at];
      if (id > 0 && id < group.size) index.add(id, cell, 1 / members);
      else if (id !== 0) refuse(field, block, rows[i], id, group.size);
    }
  }
}

function totalLength({ begins, ends }: Ragged, rows: Int32Array): number {
  let total = 0;
  for (let i = 0; i < rows.length; i += 1) total += ends[rows[i]] - begins[rows[i]];
  return total;
}

/** @throws CONFIG_INVALID when the blocks of the source lack a column */
export function required<T>(column: T | undefined, name: string): T {
  if (column !== undefined) return column;
  throw new AutoModelError('CONFIG_INVALID', `The encoded rows have no column "${name}"`, {
    details: { column: name },
  });
}

function refuse(field: string, block: CtrBlock, row: number, id: number, size: number): never {
  const rowId = block.rowIds[row];
  throw new AutoModelError(
    'ID_OUT_OF_RANGE',
    `Field "${field}" has id ${id} at row ${rowId}; ids are in [0, ${size})`,
    {
      remedy: 'Encode the data again with the vocabularies that the model was built for.',
      details: { field, row: rowId, id, size },
    },
  );
}
