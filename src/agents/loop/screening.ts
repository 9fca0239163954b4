import { throwIfInterrupted } from '../../platform/index.js';
import {
  primaryMetric,
  type Assignment,
  type TrialEvaluation,
  type TrialOutcome,
  type TrialRequest,
} from '../../schema/index.js';
import type { Job, Search } from '../../search/index.js';
import type { PooledSeedNoise } from '../../stats/index.js';
import { orientedValue, summarise } from '../evaluation/scoring.js';
import { candidateOf } from '../trial/candidate-space.js';
import { Pace } from './pace.js';
import { requestFor, type RunContext } from './run-context.js';
import { harnessSeed } from './run-settings.js';
import { trainingWork } from './training-work.js';

/** One job of the search as it was committed. */
export interface CommittedJob {
  readonly index: number;
  readonly trial: number;
  readonly assignment: Assignment;
  readonly proposer: string;
  readonly parent: number | null;
  readonly rung: number;
  readonly fidelity: number;
  /** primary metric on the search share, turned so that larger is better; null for a fault */
  readonly value: number | null;
  /** 95 % interval of the metric in its own units, for seeds and users; null for a fault */
  readonly ci: readonly [number, number] | null;
  readonly faultCode: string | null;
  /** the environment's fault: says nothing of the configuration */
  readonly infrastructureFault: boolean;
  readonly costSeconds: number;
  /** see {@link trainingWork}; 0 for a fault */
  readonly work: number;
}

export interface ScreeningOptions {
  readonly search: Search;
  /** seed noise of one run, for the intervals that are shown */
  readonly noise: PooledSeedNoise;
  /** names the log entries: the main search, or the control beside it */
  readonly arm: 'main' | 'control';
  /** stop proposing when this share of the minutes is used; undefined: only the number of trials ends it */
  readonly minuteShare?: number;
  /** how many new trials this grant may propose; null: until the minutes are over */
  readonly trials: number | null;
  readonly onCommit?: (job: CommittedJob) => void;
}

/**
 * Screening (3-evidence rule 10): one seed, rungs, the search share of the validation users. It spends no error budget
 * and accepts nothing. Jobs run in any order and are committed in the order of their proposals, so that the decisions
 * are a pure function of seed, contract and what is committed.
 */
export async function screen(
  context: RunContext,
  options: ScreeningOptions,
): Promise<readonly CommittedJob[]> {
  const { search, arm } = options;
  const committed: CommittedJob[] = [];
  const running = new Map<number, Promise<TrialOutcome>>();
  const jobs = new Map<number, Job>();
  const values = new Map<number, RungValue>();
  const before = search.history().length;
  const total = options.trials === null ? undefined : before + options.trials;
  search.raise(total ?? Number.MAX_SAFE_INTEGER);
  const pace = new Pace(() => context.deadline.elapsedSeconds());
  let ended = false;
  let nextCommit: number | undefined;

  const propose = async (): Promise<void> => {
    while (!ended) {
      // Asked before the search decides, so that no job is decided that nobody will run.
      const job = (await timeIsUp(context, options)) ? 'done' : search.next();
      if (job === 'wait') return;
      if (job === 'done') {
        ended = true;
        return;
      }
      const { index, trialIndex: trial, assignment, proposer, parent, rung, fidelity } = job;
      await context.log.record('trial-proposed', {
        arm,
        index,
        trial,
        assignment,
        proposer,
        parent: parent ?? null,
        rung,
        fidelity,
      });
      jobs.set(job.index, job);
      const run = start(context, job, arm);
      const below = values.get(trial);
      if (below !== undefined) tellRung(context, trial, below);
      // Awaited in commit order, so a later one may fail first: its error is met when its turn comes.
      run.catch(() => undefined);
      running.set(job.index, run);
      nextCommit ??= job.index;
    }
  };

  await propose();
  while (nextCommit !== undefined && running.size > 0) {
    throwIfInterrupted(context.io.signal);
    const outcome = await running.get(nextCommit);
    const job = jobs.get(nextCommit);
    if (outcome === undefined || job === undefined)
      throw new RangeError(`search job ${nextCommit} was skipped`);
    running.delete(nextCommit);
    const scored = committedJob(context, job, outcome);
    // Predictions lie in the deletable cache, so a replay takes the interval that was recorded.
    const ci = context.log.replaying ? null : intervalOf(context, job, outcome, options.noise);
    const entry = await context.log.record('trial-committed', { arm, ...scored, ci }, ['costSeconds', 'ci']);
    search.commit(job.index, searchOutcome(entry));
    if (entry.value !== null) values.set(entry.trial, { rung: entry.rung, value: entry.value });
    committed.push(entry);
    tellCommit(context, entry);
    tellBudget(context, arm, search.history().length, total, pace);
    options.onCommit?.(entry);
    nextCommit += 1;
    await propose();
  }
  return committed;
}

