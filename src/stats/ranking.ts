import { AutoModelError } from '../platform/index.js';
import type { Numbers } from './numbers.js';

/** Which ids of a score row may be recommended at all. */
export interface CandidateOptions {
  /** ids that are no candidates (the user's history); may repeat, any order */
  readonly excluded?: Numbers;
  /** ids below this are no candidates (padding, unknown); default 0 */
  readonly firstCandidate?: number;
}

const noIds: readonly number[] = [];

/** Distinct excluded ids inside [first, length), ascending. */
function excludedIds(options: CandidateOptions, length: number): readonly number[] {
  const first = options.firstCandidate ?? 0;
  const given = options.excluded ?? noIds;
  if (given.length === 0) return noIds;
  const ids = new Set<number>();
  for (let i = 0; i < given.length; i += 1) if (given[i] >= first && given[i] < length) ids.add(given[i]);
  return [...ids].sort((a, b) => a - b);
}

function refuse(id: number, value: number): never {
  throw new AutoModelError('PREDICTIONS_INVALID', `The score of item ${id} is ${String(value)}`, {
    remedy: 'Every candidate needs a finite score.',
    details: { item: id, value: String(value) },
  });
}

/**
 * Rank of the target among all candidates, 1 is best; items that tie with it share their mean rank, so a constant
 * scorer gets (candidates + 1) / 2 and never a lucky 1. The target is always a candidate, also when it is excluded.
 * @param scores one score per item id
 * @throws PREDICTIONS_INVALID when a candidate's score is not finite
 */
export function meanTieRank(scores: Numbers, target: number, options: CandidateOptions = {}): number {
  const own = scores[target];
  let above = 0;
  let tied = 0;
  const count = (from: number, to: number): void => {
    for (let id = from; id < to; id += 1) {
      const score = scores[id];
      if (score - score !== 0) refuse(id, score);
      if (score > own) above += 1;
      else if (score === own) tied += 1;
    }
  };
  let start = options.firstCandidate ?? 0;
  if (target < start || target >= scores.length || own - own !== 0) refuse(target, own);
  for (const id of excludedIds(options, scores.length)) {
    if (id === target) continue;
    count(start, id);
    start = id + 1;
  }
  count(start, scores.length);
  return 1 + above + (tied - 1) / 2; // the target ties with itself
}

/** Hit rate: 1 when the rank is at most k. With one relevant item per case, recall@k is the same number. */
export function hit(rank: number, k: number): number {
  return rank <= k ? 1 : 0;
}

/** Discounted gain of one relevant item at this rank: 1 / log2(1 + rank) inside the first k. The ideal gain is 1. */
export function discountedGain(rank: number, k: number): number {
  return rank <= k ? 1 / Math.log2(1 + rank) : 0;
}

/** 1 / rank inside the first k. */
export function reciprocalRank(rank: number, k: number): number {
  return rank <= k ? 1 / rank : 0;
}

export type RankingMetric = 'hr' | 'recall' | 'ndcg' | 'mrr';

const gains: Readonly<Record<RankingMetric, (rank: number, k: number) => number>> = {
  hr: hit,
  recall: hit,
  ndcg: discountedGain,
  mrr: reciprocalRank,
};

/** Value of one metric for every case, from (mean-tie) ranks; an infinite rank is a miss. */
export function rankingPerCase(ranks: Numbers, metric: RankingMetric, k: number): Float64Array {
  const gain = gains[metric];
  return Float64Array.from(ranks, (rank, i) => {
    if (!(rank >= 1)) {
      throw new AutoModelError('PREDICTIONS_INVALID', `Rank ${i} is ${String(rank)}, expected at least 1`, {
        details: { position: i, value: String(rank) },
      });
    }
    return gain(rank, k);
  });
}

function meanOf(ranks: Numbers, metric: RankingMetric, k: number): number {
  if (ranks.length === 0)
    throw new AutoModelError('SPLIT_EMPTY', `${metric}@${k} over no cases is undefined`);
  return rankingPerCase(ranks, metric, k).reduce((sum, value) => sum + value, 0) / ranks.length;
}

/** Share of cases whose target ranks in the first k. */
export const hrAtK = (ranks: Numbers, k: number): number => meanOf(ranks, 'hr', k);

/** Mean discounted gain in the first k (one relevant item per case, so the ideal is 1). */
export const ndcgAtK = (ranks: Numbers, k: number): number => meanOf(ranks, 'ndcg', k);

/** Mean reciprocal rank, 0 beyond k. */
export const mrrAtK = (ranks: Numbers, k: number): number => meanOf(ranks, 'mrr', k);

/**
 * Recall: per query the share of its relevant items in the first k, then the mean over queries. Equal to `hrAtK` when
 * each query has one relevant item.
 * @param queries dense query index per rank, when queries have several relevant items
 */
export function recallAtK(ranks: Numbers, k: number, queries?: Numbers): number {
  if (queries === undefined) return meanOf(ranks, 'recall', k);
  const found = new Map<number, { hits: number; relevant: number }>();
  rankingPerCase(ranks, 'recall', k).forEach((value, i) => {
    const entry = found.get(queries[i]) ?? { hits: 0, relevant: 0 };
    entry.hits += value;
    entry.relevant += 1;
    found.set(queries[i], entry);
  });
  let sum = 0;
  for (const { hits, relevant } of found.values()) sum += hits / relevant;
  return sum / found.size;
}

export { excludedIds };
