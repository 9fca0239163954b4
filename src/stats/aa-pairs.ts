import { Rng } from '../platform/index.js';

/** Two disjoint sets of runs of one configuration: what a candidate without any gain and its ancestor would be. */
export interface AaPair {
  readonly candidate: readonly number[];
  readonly ancestor: readonly number[];
}

/** How many ordered pairs of disjoint sets there are; infinite where the number is beyond counting. */
function pairsThere(runs: number, size: number): number {
  let count = 1;
  for (let i = 0; i < 2 * size; i += 1) count *= runs - i;
  let orders = 1;
  for (let i = 2; i <= size; i += 1) orders *= i;
  return count / (orders * orders);
}

/**
 * Ordered pairs of disjoint sets of `size` runs out of `runs`: all of them when there are no more than `most`, otherwise
 * that many different ones by a fixed seed. Pairs share runs, so they are far from independent: only
 * floor(runs / (2 size)) of them are disjoint.
 * @returns none when the runs are too few for one pair
 */
export function aaPairs(runs: number, size: number, most: number): readonly AaPair[] {
  if (runs < 2 * size) return [];
  const wanted = Math.min(most, pairsThere(runs, size));
  const rng = new Rng(['aa-pairs', runs, size]);
  const seen = new Set<string>();
  const pairs: AaPair[] = [];
  // Rejection ends: where all pairs are wanted there are at most `most` of them.
  while (pairs.length < wanted) {
    const order = rng.shuffle(Array.from({ length: runs }, (_, i) => i));
    const candidate = order.slice(0, size).sort((a, b) => a - b);
    const ancestor = order.slice(size, 2 * size).sort((a, b) => a - b);
    const name = `${candidate.join()}|${ancestor.join()}`;
    if (seen.has(name)) continue;
    seen.add(name);
    pairs.push({ candidate, ancestor });
  }
  return pairs;
}
