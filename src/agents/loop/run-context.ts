import type { EncodedDataset, OperationIo, TrialOutcome, TrialRequest } from '../../schema/index.js';
import type { Scoreboard } from '../../stats/index.js';
import type { Candidate } from '../trial/candidate-space.js';
import { trialRequest, type TrialPlace, type TrialWish } from '../trial/trial-request.js';
import type { ValidationShare } from '../trial/validation-share.js';
import type { Deadline } from './deadline.js';
import type { DecisionLog } from './decision-log.js';
import type { RunSettings } from './run-settings.js';
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

/**
 * Runs a candidate on several seeds side by side. Faulty runs are left out: with none left the candidate has failed,
 * which is an answer and not an error.
 */
export async function runSeeds(context: RunContext, plan: RunPlan): Promise<readonly FinishedRun[]> {
  let done = 0;
  const progress = () =>
    context.io.onProgress({ kind: 'phase', name: plan.purpose, done, total: plan.seeds.length });
  progress();
  const runs = await Promise.all(
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
  return runs.flatMap(({ request, outcome }) => (outcome.kind === 'scored' ? [{ request, outcome }] : []));
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
