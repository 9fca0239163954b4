import { add, div, mean, mul, softplus, square, sub, sum } from '../functions/index.js';
import type { Node } from '../node.js';

/** Mean over all elements, or the mean weighted by `weights` of the same shape. */
export function averageLoss(losses: Node, weights: Node | undefined): Node {
  return weights ? div(sum(mul(losses, weights)), sum(weights)) : mean(losses);
}

/** Mean of softplus(z) - y z, the cross-entropy of sigmoid(z) and y without overflow. Labels in [0, 1], any shape. */
export function binaryCrossEntropy(logits: Node, labels: Node, weights?: Node): Node {
  return averageLoss(sub(softplus(logits), mul(logits, labels)), weights);
}

/** Mean of (prediction - target)^2. */
export function meanSquaredError(predictions: Node, targets: Node, weights?: Node): Node {
  return averageLoss(square(sub(predictions, targets)), weights);
}

export interface WeightedLoss {
  readonly loss: Node;
  readonly weight: number;
}

/** Sum of task losses times their weights. */
export function weightedSum(losses: readonly WeightedLoss[]): Node {
  return losses.map(({ loss, weight }) => mul(loss, weight)).reduce((total, loss) => add(total, loss));
}
