import { AutoModelError } from '../../platform/index.js';
import { normalQuantile } from '../../stats/index.js';
import type { CounterfactualEstimate, CounterfactualResult } from '../../schema/index.js';

/** A log of decisions, a row each, as columns of equal length. */
export interface PolicyLog {
  readonly reward: Float64Array;
  /** chance that the policy that acted gave the logged action, above 0 and at most 1 */
  readonly propensity: Float64Array;
  /** chance that the judged policy would have given it, from 0 to 1 */
  readonly target: Float64Array;
  /** a model's reward of the logged action, and its mean reward under the judged policy; both or neither */
  readonly predicted?: Float64Array;
  readonly predictedTarget?: Float64Array;
  /** chance that the judged policy puts on actions that the acting one never gives there */
  readonly unsupported?: Float64Array;
  /** whose decision it was, as whole numbers from 0: rows of one unit are not independent */
  readonly unit?: Int32Array;
}

export interface EstimateRules {
  readonly alpha: number;
  /** weights are cut there; undefined: nowhere */
  readonly clip?: number;
}

/** Limits of what a log can answer (docs/experiments.md). */
const leastEffective = 200;
const leastEffectiveShare = 0.01;
const mostClipped = 0.05;
const meanWeightErrors = 3;

/**
 * The value of a policy from the log of another one, by importance weights w = π_e / π_b and a reward model q:
 *
 * - IPS: mean of w r (Horvitz & Thompson 1952). SNIPS: Σ w r / Σ w, by the delta method (Swaminathan & Joachims, NeurIPS 2015).
 * - DM: mean of q under the judged policy; its error knows nothing of the model's bias.
 * - DR: mean of q under the judged policy + w (r − q) (Dudík, Langford & Li, ICML 2011): right when the propensities or the model are.
 *
 * Refused with reasons, and without estimates, unless the mean weight is within 1 ± 3 standard errors, the effective sample size
 * (Σ w)² / Σ w² is at least max(200, 1 % of rows), at most 5 % of weights are cut, and no action lacks support.
 * @throws EXPERIMENT_INVALID for columns of unequal length and values out of range, naming the row (from 1)
 */
export function estimatePolicy(log: PolicyLog, { alpha, clip }: EstimateRules): CounterfactualResult {
  checkLog(log);
  const { reward, propensity, target, predicted, predictedTarget, unsupported, unit } = log;
  const n = reward.length;
  const plain = target.map((chance, i) => chance / propensity[i]);
  const weight = clip === undefined ? plain : plain.map((w) => Math.min(w, clip));
  const units = unit === undefined ? null : unit.reduce((most, one) => Math.max(most, one), -1) + 1;
  const meanOf = (values: Float64Array): { value: number; se: number } => clustered(values, unit, units);

  const mean = meanOf(plain);
  let sum = 0;
  let squares = 0;
  let largest = 0;
  let clipped = 0;
  for (let i = 0; i < n; i += 1) {
    sum += weight[i];
    squares += weight[i] * weight[i];
    largest = Math.max(largest, plain[i]);
    if (clip !== undefined && plain[i] > clip) clipped += 1;
  }
  const effective = squares === 0 ? 0 : (sum * sum) / squares;
  const withoutSupport = unsupported === undefined ? null : meanOf(unsupported).value;
  const reasons = refusals({ n, mean, effective, clippedShare: clipped / n, withoutSupport });

  const estimates: CounterfactualEstimate[] = [];
  const add = (
    method: CounterfactualEstimate['method'],
    { value, se }: { value: number; se: number },
  ): void => {
    const half = normalQuantile(1 - alpha / 2) * se;
    estimates.push({ method, value, se, ci: [value - half, value + half] });
  };
  if (reasons.length === 0) {
    add('ips', meanOf(reward.map((r, i) => weight[i] * r)));
    const ratio = reward.reduce((total, r, i) => total + weight[i] * r, 0) / sum;
    const share = sum / n;
    add('snips', { value: ratio, se: meanOf(reward.map((r, i) => (weight[i] * (r - ratio)) / share)).se });
    if (predicted !== undefined && predictedTarget !== undefined) {
      add('dm', meanOf(predictedTarget));
      add('dr', meanOf(reward.map((r, i) => predictedTarget[i] + weight[i] * (r - predicted[i]))));
    }
  }
  return {
    identifiable: reasons.length === 0,
    reasons,
    rows: n,
    units,
    logged: meanOf(reward),
    estimates,
    weights: {
      mean: mean.value,
      se: mean.se,
      largest,
      effectiveSampleSize: effective,
      clip: clip ?? null,
      clippedShare: clipped / n,
      unsupported: withoutSupport,
    },
    alpha,
  };
}

