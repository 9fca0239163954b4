import { add, div, minimum, mul, sqrt, sum } from '../functions/index.js';
import type { Node } from '../node.js';

/** Sum of squares over all elements of all tensors. */
export function squaredNorm(tensors: readonly Node[]): Node {
  return tensors.map((tensor) => sum(mul(tensor, tensor))).reduce((total, term) => add(total, term));
}

/** min(1, limit / norm): the factor that brings a gradient of this squared norm down to the limit (Pascanu et al. 2013). */
export function clipScale(squared: Node, limit: number): Node {
  return minimum(div(squared.graph.constant(limit), add(sqrt(squared), 1e-6)), 1);
}
