import { AutoModelError } from '../platform/index.js';
import { studentCdf, studentQuantile } from './distributions.js';

/** How the run's error budget is spread over its gate looks. */
export type SpendingRule = 'pocock' | 'equal' | 'obrien-fleming';

/** Default number of gate looks of one run (rule 10). */
export const DEFAULT_LOOKS = 20;

function spent(rule: SpendingRule, alpha: number, share: number): number {
  if (share <= 0) return 0;
  if (rule === 'equal') return alpha * share;
  if (rule === 'pocock') return alpha * Math.log(1 + (Math.E - 1) * share);
  return Math.min(
    alpha,
    2 * (1 - studentCdf(studentQuantile(1 - alpha / 2, Infinity) / Math.sqrt(share), Infinity)),
  );
}

/**
 * One-sided error level of the look-th trip to the gate (from 1): the increment of a spending function (Lan & DeMets,
 * Biometrika 1983; default their Pocock type, alpha ln(1 + (e - 1) t), t = look / looks, which spends a little more on
 * early looks).
 *
 * Why this is safe although candidates are chosen adaptively and share the gate's users: the levels depend on the look
 * number alone and sum to alpha. As long as nothing was accepted, the only thing that the gate has told the search is
 * "not accepted", so the sequence of candidates up to the first acceptance is fixed by data that the gate never saw;
 * the chance that any of them is accepted by error is at most the sum of the levels (union bound; no independence of
 * the looks is used). Reject and indecisive must therefore look alike to the proposers.
 * @throws LIMIT_EXCEEDED when the looks are used up
 */
export function alphaForLook(
  look: number,
  looks = DEFAULT_LOOKS,
  alpha = 0.05,
  rule: SpendingRule = 'pocock',
): number {
  if (!Number.isInteger(look) || look < 1 || look > looks) {
    throw new AutoModelError(
      'LIMIT_EXCEEDED',
      `Gate look ${look} is outside the ${looks} looks of this run`,
      {
        remedy: 'Start a new run on fresh evaluation users, or plan more looks from the beginning.',
        details: { look, looks },
      },
    );
  }
  return spent(rule, alpha, look / looks) - spent(rule, alpha, (look - 1) / looks);
}

export interface GateEvidence {
  /** candidate minus best known ancestor, signed so that larger is better */
  readonly difference: number;
  readonly se: number;
  readonly df: number;
  /** one-sided level of this look, see {@link alphaForLook} */
  readonly alpha: number;
  /** the least gain worth having, >= 0 */
  readonly minimumEffect: number;
  /** seed sd of one run, the unit in which power is told */
  readonly oneRunSd: number;
}

export interface GateVerdict {
  readonly verdict: 'accept' | 'reject' | 'indecisive';
  /** one-sided confidence bounds: lower at 1 - alpha of the look, upper at 95 % */
  readonly lower: number;
  readonly upper: number;
  /** chance that this look would have accepted a true gain of so many single-run sds */
  readonly power: readonly { readonly gainInSd: number; readonly power: number }[];
  /** gain that this look accepts with 80 % chance, in metric units and in single-run sds */
  readonly resolvable: number;
  readonly resolvableInSd: number;
}

/** Level of the bound by which a candidate is turned away for good; an error there costs a chance, never a false claim. */
const REJECT_LEVEL = 0.05;

/**
 * Accept when the lower bound is above zero and the effect above the minimum; reject when the upper bound shows the
 * gain to be below the minimum (below zero when the minimum is zero); otherwise indecisive (rule 9).
 */
export function judge(evidence: GateEvidence): GateVerdict {
  const { difference, se, df, alpha, minimumEffect, oneRunSd } = evidence;
  const margin = studentQuantile(1 - alpha, df) * se;
  const lower = difference - margin;
  const upper = difference + studentQuantile(1 - REJECT_LEVEL, df) * se;
  const accepted = lower > 0 && difference > minimumEffect;
  const rejected = !accepted && upper < Math.max(0, minimumEffect);
  const bar = Math.max(margin, minimumEffect);
  const resolvable = bar + studentQuantile(0.8, df) * se;
  return {
    verdict: accepted ? 'accept' : rejected ? 'reject' : 'indecisive',
    lower,
    upper,
    power: [1, 2, 4].map((gainInSd) => ({ gainInSd, power: chanceAbove(bar, gainInSd * oneRunSd, se, df) })),
    resolvable,
    resolvableInSd: oneRunSd > 0 ? resolvable / oneRunSd : Number.POSITIVE_INFINITY,
  };
}

function chanceAbove(bar: number, trueGain: number, se: number, df: number): number {
  if (se === 0) return trueGain > bar ? 1 : 0;
  return studentCdf((trueGain - bar) / se, df);
}

/** Chance that a true gain is accepted (shifted t; the noncentral t differs by under a percent from 20 df up). */
export function acceptanceChance(
  gate: Pick<GateEvidence, 'se' | 'df' | 'alpha' | 'minimumEffect'>,
  trueGain: number,
): number {
  const { se, df, alpha, minimumEffect } = gate;
  return chanceAbove(Math.max(studentQuantile(1 - alpha, df) * se, minimumEffect), trueGain, se, df);
}

/** Gain that a one-sided test finds with the given power: (t of 1 - alpha + t of power) standard errors. */
export function smallestGain(se: number, df: number, alpha: number, power = 0.8): number {
  return (studentQuantile(1 - alpha, df) + studentQuantile(power, df)) * se;
}

export interface NoiseBudget {
  /** seed sd of one run */
  readonly seedSd: number;
  readonly seedDegreesOfFreedom: number;
  /** standard error of a paired difference from users alone, on the gate's users */
  readonly userSe: number;
  readonly userDegreesOfFreedom: number;
}

function differenceNoise(noise: NoiseBudget, seeds: number): { readonly se: number; readonly df: number } {
  const seedPart = (2 * noise.seedSd ** 2) / seeds;
  const userPart = noise.userSe ** 2;
  const variance = seedPart + userPart;
  const spread = seedPart ** 2 / noise.seedDegreesOfFreedom + userPart ** 2 / noise.userDegreesOfFreedom;
  return { se: Math.sqrt(variance), df: spread > 0 ? variance ** 2 / spread : noise.userDegreesOfFreedom };
}

/** Smallest gain that so many paired seeds resolve at this level and power (rule 8). */
export function smallestResolvableGain(
  noise: NoiseBudget,
  seeds: number,
  alpha: number,
  power = 0.8,
): number {
  const { se, df } = differenceNoise(noise, seeds);
  return smallestGain(se, df, alpha, power);
}

/**
 * Paired seeds that resolve a wanted gain; undefined when the users' own noise exceeds it and no number of seeds could
 * (seeds never shrink the noise of one validation set).
 */
export function seedsForGain(
  noise: NoiseBudget,
  wantedGain: number,
  alpha: number,
  power = 0.8,
  mostSeeds = 1000,
): number | undefined {
  const resolves = (seeds: number): boolean =>
    smallestResolvableGain(noise, seeds, alpha, power) <= wantedGain;
  // Not by halving: with a handful of users their degrees of freedom take over as seeds are added, and the bound widens again.
  for (let seeds = 1; seeds <= mostSeeds; seeds += 1) if (resolves(seeds)) return seeds;
  return undefined;
}
