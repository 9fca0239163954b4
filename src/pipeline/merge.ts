import type { Recall } from './candidate.js';

/** What one channel recalled, best first. */
export interface Recalled {
  readonly channel: string;
  /** items that the channel may be sure of among the candidates, if it recalls so many */
  readonly quota: number;
  /** [n] dense item indices without repeats */
  readonly items: Int32Array;
  /** [n] */
  readonly scores: Float32Array;
}

/**
 * Joins what channels recalled into at most `total` items without repeats. Every channel has its best `quota` items in; the places
 * left go round the channels, larger quotas first, each giving its next best item. Scores of channels are never compared with each
 * other. Order: as taken, so that without a ranking model the channels alternate.
 * @throws RangeError when the quotas exceed `total`
 */
export function mergeRecalled(recalled: readonly Recalled[], total: number): Int32Array {
  const promised = recalled.reduce((sum, { quota }) => sum + quota, 0);
  if (promised > total)
    throw new RangeError(
      `The quotas of all channels are ${promised}, and only ${total} candidates are wanted`,
    );
  const taken = new Set<number>();
  const next = recalled.map(() => 0);
  const take = (c: number): boolean => {
    const { items } = recalled[c];
    while (next[c] < items.length) {
      const size = taken.size;
      if (taken.add(items[next[c]++]).size > size) return true;
    }
    return false;
  };
  // An item that two channels recall counts for both: its place is used once, and each has it in.
  const rounds = Math.max(0, ...recalled.map(({ quota }) => quota));
  for (let round = 0; round < rounds; round += 1) {
    for (const { quota, items } of recalled)
      if (round < quota && round < items.length) taken.add(items[round]);
  }
  const turns = recalled.map((_, c) => c).sort((a, b) => recalled[b].quota - recalled[a].quota || a - b);
  for (let gave = true; gave && taken.size < total;) {
    gave = false;
    for (const c of turns) if (taken.size < total && take(c)) gave = true;
  }
  const out = new Int32Array(taken.size);
  let place = 0;
  for (const item of taken) out[place++] = item;
  return out;
}

/** Which channels recalled an item, at which rank. */
export function recallsOf(recalled: readonly Recalled[], item: number): Recall[] {
  return recalled.flatMap(({ channel, items, scores }) => {
    const rank = items.indexOf(item);
    return rank < 0 ? [] : [{ channel, score: scores[rank], rank }];
  });
}