/** A recorded decision, since it depends on the clock. Asked before each proposal. */
async function timeIsUp(context: RunContext, options: ScreeningOptions): Promise<boolean> {
  if (options.minuteShare === undefined) return false;
  const kind = 'screening-ended';
  if (context.log.replaying) {
    if (context.log.upcoming !== kind) return false;
    await context.log.decide(kind, () => ({ arm: options.arm }));
    return true;
  }
  if (!context.deadline.reached(options.minuteShare)) return false;
  await context.log.decide(kind, () => ({ arm: options.arm }));
  return true;
}

/** Interval of one run on the search share; wide, since one seed and half of the users made it. */
function intervalOf(
  context: RunContext,
  job: Job,
  outcome: TrialOutcome,
  noise: PooledSeedNoise,
): readonly [number, number] | null {
  if (outcome.kind === 'fault') return null;
  const board = context.scorer.score(screeningRequest(context, job), 'search', outcome);
  return summarise([board], context.metric, noise)[context.metric].ci;
}

function screeningRequest(context: RunContext, job: Job): TrialRequest {
  return requestFor(context, candidateOf(job.assignment), {
    seed: harnessSeed(context.settings.seed, 'screen', 0),
    fidelity: job.fidelity,
    validationShare: 'search',
  });
}

interface RungValue {
  readonly rung: number;
  /** turned so that larger is better */
  readonly value: number;
}

/** A trial climbs: what its rung below gave. */
function tellRung(context: RunContext, trial: number, { rung, value }: RungValue): void {
  context.io.onProgress({
    kind: 'rung-decided',
    trial,
    rung: rung + 1,
    fidelity: context.settings.rungs[rung],
    value: orientedValue(context.metric, value),
    verdict: 'continue',
  });
}

function start(context: RunContext, job: Job, arm: ScreeningOptions['arm']): Promise<TrialOutcome> {
  const candidate = candidateOf(job.assignment);
  context.io.onProgress({
    kind: 'trial-started',
    arm: arm === 'main' ? 'search' : 'control',
    trial: job.trialIndex,
    model: candidate.model,
    proposer: job.proposer,
    rung: { index: job.rung, of: context.settings.rungs.length },
  });
  return context.runner.run(screeningRequest(context, job), ({ done, message }) =>
    context.io.onProgress({ kind: 'trial-advanced', trial: job.trialIndex, done, message }),
  );
}

function committedJob(context: RunContext, job: Job, outcome: TrialOutcome): CommittedJob {
  const metric = primaryMetric[context.settings.task];
  const scored = outcome.kind === 'scored';
  return {
    index: job.index,
    trial: job.trialIndex,
    assignment: job.assignment,
    proposer: job.proposer,
    parent: job.parent ?? null,
    rung: job.rung,
    fidelity: job.fidelity,
    value: scored ? orientedValue(metric, outcome.validation[metric]) : null,
    ci: null,
    faultCode: scored ? null : outcome.code,
    infrastructureFault: !scored && outcome.infrastructure,
    costSeconds: scored ? outcome.cost.seconds : 0,
    work: scored ? trainingWork(outcome.cost, job.rung, context.settings.rungs) : 0,
  };
}

function searchOutcome(job: CommittedJob): TrialEvaluation {
  return job.value === null
    ? { kind: 'fault', code: job.faultCode ?? 'INTERNAL', infrastructure: job.infrastructureFault }
    : { kind: 'score', value: job.value, costSeconds: job.costSeconds, work: job.work };
}

function tellCommit(context: RunContext, job: CommittedJob): void {
  const top = context.settings.rungs.length - 1;
  context.io.onProgress({
    kind: 'trial-finished',
    trial: job.trial,
    model: String(job.assignment['model']),
    outcome: job.value === null ? 'fault' : job.rung < top ? 'stopped-early' : 'scored',
    value: job.value === null ? undefined : orientedValue(context.metric, job.value),
    faultCode: job.faultCode ?? undefined,
    seconds: job.costSeconds,
  });
}

function tellBudget(
  context: RunContext,
  arm: ScreeningOptions['arm'],
  trialsDone: number,
  trialsTotal: number | undefined,
  pace: Pace,
): void {
  // What is replayed takes no time and would make the pace look better than it is.
  if (!context.log.replaying) pace.at(trialsDone);
  const byTrials = trialsTotal === undefined ? undefined : pace.secondsFor(trialsTotal - trialsDone);
  // The control has its number of trials and no clock.
  const byClock = arm === 'main' ? context.deadline.secondsLeft() : undefined;
  context.io.onProgress({
    kind: 'budget',
    trialsDone,
    trialsTotal,
    elapsedSeconds: context.deadline.elapsedSeconds(),
    costSeconds: context.runner.spentSeconds,
    secondsLeft: sooner(byTrials, byClock),
  });
}

/** The shorter of two waits, each of which may be unknown; never below zero. */
function sooner(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined && b === undefined) return undefined;
  return Math.max(0, Math.min(a ?? Number.POSITIVE_INFINITY, b ?? Number.POSITIVE_INFINITY));
}
