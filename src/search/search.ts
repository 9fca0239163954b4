import { AutoModelError, canonicalJson } from '../platform/index.js';
import type { TrialEvaluation } from '../schema/index.js';
import {
  checkSpace,
  complete,
  hashAssignment,
  validate,
  type Assignment,
  type Space,
} from '../space/index.js';
import { drawNew, proposalRng, type Draw } from './draw.js';
import { gainBandit } from './gain-bandit.js';
import { promotable } from './halving.js';
import { createPool } from './pool.js';
import type { Allocator, Proposer } from './proposer.js';
import { localMutation } from './proposers/local-mutation.js';
import { randomProposer } from './proposers/random.js';
import { surrogate } from './proposers/surrogate.js';
import { treeParzen } from './proposers/tree-parzen.js';
import { projectedValues, type Job, type Trial } from './trial.js';

/** From which decision on how many configurations may be proposed; written by {@link Search.raise}. */
export interface BudgetStep {
  readonly fromJob: number;
  /** results that had been looked at when the step was made */
  readonly applied: number;
  readonly maxProposals: number;
}

export interface SearchOptions {
  readonly space: Space;
  readonly seed: number;
  /** ascending shares of the full training budget, the last one 1; default [1/9, 1/3, 1] */
  readonly rungs?: readonly number[];
  /** one in eta climbs; default 3 */
  readonly eta?: number;
  /** job k is decided from the results of jobs up to k - lag: the number of workers; default 1 */
  readonly lag?: number;
  /** all but the random control; default a surrogate, TPE and local mutation (docs/decisions/0100) */
  readonly proposers?: readonly Proposer[];
  /** default a bandit on the noise-adjusted gain per cost */
  readonly allocator?: Allocator;
  /** fixed share of the proposals for the random control; default 0.2 (rule 12) */
  readonly randomShare?: number;
  /** configurations that are tried first, missing values filled with defaults */
  readonly initial?: readonly Assignment[];
  /** the only configurations that may be tried: proposals go to the nearest one left. Default: all of the space */
  readonly pool?: readonly Assignment[];
  /** how many configurations may be proposed; or the steps that an earlier run recorded. Default: no limit */
  readonly maxProposals?: number | readonly BudgetStep[];
}

export interface SearchRecord {
  readonly job: Job;
  readonly outcome: TrialEvaluation;
}

export interface SearchSnapshot {
  readonly jobs: readonly Job[];
  /** outcomes of the committed prefix, by job index */
  readonly outcomes: readonly TrialEvaluation[];
  readonly trials: readonly Trial[];
  readonly redraws: number;
  readonly budget: readonly BudgetStep[];
}

/**
 * The search as a state machine without a clock or threads. `next` gives work out, `commit` takes results in any order;
 * decisions use results in job order only, so the decision sequence is a function of (options, outcomes by job index),
 * however workers race. To resume: make it anew with the same options and commit what the journal holds; `next` then
 * hands out what was decided but never finished.
 */
export interface Search {
  /** a job; 'wait' until a running one is committed; 'done' when nothing is running and nothing is left to decide */
  next(): Job | 'wait' | 'done';
  /**
   * @throws INTERNAL for a job that the search cannot have given out, JOURNAL_CORRUPT for a second, different outcome
   */
  commit(jobIndex: number, outcome: TrialEvaluation): void;
  /** Allows more (or fewer) configurations from the next decision on. */
  raise(maxProposals: number): BudgetStep;
  /** trials with every result of the committed prefix */
  history(): readonly Trial[];
  /** committed results in job order */
  records(): readonly SearchRecord[];
  snapshot(): SearchSnapshot;
}

