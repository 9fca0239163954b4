import { incompleteBeta, incompleteGamma } from './gamma-functions.js';

/** P(Z <= z) of the standard normal, accurate in both tails. */
export function normalCdf(z: number): number {
  const { lower, upper } = incompleteGamma(0.5, (z * z) / 2);
  return z < 0 ? upper / 2 : 0.5 + lower / 2;
}

/** P(chi-square with df degrees of freedom <= x). */
export function chiSquareCdf(x: number, df: number): number {
  return incompleteGamma(df / 2, x / 2).lower;
}

/** P(chi-square with df degrees of freedom > x), accurate for large x. */
export function chiSquareTail(x: number, df: number): number {
  return incompleteGamma(df / 2, x / 2).upper;
}

/** P(T <= t) of Student's t; df may be fractional or infinite (normal). */
export function studentCdf(t: number, df: number): number {
  // Beyond a hundred million degrees of freedom t and normal agree to all digits that the beta fraction can give.
  if (!(df < 1e8)) return normalCdf(t);
  const square = t * t;
  const tail = incompleteBeta(df / 2, 0.5, df / (df + square), square / (df + square)) / 2;
  return t < 0 ? tail : 1 - tail;
}

/** Bisection on a monotone function between brackets, to the last bits: slow (about 60 steps), never wrong. */
function solve(cdf: (x: number) => number, p: number, low: number, high: number): number {
  let from = low;
  let to = high;
  for (let step = 0; step < 200; step += 1) {
    const middle = from + (to - from) / 2;
    if (middle === from || middle === to) break;
    if (cdf(middle) < p) from = middle;
    else to = middle;
  }
  return from + (to - from) / 2;
}

function checkProbability(p: number): void {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`A quantile needs a probability in [0, 1], not ${String(p)}`);
}

/** z with P(Z <= z) = p. */
export function normalQuantile(p: number): number {
  checkProbability(p);
  if (p === 0 || p === 1) return p === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (p > 0.5) return -normalQuantile(1 - p); // exact: 1 - p loses nothing for p in [0.5, 1] (Sterbenz)
  return p === 0.5 ? 0 : solve(normalCdf, p, -40, 0);
}

/** t with P(T <= t) = p for df > 0 degrees of freedom (fractional and infinite allowed). */
export function studentQuantile(p: number, df: number): number {
  checkProbability(p);
  if (!(df > 0)) throw new RangeError(`Student's t needs positive degrees of freedom, not ${String(df)}`);
  if (p === 0 || p === 1) return p === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (p === 0.5) return 0;
  if (p > 0.5) return -studentQuantile(1 - p, df);
  let low = -2;
  while (studentCdf(low, df) > p) low *= 4;
  return solve((t) => studentCdf(t, df), p, low, 0);
}

/** x with P(chi-square <= x) = p. */
export function chiSquareQuantile(p: number, df: number): number {
  checkProbability(p);
  if (p === 0) return 0;
  if (p === 1) return Number.POSITIVE_INFINITY;
  let high = df + 10;
  while (chiSquareCdf(high, df) < p) high *= 2;
  return solve((x) => chiSquareCdf(x, df), p, 0, high);
}
