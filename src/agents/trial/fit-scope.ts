import { AutoModelError } from '../../platform/index.js';
import type {
  CtrBlock,
  CtrDataset,
  CtrSource,
  EncodedDataset,
  NextItemDataset,
  TrialRequest,
} from '../../schema/index.js';
import { mergedSource } from './merged-source.js';

/** Labels (or targets) of the test split in row (or case) order; only the refit after the claim is handed one. */
export type SealedAnswers = () => Float32Array | Int32Array;

/**
 * The dataset with `train` widened to what the request may be fitted on. A search trial gets it unchanged.
 * @throws TEST_SEALED when the test rows are asked for where nobody may open them
 */
export function fitScope(
  dataset: EncodedDataset,
  request: TrialRequest,
  sealed?: SealedAnswers,
): EncodedDataset {
  if (request.fit.on === 'train') return dataset;
  const widened =
    dataset.task === 'next-item'
      ? { ...dataset, trainEnds: dataset.offsets.slice(1) }
      : { ...dataset, train: mergedSource(dataset.train, dataset.validation) };
  if (request.fit.on === 'train+validation') return widened;
  if (sealed === undefined) {
    throw new AutoModelError('TEST_SEALED', 'A search trial asked to be fitted on the test rows', {
      remedy: 'Only the refit of an accepted recipe may; use evolve --refit all.',
    });
  }
  return widened.task === 'next-item' ? withTestEvents(widened, sealed()) : withTestRows(widened, sealed());
}

function withTestRows(dataset: CtrDataset, labels: Float32Array | Int32Array): CtrDataset {
  const test = dataset.test;
  const labelled: CtrSource = {
    ...test,
    block(index: number): CtrBlock {
      const block = test.block(index);
      const from = test.blockStarts[index];
      return { ...block, labels: Float32Array.from(labels.subarray(from, from + block.rows)) };
    },
  };
  return { ...dataset, train: mergedSource(dataset.train, labelled) };
}

/** Appends each user's test targets, in case order, to the user's events. */
function withTestEvents(dataset: NextItemDataset, targets: Float32Array | Int32Array): NextItemDataset {
  const added = new Int32Array(dataset.userCount + 1);
  for (const user of dataset.test.users) added[user + 1] += 1;
  for (let user = 0; user < dataset.userCount; user += 1) added[user + 1] += added[user];
  const offsets = dataset.offsets.map((offset, user) => offset + added[user]);
  const events = new Int32Array(dataset.events.length + targets.length);
  const fill = new Int32Array(dataset.userCount);
  for (let user = 0; user < dataset.userCount; user += 1) {
    const own = dataset.events.subarray(dataset.offsets[user], dataset.offsets[user + 1]);
    events.set(own, offsets[user]);
    fill[user] = offsets[user] + own.length;
  }
  for (let i = 0; i < targets.length; i += 1) events[fill[dataset.test.users[i]]++] = targets[i];
  return { ...dataset, events, offsets, trainEnds: offsets.slice(1) };
}
