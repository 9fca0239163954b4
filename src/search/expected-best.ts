import { Rng } from '../platform/index.js';
import { projectedValues, type Trial } from './trial.js';

/**
 * Expected maximum of m draws without replacement from the values: sum over order statistics of
 * x_(i) C(i - 1, m - 1) / C(n, m) (unbiased; Dodge et al., EMNLP 2019, with Tang et al., ACL 2020).
 */
export function expectedBest(values: readonly number[], m: number): number {
  const sorted = [...values].sort((a, b) => b - a);
  const n = sorted.length;
  if (!(m >= 1 && m <= n)) throw new RangeError(`The expected best of ${m} needs between 1 and ${n} draws`);
  // chance that the j-th best is the best of the m: it is drawn and none of the j better ones is
  let chance = m / n;
  let sum = 0;
  for (let j = 0; j <= n - m; j += 1) {
    sum += chance * sorted[j];
    chance *= (n - m - j) / (n - 1 - j);
  }
  return sum;
}

export interface ProposerComparison {
  readonly proposer: string;
  /** own trials: made by the proposer itself (draws of a warm-up are the control's) and not lost to infrastructure */
  readonly ownTrials: number;
  /** number of trials at which both are compared: the smaller of the two counts */
  readonly comparedAt: number;
  readonly expectedBest: number;
  readonly randomExpectedBest: number;
  readonly difference: number;
  /** 95 % percentile bootstrap over trials */
  readonly ci: readonly [number, number];
}

const RESAMPLES = 1000;

/**
 * Compares every proposer with the random control at equal numbers of own trials (rule 12), by projected value. A failed
 * configuration counts as the worst value seen. What the interval says is about these trials: proposers learn from each
 * other's results, so it is no independent race (that is `--control full`).
 * @returns one row per proposer, empty when the control or all others have no trials
 */
export function compareWithRandom(
  trials: readonly Trial[],
  rungCount: number,
  random = 'random',
): readonly ProposerComparison[] {
  const values = projectedValues(trials, rungCount);
  const known = values.filter((value) => value === value);
  if (known.length === 0) return [];
  const worst = Math.min(...known);
  const byProposer = new Map<string, number[]>();
  for (const trial of trials) {
    const failed = trial.state === 'failed';
    const value = values[trial.index];
    if (trial.proposer === 'initial' || trial.state === 'excluded') continue;
    if (!failed && value !== value) continue;
    const proposer = trial.warmup ? random : trial.proposer;
    const own = byProposer.get(proposer) ?? [];
    own.push(failed ? worst : value);
    byProposer.set(proposer, own);
  }
  const control = byProposer.get(random);
  if (control === undefined) return [];
  const rng = new Rng(['expected-best', trials.length]);
  const resampled = (from: readonly number[]): readonly number[] => from.map(() => rng.pick(from));
  const rows: ProposerComparison[] = [];
  for (const proposer of [...byProposer.keys()].filter((name) => name !== random).sort()) {
    const own = byProposer.get(proposer) ?? [];
    const m = Math.min(own.length, control.length);
    const differences = Float64Array.from(
      { length: RESAMPLES },
      () => expectedBest(resampled(own), m) - expectedBest(resampled(control), m),
    ).sort();
    const mine = expectedBest(own, m);
    const theirs = expectedBest(control, m);
    rows.push({
      proposer,
      ownTrials: own.length,
      comparedAt: m,
      expectedBest: mine,
      randomExpectedBest: theirs,
      difference: mine - theirs,
      ci: [differences[Math.floor(0.025 * RESAMPLES)], differences[Math.ceil(0.975 * RESAMPLES) - 1]],
    });
  }
  return rows;
}
