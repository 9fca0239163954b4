import type { DecayedCounts } from '../../stats/index.js';
import type { RecallChannel, RecallList, RecallRequest } from './channel.js';

/** Items with the most events, older ones counting less. */
export class PopularItems implements RecallChannel {
  readonly name = 'popular';

  /** @param counts events by item: whoever hears of events keeps them */
  constructor(private readonly counts: DecayedCounts) {}

  recall({ nowMs, isAllowed }: RecallRequest, count: number): RecallList {
    const items = new Int32Array(count);
    const scores = new Float32Array(count);
    let found = 0;
    for (const item of this.counts.largest()) {
      if (found >= count) break;
      if (!isAllowed(item)) continue;
      items[found] = item;
      scores[found] = this.counts.at(item, nowMs);
      found += 1;
    }
    return { items: items.subarray(0, found), scores: scores.subarray(0, found) };
  }
}
