import type { RecallChannel, RecallList, RecallRequest } from './channel.js';

export interface PopularOptions {
  readonly itemCount: number;
  /** an event counts half after so long */
  readonly halfLifeHours: number;
  /** the ranking is made anew after so many events at most; default 1,000 */
  readonly refreshEvents?: number;
}

const hourMs = 3_600_000;
/** Exponents of 2 up to which sums stay exact enough; beyond, all of them are scaled down together. */
const MOST_DOUBLINGS = 500;

/**
 * Items by events, older ones counting less: score(t) = sum 2^((t_event - t) / half-life). Kept relative to a fixed moment, where
 * the order is the same at any t, so an event costs one addition and nothing decays by itself.
 */
export class PopularItems implements RecallChannel {
  readonly name = 'popular';
  private readonly weights: Float64Array;
  private originMs: number | undefined;
  private order: Int32Array = new Int32Array(0);
  private sinceRefresh = Number.POSITIVE_INFINITY;

  constructor(private readonly options: PopularOptions) {
    this.weights = new Float64Array(options.itemCount);
  }

  /** @param weight of the event: 1 a click, say */
  observe(item: number, atMs: number, weight = 1): void {
    this.originMs ??= atMs;
    let doublings = (atMs - this.originMs) / (this.options.halfLifeHours * hourMs);
    if (doublings > MOST_DOUBLINGS) {
      const scale = 2 ** -doublings;
      for (let i = 0; i < this.weights.length; i += 1) this.weights[i] *= scale;
      this.originMs = atMs;
      doublings = 0;
    }
    this.weights[item] += weight * 2 ** doublings;
    this.sinceRefresh += 1;
  }

  /** Decayed number of events at a moment. */
  scoreOf(item: number, nowMs: number): number {
    if (this.originMs === undefined) return 0;
    return this.weights[item] * 2 ** (-(nowMs - this.originMs) / (this.options.halfLifeHours * hourMs));
  }

  recall({ nowMs, isAllowed }: RecallRequest, count: number): RecallList {
    if (this.sinceRefresh >= (this.options.refreshEvents ?? 1000)) this.refresh();
    const items: number[] = [];
    for (const item of this.order) {
      if (items.length >= count) break;
      if (isAllowed(item)) items.push(item);
    }
    return {
      items: Int32Array.from(items),
      scores: Float32Array.from(items, (item) => this.scoreOf(item, nowMs)),
    };
  }

  private refresh(): void {
    const { weights } = this;
    this.order = Int32Array.from(weights.keys())
      .filter((item) => weights[item] > 0)
      .sort((a, b) => weights[b] - weights[a] || a - b);
    this.sinceRefresh = 0;
  }
}
