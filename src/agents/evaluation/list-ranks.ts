import { rankInList } from '../../stats/index.js';
import type { RankedLists } from '../trial/prediction-files.js';

/**
 * Mean-tie rank of every case's target under the contract of the task: candidates are the items of the vocabulary without
 * the user's history; the target is a candidate always. The model that made the lists knew no target, so a target of the
 * history is put into its list here. What is in neither gets Infinity (see `rankInList` for where that is exact).
 */
export function ranksInLists(lists: RankedLists, targets: Int32Array): Float32Array {
  const { k, repeats } = lists;
  return Float32Array.from(targets, (target, c) => {
    // Rows with fewer candidates than k are filled up with id 0, which is no item.
    let end = (c + 1) * k;
    while (end > c * k && lists.items[end - 1] === 0) end -= 1;
    const items = [...lists.items.subarray(c * k, end)];
    const scores = [...lists.scores.subarray(c * k, end)];
    const begin = c === 0 ? 0 : repeats.ends[c - 1];
    const repeat = repeats.items.subarray(begin, repeats.ends[c]).indexOf(target);
    if (repeat >= 0) {
      const own = repeats.scores[begin + repeat];
      const lower = scores.findIndex((score) => score < own);
      const place = lower < 0 ? scores.length : lower;
      items.splice(place, 0, target);
      scores.splice(place, 0, own);
    }
    const list = { items: Int32Array.from(items), scores: Float32Array.from(scores) };
    return rankInList({ ...list, tiesAtCut: lists.tiesAtCut[c] }, target);
  });
}
