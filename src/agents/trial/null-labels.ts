import { hash32, hashKeys, Rng } from '../../platform/index.js';
import type {
  CtrBlock,
  CtrDataset,
  CtrSource,
  EncodedDataset,
  NextItemCases,
  NextItemDataset,
} from '../../schema/index.js';

/**
 * The null test (3-evidence rule 10): the same data with labels shuffled inside user (or time) blocks, so that every
 * candidate is worth what the baseline is worth and an honest engine accepts nothing. One seed per run: all trials see
 * the same shuffled labels. Next-item data keep their lengths and popularity, but items are dealt out anew.
 */
export function withNullLabels(dataset: EncodedDataset, seed: number): EncodedDataset {
  return dataset.task === 'next-item' ? nullNextItem(dataset, seed) : nullCtr(dataset, seed);
}

function nullCtr(dataset: CtrDataset, seed: number): CtrDataset {
  return {
    ...dataset,
    train: shuffledSource(dataset.train, hashKeys('null', seed, 'train')),
    validation: shuffledSource(dataset.validation, hashKeys('null', seed, 'validation')),
  };
}

function shuffledSource(source: CtrSource, key: number): CtrSource {
  const cache = new Map<number, CtrBlock>();
  return {
    ...source,
    block(index: number): CtrBlock {
      let block = cache.get(index);
      if (block === undefined) {
        const original = source.block(index);
        block =
          original.labels === undefined
            ? original
            : { ...original, labels: shuffleWithin(original.labels, original.users, hashKeys(key, index)) };
        if (source.blockCount === 1) cache.set(index, block);
      }
      return block;
    },
  };
}

/** Permutes `values` among rows that share a group: rows are ordered by (group, random key) and dealt in row order. */
export function shuffleWithin(values: Float32Array, groups: Int32Array, key: number): Float32Array {
  const rows = Array.from(values.keys());
  const inOrder = Int32Array.from(rows).sort((a, b) => groups[a] - groups[b] || a - b);
  const atRandom = Int32Array.from(rows).sort(
    (a, b) => groups[a] - groups[b] || hash32(key, a) - hash32(key, b) || a - b,
  );
  const out = new Float32Array(values.length);
  for (let i = 0; i < inOrder.length; i += 1) out[inOrder[i]] = values[atRandom[i]];
  return out;
}

function nullNextItem(dataset: NextItemDataset, seed: number): NextItemDataset {
  const events = new Rng(['null', seed, 'events']).shuffle(Int32Array.from(dataset.events));
  return { ...dataset, events, validation: nullCases(dataset.validation, seed) };
}

function nullCases(cases: NextItemCases, seed: number): NextItemCases {
  if (cases.targets === undefined) return cases;
  return { ...cases, targets: new Rng(['null', seed, 'targets']).shuffle(Int32Array.from(cases.targets)) };
}
