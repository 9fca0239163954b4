import type { RecallChannel, RecallList, RecallRequest } from './channel.js';

/** So many new items are put in their place one by one; of more, all are sorted anew. */
const FEW = 64;

/** The items that appeared last, the newest first: how an item that nobody has seen yet gets its first impressions. */
export class NewestItems implements RecallChannel {
  readonly name = 'newest';
  private order: number[] = [];
  private known = 0;

  /** @param createdMs [items] when each item appeared, NaN where that is not known; may have got longer since the last call */
  constructor(private readonly createdMs: () => Float64Array) {}

  recall({ isAllowed, nowMs }: RecallRequest, count: number): RecallList {
    const createdMs = this.createdMs();
    this.follow(createdMs);
    const items = new Int32Array(count);
    const scores = new Float32Array(count);
    let found = 0;
    for (const item of this.order) {
      if (found >= count) break;
      // What appears later than the request does not exist yet.
      if (!(createdMs[item] <= nowMs && isAllowed(item))) continue;
      items[found] = item;
      scores[found] = -(nowMs - createdMs[item]) / 3_600_000;
      found += 1;
    }
    return { items: items.subarray(0, found), scores: scores.subarray(0, found) };
  }

  private follow(createdMs: Float64Array): void {
    const isBefore = (a: number, b: number): boolean =>
      createdMs[a] > createdMs[b] || (createdMs[a] === createdMs[b] && a < b);
    if (createdMs.length - this.known > FEW) {
      this.order = Array.from(createdMs.keys())
        .filter((item) => !Number.isNaN(createdMs[item]))
        .sort((a, b) => (isBefore(a, b) ? -1 : 1));
    } else {
      for (let item = this.known; item < createdMs.length; item += 1) {
        if (Number.isNaN(createdMs[item])) continue;
        let [low, high] = [0, this.order.length];
        while (low < high) {
          const middle = (low + high) >> 1;
          if (isBefore(item, this.order[middle])) high = middle;
          else low = middle + 1;
        }
        this.order.splice(low, 0, item);
      }
    }
    this.known = createdMs.length;
  }
}
