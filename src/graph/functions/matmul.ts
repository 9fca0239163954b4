import type { Node } from '../node.js';

export interface MatmulOptions {
  /** swap the last two axes of `a` first */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** Matrix product of the last two axes, [.., M, K] x [.., K, N]; leading axes broadcast. Both have rank two or more. */
export function matmul(a: Node, b: Node, options: MatmulOptions = {}): Node {
  return a.graph.add('matmul', [a, b], {
    transposeA: options.transposeA ?? false,
    transposeB: options.transposeB ?? false,
  });
}