const defaultRungs = [1 / 9, 1 / 3, 1];

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function checkOptions(rungs: readonly number[], eta: number, lag: number, randomShare: number): void {
  const ascending = rungs.every((rung, i) => rung > (i === 0 ? 0 : rungs[i - 1]));
  if (rungs.length === 0 || !ascending || rungs[rungs.length - 1] !== 1) {
    throw new AutoModelError('CONFIG_INVALID', `Rungs must ascend to 1, not [${rungs.join(', ')}]`);
  }
  if (!(eta > 1)) throw new AutoModelError('CONFIG_INVALID', `eta must be above 1, not ${eta}`);
  if (!Number.isInteger(lag) || lag < 1)
    throw new AutoModelError('CONFIG_INVALID', `lag must be at least 1, not ${lag}`);
  if (!(randomShare >= 0 && randomShare <= 1)) {
    throw new AutoModelError('CONFIG_INVALID', `The random share must lie in [0, 1], not ${randomShare}`);
  }
}

/** Applies one outcome to its trial. */
function applied(trial: Trial, job: Job, outcome: TrialEvaluation, rungCount: number): Trial {
  const next: Mutable<Trial> = { ...trial };
  if (outcome.kind === 'fault') {
    next.state = outcome.infrastructure ? 'excluded' : 'failed';
    next.fault = outcome.code;
  } else {
    next.scores = [...trial.scores, outcome.value];
    next.costSeconds += outcome.costSeconds;
    next.work += outcome.work;
    next.state = job.rung === rungCount - 1 ? 'finished' : 'waiting';
  }
  return next;
}

