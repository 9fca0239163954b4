import { normalCdf, normalQuantile, studentCdf, studentQuantile } from '../stats/index.js';
import type { Difference } from './difference.js';

/** A two-sided test of "no difference" and the interval that belongs to it. */
export interface Inference {
  readonly p: number;
  readonly ci: readonly [number, number];
}

/** A one-sided test of "not above the null value", and the bound that the difference exceeds at its level. */
export interface LowerBound {
  readonly p: number;
  readonly bound: number;
}

/** How differences are judged. `tunedFor`: units (of both arms) at which an always-valid interval is tightest. */
export type InferenceRule =
  { readonly kind: 'fixed-horizon' } | { readonly kind: 'always-valid'; readonly tunedFor: number };

/** Where an always-valid interval is tightest when nobody says what sample is planned. */
export const defaultTuning = 5000;

export function twoSided(difference: Difference, alpha: number, rule: InferenceRule): Inference {
  return rule.kind === 'fixed-horizon'
    ? welch(difference, alpha)
    : alwaysValid(difference, alpha, rule.tunedFor);
}

/** The bound from below; for one from above, negate the difference and the answer. */
export function lowerBound(
  difference: Difference,
  nullValue: number,
  alpha: number,
  rule: InferenceRule,
): LowerBound {
  return rule.kind === 'fixed-horizon'
    ? welchLower(difference, nullValue, alpha)
    : alwaysValidLower(difference, nullValue, alpha, rule.tunedFor);
}

/** Student's t with Welch's degrees of freedom; holds for one look at a sample whose size was fixed beforehand. */
function welch({ estimate, se, df }: Difference, alpha: number): Inference {
  const half = studentQuantile(1 - alpha / 2, df) * se;
  return {
    p: Math.min(1, 2 * studentCdf(-Math.abs(estimate / se), df)),
    ci: [estimate - half, estimate + half],
  };
}

function welchLower({ estimate, se, df }: Difference, nullValue: number, alpha: number): LowerBound {
  return {
    p: studentCdf(-(estimate - nullValue) / se, df),
    bound: estimate - studentQuantile(1 - alpha, df) * se,
  };
}

/** ρ², the share of units that the mixture weighs like one prior unit (Waudby-Smith et al., eq. 161 of arXiv 2103.06476v7). */
function mixingRate(alpha: number, tunedFor: number): number {
  return (-2 * Math.log(alpha) + Math.log(1 - 2 * Math.log(alpha))) / tunedFor;
}

/**
 * Asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, arXiv 2103.06476v7, eq. 9 and 155): holds
 * at all looks together, however many and whenever. N units, σ² = se² N: half-width
 * σ sqrt(2 (N ρ² + 1) / (N² ρ²) ln(sqrt(N ρ² + 1) / α)).
 */
function alwaysValid({ estimate, se, units }: Difference, alpha: number, tunedFor: number): Inference {
  const growth = units * mixingRate(alpha, tunedFor) + 1;
  // 2 (N ρ² + 1) / (N ρ²): what a squared number of standard errors is worth in logarithms of evidence
  const scale = (2 * growth) / (growth - 1);
  const half = se * Math.sqrt(scale * Math.log(Math.sqrt(growth) / alpha));
  const z = estimate / se;
  return {
    p: Math.min(1, Math.sqrt(growth) * Math.exp(-(z * z) / scale)),
    ci: [estimate - half, estimate + half],
  };
}

/**
 * The one-sided sequence of the same paper (appendix on one-sided tests): ρ at 2 α, and ln(1 + sqrt(N ρ² + 1) / (2 α)) in
 * place of the logarithm above.
 */
function alwaysValidLower(
  { estimate, se, units }: Difference,
  nullValue: number,
  alpha: number,
  tunedFor: number,
): LowerBound {
  const growth = units * mixingRate(2 * alpha, tunedFor) + 1;
  const scale = (2 * growth) / (growth - 1);
  const bound = estimate - se * Math.sqrt(scale * Math.log1p(Math.sqrt(growth) / (2 * alpha)));
  const z = (estimate - nullValue) / se;
  const p = z > 0 ? Math.min(1, Math.sqrt(growth) / (2 * Math.expm1((z * z) / scale))) : 1;
  return { p, bound };
}

/**
 * Standard errors that a difference must be away from its null value to be significant in a large sample; for the
 * always-valid rule in the sample that it is tuned for, where that number is smallest and depends on nothing else.
 */
export function criticalErrors(
  alpha: number,
  sides: 'one-sided' | 'two-sided',
  inference: InferenceRule['kind'],
): number {
  if (inference === 'fixed-horizon') return normalQuantile(1 - (sides === 'two-sided' ? alpha / 2 : alpha));
  const one = { estimate: 0, se: 1, df: Number.POSITIVE_INFINITY, units: 1 };
  return sides === 'two-sided' ? alwaysValid(one, alpha, 1).ci[1] : -alwaysValidLower(one, 0, alpha, 1).bound;
}

/** What a difference says under a normal prior; see {@link posteriorOf}. */
export interface Posterior {
  readonly estimate: number;
  readonly sd: number;
  readonly ci: readonly [number, number];
  /** chance that the treatment is above the control */
  readonly chanceAbove: number;
  /** expected loss, on the scale of the difference, of choosing one side where larger is better */
  readonly risk: { readonly control: number; readonly treatment: number };
}

export interface NormalPrior {
  readonly mean: number;
  readonly sd: number;
}

/**
 * Normal-normal posterior of a difference: precisions add up, chance to win Φ(μ / s). The risk of the treatment is
 * E[max(0, −d)], of the control E[max(0, d)] (the mean of the truncated normal times its mass).
 * @param prior null: flat, the posterior is the estimate with its standard error
 */
export function posteriorOf(
  difference: Difference,
  alpha: number,
  prior: NormalPrior | null = null,
): Posterior {
  const data = 1 / difference.se ** 2;
  const before = prior === null ? 0 : 1 / prior.sd ** 2;
  const sd = 1 / Math.sqrt(data + before);
  const mean =
    prior === null ? difference.estimate : (difference.estimate * data + prior.mean * before) * sd * sd;
  const half = -studentQuantile(alpha / 2, Number.POSITIVE_INFINITY) * sd;
  const z = mean / sd;
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  return {
    estimate: mean,
    sd,
    ci: [mean - half, mean + half],
    chanceAbove: normalCdf(z),
    risk: {
      control: Math.max(0, mean * normalCdf(z) + sd * density),
      treatment: Math.max(0, sd * density - mean * normalCdf(-z)),
    },
  };
}
