import { AutoModelError } from '../../platform/index.js';
import { concat, reshape, slice, type CtrInputs, type Node, type SequenceSpec } from '../../graph/index.js';
import { EMBEDDING_BANK, staticFeatures } from './features.js';
import { pooledHistory } from './history.js';

/**
 * Features of a model that reads every sequence in the light of the candidate, side by side: [B, ·]. They are the fields,
 * the numbers, and what `encode` makes of a sequence and the candidate [B, dim] that shares its vocabulary; a sequence
 * that shares no field's vocabulary is mean-pooled.
 * @throws CONFIG_INVALID when the dataset has no sequence, which the model cannot do without
 */
export function targetedFeatures(
  inputs: CtrInputs,
  model: string,
  dim: number,
  encode: (candidate: Node, sequence: SequenceSpec, index: number) => readonly Node[],
): Node {
  requireSequences(inputs, model);
  const parts = [...staticFeatures(inputs, dim)];
  inputs.sequences.forEach((sequence, index) => {
    const candidate = candidateVector(inputs, dim, sequence);
    if (candidate === undefined) parts.push(pooledHistory(inputs, EMBEDDING_BANK, dim, sequence.name));
    else parts.push(...encode(candidate, sequence, index));
  });
  return concat(parts, 1);
}

function candidateVector(inputs: CtrInputs, dim: number, { targetField }: SequenceSpec): Node | undefined {
  if (targetField === undefined) return undefined;
  const rows = inputs.embed(EMBEDDING_BANK, dim); // [B, F, dim]
  return reshape(slice(rows, 1, targetField, targetField + 1), [rows.shape[0], dim]);
}

function requireSequences(inputs: CtrInputs, model: string): void {
  if (inputs.sequences.length > 0) return;
  throw new AutoModelError(
    'CONFIG_INVALID',
    `model ${model} reads behaviour sequences, but the dataset has none`,
    {
      remedy:
        'Choose a model without sequences (dnn, dcnv2, ...), or let the dataset build histories: it needs user_id, item_id and a time or order column.',
      details: { model },
    },
  );
}
