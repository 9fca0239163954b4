import type { DecayedCounts } from '../../stats/index.js';
import type { RecallChannel, RecallList, RecallRequest } from './channel.js';

/** Items with the most events, older ones counting less. */
export class PopularItems implements RecallChannel {
  readonly name = 'popular';

  /** @param counts events by item: whoever hears of events keeps them */
  constructor(private readonly counts: DecayedCounts) {}

  recall({ nowMs, isAllowed }: RecallRequest, count: number): RecallList {
    const items: number[] = [];
    for (const item of this.counts.largest()) {
      if (items.length >= count) break;
      if (isAllowed(item)) items.push(item);
    }
    return {
      items: Int32Array.from(items),
      scores: Float32Array.from(items, (item) => this.counts.at(item, nowMs)),
    };
  }
}
