import { AutoModelError } from '../platform/index.js';
import { aucPlacements } from './auc.js';
import { equalMassBins } from './calibration-error.js';
import { groupAucParts, type GroupWeights } from './group-auc.js';
import {
  absoluteErrors,
  binaryEntropy,
  loglossPerRow,
  probabilities,
  squaredErrors,
  type ScoreKind,
} from './losses.js';
import type { Numbers } from './numbers.js';
import { checkScores, requireBothClasses } from './predictions.js';
import { rankingPerCase, type RankingMetric } from './ranking.js';

/** Rows belong to independent clusters: users, or blocks of rows or time where there are no users. */
export interface Clusters {
  /** dense cluster index per row, in [0, count) */
  readonly of: Numbers;
  readonly count: number;
}

/**
 * A metric with its first-order dependence on every cluster: value(sample) - value(population) is about the sum of
 * `perCluster`, so the variance over clusters is their sum of squares (see {@link clusterVariance}).
 */
export interface Influence {
  readonly value: number;
  /** influence per cluster, in the unit of the metric; sums to 0; 0 for clusters without rows */
  readonly perCluster: Float64Array;
  /** clusters that have rows */
  readonly clusters: number;
}

function occupied(clusters: Clusters): number {
  const seen = new Uint8Array(clusters.count);
  for (let i = 0; i < clusters.of.length; i += 1) seen[clusters.of[i]] = 1;
  let count = 0;
  for (let c = 0; c < seen.length; c += 1) count += seen[c];
  return count;
}

function checkClusters(clusters: Clusters, rows: number): void {
  if (clusters.of.length !== rows) {
    throw new AutoModelError('INTERNAL', `There are ${clusters.of.length} cluster ids for ${rows} rows`);
  }
}

/**
 * Mean over rows as a ratio of cluster totals: influence of cluster u is (sum_u - rows_u * mean) / rows (the
 * linearised ratio estimator; Cochran, Sampling Techniques, 6.4).
 */
export function meanInfluence(perRow: Numbers, clusters: Clusters): Influence {
  const n = perRow.length;
  checkClusters(clusters, n);
  if (n === 0) throw new AutoModelError('SPLIT_EMPTY', 'A mean over no rows is undefined');
  let value = 0;
  for (let i = 0; i < n; i += 1) value += perRow[i];
  value /= n;
  const perCluster = new Float64Array(clusters.count);
  for (let i = 0; i < n; i += 1) perCluster[clusters.of[i]] += (perRow[i] - value) / n;
  return { value, perCluster, clusters: occupied(clusters) };
}

/**
 * AUC with DeLong placements summed per cluster (Obuchowski, Biometrics 1997): influence of cluster u is
 * sum over its positives of (V10 - AUC) / positives + sum over its negatives of (V01 - AUC) / negatives.
 * @throws as auc
 */
export function aucInfluence(scores: Numbers, labels: Numbers, clusters: Clusters): Influence {
  checkClusters(clusters, labels.length);
  const { auc, placements, positives, negatives } = aucPlacements(scores, labels);
  const perCluster = new Float64Array(clusters.count);
  for (let i = 0; i < labels.length; i += 1) {
    perCluster[clusters.of[i]] += (placements[i] - auc) / (labels[i] === 1 ? positives : negatives);
  }
  return { value: auc, perCluster, clusters: occupied(clusters) };
}

/** GAUC whose groups are the clusters: influence of group g is weight_g (AUC_g - GAUC) / total weight. */
export function gaucInfluence(
  scores: Numbers,
  labels: Numbers,
  clusters: Clusters,
  weights: GroupWeights = 'impressions',
): Influence & { readonly groupShare: number } {
  checkClusters(clusters, labels.length);
  const parts = groupAucParts(scores, labels, clusters.of, clusters.count, weights);
  let total = 0;
  let value = 0;
  for (let g = 0; g < clusters.count; g += 1) {
    if (parts.weight[g] === 0) continue;
    total += parts.weight[g];
    value += parts.weight[g] * parts.groupAuc[g];
  }
  value /= total;
  const perCluster = new Float64Array(clusters.count);
  for (let g = 0; g < clusters.count; g += 1) {
    if (parts.weight[g] > 0) perCluster[g] = (parts.weight[g] * (parts.groupAuc[g] - value)) / total;
  }
  return {
    value,
    perCluster,
    clusters: parts.groupsUsed,
    groupShare: parts.groupsUsed / parts.groupsWithRows,
  };
}

