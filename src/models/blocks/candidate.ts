import { AutoModelError } from '../../platform/index.js';
import { reshape, slice, type CtrInputs, type Node, type SequenceSpec } from '../../graph/index.js';
import { EMBEDDING_BANK } from './features.js';

/** The candidate's vector that a sequence is compared with, [B, dim]; undefined when it shares no field's vocabulary. */
export function candidateVector(inputs: CtrInputs, dim: number, sequence: SequenceSpec): Node | undefined {
  if (sequence.targetField === undefined) return undefined;
  const rows = inputs.embed(EMBEDDING_BANK, dim); // [B, F, dim]
  return reshape(slice(rows, 1, sequence.targetField, sequence.targetField + 1), [rows.shape[0], dim]);
}

/** @throws CONFIG_INVALID when the dataset has no sequence, which the model cannot do without */
export function requireSequences(inputs: CtrInputs, model: string): void {
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
