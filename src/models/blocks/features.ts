import { AutoModelError } from '../../platform/index.js';
import {
  concat,
  flatten,
  mul,
  normal,
  slice,
  unsqueeze,
  type CtrInputs,
  type Node,
} from '../../graph/index.js';
import { pooledHistory } from './history.js';
import { embeddingDim, usesHistory, type HyperParameterReader } from './hyper-parameters.js';

/** The bank that every model keeps its field embeddings in. */
export const EMBEDDING_BANK = 'embedding';

/** Hyper-parameters of the features: the width of every vector, and whether pooled sequences are among them. */
export const featureSpace = { embeddingDim, usesHistory };
export type FeatureReader = HyperParameterReader<typeof featureSpace>;

/**
 * All inputs as one list of vectors, for models that let fields interact: [B, M, dim]. A numeric field is its value
 * times a learned vector (AutoInt, section 4.3); a pooled sequence is one more field.
 */
export function fieldVectors(inputs: CtrInputs, read: FeatureReader): Node {
  const dim = read.number('embeddingDim');
  const parts: Node[] = [];
  if (inputs.fields.length > 0) parts.push(inputs.embed(EMBEDDING_BANK, dim)); // [B, F, dim]
  const numeric = inputs.numeric();
  if (numeric !== undefined) {
    const directions = inputs.graph.parameter('numeric.vectors', [inputs.numericCount, dim], normal(0.01));
    parts.push(mul(unsqueeze(numeric, 2), directions)); // [B, N, 1] * [N, dim]
  }
  for (const history of histories(inputs, read)) parts.push(unsqueeze(history, 1)); // [B, 1, dim]
  return concat(present(parts), 1);
}

/** All inputs side by side, for towers: embeddings, plain numbers, pooled sequences: [B, F dim + N + S dim]. */
export function flatFeatures(inputs: CtrInputs, read: FeatureReader): Node {
  const fixed = staticFeatures(inputs, read.number('embeddingDim'));
  return concat(present([...fixed, ...histories(inputs, read)]), 1);
}

/** Field vectors [B, M, dim] side by side, and the plain numbers beside them: [B, M dim + N]. */
export function flatVectors(inputs: CtrInputs, vectors: Node): Node {
  const numeric = inputs.numeric();
  const flat = flatten(vectors);
  return numeric === undefined ? flat : concat([flat, numeric], 1);
}

/** Fields and numbers as flat parts [B, ·]; empty when the dataset has neither. */
export function staticFeatures(inputs: CtrInputs, dim: number): readonly Node[] {
  const parts: Node[] = [];
  if (inputs.fields.length > 0) parts.push(flatten(inputs.embed(EMBEDDING_BANK, dim)));
  const numeric = inputs.numeric();
  if (numeric !== undefined) parts.push(numeric);
  return parts;
}

/** The vectors of some fields side by side: [B, F, dim] → [B, chosen · dim]. Neighbours are cut out together. */
export function selectFields(rows: Node, chosen: readonly number[]): Node {
  const runs: { start: number; end: number }[] = [];
  for (const index of chosen) {
    const last = runs.at(-1);
    if (last !== undefined && last.end === index) last.end = index + 1;
    else runs.push({ start: index, end: index + 1 });
  }
  return concat(
    runs.map(({ start, end }) => flatten(slice(rows, 1, start, end))),
    1,
  );
}

function histories(inputs: CtrInputs, read: FeatureReader): readonly Node[] {
  if (!read.flag('usesHistory')) return [];
  const dim = read.number('embeddingDim');
  return inputs.sequences.map(({ name }) => pooledHistory(inputs, EMBEDDING_BANK, dim, name));
}

function present(parts: readonly Node[]): readonly Node[] {
  if (parts.length > 0) return parts;
  throw new AutoModelError(
    'CONFIG_INVALID',
    'the dataset has no field, number or sequence that a model may read',
    {
      remedy:
        'Give at least one column a role that is an input: user_id, item_id, context, user_feature or item_feature.',
    },
  );
}
