import { median } from './median.js';

export interface MedianInterval {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
  /** that the interval reaches; below what was asked for where there are too few values */
  readonly confidence: number;
}

/**
 * Median with an interval between two order statistics, which holds for any continuous distribution: P(x(k) < median < x(n+1-k)) =
 * 1 - 2 P(Binomial(n, 1/2) < k) (Thompson, Annals of Mathematical Statistics 1936). The narrowest one of at least `confidence`, or
 * from the smallest to the largest value where none reaches it (fewer than six values for 95 %).
 * @throws RangeError without values
 */
export function medianInterval(values: readonly number[], confidence = 0.95): MedianInterval {
  const n = values.length;
  if (n === 0) throw new RangeError('A median of no values');
  const sorted = [...values].sort((a, b) => a - b);
  // `below` is P(Binomial(n, 1/2) < k), `next` P(Binomial(n, 1/2) = k).
  let below = 0.5 ** n;
  let next = n * below;
  let k = 1;
  while (2 * (k + 1) <= n && 1 - 2 * (below + next) >= confidence) {
    below += next;
    k += 1;
    next *= (n - k + 1) / k;
  }
  return { median: median(sorted), lower: sorted[k - 1], upper: sorted[n - k], confidence: 1 - 2 * below };
}
