import { AutoModelError } from '../platform/index.js';
import { excludedIds, type CandidateOptions } from './ranking.js';
import { WorstFirst } from './worst-first.js';

export interface TopK {
  /** at most k item ids, best first; ties by smaller id */
  readonly items: Int32Array;
  /** their scores */
  readonly scores: Float32Array;
  /** candidates outside the list whose score equals the last listed one */
  readonly tiesAtCut: number;
}

/**
 * The best k candidates of one score row, with the number of candidates that tie with the last of them: enough to give
 * mean-tie ranks later without the whole row (see {@link rankInList}). O(n + h log k) for h improvements of the list.
 * @param row float32 [items]
 * @throws PREDICTIONS_INVALID when a candidate's score is not finite
 */
export function topKWithTies(row: Float32Array, k: number, options: CandidateOptions = {}): TopK {
  const heap = new WorstFirst(k);
  const segments: number[] = [];
  let start = options.firstCandidate ?? 0;
  for (const id of excludedIds(options, row.length)) {
    if (id > start) segments.push(start, id);
    start = id + 1;
  }
  if (start < row.length) segments.push(start, row.length);
  for (let s = 0; s < segments.length; s += 2) {
    for (let id = segments[s]; id < segments[s + 1]; id += 1) {
      const score = row[id];
      if (score - score !== 0) {
        throw new AutoModelError('PREDICTIONS_INVALID', `The score of item ${id} is ${String(score)}`, {
          remedy: 'Every candidate needs a finite score.',
          details: { item: id, value: String(score) },
        });
      }
      if (heap.size < k || score > heap.worstScore) heap.offer(id, score);
    }
  }
  let tiesAtCut = 0;
  if (heap.size === k && k > 0) {
    const cut = heap.worstScore;
    for (let s = 0; s < segments.length; s += 2) {
      for (let id = segments[s]; id < segments[s + 1]; id += 1) if (row[id] === cut) tiesAtCut += 1;
    }
    tiesAtCut -= heap.countOf(cut);
  }
  return { ...heap.drain(), tiesAtCut };
}

/**
 * Mean-tie rank of a target from a top-L list. A listed target has its exact rank. An unlisted one gets Infinity, which
 * is exact for every metric with k <= L / 2: either its score lies below the cut, then its rank is at least L + 1; or it
 * ties with the cut, then with g listed items above the cut its tie block starts at g + 1 and holds the other L - g
 * listed items and itself, so its mean rank is at least 1 + g + (L - g) / 2 >= 1 + L / 2 > k. A list of 100 is
 * therefore exact for all metrics up to k = 50.
 * @throws PREDICTIONS_INVALID when the list is not in descending order, not finite, or names an item twice
 */
export function rankInList(list: TopK, target: number): number {
  const { items, scores, tiesAtCut } = list;
  const seen = new Set<number>();
  let position = -1;
  for (let i = 0; i < items.length; i += 1) {
    const bad = scores[i] - scores[i] !== 0 || (i > 0 && scores[i] > scores[i - 1]) || seen.has(items[i]);
    if (bad) {
      throw new AutoModelError(
        'PREDICTIONS_INVALID',
        `Entry ${i} of a top list is out of order, repeated or not finite`,
        {
          remedy: 'List each item once, by descending finite score.',
          details: { entry: i, item: items[i], score: String(scores[i]) },
        },
      );
    }
    seen.add(items[i]);
    if (items[i] === target) position = i;
  }
  if (position < 0) return Number.POSITIVE_INFINITY;
  const own = scores[position];
  let above = 0;
  let tied = 0;
  for (let i = 0; i < scores.length; i += 1) {
    if (scores[i] > own) above += 1;
    else if (scores[i] === own) tied += 1;
  }
  if (own === scores[scores.length - 1]) tied += tiesAtCut;
  return 1 + above + (tied - 1) / 2;
}

/** Largest k for which ranks from lists of this length are exact, whatever the ties. */
export function exactUpTo(listLength: number): number {
  return Math.floor(listLength / 2);
}
