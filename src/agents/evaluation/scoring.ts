import { AutoModelError } from '../../platform/index.js';
import { metricDirections, type MetricValues } from '../../schema/index.js';
import { auc, ece, gauc, hrAtK, logloss, mae, mrrAtK, ndcgAtK, ne, rmse } from '../../stats/index.js';
import { takeFloat } from '../trial/validation-share.js';
import type { RankTruth, RowTruth } from '../trial/validation-truth.js';

/** Cut-offs of ranking metrics. */
export const cutoffs = [5, 10, 20] as const;

/** A metric value turned so that larger is better. */
export function orientedValue(metric: string, value: number): number {
  return metricDirections[metric] === 'down' ? -value : value;
}

/**
 * Metrics of raw predictions of a whole split (logits, or ratings), limited to the rows of the truth.
 * @throws PREDICTIONS_INVALID when a prediction is missing or not finite
 */
export function scoreRows(truth: RowTruth, predictions: Float32Array): { readonly values: MetricValues } {
  const scores = takeFloat(predictions, truth.rows);
  if (truth.task === 'rating') {
    return { values: { rmse: rmse(scores, truth.labels), mae: mae(scores, truth.labels) } };
  }
  const values: Record<string, number> = {
    auc: auc(scores, truth.labels),
    logloss: logloss(scores, truth.labels, 'logit'),
    ne: ne(scores, truth.labels, 'logit'),
    ece: ece(scores, truth.labels, 'logit'),
  };
  // GAUC is undefined when no user has both labels (rows without users, or one row per user): then it is left out.
  const grouped = groupedAuc(scores, truth);
  if (grouped !== undefined) values['gauc'] = grouped;
  return { values };
}

function groupedAuc(scores: Float32Array, truth: RowTruth): number | undefined {
  try {
    return gauc(scores, truth.labels, truth.users, 'impressions').gauc;
  } catch (error) {
    if (error instanceof AutoModelError && error.code === 'SPLIT_EMPTY') return undefined;
    throw error;
  }
}

/** Metrics of mean-tie ranks of a whole split's cases, limited to the cases of the truth. */
export function scoreRanks(truth: RankTruth, ranks: Float32Array): { readonly values: MetricValues } {
  const own = takeFloat(ranks, truth.rows);
  const values: Record<string, number> = {};
  for (const k of cutoffs) {
    values[`hr@${k}`] = hrAtK(own, k);
    values[`ndcg@${k}`] = ndcgAtK(own, k);
  }
  values['mrr@10'] = mrrAtK(own, 10);
  return { values };
}
