import { WorstFirst } from '../../stats/index.js';
import { nothing, type RecallChannel, type RecallList, type RecallRequest } from './channel.js';

export interface NearestVectorOptions {
  readonly name: string;
  /** [items, dim], row by row */
  readonly items: Float32Array;
  readonly dim: number;
  /** the user's vector [dim] for a request; undefined: this channel has nothing to say (a cold user) */
  readonly userVector: (request: RecallRequest) => Float32Array | undefined;
}

/**
 * Items with the largest inner product with the user's vector (two towers, or the state of a sequence model). The search is
 * exact: a pass over items x dim numbers, about a millisecond for each million.
 */
export class NearestVectors implements RecallChannel {
  readonly name: string;

  constructor(private readonly options: NearestVectorOptions) {
    this.name = options.name;
  }

  recall(request: RecallRequest, count: number): RecallList {
    const { items, dim, userVector } = this.options;
    const user = userVector(request);
    if (user === undefined || count === 0) return nothing;
    if (user.length !== dim)
      throw new RangeError(`The user's vector has ${user.length} numbers, items have ${dim}`);
    const heap = new WorstFirst(count);
    const n = items.length / dim;
    for (let item = 0, at = 0; item < n; item += 1) {
      let sum = 0;
      for (let k = 0; k < dim; k += 1, at += 1) sum += items[at] * user[k];
      if (heap.size === count && sum < heap.worstScore) continue; // most items end here, before the filters are asked
      if (request.isAllowed(item)) heap.offer(item, sum);
    }
    return heap.drain();
  }
}
