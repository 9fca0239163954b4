import {
  div,
  matmul,
  maximum,
  reshape,
  sum,
  unsqueeze,
  type CtrInputs,
  type Node,
} from '../../graph/index.js';

/** Mean of a sequence's embedding rows over its events: [B, dim]; zero for users without events. */
export function pooledHistory(inputs: CtrInputs, bank: string, dim: number, sequence: string): Node {
  const rows = inputs.embedSequence(bank, dim, sequence); // [B, L, dim]
  return maskedMean(rows, inputs.sequenceMask(sequence));
}

/** Mean of rows [B, L, D] where mask [B, L] is 1: [B, D]. One product per sample, nothing of size [B, L, D] is made. */
export function maskedMean(rows: Node, mask: Node): Node {
  const count = maximum(sum(mask, 1, { keepDims: true }), 1); // [B, 1]
  const weights = unsqueeze(div(mask, count), 1); // [B, 1, L]
  return reshape(matmul(weights, rows), [rows.shape[0], rows.shape[2]]);
}
