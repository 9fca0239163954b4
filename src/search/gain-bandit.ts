import { studentQuantile } from '../stats/index.js';
import { expectedImprovement } from './expected-improvement.js';
import type { Allocator } from './proposer.js';
import { meanBelief, observed, type RewardPosterior } from './reward-posterior.js';
import { ranked, type Trial } from './trial.js';

export interface GainBanditOptions {
  /** sd of one score over seeds, from calibration; a quarter of the variance of all values counts as noise without it */
  readonly noiseSd?: number;
  /** what a result is worth after each further trial of any proposer; default 0.98: the last fifty count most */
  readonly discount?: number;
}

/** A result is good from the level on that this share of all results reach. */
const GOOD_SHARE = 0.2;
const NOISE_SHARE = 0.25;
const MOST_NOISE_SHARE = 0.9;
/** One trial's worth of belief that a proposer gains what trials gain on average. */
const PRIOR = { count: 1, shape: 1.5, scale: 0.1 };

/**
 * Noise-adjusted gain per cost of each trial: how far its true value is expected to lie above the level of the best fifth,
 * in units of the spread of all values, over its cost in units of the mean cost of trials that climbed as far. The true
 * value is the score shrunk towards the mean by the share of the variance that is not noise, with what is left as its sd.
 * @param noiseSd sd of one score; a quarter of the variance when absent
 * @returns NaN for trials without a value
 */
export function gainsPerCost(
  history: readonly Trial[],
  values: Float64Array,
  noiseSd: number | undefined,
): Float64Array {
  const known = ranked(history, values);
  const gains = new Float64Array(history.length).fill(Number.NaN);
  if (known.length === 0) return gains;
  const mean = known.reduce((sum, i) => sum + values[i], 0) / known.length;
  const variance = known.reduce((sum, i) => sum + (values[i] - mean) ** 2, 0) / known.length;
  if (!(variance > 0)) {
    for (const i of known) gains[i] = 0;
    return gains;
  }
  const noiseShare =
    noiseSd === undefined ? NOISE_SHARE : Math.min(MOST_NOISE_SHARE, noiseSd ** 2 / variance);
  const kept = (1 - noiseShare) / Math.sqrt(variance);
  const sd = Math.sqrt(noiseShare * (1 - noiseShare));
  const level = values[known[Math.floor((known.length - 1) * GOOD_SHARE)]];
  const meanCosts = meanCostByRung(history, known);
  for (const i of known) {
    const { work, scores } = history[i];
    const meanCost = meanCosts[scores.length];
    // A cost far below the mean may multiply a gain by four at most. Seconds would make decisions hang on the machine.
    const cost = meanCost > 0 ? Math.max(work / meanCost, 0.25) : 1;
    gains[i] = expectedImprovement(kept * (values[i] - mean), sd, kept * (level - mean)) / cost;
  }
  return gains;
}

/** Indexed by the number of scores: a trial that climbed cost more because it was good. */
function meanCostByRung(history: readonly Trial[], known: readonly number[]): readonly number[] {
  const sums: number[] = [];
  const counts: number[] = [];
  for (const i of known) {
    const { work, scores } = history[i];
    sums[scores.length] = (sums[scores.length] ?? 0) + work;
    counts[scores.length] = (counts[scores.length] ?? 0) + 1;
  }
  return sums.map((sum, rung) => sum / counts[rung]);
}

/**
 * Belief in each proposer's mean gain after the trials it made itself, older ones discounted. The prior expects of
 * everybody what all trials gained on average.
 */
export function proposerBeliefs(
  proposers: readonly string[],
  history: readonly Trial[],
  gains: Float64Array,
  discount: number,
): ReadonlyMap<string, RewardPosterior> {
  let sum = 0;
  let count = 0;
  for (const gain of gains) if (gain === gain) [sum, count] = [sum + gain, count + 1];
  const prior = { ...PRIOR, mean: count === 0 ? 0 : sum / count };
  const beliefs = new Map<string, RewardPosterior>(proposers.map((name) => [name, prior]));
  for (const trial of history) {
    const belief = beliefs.get(trial.proposer);
    const failed = trial.state === 'failed';
    if (belief === undefined || trial.warmup || (!failed && gains[trial.index] !== gains[trial.index]))
      continue;
    const weight = discount ** (history.length - 1 - trial.index);
    beliefs.set(trial.proposer, observed(belief, failed ? 0 : gains[trial.index], weight));
  }
  return beliefs;
}

/**
 * Chooses proposers by Thompson sampling (Thompson 1933; Chapelle and Li, NeurIPS 2011) on their noise-adjusted gain per
 * cost: a draw from every belief, and the highest draw proposes. Discounting lets a proposer come back whose time is
 * later (a surrogate learns, evolution refines).
 */
export function gainBandit(options: GainBanditOptions = {}): Allocator {
  const { noiseSd, discount = 0.98 } = options;
  return {
    name: 'gain-bandit',
    choose(proposers, { history, values, rng }) {
      const beliefs = proposerBeliefs(proposers, history, gainsPerCost(history, values, noiseSd), discount);
      let chosen = proposers[0];
      let most = Number.NEGATIVE_INFINITY;
      for (const [name, belief] of beliefs) {
        const { mean, unit, degrees } = meanBelief(belief);
        // The open interval: a draw of exactly 0 would be minus infinity.
        const draw = mean + unit * studentQuantile(Math.max(rng.next(), 1e-12), degrees);
        if (draw > most) [most, chosen] = [draw, name];
      }
      return chosen;
    },
  };
}