/** @throws CONFIG_INVALID, UNKNOWN_HYPERPARAMETER for options that do not fit together */
export function createSearch(options: SearchOptions): Search {
  const { space, seed, rungs = defaultRungs, eta = 3, lag = 1, randomShare = 0.2 } = options;
  checkSpace(space);
  checkOptions(rungs, eta, lag, randomShare);
  const settings = {
    space,
    random: randomProposer(),
    proposers: options.proposers ?? [surrogate(), treeParzen(), localMutation()],
    allocator: options.allocator ?? gainBandit(),
    randomShare,
    ...(options.pool !== undefined && { pool: createPool(space, options.pool) }),
  };
  const initial = new Map<string, Assignment>();
  for (const partial of options.initial ?? []) {
    const assignment = complete(space, partial);
    validate(space, assignment);
    initial.set(hashAssignment(space, assignment), assignment);
  }
  const limit = options.maxProposals ?? Number.MAX_SAFE_INTEGER;
  const budget: BudgetStep[] =
    typeof limit === 'number' ? [{ fromJob: 0, applied: 0, maxProposals: limit }] : [...limit];

  const jobs: Job[] = [];
  const handedOut = new Set<number>();
  const outcomes = new Map<number, TrialEvaluation>();
  /** trials as the next decision sees them: results of jobs below `looked` are in, later ones are not */
  const trials: Trial[] = [];
  const seen = new Set<string>();
  let looked = 0;
  let committed = 0;
  let redraws = 0;

  function lookFurther(): void {
    const job = jobs[looked];
    const outcome = outcomes.get(looked);
    if (outcome === undefined) throw new AutoModelError('INTERNAL', `Job ${looked} has no outcome yet`);
    trials[job.trialIndex] = applied(trials[job.trialIndex], job, outcome, rungs.length);
    looked += 1;
  }

  function addJob(trial: Trial): void {
    const rung = trial.scores.length;
    const { index: trialIndex, assignment, hash, parent } = trial;
    // A warm-up draw is a random one, whoever's turn it was: so it stands in every table.
    const proposer = trial.warmup ? settings.random.name : trial.proposer;
    const job = {
      index: jobs.length,
      trialIndex,
      assignment,
      hash,
      proposer,
      parent,
      rung,
      fidelity: rungs[rung],
    };
    jobs.push(job);
    trials[trialIndex] = { ...trial, state: 'running' };
  }

  function newDraw(): Draw | undefined {
    const index = trials.length;
    const first = [...initial].find(([hash]) => !seen.has(hash));
    if (first !== undefined) {
      return {
        assignment: first[1],
        hash: first[0],
        proposer: 'initial',
        parent: undefined,
        warmup: false,
        redraws: 0,
      };
    }
    const values = projectedValues(trials, rungs.length);
    const context = { space, history: trials, values, rng: proposalRng(seed, index), index };
    return drawNew(settings, context, seen);
  }

  /** Decides job number jobs.length if the results so far allow it. */
  function decide(): 'decided' | 'wait' | 'done' {
    const k = jobs.length;
    const step = budget.findLast((candidate) => candidate.fromJob <= k);
    const needed = Math.max(k - lag + 1, step !== undefined && step.fromJob === k ? step.applied : 0);
    if (committed < needed) return 'wait';
    while (looked < needed) lookFurther();
    const mayPropose = trials.length < (step?.maxProposals ?? 0);
    for (;;) {
      const draw =
        mayPropose && promotable(trials, rungs.length, eta, false) === undefined ? newDraw() : undefined;
      if (draw !== undefined) {
        redraws += draw.redraws;
        seen.add(draw.hash);
        const { assignment, hash, proposer, parent, warmup } = draw;
        const trial = { index: trials.length, assignment, hash, proposer, parent, warmup };
        addJob({ ...trial, scores: [], costSeconds: 0, work: 0, state: 'running', fault: undefined });
        return 'decided';
      }
      // Here somebody climbs, or no new configuration may come: then the quota closes (rounds up).
      const open = mayPropose ? promotable(trials, rungs.length, eta, false) : undefined;
      const closing = open ?? promotable(trials, rungs.length, eta, true);
      // A space that is used up leaves nothing else to spend a budget on, so everybody may climb, the best first.
      const climber = closing ?? (mayPropose ? promotable(trials, rungs.length, 1, true) : undefined);
      if (climber !== undefined) {
        addJob(trials[climber]);
        return 'decided';
      }
      if (looked === k) return 'done';
      if (looked === committed) return 'wait';
      lookFurther();
    }
  }

  function unfinished(): Job | undefined {
    return jobs.slice(committed).find((job) => !handedOut.has(job.index) && !outcomes.has(job.index));
  }

  return {
    next() {
      for (;;) {
        const job = unfinished();
        if (job !== undefined) {
          handedOut.add(job.index);
          return job;
        }
        const decision = decide();
        if (decision !== 'decided') return decision;
      }
    },
    commit(jobIndex, outcome) {
      while (jobs.length <= jobIndex && decide() === 'decided');
      if (!(jobIndex >= 0 && jobIndex < jobs.length)) {
        throw new AutoModelError(
          'INTERNAL',
          `Job ${jobIndex} was never decided, so it cannot have a result`,
          {
            details: { jobIndex, decided: jobs.length, committed },
          },
        );
      }
      const earlier = outcomes.get(jobIndex);
      if (earlier !== undefined) {
        if (canonicalJson(earlier) === canonicalJson(outcome)) return;
        throw new AutoModelError('JOURNAL_CORRUPT', `Job ${jobIndex} has two different results`, {
          details: { jobIndex },
        });
      }
      if (outcome.kind === 'score' && !Number.isFinite(outcome.value)) {
        throw new AutoModelError(
          'PREDICTIONS_INVALID',
          `The score of job ${jobIndex} is ${String(outcome.value)}`,
          {
            remedy: 'A run without a finite score is a fault, not a score.',
            details: { jobIndex, value: String(outcome.value) },
          },
        );
      }
      outcomes.set(jobIndex, outcome);
      while (outcomes.has(committed)) committed += 1;
    },
    raise(maxProposals) {
      const step = { fromJob: jobs.length, applied: looked, maxProposals };
      budget.push(step);
      return step;
    },
    history() {
      const view = [...trials];
      for (let i = looked; i < committed; i += 1) {
        const { trialIndex } = jobs[i];
        view[trialIndex] = applied(
          view[trialIndex],
          jobs[i],
          outcomes.get(i) as TrialEvaluation,
          rungs.length,
        );
      }
      return view;
    },
    records() {
      return jobs
        .slice(0, committed)
        .map((job) => ({ job, outcome: outcomes.get(job.index) as TrialEvaluation }));
    },
    snapshot() {
      return {
        jobs: [...jobs],
        outcomes: this.records().map((record) => record.outcome),
        trials: this.history(),
        redraws,
        budget: [...budget],
      };
    },
  };
}
