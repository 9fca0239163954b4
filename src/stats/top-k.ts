import { AutoModelError } from '../platform/index.js';
import { excludedIds, type CandidateOptions } from './ranking.js';

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
  const heapItems = new Int32Array(k);
  const heapScores = new Float32Array(k);
  let size = 0;
  // Min-heap whose root is the worst listed item: lowest score, and among ties the largest id.
  const worse = (a: number, b: number): boolean =>
    heapScores[a] < heapScores[b] || (heapScores[a] === heapScores[b] && heapItems[a] > heapItems[b]);
  const swap = (a: number, b: number): void => {
    const item = heapItems[a];
    const score = heapScores[a];
    heapItems[a] = heapItems[b];
    heapScores[a] = heapScores[b];
    heapItems[b] = item;
    heapScores[b] = score;
  };
  const siftDown = (end: number): void => {
    for (let at = 0; ;) {
      let child = 2 * at + 1;
      if (child >= end) return;
      if (child + 1 < end && worse(child + 1, child)) child += 1;
      if (!worse(child, at)) return;
      swap(child, at);
      at = child;
    }
  };
  const push = (item: number, score: number): void => {
    if (size < k) {
      heapItems[size] = item;
      heapScores[size] = score;
      for (let at = size++; at > 0;) {
        const parent = (at - 1) >> 1;
        if (!worse(at, parent)) return;
        swap(at, parent);
        at = parent;
      }
    } else if (score > heapScores[0]) {
      heapItems[0] = item;
      heapScores[0] = score;
      siftDown(size);
    }
  };
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
      if (size < k || score > heapScores[0]) push(id, score);
    }
  }
  for (let end = size - 1; end > 0; end -= 1) {
    swap(0, end);
    siftDown(end);
  }
  let tiesAtCut = 0;
  if (size === k && k > 0) {
    const cut = heapScores[size - 1];
    for (let s = 0; s < segments.length; s += 2) {
      for (let id = segments[s]; id < segments[s + 1]; id += 1) if (row[id] === cut) tiesAtCut += 1;
    }
    for (let i = 0; i < size; i += 1) if (heapScores[i] === cut) tiesAtCut -= 1;
  }
  return { items: heapItems.slice(0, size), scores: heapScores.slice(0, size), tiesAtCut };
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
