import {
  abs,
  add,
  binaryCrossEntropy,
  mean,
  meanSquaredError,
  type CtrInputs,
  type ModelOutputs,
  type Node,
} from '../../graph/index.js';

/**
 * Ends a click or rating model: mean binary cross-entropy of the logits, or mean squared error of a rating. Inference
 * graphs get neither loss nor observables, and do not touch the labels.
 */
export function clickOutputs(
  inputs: CtrInputs,
  logits: Node,
  observables: Readonly<Record<string, Node>> = {},
): ModelOutputs {
  if (inputs.graph.mode === 'infer') return { logits, loss: undefined, observables: {} };
  const loss =
    inputs.task === 'rating'
      ? meanSquaredError(logits, inputs.labels)
      : binaryCrossEntropy(logits, inputs.labels);
  return { logits, loss, observables };
}

/**
 * Ends a model whose logit is a sum of named parts [B] (and the linear term): the strength of each part, its mean size,
 * is an observable.
 */
export function summedOutputs(
  inputs: CtrInputs,
  parts: Readonly<Record<string, Node>>,
  linear?: Node,
): ModelOutputs {
  const nodes = Object.values(parts);
  const logits = (linear === undefined ? nodes : [linear, ...nodes]).reduce((a, b) => add(a, b));
  const strengths = Object.entries(parts).map(([name, part]) => [`${name}Strength`, mean(abs(part))]);
  return clickOutputs(inputs, logits, Object.fromEntries(strengths));
}
