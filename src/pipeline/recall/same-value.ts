import { nothing, type RecallChannel, type RecallList, type RecallRequest } from './channel.js';

/** What the channel goes by; it may change between requests. */
export interface ItemValues {
  /** [items] value of each item, counted from 0; -1: none */
  readonly valueOf: Int32Array;
  /** [items] when each item appeared, for the order inside a value: the newest first; NaN last */
  readonly createdMs: Float64Array;
}

export interface SameValueOptions {
  /** what items share: creator, series, category */
  readonly name: string;
  readonly items: () => ItemValues;
  /** changes whenever `items` does; default: it never does */
  readonly revision?: () => number;
  /** how many of the latest events are looked at; default 10 */
  readonly events?: number;
}

/** The newest items of the creators (or whatever the values say) whose items the user acted on last. */
export class SameValueItems implements RecallChannel {
  readonly name: string;
  /** items of each value, the newest first */
  private readonly lists = new Map<number, number[]>();
  /** value under which each item is listed */
  private listed: Int32Array = new Int32Array(0);
  private followed: number | undefined;

  constructor(private readonly options: SameValueOptions) {
    this.name = options.name;
  }

  recall({ history, isAllowed }: RecallRequest, count: number): RecallList {
    const { items: values, revision = () => 0, events = 10 } = this.options;
    if (history.length === 0 || count === 0) return nothing;
    const current = revision();
    if (this.followed !== current) this.follow(values());
    this.followed = current;
    const cursors = new Map<number, number>();
    for (let at = history.length - 1; at >= Math.max(0, history.length - events); at -= 1) {
      const value = this.listed[history[at]] ?? -1;
      if (value >= 0 && !cursors.has(value)) cursors.set(value, 0);
    }
    const items: number[] = [];
    // One of each in turn, the value of the latest event first.
    for (let gave = true; gave && items.length < count;) {
      gave = false;
      for (const [value, cursor] of cursors) {
        const list = this.lists.get(value) ?? [];
        let at = cursor;
        while (at < list.length && !isAllowed(list[at])) at += 1;
        if (at < list.length && items.length < count) {
          items.push(list[at]);
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

  /** Lists what is new or has another value where it belongs; sorts only lists that got longer. */
  private follow({ valueOf, createdMs }: ItemValues): void {
    const longer = new Set<number>();
    for (let item = 0; item < valueOf.length; item += 1) {
      const before = this.listed[item] ?? -1;
      const value = valueOf[item];
      if (value === before) continue;
      const left = this.lists.get(before);
      left?.splice(left.indexOf(item), 1);
      if (value < 0) continue;
      const list = this.lists.get(value);
      if (list === undefined) this.lists.set(value, [item]);
      else list.push(item);
      longer.add(value);
    }
    const moment = (item: number): number =>
      Number.isNaN(createdMs[item]) ? Number.NEGATIVE_INFINITY : createdMs[item];
    for (const value of longer)
      this.lists
        .get(value)
        ?.sort((a, b) => (moment(b) === moment(a) ? a - b : moment(b) > moment(a) ? 1 : -1));
    this.listed = valueOf.slice();
  }
}
