import { alphaForLook, DEFAULT_LOOKS, judge, smallestGain, type GateVerdict } from './gate.js';

/** How often a run may look, how many seeds a look compares, and what it may err in all (3-evidence rule 10). */
export interface GatePlan {
  readonly maxLooks: number;
  /** error budget of the whole run */
  readonly alpha: number;
  /** fresh paired seeds of one look */
  readonly seeds: number;
  /** leaders that go to the gate after one screening; every one of them is a look that costs error budget */
  readonly contenders: number;
}

/** What every run is judged by. */
export const gatePlan: GatePlan = { maxLooks: DEFAULT_LOOKS, alpha: 0.05, seeds: 5, contenders: 3 };

/** Power at which a gain counts as resolvable when the user sets no minimum (3-evidence rules 8 and 9). */
export const resolvingPower = 0.8;

/** Who of the raced leaders, best first, goes to the gate: nobody twice, and no more than the plan has left. */
export function contendersOf<T extends { readonly trial: number }>(
  raced: readonly T[],
  looked: ReadonlySet<number>,
  looksBefore: number,
  plan: Pick<GatePlan, 'maxLooks' | 'contenders'>,
): readonly T[] {
  const left = Math.max(0, plan.maxLooks - looksBefore);
  return raced.filter(({ trial }) => !looked.has(trial)).slice(0, Math.min(plan.contenders, left));
}

/** What one look has seen: candidate minus best known ancestor, turned so that larger is better. */
export interface LookEvidence {
  readonly difference: number;
  readonly se: number;
  readonly df: number;
  /** seed sd of one run */
  readonly oneRunSd: number;
  /** seeds on which the candidate itself failed; default none */
  readonly failedSeeds?: number;
}

export interface Look {
  /** one-sided level that this look spends */
  readonly alpha: number;
  readonly minimumGain: number;
  readonly verdict: GateVerdict;
}

/**
 * One look of the gate: its share of the error budget, the gain that has to be exceeded, the verdict. A candidate that
 * failed by itself on a seed is not accepted: the runs that are left were chosen by not failing.
 * @param look number of the look in its run, from 1
 * @param minimumGain the user's; null: the smallest gain that this look resolves
 * @throws LIMIT_EXCEEDED when the looks are used up
 */
export function takeLook(
  look: number,
  evidence: LookEvidence,
  plan: Pick<GatePlan, 'maxLooks' | 'alpha'>,
  minimumGain: number | null,
): Look {
  const alpha = alphaForLook(look, plan.maxLooks, plan.alpha);
  const { se, df, failedSeeds = 0 } = evidence;
  const minimumEffect = minimumGain ?? smallestGain(se, df, alpha, resolvingPower);
  const judged = judge({ ...evidence, alpha, minimumEffect });
  const verdict =
    failedSeeds > 0 && judged.verdict === 'accept' ? { ...judged, verdict: 'indecisive' as const } : judged;
  return { alpha, minimumGain: minimumEffect, verdict };
}
