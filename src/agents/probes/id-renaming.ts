import { hashKeys, Rng } from '../../platform/index.js';
import {
  FIRST_VALUE_ID,
  type CtrBlock,
  type CtrDataset,
  type CtrSource,
  type NextItemCases,
  type NextItemDataset,
  type Probe,
} from '../../schema/index.js';
import { auc, ndcgAtK, rmse } from '../../stats/index.js';
import { validationTruth } from '../trial/validation-truth.js';
import type { DatasetSubject } from './dataset-subject.js';

/** A counting floor has no seed: what is left is the order in which floats are added. */
const noise = 0.001;
const decisive = 0.01;

/**
 * Every value of every vocabulary is renamed at random and the floor fitted anew. Ids are names, so its score must stay; a
 * score that goes by the order of ids (ties broken by popularity that was counted later, positives numbered first) does not.
 */
export const idRenaming: Probe<DatasetSubject> = {
  name: 'id-renaming',
  question: 'Does renaming all ids change what a model scores?',
  lacks: () => undefined,
  async run({ dataset, floors }) {
    let [metric, before, after] = ['', 0, 0];
    if (dataset.task === 'next-item') {
      metric = 'ndcg@10';
      before = ndcgAtK(floors.nextItem(dataset), 10);
      after = ndcgAtK(floors.nextItem(renamedSequences(dataset)), 10);
    } else {
      const truth = validationTruth(dataset, 'all');
      if (truth.kind !== 'rows') return [];
      metric = dataset.task === 'ctr' ? 'auc' : 'rmse';
      const score = (scores: Float32Array): number =>
        dataset.task === 'ctr' ? auc(scores, truth.labels) : rmse(scores, truth.labels);
      before = score(floors.ctr(dataset));
      after = score(floors.ctr(renamedValues(dataset)));
    }
    const moved = Math.abs(after - before);
    if (moved <= noise) return [];
    return [
      {
        severity: moved >= decisive ? 'high' : 'medium',
        columns: [],
        evidence: `with all ids renamed at random, validation ${metric} of the floor goes from ${before.toFixed(4)} to ${after.toFixed(4)} (${noise} is noise)`,
        remedy: 'Find out what the order of the ids carries; give ids at random before they are read.',
      },
    ];
  },
};

/** A random renaming of the values of a vocabulary; padding and unknown stay. */
function renaming(name: string, size: number): Int32Array {
  const names = Int32Array.from({ length: size }, (_, id) => id);
  new Rng(hashKeys('id-renaming', name)).shuffle(names.subarray(FIRST_VALUE_ID));
  return names;
}

export function renamedValues(dataset: CtrDataset): CtrDataset {
  const names = new Map([...dataset.vocabularySizes].map(([name, size]) => [name, renaming(name, size)]));
  const of = new Map(
    dataset.fields.flatMap((field) =>
      field.kind === 'numeric' ? [] : [[field.name, names.get(field.vocabulary)] as const],
    ),
  );
  const rename = (field: string, ids: Int32Array): Int32Array => {
    const table = of.get(field);
    return table === undefined ? ids : ids.map((id) => table[id]);
  };
  const renamed = (source: CtrSource): CtrSource => ({
    ...source,
    block(index): CtrBlock {
      const block = source.block(index);
      return {
        ...block,
        ids: new Map([...block.ids].map(([field, ids]) => [field, rename(field, ids)])),
        ragged: new Map(
          [...block.ragged].map(([field, list]) => [field, { ...list, values: rename(field, list.values) }]),
        ),
      };
    },
  });
  return {
    ...dataset,
    train: renamed(dataset.train),
    validation: renamed(dataset.validation),
    test: renamed(dataset.test),
  };
}

export function renamedSequences(dataset: NextItemDataset): NextItemDataset {
  const table = renaming('items', dataset.itemCount);
  const cases = (of: NextItemCases): NextItemCases =>
    of.targets === undefined ? of : { ...of, targets: of.targets.map((id) => table[id]) };
  return {
    ...dataset,
    events: dataset.events.map((id) => table[id]),
    validation: cases(dataset.validation),
    test: cases(dataset.test),
  };
}
