/** Largest distance of an empirical distribution from a hypothesised one, and how rare a larger one is under it. */
export interface KolmogorovSmirnov {
  readonly distance: number;
  readonly p: number;
}

/**
 * One-sample Kolmogorov-Smirnov test of values against the uniform distribution on [0, 1]. The tail is Kolmogorov's
 * asymptotic series at (sqrt n + 0.12 + 0.11 / sqrt n) D (Stephens, Journal of the Royal Statistical Society B 1970), good to
 * three digits from n = 8. @throws RangeError for no values, or one outside [0, 1]
 */
export function kolmogorovSmirnov(values: readonly number[]): KolmogorovSmirnov {
  const n = values.length;
  if (n === 0 || values.some((value) => !(value >= 0 && value <= 1)))
    throw new RangeError('The test of uniformity needs values in [0, 1]');
  const sorted = Float64Array.from(values).sort();
  let distance = 0;
  for (let i = 0; i < n; i += 1) distance = Math.max(distance, (i + 1) / n - sorted[i], sorted[i] - i / n);
  const root = Math.sqrt(n);
  return { distance, p: kolmogorovTail((root + 0.12 + 0.11 / root) * distance) };
}

function kolmogorovTail(x: number): number {
  // The alternating series converges slowly where its value is 1 to all digits shown.
  if (x < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k += 1) {
    const term = Math.exp(-2 * k * k * x * x);
    sum += k % 2 === 1 ? term : -term;
    if (term < 1e-17) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
}
