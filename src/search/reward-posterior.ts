/**
 * Normal-inverse-gamma belief in the mean and variance of a reward: mean | variance ~ N(mean, variance / count), variance
 * ~ InverseGamma(shape, scale) (Murphy, Conjugate Bayesian analysis of the Gaussian distribution, 2007, section 3).
 */
export interface RewardPosterior {
  readonly mean: number;
  /** observations' worth of certainty of the mean */
  readonly count: number;
  readonly shape: number;
  readonly scale: number;
}

/** The belief after one observation that counts `weight` times (equations 85-89 with n = weight). */
export function observed(prior: RewardPosterior, reward: number, weight = 1): RewardPosterior {
  const count = prior.count + weight;
  return {
    mean: prior.mean + (weight * (reward - prior.mean)) / count,
    count,
    shape: prior.shape + weight / 2,
    scale: prior.scale + (prior.count * weight * (reward - prior.mean) ** 2) / (2 * count),
  };
}

/** Marginal belief in the mean: Student's t with `degrees` of freedom around `mean`, in units of `unit` (equation 110). */
export function meanBelief({ mean, count, shape, scale }: RewardPosterior): {
  readonly mean: number;
  readonly unit: number;
  readonly degrees: number;
} {
  return { mean, unit: Math.sqrt(scale / (shape * count)), degrees: 2 * shape };
}
