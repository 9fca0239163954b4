export interface DecayedCountsOptions {
  /** an event counts half after so long */
  readonly halfLifeHours: number;
  /** how many of the largest are kept in order; default 5,000 */
  readonly ranked?: number;
}

/** Everything that the counts are: what a snapshot holds. */
export interface DecayedCountsState {
  /** moment that the weights are relative to; undefined before the first event */
  readonly originMs: number | undefined;
  /** [things] decayed counts at the origin */
  readonly weights: Float64Array;
}

const hourMs = 3_600_000;
/** Exponents of 2 up to which sums stay exact enough; beyond, all of them are scaled down together. */
const MOST_DOUBLINGS = 500;

/**
 * Events per thing, older ones counting less: count(t) = sum 2^((t_event - t) / half-life). Kept relative to a fixed moment, where
 * the order is the same at any t, so an event costs one addition and nothing decays by itself. The largest are kept in order: a
 * weight only grows, so what was observed since they were asked for last can but move up.
 */
export class DecayedCounts {
  private readonly halfLifeMs: number;
  private readonly ranked: number;
  private weights: Float64Array;
  private originMs: number | undefined;
  private order: Int32Array;
  /** place of a thing in `order`; -1: not among the largest */
  private places: Int32Array;
  private orderSize = 0;
  /** observed since the order was right */
  private readonly moved = new Set<number>();

  constructor({ halfLifeHours, ranked = 5000 }: DecayedCountsOptions, state?: DecayedCountsState) {
    if (!(halfLifeHours > 0))
      throw new RangeError(`A half-life is a positive number of hours, not ${halfLifeHours}`);
    this.halfLifeMs = halfLifeHours * hourMs;
    this.ranked = ranked;
    this.weights = state?.weights.slice() ?? new Float64Array(64);
    this.originMs = state?.originMs;
    this.places = new Int32Array(this.weights.length).fill(-1);
    this.order = new Int32Array(ranked);
    this.sortAnew();
  }

  /** @param weight of the event: 1 a click, say; not negative */
  observe(thing: number, atMs: number, weight = 1): void {
    if (!(weight >= 0)) throw new RangeError(`An event counts ${weight}; counts only grow`);
    if (thing >= this.weights.length) this.grow(thing + 1);
    this.originMs ??= atMs;
    let doublings = (atMs - this.originMs) / this.halfLifeMs;
    if (doublings > MOST_DOUBLINGS) {
      const scale = 2 ** -doublings;
      for (let i = 0; i < this.weights.length; i += 1) this.weights[i] *= scale;
      this.originMs = atMs;
      doublings = 0;
      this.sortAnew();
    }
    this.weights[thing] += weight * 2 ** doublings;
    this.moved.add(thing);
  }

  /** Decayed number of events at a moment. */
  at(thing: number, nowMs: number): number {
    if (this.originMs === undefined || thing >= this.weights.length) return 0;
    return this.weights[thing] * 2 ** (-(nowMs - this.originMs) / this.halfLifeMs);
  }

  /** The things with the largest counts, largest first, ties to the smaller index; a view that the next event changes. */
  largest(): Int32Array {
    if (this.moved.size > this.ranked) this.sortAnew();
    else {
      // The largest first: each then stops where it belongs, since all that is before it is in order.
      const moved = Int32Array.from(this.moved).sort((a, b) => (this.isBefore(a, b) ? -1 : 1));
      for (const thing of moved) this.rise(thing);
      this.moved.clear();
    }
    return this.order.subarray(0, this.orderSize);
  }

  state(): DecayedCountsState {
    return { originMs: this.originMs, weights: this.weights.slice() };
  }

  private grow(things: number): void {
    const length = Math.max(things, 2 * this.weights.length);
    const weights = new Float64Array(length);
    weights.set(this.weights);
    this.weights = weights;
    const places = new Int32Array(length).fill(-1);
    places.set(this.places);
    this.places = places;
  }

  private isBefore(a: number, b: number): boolean {
    const difference = this.weights[a] - this.weights[b];
    return difference > 0 || (difference === 0 && a < b);
  }

  private rise(thing: number): void {
    const { order, places } = this;
    let at = places[thing];
    if (at < 0) {
      if (!(this.weights[thing] > 0)) return;
      if (this.orderSize < this.ranked) at = this.orderSize++;
      else if (this.ranked > 0 && this.isBefore(thing, order[this.ranked - 1])) {
        at = this.ranked - 1;
        places[order[at]] = -1;
      } else return;
    }
    for (; at > 0 && this.isBefore(thing, order[at - 1]); at -= 1) {
      order[at] = order[at - 1];
      places[order[at]] = at;
    }
    order[at] = thing;
    places[thing] = at;
  }

  private sortAnew(): void {
    const { weights } = this;
    const sorted = Int32Array.from(weights.keys())
      .filter((thing) => weights[thing] > 0)
      .sort((a, b) => weights[b] - weights[a] || a - b)
      .subarray(0, this.ranked);
    this.moved.clear();
    this.places.fill(-1);
    this.order.set(sorted);
    this.orderSize = sorted.length;
    sorted.forEach((thing, place) => (this.places[thing] = place));
  }
}