export function loglossInfluence(
  scores: Numbers,
  labels: Numbers,
  kind: ScoreKind,
  clusters: Clusters,
): Influence {
  return meanInfluence(loglossPerRow(scores, labels, kind), clusters);
}

/** Normalised entropy L / H(p) by the delta method: dL / H - L H'(p) dp / H^2 with H'(p) = log((1 - p) / p). */
export function neInfluence(
  scores: Numbers,
  labels: Numbers,
  kind: ScoreKind,
  clusters: Clusters,
): Influence {
  const { positives } = requireBothClasses(labels);
  const rate = positives / labels.length;
  const entropy = binaryEntropy(rate);
  const loss = loglossInfluence(scores, labels, kind, clusters);
  const base = meanInfluence(labels, clusters);
  const slope = (loss.value * Math.log((1 - rate) / rate)) / entropy ** 2;
  const perCluster = loss.perCluster.map((value, u) => value / entropy - slope * base.perCluster[u]);
  return { value: loss.value / entropy, perCluster, clusters: loss.clusters };
}

/**
 * Calibration error with bin edges and the sign of each bin's gap held fixed: an approximation that is good while gaps
 * exceed their noise and, near perfect calibration, misses that ECE is biased upwards.
 */
export function eceInfluence(
  scores: Numbers,
  labels: Numbers,
  kind: ScoreKind,
  clusters: Clusters,
  bins = 20,
): Influence {
  checkScores(scores, labels.length);
  const p = probabilities(scores, kind);
  const { bin, used } = equalMassBins(p, bins);
  const gap = new Float64Array(used);
  for (let i = 0; i < p.length; i += 1) gap[bin[i]] += labels[i] - p[i];
  const signed = new Float64Array(p.length);
  for (let i = 0; i < p.length; i += 1) signed[i] = Math.sign(gap[bin[i]]) * (labels[i] - p[i]);
  return meanInfluence(signed, clusters);
}

/** Root of the mean squared error by the delta method: d rmse = d mse / (2 rmse). */
export function rmseInfluence(scores: Numbers, labels: Numbers, clusters: Clusters): Influence {
  const mse = meanInfluence(squaredErrors(scores, labels), clusters);
  const value = Math.sqrt(mse.value);
  const perCluster = value === 0 ? mse.perCluster : mse.perCluster.map((d) => d / (2 * value));
  return { value, perCluster, clusters: mse.clusters };
}

export function maeInfluence(scores: Numbers, labels: Numbers, clusters: Clusters): Influence {
  return meanInfluence(absoluteErrors(scores, labels), clusters);
}

/** hr, ndcg, mrr or recall at k from mean-tie ranks; a case's cluster is its user. */
export function rankingInfluence(
  ranks: Numbers,
  metric: RankingMetric,
  k: number,
  clusters: Clusters,
): Influence {
  return meanInfluence(rankingPerCase(ranks, metric, k), clusters);
}

/**
 * Variance of the metric over clusters: U / (U - 1) times the sum of squared influences (the sandwich estimator with
 * the usual small-sample factor); 0 when there is only one cluster, whose noise cannot be seen.
 */
export function clusterVariance(influence: Float64Array, clusters: number): number {
  if (clusters < 2) return 0;
  let sum = 0;
  for (let u = 0; u < influence.length; u += 1) sum += influence[u] * influence[u];
  return (sum * clusters) / (clusters - 1);
}

/**
 * Degrees of freedom of {@link clusterVariance}: clusters - 1 for normal influences, fewer when a few large clusters
 * carry the variance. From matching two moments (Satterthwaite 1946) with the empirical fourth moment:
 * 2 (sum s^2)^2 / (sum s^4 - (sum s^2)^2 / U).
 */
export function clusterDegreesOfFreedom(influence: Float64Array, clusters: number): number {
  let second = 0;
  let fourth = 0;
  for (let u = 0; u < influence.length; u += 1) {
    const square = influence[u] * influence[u];
    second += square;
    fourth += square * square;
  }
  const spread = fourth - (second * second) / clusters;
  const most = Math.max(1, clusters - 1);
  return spread > 0 ? Math.max(1, Math.min(most, (2 * second * second) / spread)) : most;
}
