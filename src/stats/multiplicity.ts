/** Adjusted p-values of several tests: each may be held against the level that a single test would be held against. */
export type Correction = 'holm' | 'benjamini-hochberg' | 'none';

/** p-values in their given order, adjusted by the named rule. @throws RangeError for a value outside [0, 1] */
export function adjustPValues(values: readonly number[], correction: Correction): number[] {
  for (const p of values)
    if (!(p >= 0 && p <= 1)) throw new RangeError(`A p-value lies in [0, 1], not ${String(p)}`);
  if (correction === 'none') return [...values];
  return correction === 'holm' ? holm(values) : benjaminiHochberg(values);
}

/**
 * Holm's step-down rule (Scandinavian Journal of Statistics 1979): the chance of any false claim stays below the level,
 * whatever the dependence of the tests. The i-th smallest value (from 0) of m is multiplied by m - i, and no value is
 * below one before it.
 */
export function holm(values: readonly number[]): number[] {
  const adjusted = Array.from<number>({ length: values.length });
  let running = 0;
  ascending(values).forEach((index, rank, order) => {
    running = Math.max(running, Math.min(1, values[index] * (order.length - rank)));
    adjusted[index] = running;
  });
  return adjusted;
}

/**
 * Benjamini & Hochberg's step-up rule (Journal of the Royal Statistical Society B 1995): the expected share of false claims
 * among all claims stays below the level for independent or positively dependent tests. The i-th smallest value (from 1) of
 * m is multiplied by m / i, and no value is above one after it.
 */
export function benjaminiHochberg(values: readonly number[]): number[] {
  const adjusted = Array.from<number>({ length: values.length });
  let running = 1;
  ascending(values)
    .reverse()
    .forEach((index, fromAbove, order) => {
      running = Math.min(running, (values[index] * order.length) / (order.length - fromAbove));
      adjusted[index] = running;
    });
  return adjusted;
}

function ascending(values: readonly number[]): number[] {
  return values.map((_, index) => index).sort((a, b) => values[a] - values[b] || a - b);
}
