import {
  bayesianPersonalisedRanking,
  gatherRows,
  matmul,
  mul,
  reshape,
  sampledSoftmax,
  slice,
  softmaxCrossEntropy,
  sum,
  type ModelOutputs,
  type NextItemInputs,
  type Node,
} from '../../graph/index.js';
import { lastDim } from './dense.js';

/**
 * Ends a next-item model whose item table [V, D] is also its output layer. `hidden` [B, L, D] summarises the events up
 * to each position. Scores are made for the newest position only; the loss takes the positions that have a target and
 * no others, so no product with the vocabulary is wasted on padding.
 */
export function nextItemOutputs(inputs: NextItemInputs, hidden: Node, table: Node): ModelOutputs {
  const width = lastDim(hidden);
  const newest = reshape(slice(hidden, 1, -1), [hidden.shape[0], width]); // [B, D]
  const logits = matmul(newest, table, { transposeB: true }); // [B, V]
  if (inputs.graph.mode === 'infer') return { logits, loss: undefined, observables: {} };
  const queries = gatherRows(reshape(hidden, [-1, width]), inputs.targetPositions); // [P, D]
  return { logits, loss: rankingLoss(inputs, queries, table), observables: {} };
}

/**
 * The recipe's loss, as the inputs tell it: no negatives is full softmax cross-entropy; negatives with their log
 * probabilities sampled softmax with its correction; negatives alone Bayesian personalised ranking.
 */
function rankingLoss(inputs: NextItemInputs, queries: Node, table: Node): Node {
  const { targets, negatives, negativeLogProbabilities, targetLogProbabilities } = inputs;
  if (negatives === undefined)
    return softmaxCrossEntropy(matmul(queries, table, { transposeB: true }), targets);
  const targetRows = gatherRows(table, targets); // [P, D]
  const negativeRows = gatherRows(table, negatives); // [N, D]
  if (negativeLogProbabilities === undefined) {
    const positive = sum(mul(queries, targetRows), 1, { keepDims: true }); // [P, 1]
    return bayesianPersonalisedRanking(positive, matmul(queries, negativeRows, { transposeB: true })); // over [P, N]
  }
  return sampledSoftmax({
    queries,
    targetRows,
    negativeRows,
    targets,
    negatives,
    targetLogProbabilities,
    negativeLogProbabilities,
  });
}
