import { median } from '../stats/index.js';
import type { Assignment } from '../space/index.js';

/** One run that the search asks for: a trial at a rung. */
export interface Job {
  /** position in the decision sequence */
  readonly index: number;
  readonly trialIndex: number;
  readonly assignment: Assignment;
  /** hash of the assignment's canonical form */
  readonly hash: string;
  readonly proposer: string;
  /** trial that the assignment was derived from */
  readonly parent: number | undefined;
  readonly rung: number;
  /** share of the full training budget, rungs[rung] */
  readonly fidelity: number;
}

/** One configuration and what is known of it. */
export interface Trial {
  readonly index: number;
  readonly assignment: Assignment;
  readonly hash: string;
  readonly proposer: string;
  readonly parent: number | undefined;
  /** the proposer had too little history (or no new idea) and drew at random: not counted as its own merit */
  readonly warmup: boolean;
  /** score per finished rung, larger is better; a trial climbs without gaps */
  readonly scores: readonly number[];
  readonly costSeconds: number;
  /** of all its rungs so far, in the unit of the outcomes */
  readonly work: number;
  /**
   * running: a run is out; waiting: may be promoted; finished: scored at the top rung; failed: the configuration's own
   * fault; excluded: an infrastructure fault, which says nothing about the configuration
   */
  readonly state: 'running' | 'waiting' | 'finished' | 'failed' | 'excluded';
  readonly fault: string | undefined;
}

/**
 * Median gain of the trials that climbed from each rung to the next; 0 where nobody did.
 * @returns float64 [rungs], 0 for the last one
 */
export function medianGains(trials: readonly Trial[], rungCount: number): Float64Array {
  return Float64Array.from({ length: rungCount }, (_, rung) => {
    const gains = trials.flatMap(({ scores }) =>
      scores.length > rung + 1 ? [scores[rung + 1] - scores[rung]] : [],
    );
    return gains.length === 0 ? 0 : median(gains);
  });
}

/**
 * One comparable number per trial: its score at its highest rung, carried to the top rung by the median gain of the
 * trials that climbed further. Within a rung the order is untouched. NaN for trials without a score.
 * @param rungCount number of rungs
 * @returns float64 [trials]
 */
export function projectedValues(trials: readonly Trial[], rungCount: number): Float64Array {
  const gainToTop = medianGains(trials, rungCount);
  for (let rung = rungCount - 2; rung >= 0; rung -= 1) gainToTop[rung] += gainToTop[rung + 1];
  return Float64Array.from(trials, ({ scores }) =>
    scores.length === 0 ? Number.NaN : scores[scores.length - 1] + gainToTop[scores.length - 1],
  );
}

/** Indices of scored trials that are not failed, best projected value first; ties by age. */
export function ranked(trials: readonly Trial[], values: Float64Array): readonly number[] {
  const known: number[] = [];
  for (let i = 0; i < trials.length; i += 1)
    if (values[i] === values[i] && trials[i].state !== 'failed') known.push(i);
  return known.sort((a, b) => values[b] - values[a] || a - b);
}
