import {
  metricDirections,
  primaryMetric,
  type MetricSummary,
  type MetricValues,
} from '../../schema/index.js';
import {
  metricValues,
  scoreCtr,
  scoreNextItem,
  scoreRating,
  twoWayInterval,
  type Scoreboard,
  type ScoreKind,
  type SeedNoise,
} from '../../stats/index.js';
import { takeFloat } from '../trial/validation-share.js';
import type { ValidationTruth } from '../trial/validation-truth.js';

/** A metric value turned so that larger is better. */
export function orientedValue(metric: string, value: number): number {
  return metricDirections[metric] === 'down' ? -value : value;
}

/**
 * Scores raw predictions of a whole split (logits, ratings, or mean-tie ranks), limited to the rows of the truth.
 * @param metrics default: all of the task
 * @throws PREDICTIONS_INVALID when a prediction is missing or not finite
 */
export function scoreboardOf(
  truth: ValidationTruth,
  predictions: Float32Array,
  metrics?: readonly string[],
  kind: ScoreKind = 'logit',
): Scoreboard {
  const scores = takeFloat(predictions, truth.rows);
  const clusters = { of: truth.users, count: truth.userCount };
  if (truth.kind === 'ranks') return scoreNextItem(scores, clusters, metrics);
  if (truth.task === 'rating') return scoreRating(scores, truth.labels, clusters);
  return scoreCtr(scores, truth.labels, kind, clusters, metrics);
}

export function valuesOf(truth: ValidationTruth, predictions: Float32Array): MetricValues {
  return metricValues(scoreboardOf(truth, predictions));
}

/** The primary metric alone, larger is better: what steers early stopping. */
export function steeringValue(truth: ValidationTruth, predictions: Float32Array): number {
  const metric = primaryMetric[truth.task];
  return orientedValue(metric, scoreboardOf(truth, predictions, [metric])[metric].value);
}

/** Metric summaries over seeds with two-way intervals, for one split; pooled seed noise is that of `primary`. */
export function summarise(
  runs: readonly Scoreboard[],
  primary?: string,
  seedNoise?: SeedNoise,
): Record<string, MetricSummary> {
  const summaries: Record<string, MetricSummary> = {};
  for (const metric of Object.keys(runs[0] ?? {})) {
    const noise = metric === primary && seedNoise !== undefined ? { seedNoise } : {};
    const interval = twoWayInterval(
      runs.map((run) => run[metric]),
      noise,
    );
    summaries[metric] = {
      mean: interval.mean,
      sd: interval.sd,
      n: interval.seeds,
      ci: [within(metric, interval.ci[0]), within(metric, interval.ci[1])],
    };
  }
  return summaries;
}

/** An end of an interval, no further out than the metric can be: few seeds make wide intervals. */
function within(metric: string, end: number): number {
  return Math.min(Math.max(end, 0), unbounded.has(metric) ? Number.POSITIVE_INFINITY : 1);
}

/** Metrics without an upper end; none lies below zero. */
const unbounded = new Set(['logloss', 'ne', 'rmse', 'mae']);
