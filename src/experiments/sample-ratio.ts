import { chiSquareTail, logGamma } from '../stats/index.js';

export interface SampleRatio {
  /** of "units fell into arms by these weights" */
  readonly p: number;
  /** Pearson's statistic; null for the sequential test */
  readonly chiSquare: number | null;
}

/** Below this the split is not what was planned, and nothing that follows from it can be trusted. */
export const sampleRatioAlarm = 0.001;

interface Split {
  readonly counts: readonly number[];
  /** shares that sum to 1 */
  readonly shares: readonly number[];
  readonly total: number;
}

/** Arms that were to get nothing say nothing of the others. */
function splitOf(counts: readonly number[], weights: readonly number[]): Split {
  const kept = counts.map((count, i) => ({ count, weight: weights[i] })).filter(({ weight }) => weight > 0);
  const weightOfAll = kept.reduce((sum, { weight }) => sum + weight, 0);
  return {
    counts: kept.map(({ count }) => count),
    shares: kept.map(({ weight }) => weight / weightOfAll),
    total: kept.reduce((sum, { count }) => sum + count, 0),
  };
}

/** Pearson's chi-square test of the counts against the weights: for one look, at the end (Fabijan et al., KDD 2019). */
export function sampleRatio(counts: readonly number[], weights: readonly number[]): SampleRatio {
  const split = splitOf(counts, weights);
  if (split.total === 0 || split.counts.length < 2) return { p: 1, chiSquare: 0 };
  const chiSquare = split.counts.reduce((sum, count, i) => {
    const expected = split.shares[i] * split.total;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  return { p: chiSquareTail(chiSquare, split.counts.length - 1), chiSquare };
}

/** Prior units of the alternatives: from splits that are far off and seen at once to near misses that take long. */
const concentrations = [10, 100, 1000, 10_000, 100_000] as const;

/**
 * Sequential multinomial test (Lindon & Malek, arXiv 2011.03567): the Bayes factor of a Dirichlet alternative against
 * the planned shares θ, ∏ Γ(kθᵢ + nᵢ)/Γ(kθᵢ) · Γ(k)/Γ(k + N) / ∏ θᵢ^nᵢ. Under the plan it is a martingale of mean 1, so the
 * chance that it ever exceeds 1/α is at most α: p = min(1, 1 / factor) may be looked at all the time. The mean of
 * factors is one too; it is taken over concentrations k, so that nobody has to say how far off a split will be.
 */
export function sequentialSampleRatio(counts: readonly number[], weights: readonly number[]): SampleRatio {
  const { counts: seen, shares, total } = splitOf(counts, weights);
  if (total === 0 || seen.length < 2) return { p: 1, chiSquare: null };
  const logFactors = concentrations.map((k) =>
    seen.reduce(
      (sum, count, i) =>
        sum + logGamma(k * shares[i] + count) - logGamma(k * shares[i]) - count * Math.log(shares[i]),
      logGamma(k) - logGamma(k + total),
    ),
  );
  const largest = Math.max(...logFactors);
  const mean = logFactors.reduce((sum, value) => sum + Math.exp(value - largest), 0) / logFactors.length;
  return { p: Math.min(1, Math.exp(-(largest + Math.log(mean)))), chiSquare: null };
}
