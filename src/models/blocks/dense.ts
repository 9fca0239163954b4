import {
  add,
  glorotUniform,
  matmul,
  reshape,
  zeros,
  type Initializer,
  type Node,
} from '../../graph/index.js';

export interface DenseOptions {
  readonly bias?: boolean;
  readonly initializer?: Initializer;
}

/**
 * x W + b over the last axis: [.., in] → [.., width]. Leading axes are folded into one for the whole of it, so that the
 * product, both of its gradients and the gradient of b are single operations on matrices.
 */
export function dense(x: Node, width: number, name: string, options: DenseOptions = {}): Node {
  const weight = x.graph.parameter(
    `${name}.weight`,
    [lastDim(x), width],
    options.initializer ?? glorotUniform(),
  );
  const bias =
    options.bias === false
      ? undefined
      : x.graph.parameter(`${name}.bias`, [width], zeros(), { decay: false });
  return project(x, weight, bias);
}

/** [.., in] x [in, out] (+ [out]) → [.., out] as one matrix product. */
export function project(x: Node, weight: Node, bias?: Node): Node {
  const rows = reshape(x, [-1, lastDim(x)]); // [everything else, in]
  const product = matmul(rows, weight);
  const flat = bias === undefined ? product : add(product, bias);
  return reshape(flat, [...x.shape.slice(0, -1), lastDim(flat)]);
}

/** One number per sample: [B, in] → [B]. */
export function denseToScalar(x: Node, name: string, options: DenseOptions = {}): Node {
  return reshape(dense(x, 1, name, options), [x.shape[0]]);
}

/** Size of the last axis, which in every model is a number. */
export function lastDim(x: Node): number {
  return Number(x.shape.at(-1));
}
