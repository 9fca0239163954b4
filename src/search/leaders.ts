import { encode, type Assignment, type Space } from '../space/index.js';
import { fitGaussianProcess } from './gaussian-process.js';
import type { Trial } from './trial.js';

export interface Leader {
  readonly trialIndex: number;
  readonly assignment: Assignment;
  readonly hash: string;
  readonly proposer: string;
  /** score that was seen at the rung: optimistic, because it was chosen for being high */
  readonly observed: number;
  /** posterior mean of the true score: the observation shrunk towards what similar configurations scored */
  readonly estimate: number;
  /** posterior sd of the true score; undefined when there were too few trials to tell */
  readonly estimateSd: number | undefined;
  /** rung that was compared */
  readonly rung: number;
}

const LEAST_FOR_SHRINKAGE = 4;
/** Beyond this many trials the lowest ones tell nothing about the best, and the fit costs their cube. */
const MOST_FOR_FIT = 250;

/**
 * The n configurations most worth sending on, by shrunk score at the highest rung that anyone has reached. Choosing by
 * the observed score reports luck (the winner's curse); the posterior mean of a Gaussian process over the space weighs
 * each observation by how noisy scores are and by what its neighbours scored.
 * @param noiseSd sd of one score over seeds, from calibration; estimated when absent
 */
export function leaders(
  space: Space,
  trials: readonly Trial[],
  n: number,
  noiseSd?: number,
): readonly Leader[] {
  const rung = Math.max(-1, ...trials.filter((t) => t.state !== 'failed').map((t) => t.scores.length - 1));
  if (rung < 0) return [];
  const seen = trials
    .filter((trial) => trial.state !== 'failed' && trial.scores.length > rung)
    .sort((a, b) => b.scores[rung] - a.scores[rung] || a.index - b.index)
    .slice(0, MOST_FOR_FIT);
  const points = seen.map((trial) => encode(space, trial.assignment));
  const values = seen.map((trial) => trial.scores[rung]);
  const process = seen.length < LEAST_FOR_SHRINKAGE ? undefined : fitGaussianProcess(points, values, noiseSd);
  return seen
    .map((trial, i) => {
      const posterior = process?.predict(points[i]);
      return {
        trialIndex: trial.index,
        assignment: trial.assignment,
        hash: trial.hash,
        proposer: trial.proposer,
        observed: values[i],
        estimate: posterior?.mean ?? values[i],
        estimateSd: posterior?.sd,
        rung,
      };
    })
    .sort((a, b) => b.estimate - a.estimate || b.observed - a.observed || a.trialIndex - b.trialIndex)
    .slice(0, n);
}
