import { hash32 } from '../platform/index.js';

/** Draws the different live items that a policy chooses a slate from. Holds only scratch memory. */
export class CandidateDraw {
  private readonly drawn: Int32Array;
  /** number of the draw in which an item was last taken */
  private readonly takenIn: Int32Array;
  private draws = 0;

  /** @param limit most candidates of a draw @param items items of the world */
  constructor(limit: number, items: number) {
    this.drawn = new Int32Array(Math.min(limit, items));
    this.takenIn = new Int32Array(items);
  }

  /**
   * Up to the limit of the items 0 .. live - 1: all of them when there are no more. Depends on the key and `live` alone.
   * @returns a view that the next draw overwrites
   */
  draw(live: number, key: number): Int32Array {
    const { drawn, takenIn } = this;
    this.draws += 1;
    const wanted = Math.min(drawn.length, live);
    let count = 0;
    if (wanted === live) for (; count < live; count += 1) drawn[count] = count;
    for (let counter = 0; count < wanted; counter += 1) {
      const item = Math.floor((hash32(key, counter) / 4294967296) * live);
      if (takenIn[item] === this.draws) continue;
      takenIn[item] = this.draws;
      drawn[count++] = item;
    }
    return drawn.subarray(0, count);
  }
}
