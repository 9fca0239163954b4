import { elementCount } from '../dims.js';
import type { Node } from '../node.js';
import { reshape } from './shape.js';

export interface MatmulOptions {
  /** swap the last two axes of `a` first */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** Matrix product of the last two axes, [.., M, K] x [.., K, N]; leading axes broadcast. Both have rank two or more. */
export function matmul(a: Node, b: Node, options: MatmulOptions = {}): Node {
  const attrs = { transposeA: options.transposeA ?? false, transposeB: options.transposeB ?? false };
  const inner = b.shape[attrs.transposeB ? 1 : 0];
  // A matrix shared by all leading axes: one product over all rows, into which a bias and an activation can be fused.
  if (a.rank > 2 && b.rank === 2 && !attrs.transposeA && a.shape.at(-1) === inner) {
    const leading = a.shape.slice(0, -1);
    const rows = a.graph.add('matmul', [reshape(a, [elementCount(leading), inner]), b], attrs);
    return reshape(rows, [...leading, rows.shape[1]]);
  }
  return a.graph.add('matmul', [a, b], attrs);
}
