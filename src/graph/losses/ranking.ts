import {
  concat,
  equal,
  logSumExp,
  matmul,
  mean,
  mul,
  softplus,
  squeeze,
  sub,
  sum,
  unsqueeze,
  where,
} from '../functions/index.js';
import type { Node } from '../node.js';
import { averageLoss } from './pointwise.js';

/**
 * Mean of -log softmax(logits)[target]: logits [P, V], int32 targets [P]; optional weights [P]. Logits that are a
 * product hidden [P, D] x table [V, D]^T (matmul with transposeB, nothing added) take a cheaper path.
 */
export function softmaxCrossEntropy(logits: Node, targets: Node, weights?: Node): Node {
  const { graph, inputs, attrs } = logits;
  const isProduct =
    logits.op === 'matmul' && attrs.transposeB === true && attrs.transposeA === false && inputs[0].rank === 2;
  const losses = isProduct
    ? graph.add('productCrossEntropy', [logits, ...inputs, targets], {})
    : graph.add('softmaxCrossEntropy', [logits, targets], {});
  return averageLoss(losses, weights);
}

/** Mean of -log sigmoid(positive - negative) (Rendle et al. 2009, BPR-Opt); the scores broadcast. */
export function bayesianPersonalisedRanking(positive: Node, negative: Node): Node {
  return mean(softplus(sub(negative, positive)));
}

export interface SampledSoftmaxInputs {
  /** query vectors [P, D] */
  readonly queries: Node;
  /** rows of the targets [P, D] and of the shared negatives [N, D] */
  readonly targetRows: Node;
  readonly negativeRows: Node;
  /** log of the expected count of each target [P] and negative [N] in the sample; undefined leaves the correction out */
  readonly targetLogProbabilities?: Node;
  readonly negativeLogProbabilities?: Node;
  /** int32 ids [P] and [N]: a negative that is the target of a row does not count in that row */
  readonly targets?: Node;
  readonly negatives?: Node;
  /** divides the scores (1) */
  readonly temperature?: number;
}

/** Cross-entropy of the target among the sampled negatives, with log-q correction (Bengio and Senecal 2008; Jean et al. 2015). */
export function sampledSoftmax(inputs: SampledSoftmaxInputs): Node {
  const scale = 1 / (inputs.temperature ?? 1);
  let positive = mul(sum(mul(inputs.queries, inputs.targetRows), -1, { keepDims: true }), scale);
  let negative = mul(matmul(inputs.queries, inputs.negativeRows, { transposeB: true }), scale);
  if (inputs.targetLogProbabilities) positive = sub(positive, unsqueeze(inputs.targetLogProbabilities, 1));
  if (inputs.negativeLogProbabilities) negative = sub(negative, inputs.negativeLogProbabilities);
  if (inputs.targets && inputs.negatives) {
    negative = where(equal(unsqueeze(inputs.targets, 1), inputs.negatives), -1e9, negative);
  }
  return mean(sub(logSumExp(concat([positive, negative], 1), 1), squeeze(positive, 1)));
}
