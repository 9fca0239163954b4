import { coOccurrence, keepLargest, trainCounts } from '../../models/index.js';
import type { NeighbourLists } from '../../pipeline/index.js';
import { FIRST_VALUE_ID } from '../../schema/index.js';

/** Events on each side of an event that count as beside it. */
const WINDOW = 10;
/** Neighbours of an item that are kept. */
const KEPT = 50;
/** Pseudo-count under the root: two items that one user had by chance are no neighbours yet. */
const SHRINKAGE = 5;

/** What users did, one after the other: those of user u are items[offsets[u]] .. items[offsets[u + 1]), oldest first. */
export interface FlatHistories {
  /** dense indices */
  readonly items: Int32Array;
  readonly offsets: Int32Array;
  readonly itemCount: number;
}

/**
 * The nearest items of every item by what the same users did: pairs of events d places apart count d^-1/2, divided by the roots of
 * how often each occurs (item-based collaborative filtering, Deshpande and Karypis 2004).
 */
export function countNeighbours({ items, offsets, itemCount: known }: FlatHistories): NeighbourLists {
  // Ids below are not values to whoever counts.
  const events = items.map((item) => item + FIRST_VALUE_ID);
  const itemCount = known + FIRST_VALUE_ID;
  const byUser = {
    events,
    offsets,
    trainEnds: offsets.subarray(1),
    itemCount,
    userCount: offsets.length - 1,
  };
  const near = Float64Array.from({ length: WINDOW + 1 }, (_, d) => (d === 0 ? 0 : d ** -0.5));
  const matrix = coOccurrence(byUser, { after: near, before: near, user: () => 1 });
  const counts = trainCounts(byUser);
  for (let item = 0; item < itemCount; item += 1) {
    for (let e = matrix.begins[item]; e < matrix.begins[item + 1]; e += 1)
      matrix.values[e] /= Math.sqrt((counts[item] + SHRINKAGE) * (counts[matrix.columns[e]] + SHRINKAGE));
  }
  const kept = keepLargest(matrix, KEPT);
  return {
    starts: Int32Array.from(kept.begins.subarray(FIRST_VALUE_ID)),
    items: kept.columns.map((id) => id - FIRST_VALUE_ID),
    scores: kept.values,
  };
}
