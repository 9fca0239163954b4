import type { SearchRecord } from './search.js';

/** One committed job on the way. */
export interface CurvePoint {
  readonly job: number;
  readonly trial: number;
  readonly proposer: string;
  readonly rung: number;
  /** undefined for a fault */
  readonly score: number | undefined;
  /** training seconds spent up to here, over all workers */
  readonly costSeconds: number;
  /** full trainings' worth of fidelity spent up to here */
  readonly spent: number;
  /** best score seen at the top rung up to here (observed, so optimistic); undefined until one arrived */
  readonly bestAtTop: number | undefined;
}

/** The course of a search, job by job, for the report's plot. */
export function searchCurve(records: readonly SearchRecord[]): readonly CurvePoint[] {
  let costSeconds = 0;
  let spent = 0;
  let bestAtTop: number | undefined;
  return records.map(({ job, outcome }) => {
    const score = outcome.kind === 'score' ? outcome.value : undefined;
    if (outcome.kind === 'score') costSeconds += outcome.costSeconds;
    spent += job.fidelity;
    if (score !== undefined && job.fidelity === 1 && !(bestAtTop !== undefined && bestAtTop >= score))
      bestAtTop = score;
    const { index, trialIndex, proposer, rung } = job;
    return { job: index, trial: trialIndex, proposer, rung, score, costSeconds, spent, bestAtTop };
  });
}
