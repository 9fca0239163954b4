import { divideDims, type Dim } from '../dims.js';
import { matmul, reshape, sum } from '../functions/index.js';
import type { Node } from '../node.js';

/** At most this many pieces: each costs one partial result. */
const maxPieces = 16;

/**
 * a^T b for tall matrices, the gradient of a weight that every position of a sequence shares. ONNX Runtime spreads a
 * product over threads by its result only, so a small result of a long sum is cut along the sum: [50*B, M] becomes
 * [10, 5*B, M] and the partial results are added, in fixed order.
 */
export function tallProduct(a: Node, b: Node): Node {
  const pieces = commonPieces(a.shape[0]);
  const small = Number(a.shape[1]) * Number(b.shape[1]) <= 128 * 128;
  if (a.rank !== 2 || b.rank !== 2 || pieces === 1 || !small) return matmul(a, b, { transposeA: true });
  const cut = (x: Node): Node => reshape(x, [pieces, divideDims(x.shape[0], pieces)!, x.shape[1]]);
  return sum(matmul(cut(a), cut(b), { transposeA: true }), 0);
}

/** Largest divisor, up to the limit, that is known whatever the symbols are. */
function commonPieces(rows: Dim): number {
  for (let pieces = maxPieces; pieces > 1; pieces -= 1) {
    if (typeof rows !== 'number' && divideDims(rows, pieces) !== undefined) return pieces;
  }
  return 1;
}
