import { nothing, type RecallChannel, type RecallList, type RecallRequest } from './channel.js';

export interface SameValueOptions {
  /** what items share: creator, series, category */
  readonly name: string;
  /** [items] value of each item, counted from 0; -1: none */
  readonly valueOf: Int32Array;
  /** [items] when each item appeared, for the order inside a value: the newest first */
  readonly createdMs: Float64Array;
  /** how many of the latest events are looked at; default 10 */
  readonly events?: number;
}

/** The newest items of the creators (or whatever `valueOf` says) whose items the user acted on last. */
export class SameValueItems implements RecallChannel {
  readonly name: string;
  private readonly starts: Int32Array;
  /** items by value, the newest first */
  private readonly order: Int32Array;

  constructor(private readonly options: SameValueOptions) {
    const { valueOf, createdMs } = options;
    this.name = options.name;
    const values = valueOf.reduce((most, value) => Math.max(most, value), -1) + 1;
    this.order = Int32Array.from(valueOf.keys())
      .filter((item) => valueOf[item] >= 0)
      .sort((a, b) => valueOf[a] - valueOf[b] || createdMs[b] - createdMs[a] || a - b);
    this.starts = new Int32Array(values + 1);
    for (const item of this.order) this.starts[valueOf[item] + 1] += 1;
    for (let value = 0; value < values; value += 1) this.starts[value + 1] += this.starts[value];
  }

  recall({ history, isAllowed }: RecallRequest, count: number): RecallList {
    const { valueOf, events = 10 } = this.options;
    if (history.length === 0 || count === 0) return nothing;
    const cursors = new Map<number, number>();
    for (let at = history.length - 1; at >= Math.max(0, history.length - events); at -= 1) {
      const value = valueOf[history[at]] ?? -1;
      if (value >= 0 && !cursors.has(value)) cursors.set(value, this.starts[value]);
    }
    const items: number[] = [];
    // One of each in turn, the value of the latest event first.
    for (let gave = true; gave && items.length < count;) {
      gave = false;
      for (const [value, cursor] of cursors) {
        let at = cursor;
        while (at < this.starts[value + 1] && !isAllowed(this.order[at])) at += 1;
        if (at < this.starts[value + 1] && items.length < count) {
          items.push(this.order[at]);
          gave = true;
          at += 1;
        }
        cursors.set(value, at);
      }
    }
    return {
      items: Int32Array.from(items),
      scores: Float32Array.from(items, (_, rank) => 1 / (rank + 1)),
    };
  }
}
