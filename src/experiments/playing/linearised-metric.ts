import type { MetricDefinition } from '../../schema/index.js';
import { estimateArms, type ArmEstimate } from '../arm-estimate.js';
import { estimandOf } from '../compare-metric.js';
import type { EpochOverlap } from '../ramp/combine-epochs.js';
import { momentsByArm } from './moments-by-arm.js';

/** A metric of one epoch: its estimates, and by unit the deviation that it adds to its arm's. */
export interface LinearisedMetric {
  /** by unit; −1: in none */
  readonly arm: Int8Array;
  readonly estimates: readonly ArmEstimate[];
  readonly deviations: Float64Array;
}

/**
 * Delta method by units: a deviation is the gradient of the arm's estimate times the unit's distance from the arm's means.
 * @param columns by unit, in the order of `estimandOf`
 * @returns null: an arm has fewer than two units
 */
export function lineariseMetric(
  definition: MetricDefinition,
  { arm, units, arms }: { readonly arm: Int8Array; readonly units: number; readonly arms: number },
  columns: readonly Float64Array[],
): LinearisedMetric | null {
  const moments = momentsByArm(arm, columns, units, arms);
  if (moments.some(({ n }) => n < 2)) return null;
  const estimated = estimateArms(moments, estimandOf(definition)).arms;
  const deviations = new Float64Array(units);
  for (let unit = 0; unit < units; unit += 1) {
    const own = arm[unit];
    if (own < 0) continue;
    let sum = 0;
    for (let c = 0; c < columns.length; c += 1)
      sum += estimated[own].gradient[c] * (columns[c][unit] - moments[own].means[c]);
    deviations[unit] = sum;
  }
  return { arm, estimates: estimated.map(({ estimate }) => estimate), deviations };
}

/** What units that are in both epochs bring into the covariance of their estimates, by the arms that they were in. */
export function overlapsOf(
  first: LinearisedMetric,
  later: LinearisedMetric,
  arms: number,
): Omit<EpochOverlap, 'e' | 'f'>[] {
  const products = new Float64Array(arms * arms);
  const units = Math.min(first.deviations.length, later.deviations.length);
  for (let unit = 0; unit < units; unit += 1) {
    const a = first.arm[unit];
    const b = later.arm[unit];
    if (a < 0 || b < 0) continue;
    products[a * arms + b] += first.deviations[unit] * later.deviations[unit];
  }
  return [...products].flatMap((sum, k) =>
    sum === 0 ? [] : [{ a: Math.floor(k / arms), b: k % arms, products: sum }],
  );
}
