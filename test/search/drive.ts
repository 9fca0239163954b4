import type { Rng } from '../../src/platform/index.js';
import type { TrialEvaluation } from '../../src/schema/index.js';
import type { Job, Search } from '../../src/search/index.js';

/** Outcome of a job, as a function of the job alone: what makes replays comparable. */
export type Evaluate = (job: Job) => TrialEvaluation;

/** Runs a search to its end with one worker. */
export function drive(search: Search, evaluate: Evaluate, mostJobs = Number.POSITIVE_INFINITY): Search {
  for (let done = 0; done < mostJobs; done += 1) {
    const job = search.next();
    if (job === 'done') break;
    if (job === 'wait') throw new Error('a lone worker never waits');
    search.commit(job.index, evaluate(job));
  }
  return search;
}

/**
 * Runs a search with several workers that finish in random order; returns the order in which results arrived.
 * @param running jobs that are out already; those that are still out at the end stay in it
 */
export function driveInDisorder(
  search: Search,
  evaluate: Evaluate,
  workers: number,
  rng: Rng,
  mostResults = Number.POSITIVE_INFINITY,
  running: Job[] = [],
): readonly number[] {
  const arrived: number[] = [];
  while (arrived.length < mostResults) {
    const next = running.length < workers ? search.next() : 'wait';
    if (typeof next === 'object') {
      running.push(next);
      // sometimes finish before the next worker starts
      if (rng.next() < 0.6) continue;
    }
    if (running.length === 0) {
      if (next === 'done') break;
      throw new Error('nothing runs, yet the search waits');
    }
    const [job] = running.splice(rng.integer(running.length), 1);
    search.commit(job.index, evaluate(job));
    arrived.push(job.index);
  }
  return arrived;
}

export function scored(value: number): TrialEvaluation {
  return { kind: 'score', value, costSeconds: 1, work: 1 };
}
