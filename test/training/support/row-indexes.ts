import { RowIndex } from '../../../src/training/tables/row-index.js';

/** An index of single values in the cells 0, 1, ..., with bags of ids in the cells after them. */
export function rowIndexOf(
  rows: number,
  ids: readonly number[],
  bags: readonly (readonly number[])[] = [],
): RowIndex {
  const index = new RowIndex(rows);
  fillIndex(index, ids, bags);
  return index;
}

/** Takes the place of the batch that the index held. */
export function fillIndex(
  index: RowIndex,
  ids: readonly number[],
  bags: readonly (readonly number[])[] = [],
): void {
  index.clear();
  index.reserve(ids.length);
  ids.forEach((id, cell) => index.add(id, cell, 1));
  index.beginBags();
  index.reserve(bags.flat().length, bags.length);
  bags.forEach((members, b) => {
    index.openBag(ids.length + b);
    for (const id of members) index.add(id, ids.length + b, 1 / members.length);
  });
}
