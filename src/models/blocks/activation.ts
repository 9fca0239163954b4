import { add, batchNorm, filled, mul, relu, sigmoid, sub, zeros, type Node } from '../../graph/index.js';
import { lastDim } from './dense.js';

export type ActivationName = 'relu' | 'prelu' | 'dice' | 'sigmoid';

/** Applies an activation by name; those with weights (prelu, dice) make them under `name`. */
export function activate(x: Node, activation: string, name: string): Node {
  switch (activation) {
    case 'prelu':
      return prelu(x, name);
    case 'dice':
      return dice(x, name);
    case 'sigmoid':
      return sigmoid(x);
    default:
      return relu(x);
  }
}

/** max(x, 0) + a min(x, 0) with one learned slope per unit, 0.25 at the start (He et al. 2015). */
export function prelu(x: Node, name: string): Node {
  const slope = x.graph.parameter(`${name}.slope`, [lastDim(x)], filled(0.25), { decay: false });
  const positive = relu(x);
  return add(positive, mul(slope, sub(x, positive)));
}

/** p x + (1 - p) a x with p = sigmoid(standardised x): PReLU whose kink follows the data (DIN, eq. 3). */
export function dice(x: Node, name: string): Node {
  const slope = x.graph.parameter(`${name}.slope`, [lastDim(x)], zeros(), { decay: false });
  const p = sigmoid(batchNorm(x, undefined, undefined, { name: `${name}.dice` }));
  return mul(x, add(slope, mul(p, sub(1, slope))));
}
