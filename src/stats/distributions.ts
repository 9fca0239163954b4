import { incompleteBeta, incompleteGamma, logGamma } from './gamma-functions.js';

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

/** P(F > f) of Fisher's F, the ratio of two independent variance estimates with so many degrees of freedom. */
export function fTail(f: number, upperDf: number, lowerDf: number): number {
  if (f <= 0) return 1;
  const share = lowerDf / (lowerDf + upperDf * f);
  return incompleteBeta(lowerDf / 2, upperDf / 2, share, 1 - share);
}

/**
 * Root of cdf(x) = p inside a bracket: Newton steps from the density, bisection whenever a step would leave the bracket
 * or gains too little. Ends when x moves by less than its last bits.
 */
function solve(
  cdf: (x: number) => number,
  density: (x: number) => number,
  p: number,
  bracket: readonly [number, number],
  start: number,
): number {
  let [low, high] = bracket;
  let x = start > low && start < high ? start : low + (high - low) / 2;
  let lastStep = high - low;
  for (let i = 0; i < 300; i += 1) {
    const excess = cdf(x) - p;
    if (excess === 0) return x;
    if (excess < 0) low = x;
    else high = x;
    let next = x - excess / density(x);
    if (!(next > low && next < high) || Math.abs(next - x) > lastStep / 2) next = low + (high - low) / 2;
    lastStep = Math.abs(next - x);
    if (lastStep <= 1e-15 * Math.abs(x)) return next;
    x = next;
  }
  return x;
}

function checkProbability(p: number): void {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`A quantile needs a probability in [0, 1], not ${String(p)}`);
}

function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

function studentDensity(df: number): (t: number) => number {
  if (!(df < 1e8)) return normalDensity;
  const scale = logGamma((df + 1) / 2) - logGamma(df / 2) - Math.log(df * Math.PI) / 2;
  return (t) => Math.exp(scale - ((df + 1) / 2) * Math.log1p((t * t) / df));
}

/** Lower-tail normal quantile to three digits (Abramowitz & Stegun 26.2.23): where the solver starts. */
function normalStart(p: number): number {
  const t = Math.sqrt(-2 * Math.log(p));
  const ratio =
    (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  return ratio - t;
}

/** z with P(Z <= z) = p. */
export function normalQuantile(p: number): number {
  checkProbability(p);
  if (p === 0 || p === 1) return p === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (p > 0.5) return -normalQuantile(1 - p); // exact: 1 - p loses nothing for p in [0.5, 1] (Sterbenz)
  return p === 0.5 ? 0 : solve(normalCdf, normalDensity, p, [-40, 0], normalStart(p));
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
  const z = normalStart(p);
  // second-order expansion of t in 1 / df (Abramowitz & Stegun 26.7.5); the solver corrects it where df is small
  const start = z + (z ** 3 + z) / (4 * df);
  return solve((t) => studentCdf(t, df), studentDensity(df), p, [low, 0], start);
}

/** x with P(chi-square <= x) = p. */
export function chiSquareQuantile(p: number, df: number): number {
  checkProbability(p);
  if (p === 0) return 0;
  if (p === 1) return Number.POSITIVE_INFINITY;
  let high = df + 10;
  while (chiSquareCdf(high, df) < p) high *= 2;
  const shape = df / 2;
  const scale = -shape * Math.LN2 - logGamma(shape);
  const density = (x: number): number => Math.exp(scale + (shape - 1) * Math.log(x) - x / 2);
  return solve((x) => chiSquareCdf(x, df), density, p, [0, high], df);
}
