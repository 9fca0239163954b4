import { normalQuantile } from './distributions.js';

/** A share of trials with its interval. */
export interface Proportion {
  readonly rate: number;
  readonly ci: readonly [number, number];
}

/**
 * Interval of a proportion (Wilson, JASA 1927, eq. 4): it stays inside [0, 1] and has a width also where nothing or
 * everything succeeded.
 * @param successes may be fractional, where a rate stands for fewer independent trials than it was counted over
 * @param trials zero: nothing is known, the interval is [0, 1]
 */
export function wilsonInterval(successes: number, trials: number, confidence = 0.95): Proportion {
  if (trials === 0) return { rate: Number.NaN, ci: [0, 1] };
  const rate = successes / trials;
  const z = normalQuantile(0.5 + confidence / 2);
  const scale = 1 + (z * z) / trials;
  const centre = (rate + (z * z) / (2 * trials)) / scale;
  const half = (z / scale) * Math.sqrt((rate * (1 - rate)) / trials + (z * z) / (4 * trials * trials));
  return {
    rate,
    ci: [Math.max(0, Math.min(rate, centre - half)), Math.min(1, Math.max(rate, centre + half))],
  };
}
