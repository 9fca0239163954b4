import {
  add,
  glorotUniform,
  matmul,
  reshape,
  zeros,
  type Dim,
  type Initializer,
  type Node,
} from '../../graph/index.js';

export interface DenseOptions {
  readonly bias?: boolean;
  readonly initializer?: Initializer;
}

/**
 * x W + b over the last axis: [.., in] → [.., width]. Leading axes are folded into one so that the product and both of
 * its gradients are single matrix products.
 */
export function dense(x: Node, width: number, name: string, options: DenseOptions = {}): Node {
  const weight = x.graph.parameter(
    `${name}.weight`,
    [lastDim(x), width],
    options.initializer ?? glorotUniform(),
  );
  const product = project(x, weight);
  if (options.bias === false) return product;
  return add(product, x.graph.parameter(`${name}.bias`, [width], zeros(), { decay: false }));
}

/** [.., in] x [in, out] → [.., out] as one matrix product. */
export function project(x: Node, weight: Node): Node {
  if (x.rank === 2) return matmul(x, weight);
  const flat = matmul(reshape(x, [-1, lastDim(x)]), weight); // [everything else, out]
  const shape: readonly Dim[] = [...x.shape.slice(0, -1), lastDim(flat)];
  return reshape(flat, shape);
}

/** One number per sample: [B, in] → [B]. */
export function denseToScalar(x: Node, name: string, options: DenseOptions = {}): Node {
  return reshape(dense(x, 1, name, options), [x.shape[0]]);
}

/** Size of the last axis, which in every model is a number. */
export function lastDim(x: Node): number {
  return Number(x.shape.at(-1));
}
