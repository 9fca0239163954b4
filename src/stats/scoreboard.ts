import { AutoModelError } from '../platform/index.js';
import {
  aucInfluence,
  eceInfluence,
  gaucInfluence,
  loglossInfluence,
  maeInfluence,
  neInfluence,
  rankingInfluence,
  rmseInfluence,
  type Clusters,
  type Influence,
} from './influences.js';
import type { ScoreKind } from './losses.js';
import type { Numbers } from './numbers.js';
import type { RankingMetric } from './ranking.js';

/** Metric name → value with its per-cluster influence: what the scorer hands to intervals and to the gate. */
export type Scoreboard = Readonly<Record<string, Influence>>;

/** Metrics that every binary task reports. */
export const ctrMetrics = ['auc', 'gauc', 'logloss', 'ne', 'ece'] as const;

function each(metrics: readonly string[], compute: (metric: string) => Influence): Scoreboard {
  const board: Record<string, Influence> = {};
  for (const metric of metrics) board[metric] = compute(metric);
  return board;
}

function unknownMetric(metric: string, known: readonly string[]): never {
  throw new AutoModelError('USAGE', `There is no metric ${metric} for this task`, {
    remedy: `Choose among ${known.join(', ')}.`,
    details: { metric },
  });
}

/**
 * All metrics of a binary task. GAUC groups by cluster with impression weights and is left out when no cluster holds
 * both labels.
 * @throws PREDICTIONS_INVALID, LABEL_OUT_OF_RANGE, SPLIT_EMPTY
 */
export function scoreCtr(
  scores: Numbers,
  labels: Numbers,
  kind: ScoreKind,
  clusters: Clusters,
  metrics: readonly string[] = ctrMetrics,
): Scoreboard {
  const wanted =
    metrics.includes('gauc') && !someClusterIsMixed(labels, clusters)
      ? metrics.filter((m) => m !== 'gauc')
      : metrics;
  return each(wanted, (metric) => {
    switch (metric) {
      case 'auc':
        return aucInfluence(scores, labels, clusters);
      case 'gauc':
        return gaucInfluence(scores, labels, clusters);
      case 'logloss':
        return loglossInfluence(scores, labels, kind, clusters);
      case 'ne':
        return neInfluence(scores, labels, kind, clusters);
      case 'ece':
        return eceInfluence(scores, labels, kind, clusters);
      default:
        return unknownMetric(metric, ctrMetrics);
    }
  });
}

function someClusterIsMixed(labels: Numbers, clusters: Clusters): boolean {
  const seen = new Uint8Array(clusters.count);
  for (let i = 0; i < labels.length; i += 1) {
    seen[clusters.of[i]] |= labels[i] === 1 ? 2 : 1;
    if (seen[clusters.of[i]] === 3) return true;
  }
  return false;
}

/** RMSE and MAE of a rating task. */
export function scoreRating(scores: Numbers, labels: Numbers, clusters: Clusters): Scoreboard {
  return { rmse: rmseInfluence(scores, labels, clusters), mae: maeInfluence(scores, labels, clusters) };
}

/** Metrics that every next-item task reports. */
export const nextItemMetrics = ['hr@5', 'hr@10', 'hr@20', 'ndcg@5', 'ndcg@10', 'ndcg@20', 'mrr@10'] as const;

const rankingMetrics = new Set<string>(['hr', 'recall', 'ndcg', 'mrr']);
const isRankingMetric = (name: string): name is RankingMetric => rankingMetrics.has(name);

/**
 * Ranking metrics from mean-tie ranks.
 * @param ranks rank of the target per case, 1 is best; Infinity is a miss
 * @param metrics names such as "ndcg@10"
 */
export function scoreNextItem(
  ranks: Numbers,
  clusters: Clusters,
  metrics: readonly string[] = nextItemMetrics,
): Scoreboard {
  return each(metrics, (metric) => {
    const [name, cut] = metric.split('@');
    const k = Number(cut);
    if (!isRankingMetric(name) || !Number.isInteger(k) || k < 1)
      return unknownMetric(metric, nextItemMetrics);
    return rankingInfluence(ranks, name, k, clusters);
  });
}

/** The plain values of a scoreboard. */
export function metricValues(board: Scoreboard): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(board).map(([metric, influence]) => [metric, influence.value]));
}
