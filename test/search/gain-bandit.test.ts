import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import { createSearch, gainBandit, projectedValues, type Trial } from '../../src/search/index.js';
import { expectedImprovement } from '../../src/search/expected-improvement.js';
import { gainsPerCost, proposerBeliefs } from '../../src/search/gain-bandit.js';
import { meanBelief, observed, type RewardPosterior } from '../../src/search/reward-posterior.js';
import { sample } from '../../src/space/index.js';
import { drive, scored } from './drive.js';
import { contextOf, trial } from './make-trial.js';
import { problems, score } from './problems.js';

interface Weighted {
  readonly reward: number;
  readonly weight: number;
}

/**
 * The normal-inverse-gamma posterior of a weighted sample at once (Murphy 2007, equations 85-89): the closed form that no
 * sequence of updates may drift from.
 */
function closedForm(prior: RewardPosterior, sample: readonly Weighted[]): RewardPosterior {
  const n = sample.reduce((sum, { weight }) => sum + weight, 0);
  if (n === 0) return prior;
  const mean = sample.reduce((sum, { reward, weight }) => sum + weight * reward, 0) / n;
  const squares = sample.reduce((sum, { reward, weight }) => sum + weight * (reward - mean) ** 2, 0);
  const count = prior.count + n;
  return {
    mean: (prior.count * prior.mean + n * mean) / count,
    count,
    shape: prior.shape + n / 2,
    scale: prior.scale + squares / 2 + (prior.count * n * (mean - prior.mean) ** 2) / (2 * count),
  };
}

const prior: RewardPosterior = { mean: 0.3, count: 2, shape: 1.5, scale: 0.4 };
const members = ['mean', 'count', 'shape', 'scale'] as const;

function distance(a: RewardPosterior, b: RewardPosterior): number {
  return Math.max(...members.map((name) => Math.abs(a[name] - b[name]) / (1 + Math.abs(b[name]))));
}

describe('the belief in a reward', () => {
  const anySample = fc.array(
    fc.record({
      reward: fc.double({ min: -1e3, max: 1e3, noNaN: true }),
      weight: fc.double({ min: 1e-3, max: 3, noNaN: true }),
    }),
    { maxLength: 60 },
  );

  it('is the closed form after any sequence of updates', () => {
    fc.assert(
      fc.property(anySample, (rewards) => {
        const stepwise = rewards.reduce(
          (belief, { reward, weight }) => observed(belief, reward, weight),
          prior,
        );
        expect(distance(stepwise, closedForm(prior, rewards))).toBeLessThan(1e-9);
      }),
    );
  });

  it('a drifting update does not pass that test (negative control)', () => {
    // what some bandits do: the squared distance from the new mean, not from the old one
    const drifting = (belief: RewardPosterior, reward: number): RewardPosterior => {
      const next = observed(belief, reward);
      return { ...next, scale: belief.scale + (reward - next.mean) ** 2 / 2 };
    };
    const rng = new Rng(1);
    const rewards = Array.from({ length: 30 }, () => ({ reward: rng.normal(), weight: 1 }));
    const stepwise = rewards.reduce((belief, { reward }) => drifting(belief, reward), prior);
    expect(distance(stepwise, closedForm(prior, rewards))).toBeGreaterThan(1e-3);
  });

  it('has the golden numbers of a hand calculation', () => {
    // prior N-IG(0, 1, 1, 1), observations 1 and 3: count 3, mean 4/3, shape 2, scale 1 + 1 + 2 * 4 / 6
    const start = { mean: 0, count: 1, shape: 1, scale: 1 };
    const belief = observed(observed(start, 1), 3);
    expect(belief.mean).toBeCloseTo(4 / 3, 12);
    expect(belief.count).toBe(3);
    expect(belief.shape).toBe(2);
    expect(belief.scale).toBeCloseTo(1 + 1 + 8 / 6, 12);
    const { unit, degrees } = meanBelief(belief);
    expect(degrees).toBe(4);
    expect(unit).toBeCloseTo(Math.sqrt((1 + 1 + 8 / 6) / 6), 12);
  });
});

describe('expectedImprovement', () => {
  it('agrees with a simulation', () => {
    const rng = new Rng(5);
    const draws = 40_000;
    for (const [mean, sd, level] of [
      [0, 1, 0],
      [0.5, 0.3, 1],
      [-2, 2, 0.5],
    ]) {
      let sum = 0;
      for (let i = 0; i < draws; i += 1) sum += Math.max(0, mean + sd * rng.normal() - level);
      expect(expectedImprovement(mean, sd, level)).toBeCloseTo(sum / draws, 1.7);
    }
    expect(expectedImprovement(2, 0, 1)).toBe(1);
    expect(expectedImprovement(0, 0, 1)).toBe(0);
  });
});

