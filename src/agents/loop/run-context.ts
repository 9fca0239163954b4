import type { EncodedDataset, OperationIo, TrialOutcome, TrialRequest } from '../../schema/index.js';
import type { Scoreboard } from '../../stats/index.js';
import type { Candidate } from '../trial/candidate-space.js';
import { trialRequest, type TrialPlace, type TrialWish } from '../trial/trial-request.js';
import type { ValidationShare } from '../trial/validation-share.js';
import type { Deadline } from './deadline.js';
import type { DecisionLog } from './decision-log.js';
import type { RunSettings } from './run-settings.js';
import type { StoredCalibration } from './stored-calibration.js';
import type { TrialRunner } from './trial-runner.js';
import type { ValidationScorer } from './validation-scorer.js';

/** What every phase of a run works with. */
export interface RunContext {
  readonly runId: string;
  readonly settings: RunSettings;
  /** the primary metric of the task */
  readonly metric: string;
  readonly dataset: EncodedDataset;
  readonly place: TrialPlace;
  readonly log: DecisionLog;
  readonly runner: TrialRunner;
  readonly scorer: ValidationScorer;
  readonly deadline: Deadline;
  readonly io: OperationIo;
  /** calibrations of this contract and encoding that the journal holds, oldest first */
  readonly calibrations?: readonly StoredCalibration[];
  /** go on although the gate cannot resolve the gain that is asked for */
  readonly force?: boolean;
}

/** A finished run of a candidate: its request and outcome. */
export interface FinishedRun {
  readonly request: TrialRequest;
  readonly outcome: Extract<TrialOutcome, { kind: 'scored' }>;
}

export interface RunPlan {
  readonly purpose: string;
  readonly candidate: Candidate;
  readonly seeds: readonly number[];
  readonly validationShare: ValidationShare;
  readonly predictTest?: boolean;
}

export function requestFor(
  context: RunContext,
  candidate: Candidate,
  wish: Omit<TrialWish, 'model' | 'assignment'>,
): TrialRequest {
  return trialRequest(context.place, { nullSeed: context.settings.nullSeed, ...candidate, ...wish });
}

/** What came of a candidate's seeds. Faults are counted and left out, never scored. */
export interface SeedRuns {
  readonly runs: readonly FinishedRun[];
  /** seeds lost to the infrastructure, which says nothing of the candidate */
  readonly lost: readonly number[];
  /** seeds on which the candidate itself failed */
  readonly failed: readonly number[];
}

/**
 * Runs a candidate on several seeds side by side. With no run left the candidate has failed, which is an answer and not
 * an error.
 */
export async function runAllSeeds(context: RunContext, plan: RunPlan): Promise<SeedRuns> {
  let done = 0;
  const progress = () =>
    context.io.onProgress({ kind: 'phase', name: plan.purpose, done, total: plan.seeds.length });
  progress();
  const all = await Promise.all(
    plan.seeds.map(async (seed) => {
      const request = requestFor(context, plan.candidate, {
        seed,
        validationShare: plan.validationShare,
        predictTest: plan.predictTest ?? false,
      });
      const outcome = await context.runner.run(request);
      done += 1;
      progress();
      return { request, outcome };
    }),
  );
  const runs: FinishedRun[] = [];
  const lost: number[] = [];
  const failed: number[] = [];
  for (const { request, outcome } of all) {
    if (outcome.kind === 'scored') runs.push({ request, outcome });
    else (outcome.infrastructure ? lost : failed).push(request.seed);
  }
  return { runs, lost, failed };
}

/** The finished ones alone. */
export async function runSeeds(context: RunContext, plan: RunPlan): Promise<readonly FinishedRun[]> {
  return (await runAllSeeds(context, plan)).runs;
}

/** Influence tables of finished runs on a share of the validation users. */
export function tablesOn(
  context: RunContext,
  runs: readonly FinishedRun[],
  share: ValidationShare,
): Scoreboard[] {
  return runs.map((run) => context.scorer.score(run.request, share, run.outcome));
}

/** Positions of the runs whose seed both sides finished: a fault leaves its pair out (rule 9). */
export function seedPairs(
  best: readonly FinishedRun[],
  ancestor: readonly FinishedRun[],
): readonly (readonly [number, number])[] {
  return best.flatMap(({ request }, i) => {
    const j = ancestor.findIndex((run) => run.request.seed === request.seed);
    return j < 0 ? [] : [[i, j] as const];
  });
}
