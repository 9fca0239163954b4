import { poolMoments, type Moments } from './moments.js';

/** Which columns of the moments mean what. The value is always column 0. */
export interface Estimand {
  /** proportions have variance p (1 − p) */
  readonly kind: 'mean' | 'proportion' | 'ratio';
  /** column of the denominator of a ratio */
  readonly denominator?: number;
  /** column of a covariate that the treatment cannot have changed, such as the value before exposure */
  readonly covariate?: number;
  /** column of the covariate's own denominator */
  readonly covariateDenominator?: number;
}

/** What one arm says of a metric: all that a comparison needs. */
export interface ArmEstimate {
  /** units */
  readonly n: number;
  /** mean, share, ratio or quantile; moved by the covariate's imbalance where there is one */
  readonly mean: number;
  /** the same without adjustment: what a relative difference is relative to */
  readonly unadjustedMean: number;
  /** variance of one unit: the squared standard error of `mean` is variance / n */
  readonly variance: number;
}

export interface PairEstimate {
  readonly control: ArmEstimate;
  readonly treatment: ArmEstimate;
  /** the covariate's coefficient; null without a covariate, or where it does not vary */
  readonly theta: number | null;
}

/** A mean or a ratio of means, and its gradient with respect to the means of all columns. */
interface Linearised {
  readonly value: number;
  readonly gradient: readonly number[];
}

function linearise(means: readonly number[], top: number, bottom: number | undefined): Linearised {
  if (bottom === undefined) return { value: means[top], gradient: means.map((_, i) => (i === top ? 1 : 0)) };
  const value = means[top] / means[bottom];
  return {
    value,
    gradient: means.map((_, i) =>
      i === top ? 1 / means[bottom] : i === bottom ? -value / means[bottom] : 0,
    ),
  };
}

/** aᵀ C b */
function quadratic(a: readonly number[], c: Moments['covariance'], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) for (let j = 0; j < b.length; j += 1) sum += a[i] * c[i][j] * b[j];
  return sum;
}

/**
 * A metric in two arms, per unit of randomisation.
 *
 * mean: Y. proportion: p with variance p (1 − p). ratio M / D: delta method over units, var(M)/μD² + var(D) μM²/μD⁴ −
 * 2 cov(M, D) μM/μD³ (Deng, Knoblich & Lu, KDD 2018).
 *
 * With a covariate X (CUPED; Deng, Xu, Kohavi & Walker, WSDM 2013): Y − θ (X − mean X of both arms) with θ = cov(Y, X) /
 * var(X) over the units of both arms together, variance var(Y) + θ² var(X) − 2 θ cov(Y, X). Ratios, also as covariates, enter by
 * their linearisation, which is the same formula with the 4 × 4 covariance of (M, D, MX, DX).
 *
 * A denominator of zero in either arm gives NaN: the caller decides what to say of it.
 */
export function estimatePair(control: Moments, treatment: Moments, estimand: Estimand): PairEstimate {
  const { arms, theta } = estimateArms([control, treatment], estimand);
  return { control: arms[0].estimate, treatment: arms[1].estimate, theta };
}

/** An arm with the gradient of its estimate: a unit with columns x moves it by gradient · (x − means) / n. */
export interface LinearisedArm {
  readonly estimate: ArmEstimate;
  readonly gradient: readonly number[];
}

/** The same for any number of arms; θ is over the units of all of them. */
export function estimateArms(
  all: readonly Moments[],
  { kind, denominator, covariate, covariateDenominator }: Estimand,
): { readonly arms: readonly LinearisedArm[]; readonly theta: number | null } {
  const plain = (moments: Moments): LinearisedArm => {
    const { value, gradient } = linearise(moments.means, 0, denominator);
    const variance =
      kind === 'proportion' ? value * (1 - value) : quadratic(gradient, moments.covariance, gradient);
    return {
      estimate: { n: moments.n, mean: value, unadjustedMean: value, variance: Math.max(0, variance) },
      gradient,
    };
  };
  if (covariate === undefined) return { arms: all.map(plain), theta: null };
  const pooled = all.slice(1).reduce(poolMoments, all[0]);
  const y = linearise(pooled.means, 0, denominator);
  const x = linearise(pooled.means, covariate, covariateDenominator);
  const varX = quadratic(x.gradient, pooled.covariance, x.gradient);
  const theta = quadratic(y.gradient, pooled.covariance, x.gradient) / varX;
  if (!(varX > 0) || !Number.isFinite(theta)) return { arms: all.map(plain), theta: null };
  const adjusted = (moments: Moments): LinearisedArm => {
    const own = linearise(moments.means, 0, denominator);
    const before = linearise(moments.means, covariate, covariateDenominator);
    const gradient = own.gradient.map((value, i) => value - theta * before.gradient[i]);
    const estimate = {
      n: moments.n,
      mean: own.value - theta * (before.value - x.value),
      unadjustedMean: own.value,
      variance: Math.max(0, quadratic(gradient, moments.covariance, gradient)),
    };
    return { estimate, gradient };
  };
  return { arms: all.map(adjusted), theta };
}
