import type { ArmEstimate } from '../arm-estimate.js';

/**
 * What recurring units add to the errors of two epochs: over the units that were in arm `a` in epoch `e` and in arm `b` in epoch
 * `f`, the sum of the products of their deviations (gradient · (x − means) of their arm) in both.
 */
export interface EpochOverlap {
  readonly e: number;
  readonly f: number;
  readonly a: number;
  readonly b: number;
  readonly products: number;
}

/**
 * One metric over several epochs of constant allocation, arm by arm, the control first. Each epoch compares its own arms; the
 * differences are averaged with weights n_C n_T / (n_C + n_T) that do not look at outcomes. Pooling the units of all epochs instead
 * mixes epochs in another proportion in each arm (Simpson's paradox: a treatment that grows into the busy days seems to win).
 *
 * Units that come back in a later epoch correlate the epochs; their covariances are added. What a unit that changed arms adds to the
 * difference of two arms is only counted where it enlarges the error.
 * @param epochs [epoch][arm]
 * @param units different units of each arm over all epochs
 */
export function combineEpochs(
  epochs: readonly (readonly ArmEstimate[])[],
  overlaps: readonly EpochOverlap[],
  units: readonly number[],
): ArmEstimate[] {
  const weights = epochWeights(epochs);
  const arms = units.map((_, arm) => arm);
  const covariance = arms.map((a) =>
    arms.map((b) =>
      a === b
        ? epochs.reduce((sum, epoch, e) => sum + (weights[e] ** 2 * epoch[a].variance) / epoch[a].n, 0)
        : 0,
    ),
  );
  for (const { e, f, a, b, products } of overlaps) {
    const part = (weights[e] * weights[f] * products) / (epochs[e][a].n * epochs[f][b].n);
    covariance[a][b] += part;
    covariance[b][a] += part;
  }
  return arms.map((arm) => {
    const mean = (of: (estimate: ArmEstimate) => number): number =>
      epochs.reduce((sum, epoch, e) => sum + weights[e] * of(epoch[arm]), 0);
    const others = arms.filter((other) => (arm === 0 ? other !== 0 : other === 0));
    const crossed = Math.max(0, ...others.map((other) => -covariance[arm][other]));
    return {
      n: units[arm],
      mean: mean((estimate) => estimate.mean),
      unadjustedMean: mean((estimate) => estimate.unadjustedMean),
      variance: Math.max(0, covariance[arm][arm] + crossed) * units[arm],
    };
  });
}

/** Shares that sum to 1: the precision of each epoch's difference where units are equally variable. */
function epochWeights(epochs: readonly (readonly ArmEstimate[])[]): number[] {
  const sizes = epochs.map(([control, ...treatments]) => {
    const treated = treatments.reduce((sum, { n }) => sum + n, 0);
    return (control.n * treated) / (control.n + treated);
  });
  const all = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.map((size) => size / all);
}