describe('gainsPerCost', () => {
  const { space } = problems[0];
  const rng = new Rng(2);
  const assignment = sample(space, rng);
  const of = (values: readonly number[], costs: readonly number[] = []): readonly Trial[] =>
    values.map((value, i) => trial(space, i, assignment, [value], 'finished', { work: costs[i] ?? 1 }));
  const gains = (history: readonly Trial[], noiseSd?: number): Float64Array =>
    gainsPerCost(history, projectedValues(history, 1), noiseSd);

  it('grow with the value and shrink with the cost', () => {
    const history = of([0, 1, 2, 3, 4, 4], [1, 1, 1, 1, 1, 4]);
    const all = [...gains(history)];
    expect(all.slice(0, 5)).toEqual(all.slice(0, 5).sort((a, b) => a - b));
    expect(all[5]).toBeLessThan(all[4] / 3);
  });

  it('do not depend on the unit or the origin of the metric', () => {
    const values = [0.3, 0.1, 0.9, 0.5, 0.7];
    const shifted = gains(of(values.map((v) => 1000 * v - 20)), 100);
    [...gains(of(values), 0.1)].forEach((gain, i) => expect(shifted[i]).toBeCloseTo(gain, 9));
  });

  it('call a high score less of a gain the noisier scores are', () => {
    const history = of([0, 0.1, 0.2, 0.3, 1]);
    const top = (noiseSd: number): number => gains(history, noiseSd)[4] / gains(history, noiseSd)[0];
    expect(top(0.3)).toBeLessThan(top(0.01));
  });

  it('are unknown without a score and zero without a difference', () => {
    const history = [...of([1, 1, 1]), trial(space, 3, assignment, [], 'running')];
    expect([...gains(history)]).toEqual([0, 0, 0, Number.NaN]);
  });
});

describe('gainBandit', () => {
  const { space } = problems[0];

  function history(good: number, bad: number, seed: number): readonly Trial[] {
    const rng = new Rng(seed);
    return Array.from({ length: 60 }, (_, i) =>
      trial(space, i, sample(space, rng), [(i % 2 === 0 ? good : bad) + rng.normal()], 'finished', {
        proposer: i % 2 === 0 ? 'good' : 'bad',
      }),
    );
  }

  const shareOfGood = (trials: readonly Trial[]): number => {
    let good = 0;
    for (let seed = 0; seed < 400; seed += 1)
      if (gainBandit().choose(['good', 'bad'], contextOf(space, trials, seed)) === 'good') good += 1;
    return good / 400;
  };

  it('prefers who gains more, and has no favourite when nobody does (negative control)', () => {
    expect(shareOfGood(history(1, 0, 3))).toBeGreaterThan(0.8);
    const equal = Array.from({ length: 10 }, (_, i) => shareOfGood(history(0, 0, 10 + i)));
    expect(equal.reduce((sum, share) => sum + share, 0) / 10).toBeGreaterThan(0.25);
    expect(equal.reduce((sum, share) => sum + share, 0) / 10).toBeLessThan(0.75);
  });

  it('forgets: who was good long ago is overtaken', () => {
    const early = history(2, 0, 4);
    const late = history(0, 2, 5).map((t) => ({ ...t, index: t.index + 60 }));
    const values = projectedValues([...early, ...late], 1);
    const all = [...early, ...late];
    const gains = gainsPerCost(all, values, undefined);
    const believed = (discount: number): number => {
      const beliefs = proposerBeliefs(['good', 'bad'], all, gains, discount);
      return (beliefs.get('good')?.mean ?? 0) - (beliefs.get('bad')?.mean ?? 0);
    };
    expect(believed(0.9)).toBeLessThan(0);
    expect(Math.abs(believed(1))).toBeLessThan(Math.abs(believed(0.9)));
  });

  it('counts a failure as no gain and a warm-up as nobody’s', () => {
    const rng = new Rng(6);
    const make = (state: Trial['state'], warmup: boolean): readonly Trial[] => [
      ...Array.from({ length: 10 }, (_, i) => trial(space, i, sample(space, rng), [rng.normal()])),
      trial(space, 10, sample(space, rng), state === 'failed' ? [] : [5], state, { proposer: 'p', warmup }),
    ];
    const belief = (trials: readonly Trial[]): RewardPosterior | undefined =>
      proposerBeliefs(['p'], trials, gainsPerCost(trials, projectedValues(trials, 1), undefined), 1).get('p');
    expect(belief(make('failed', false))?.count).toBe(2);
    expect(belief(make('finished', true))?.count).toBe(1);
  });

  it('chooses as a function of its context, and only among those named', () => {
    const trials = history(1, 0, 7);
    for (let seed = 0; seed < 20; seed += 1) {
      const first = gainBandit().choose(['bad', 'other'], contextOf(space, trials, seed));
      expect(gainBandit().choose(['bad', 'other'], contextOf(space, trials, seed))).toBe(first);
      expect(['bad', 'other']).toContain(first);
    }
  });

  it('runs a whole search with faults in it', () => {
    const problem = problems[1];
    const search = createSearch({ space: problem.space, seed: 3, allocator: gainBandit(), maxProposals: 40 });
    drive(search, (job) =>
      job.trialIndex % 7 === 3
        ? { kind: 'fault', code: 'LOSS_NOT_FINITE', infrastructure: job.trialIndex % 2 === 0 }
        : scored(score(problem, job.assignment, job.fidelity, 1)),
    );
    expect(search.history().length).toBe(40);
  });
});