/** Mean over rows; the error treats a unit's rows as one draw: √(Σ_units (Σ_rows (x − mean))²) / n, times √(G / (G − 1)). */
function clustered(
  values: Float64Array,
  unit: Int32Array | undefined,
  units: number | null,
): { value: number; se: number } {
  const n = values.length;
  let value = 0;
  for (let i = 0; i < n; i += 1) value += values[i] / n;
  const groups = units ?? n;
  let squares = 0;
  if (unit === undefined) for (let i = 0; i < n; i += 1) squares += (values[i] - value) ** 2;
  else {
    const sums = new Float64Array(groups);
    for (let i = 0; i < n; i += 1) sums[unit[i]] += values[i] - value;
    for (let g = 0; g < groups; g += 1) squares += sums[g] ** 2;
  }
  return { value, se: Math.sqrt((squares * groups) / (groups - 1)) / n };
}

function refusals({
  n,
  mean,
  effective,
  clippedShare,
  withoutSupport,
}: {
  readonly n: number;
  readonly mean: { readonly value: number; readonly se: number };
  readonly effective: number;
  readonly clippedShare: number;
  readonly withoutSupport: number | null;
}): string[] {
  const least = Math.max(leastEffective, leastEffectiveShare * n);
  const reasons: string[] = [];
  if (!(Math.abs(mean.value - 1) <= meanWeightErrors * mean.se + 1e-12))
    reasons.push(
      `weights have a mean of ${shown(mean.value)} (standard error ${shown(mean.se)}), which is not 1: propensities are wrong, or actions are missing from the log`,
    );
  if (effective < least)
    reasons.push(`the ${n} rows weigh like ${Math.floor(effective)}, and ${Math.ceil(least)} are needed`);
  if (clippedShare > mostClipped)
    reasons.push(`${shown(100 * clippedShare)} % of the weights are cut, and at most 5 % may be`);
  if (withoutSupport !== null && withoutSupport > 0)
    reasons.push(
      `the judged policy gives actions that the acting one never gives, with a chance of ${shown(withoutSupport)}`,
    );
  return reasons;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(4)));
}

const ranges = {
  reward: { holds: Number.isFinite, what: 'a finite number' },
  propensity: { holds: (x: number) => x > 0 && x <= 1, what: 'above 0 and at most 1' },
  target: { holds: (x: number) => x >= 0 && x <= 1, what: 'from 0 to 1' },
  predicted: { holds: Number.isFinite, what: 'a finite number' },
  predictedTarget: { holds: Number.isFinite, what: 'a finite number' },
  unsupported: { holds: (x: number) => x >= 0 && x <= 1, what: 'from 0 to 1' },
} as const;

function checkLog(log: PolicyLog): void {
  const refuse = (message: string, details: Readonly<Record<string, unknown>>): never => {
    throw new AutoModelError('EXPERIMENT_INVALID', message, {
      remedy: 'Each row is one decision: its reward, and the chances of its action under both policies.',
      details,
    });
  };
  const n = log.reward.length;
  if (n < 2) refuse(`A log of ${n} rows has no spread`, { rows: n });
  if ((log.predicted === undefined) !== (log.predictedTarget === undefined))
    refuse('A reward model needs both columns: of the logged action, and of the judged policy', {});
  for (const name of Object.keys(ranges) as (keyof typeof ranges)[]) {
    const column = log[name];
    if (column === undefined) continue;
    if (column.length !== n) refuse(`Column ${name} has ${column.length} rows, not ${n}`, { column: name });
    const row = column.findIndex((value) => !ranges[name].holds(value));
    if (row >= 0)
      refuse(`Row ${row + 1}: ${name} is ${String(column[row])}, and should be ${ranges[name].what}`, {
        row: row + 1,
        column: name,
      });
  }
  if (log.unit !== undefined && log.unit.length !== n)
    refuse(`Column unit has ${log.unit.length} rows, not ${n}`, { column: 'unit' });
}
