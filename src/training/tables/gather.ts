import type { EmbeddingTable } from './embedding-table.js';
import type { RowIndex } from './row-index.js';
import type { RowPass } from './row-updates.js';

/**
 * Copies the rows that a batch reads into their cells: out[cell * dim ..]. Cells that no position names are left alone;
 * bags become the mean of their members. In a `private` or `shared` pass a bag counts as shared when one member is.
 */
export function gatherRows(table: EmbeddingTable, index: RowIndex, out: Float32Array, pass: RowPass): void {
  if (table.dim % 8 === 0) gatherOctets(table, index, out, pass);
  else gatherSingles(table, index, out, pass);
  if (index.bags > 0) gatherBags(table, index, out, pass);
}

/**
 * Dimensions divisible by 8 move as doubles, four at a time: a third of the time of a plain loop. Finite floats survive
 * this bit for bit, since a pair reads as NaN only when its upper float is infinite or NaN itself.
 */
function gatherOctets(table: EmbeddingTable, index: RowIndex, out: Float32Array, pass: RowPass): void {
  const from = table.doubles;
  const to = new Float64Array(out.buffer, out.byteOffset, out.length >> 1);
  const rowSize = table.stride >> 1;
  const cellSize = table.dim >> 1;
  const { cells, locals, ids, shared, firstBagPosition } = index;
  const wanted = pass === 'shared' ? 1 : 0;
  for (let position = 0; position < firstBagPosition; position += 1) {
    const local = locals[position];
    if (pass !== 'all' && shared[local] !== wanted) continue;
    let source = ids[local] * rowSize;
    let target = cells[position] * cellSize;
    for (const end = target + cellSize; target < end; target += 4, source += 4) {
      to[target] = from[source];
      to[target + 1] = from[source + 1];
      to[target + 2] = from[source + 2];
      to[target + 3] = from[source + 3];
    }
  }
}

function gatherSingles(table: EmbeddingTable, index: RowIndex, out: Float32Array, pass: RowPass): void {
  const { values, stride, dim } = table;
  const { cells, locals, ids, shared, firstBagPosition } = index;
  const wanted = pass === 'shared' ? 1 : 0;
  for (let position = 0; position < firstBagPosition; position += 1) {
    const local = locals[position];
    if (pass !== 'all' && shared[local] !== wanted) continue;
    const source = ids[local] * stride;
    const target = cells[position] * dim;
    for (let j = 0; j < dim; j += 1) out[target + j] = values[source + j];
  }
}

function gatherBags(table: EmbeddingTable, index: RowIndex, out: Float32Array, pass: RowPass): void {
  const { values, stride, dim } = table;
  const { locals, ids, shares, bagCells, bagBegins, bags, positions } = index;
  for (let bag = 0; bag < bags; bag += 1) {
    const begin = bagBegins[bag];
    const end = bag + 1 < bags ? bagBegins[bag + 1] : positions;
    if (pass !== 'all' && hasShared(index, begin, end) !== (pass === 'shared')) continue;
    const target = bagCells[bag] * dim;
    out.fill(0, target, target + dim);
    for (let position = begin; position < end; position += 1) {
      const source = ids[locals[position]] * stride;
      const share = shares[position];
      for (let j = 0; j < dim; j += 1) out[target + j] += share * values[source + j];
    }
  }
}

function hasShared(index: RowIndex, begin: number, end: number): boolean {
  for (let position = begin; position < end; position += 1) {
    if (index.shared[index.locals[position]] === 1) return true;
  }
  return false;
}
