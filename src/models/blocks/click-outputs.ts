import {
  binaryCrossEntropy,
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
