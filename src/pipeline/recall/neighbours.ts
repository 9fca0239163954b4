import { WorstFirst } from '../../stats/index.js';
import { nothing, type RecallChannel, type RecallList, type RecallRequest } from './channel.js';

/** The nearest items of every item, as compressed rows: those of item i are entries starts[i] .. starts[i + 1). */
export interface NeighbourLists {
  readonly starts: Int32Array;
  readonly items: Int32Array;
  readonly scores: Float32Array;
}

export interface NeighbourOptions {
  /** asked for at every recall, so that newer ones can take their place */
  readonly lists: NeighbourLists;
  /** how many of the latest events are looked at; default 20 */
  readonly events?: number;
  /** weight of the n-th latest event is decay^n; default 0.9 */
  readonly decay?: number;
}

/** Items near what the user acted on: sum over the latest events of decay^n x likeness. */
export class NeighbourItems implements RecallChannel {
  readonly name = 'neighbours';
  private sums: Float64Array;

  constructor(private readonly options: NeighbourOptions) {
    this.sums = new Float64Array(options.lists.starts.length - 1);
  }

  recall({ history, isAllowed }: RecallRequest, count: number): RecallList {
    const { lists, events = 20, decay = 0.9 } = this.options;
    if (history.length === 0 || count === 0) return nothing;
    const known = lists.starts.length - 1;
    if (this.sums.length < known) this.sums = new Float64Array(known);
    const touched: number[] = [];
    let weight = 1;
    for (let at = history.length - 1; at >= Math.max(0, history.length - events); at -= 1, weight *= decay) {
      const item = history[at];
      if (!(item >= 0 && item < known)) continue; // an item that is newer than the lists
      for (let e = lists.starts[item]; e < lists.starts[item + 1]; e += 1) {
        const neighbour = lists.items[e];
        if (this.sums[neighbour] === 0) touched.push(neighbour);
        this.sums[neighbour] += weight * lists.scores[e];
      }
    }
    const heap = new WorstFirst(count);
    for (const item of touched) {
      // Likeness that is not positive recommends nothing.
      if (this.sums[item] > 0 && isAllowed(item)) heap.offer(item, this.sums[item]);
      this.sums[item] = 0;
    }
    return heap.drain();
  }
}
