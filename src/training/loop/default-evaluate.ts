import { AutoModelError } from '../../platform/index.js';
import type { CtrDataset, EncodedDataset } from '../../schema/index.js';
import { auc, ndcgAtK, rmse } from '../../stats/index.js';
import type { Evaluate } from './train-options.js';

/** AUC (ctr) or minus RMSE (rating) on the validation labels, NDCG@10 of the validation ranks (next-item). */
export function defaultEvaluate(dataset: EncodedDataset): Evaluate {
  if (dataset.task === 'next-item') return (ranks) => ndcgAtK(ranks, 10);
  const labels = validationLabels(dataset);
  return dataset.task === 'ctr'
    ? (logits) => auc(logits, labels)
    : (predictions) => -rmse(predictions, labels);
}

function validationLabels({ validation }: CtrDataset): Float32Array {
  const labels = new Float32Array(validation.rows);
  for (let b = 0; b < validation.blockCount; b += 1) {
    const block = validation.block(b);
    if (block.labels === undefined) {
      throw new AutoModelError('TEST_SEALED', 'The validation split has no labels', {
        remedy: 'Pass `evaluate`, or train with fixedEpochs.',
      });
    }
    labels.set(block.labels, validation.blockStarts[b]);
  }
  return labels;
}
