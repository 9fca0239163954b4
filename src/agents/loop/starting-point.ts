import { AutoModelError } from '../../platform/index.js';
import type { EvolveOptions } from '../../schema/index.js';
import type { RunJournal } from './run-journal.js';
import { BudgetGrant } from './run-settings.js';

/** Where a call of evolve takes a run up. */
export interface StartingPoint {
  readonly runId: string;
  readonly resumed: boolean;
  /** grants that the journal already holds */
  readonly grantsBefore: number;
  /** of these, grants that were spent to the end */
  readonly grantsSpent: number;
  /** grants in all, with the one that this call adds */
  readonly grants: number;
  readonly carriedSeconds: number;
  /** the last grant of the journal, which a call without a budget goes on with */
  readonly latestGrant: BudgetGrant | undefined;
}

type Wanted = Pick<EvolveOptions, 'resume' | 'trials' | 'minutes'>;

/**
 * A new run, or the latest one of the journal. What is left of its budget is spent first; a budget that is given beside
 * `resume` is a further grant.
 * @throws USAGE when there is nothing to resume
 */
export function startingPoint(
  options: Wanted,
  memory: Pick<RunJournal, 'runIds' | 'decisions' | 'secondsSinceGrant'>,
): StartingPoint {
  const ids = memory.runIds();
  if (!options.resume) {
    return {
      runId: `run-${ids.length + 1}`,
      resumed: false,
      grantsBefore: 0,
      grantsSpent: 0,
      grants: 1,
      carriedSeconds: 0,
      latestGrant: undefined,
    };
  }
  const runId = ids.at(-1);
  if (runId === undefined) {
    throw new AutoModelError('USAGE', 'There is no run to resume in this project', {
      remedy: 'Start one: automodel evolve --trials 40.',
    });
  }
  const decisions = memory.decisions(runId);
  const granted = decisions.filter(({ kind }) => kind === 'budget-granted');
  const grants = granted.length;
  const spent = decisions.filter(({ kind }) => kind === 'grant-spent').length;
  return {
    runId,
    resumed: true,
    grantsBefore: grants,
    grantsSpent: spent,
    grants: Math.max(1, grants) + (options.trials !== undefined || options.minutes !== undefined ? 1 : 0),
    carriedSeconds: memory.secondsSinceGrant(runId),
    latestGrant: grants === 0 ? undefined : BudgetGrant.parse(granted[grants - 1].payload),
  };
}

/** The budget that a call names. @throws USAGE when it names none */
export function grantOf(options: Pick<EvolveOptions, 'trials' | 'minutes'>): BudgetGrant {
  if (options.trials === undefined && options.minutes === undefined) {
    throw new AutoModelError('USAGE', 'evolve needs a budget', {
      remedy: 'Give --trials <n>, --minutes <n> or both.',
    });
  }
  return { trials: options.trials ?? null, minutes: options.minutes ?? null };
}
