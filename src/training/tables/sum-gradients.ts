import type { RowIndex } from './row-index.js';
import type { RowPass } from './row-updates.js';

/**
 * Sums the gradients of all positions of each distinct row into sums[local * dim ..]; rows outside the pass are left at
 * zero. Positions are taken in batch order, so the gradient is read from front to back and only the much smaller sums
 * are visited at random; per row the order of additions does not depend on the pass.
 */
export function sumGradients(
  index: RowIndex,
  dim: number,
  gradients: Float32Array,
  sums: Float32Array,
  pass: RowPass,
): void {
  sums.fill(0, 0, index.uniques * dim);
  const task = { index, dim, gradients, sums, pass };
  if (dim % 8 === 0) sumOctets(task);
  else sumPositions(task, 0, index.firstBagPosition);
  sumPositions(task, index.firstBagPosition, index.positions);
}

interface Summation {
  readonly index: RowIndex;
  readonly dim: number;
  readonly gradients: Float32Array;
  readonly sums: Float32Array;
  readonly pass: RowPass;
}

/** Eight at a time: half the time of a plain loop. */
function sumOctets({ index, dim, gradients, sums, pass }: Summation): void {
  const { cells, locals, shared, firstBagPosition } = index;
  const wanted = pass === 'shared' ? 1 : 0;
  for (let position = 0; position < firstBagPosition; position += 1) {
    const local = locals[position];
    if (pass !== 'all' && shared[local] !== wanted) continue;
    let from = cells[position] * dim;
    let to = local * dim;
    for (const end = to + dim; to < end; to += 8, from += 8) {
      sums[to] += gradients[from];
      sums[to + 1] += gradients[from + 1];
      sums[to + 2] += gradients[from + 2];
      sums[to + 3] += gradients[from + 3];
      sums[to + 4] += gradients[from + 4];
      sums[to + 5] += gradients[from + 5];
      sums[to + 6] += gradients[from + 6];
      sums[to + 7] += gradients[from + 7];
    }
  }
}

function sumPositions({ index, dim, gradients, sums, pass }: Summation, begin: number, end: number): void {
  const { cells, locals, shared, shares } = index;
  const wanted = pass === 'shared' ? 1 : 0;
  for (let position = begin; position < end; position += 1) {
    const local = locals[position];
    if (pass !== 'all' && shared[local] !== wanted) continue;
    const from = cells[position] * dim;
    const to = local * dim;
    const share = shares[position];
    for (let j = 0; j < dim; j += 1) sums[to + j] += share * gradients[from + j];
  }
}
