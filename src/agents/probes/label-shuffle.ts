import { Rng } from '../../platform/index.js';
import type { CtrBlock, CtrDataset, CtrSource, Probe } from '../../schema/index.js';
import { auc, studentQuantile } from '../../stats/index.js';
import { validationTruth } from '../trial/validation-truth.js';
import type { DatasetSubject } from './dataset-subject.js';

const shuffles = 5;
const error = 0.01;
/** Less than this away from 0.5 is nothing, whatever its interval. */
const noticeable = 0.02;

/**
 * Labels are dealt out anew over all training rows and a model is fitted to them. It then knows nothing, and its AUC on the
 * true validation labels is 0.5 within the interval over shuffles; unless something but the labels of training rows tells
 * it what the validation labels are.
 *
 * Each shuffle is fitted twice, the second time with its labels turned over. Where labels are rare, smoothed rates of rare values lie
 * below the mean more often than above, so that they rank popular values higher whatever the labels say; turned over they rank
 * them lower by as much, and the mean of the two is free of it.
 */
export const labelShuffle: Probe<DatasetSubject> = {
  name: 'label-shuffle',
  question: 'Does a model that was fitted to shuffled labels still rank the validation rows?',
  lacks: ({ dataset }) =>
    dataset.task === 'ctr' ? undefined : `task ${dataset.task} has no label of 0 and 1`,
  async run({ dataset, floors }) {
    if (dataset.task !== 'ctr') return [];
    const truth = validationTruth(dataset, 'all');
    if (truth.kind !== 'rows') return [];
    const values = Array.from({ length: shuffles }, (_, n) => {
      const [dealt, turned] = [false, true].map((over) =>
        auc(floors.ctr(withShuffledLabels(dataset, n, over)), truth.labels),
      );
      return (dealt + turned) / 2;
    });
    const mean = values.reduce((sum, value) => sum + value, 0) / shuffles;
    const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (shuffles - 1));
    const reach = (studentQuantile(1 - error / 2, shuffles - 1) * sd) / Math.sqrt(shuffles);
    if (Math.abs(mean - 0.5) <= Math.max(reach, noticeable)) return [];
    return [
      {
        severity: 'high',
        columns: [],
        evidence:
          `smoothed rates that were fitted to shuffled labels rank the validation rows with AUC ${mean.toFixed(3)} ` +
          `(99 % interval of ${shuffles} shuffles, each with its labels turned over as well: ${(mean - reach).toFixed(3)} to ${(mean + reach).toFixed(3)}; it must hold 0.5)`,
        remedy:
          'Validation labels reach the model past the training rows: look at how features and parts are made.',
      },
    ];
  },
};

/** Training labels in a new order over all rows, or 1 minus these; everything else as it is. */
export function withShuffledLabels(dataset: CtrDataset, seed: number, turnedOver = false): CtrDataset {
  const { train } = dataset;
  const labels = new Float32Array(train.rows);
  for (let b = 0; b < train.blockCount; b += 1) {
    const block = train.block(b);
    if (block.labels !== undefined) labels.set(block.labels, train.blockStarts[b]);
  }
  new Rng(['label-shuffle', seed]).shuffle(labels);
  if (turnedOver) for (let row = 0; row < labels.length; row += 1) labels[row] = 1 - labels[row];
  const shuffled: CtrSource = {
    ...train,
    block(index): CtrBlock {
      const from = train.blockStarts[index];
      const block = train.block(index);
      return { ...block, labels: labels.subarray(from, from + block.rows) };
    },
  };
  return { ...dataset, train: shuffled };
}
