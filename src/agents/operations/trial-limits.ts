import type { EvolveOptions } from '../../schema/index.js';
import type { BudgetGrant } from '../loop/run-settings.js';
import { memoryShareMb } from '../trial/memory-share.js';

/** What one trial may take. */
export interface TrialLimits {
  /** undefined: as long as it needs */
  readonly timeoutMs: number | undefined;
  readonly memoryMb: number;
  /** of the refit, which runs alone */
  readonly refitMemoryMb: number;
}

/** Share of a budget in minutes that one trial may take, where nothing else is asked for. */
const trialShare = 1 / 3;

/**
 * The limits of a run's trials; a matter of this machine and call, so no part of the run's settings. A call that names no
 * budget spends what is left of the grant before, so that grant's minutes hold.
 * @param run.grant the run's latest grant
 */
export function trialLimits(
  options: Pick<EvolveOptions, 'trials' | 'minutes' | 'trialMinutes' | 'trialMemoryMb'>,
  run: { readonly workers: number; readonly grant: BudgetGrant; readonly machineMemoryMb: number },
): TrialLimits {
  const namesBudget = options.trials !== undefined || options.minutes !== undefined;
  const minutes = namesBudget ? options.minutes : (run.grant.minutes ?? undefined);
  const trialMinutes = options.trialMinutes ?? (minutes === undefined ? undefined : minutes * trialShare);
  return {
    timeoutMs: trialMinutes === undefined ? undefined : Math.ceil(trialMinutes * 60_000),
    memoryMb: options.trialMemoryMb ?? memoryShareMb(run.workers, run.machineMemoryMb),
    refitMemoryMb: options.trialMemoryMb ?? memoryShareMb(1, run.machineMemoryMb),
  };
}
