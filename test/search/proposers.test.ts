import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import {
  createSearch,
  localMutation,
  successShare,
  treeParzen,
  type ProposalContext,
  type SearchOptions,
  type Trial,
} from '../../src/search/index.js';
import { parzenDensity, type ParzenDensity } from '../../src/search/proposers/parzen.js';
import {
  cardinality,
  enumerate,
  fromUnit,
  hashAssignment,
  sample,
  type Space,
} from '../../src/space/index.js';
import { anySpace } from '../space/arbitrary-space.js';
import { drive, scored } from './drive.js';
import { contextOf, trial } from './make-trial.js';
import { problems, score, type Problem } from './problems.js';

/** Mean true regret of the configuration that looked best after so many full trials, over paired seeds. */
function regret(problem: Problem, over: Partial<SearchOptions>, trials: number, seed: number): number {
  const search = createSearch({ space: problem.space, seed, rungs: [1], maxProposals: trials, ...over });
  drive(search, (job) => scored(score(problem, job.assignment, job.fidelity, seed)));
  const best = search.history().reduce((a, b) => (b.scores[0] > a.scores[0] ? b : a));
  return -problem.truth(best.assignment);
}

describe('on noisy problems, over paired seeds', () => {
  const trials = 50;

  /** Gain over random in units of random's mean regret on the problem: 0 is a draw, 1 would be perfection. */
  function gains(
    over: Partial<SearchOptions>,
    seeds: number,
  ): { readonly mean: number; readonly se: number } {
    const all: number[] = [];
    for (const problem of problems) {
      const pairs = Array.from({ length: seeds }, (_, seed) => [
        regret(problem, { proposers: [] }, trials, seed),
        regret(problem, over, trials, seed),
      ]);
      const scale = pairs.reduce((sum, [random]) => sum + random, 0) / seeds;
      for (const [random, own] of pairs) all.push((random - own) / scale);
    }
    const mean = all.reduce((sum, gain) => sum + gain, 0) / all.length;
    const variance = all.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (all.length - 1);
    return { mean, se: Math.sqrt(variance / all.length) };
  }

  it('TPE beats random by a wide margin', () => {
    const { mean, se } = gains({ proposers: [treeParzen()], randomShare: 0 }, 14);
    expect(mean).toBeGreaterThan(0.3);
    expect(mean).toBeGreaterThan(3 * se);
  });

  it('mutation beats random', () => {
    const { mean, se } = gains({ proposers: [localMutation()], randomShare: 0 }, 40);
    expect(mean).toBeGreaterThan(0.15);
    expect(mean).toBeGreaterThan(3 * se);
  });

  it('the mixture, random control included, beats random', () => {
    const { mean, se } = gains({}, 14);
    expect(mean).toBeGreaterThan(0.15);
    expect(mean).toBeGreaterThan(3 * se);
  });

  it('random against random with other draws is a draw (negative control)', () => {
    const other = {
      name: 'other-random',
      propose: ({ space, rng }: ProposalContext) => ({ assignment: sample(space, rng.fork(1)) }),
    };
    const { mean, se } = gains({ proposers: [other], randomShare: 0 }, 40);
    expect(se).toBeGreaterThan(0.01);
    expect(Math.abs(mean)).toBeLessThan(3 * se);
  });
});

describe('TPE', () => {
  const space: Space = {
    x: { kind: 'float', min: 0, max: 1, default: 0.5 },
    mode: { kind: 'categorical', values: ['good', 'bad'], default: 'good' },
  };

  it('draws near what scored well', () => {
    const rng = new Rng(3);
    const history = Array.from({ length: 60 }, (_, i) => {
      const assignment = sample(space, rng);
      const value = -Math.abs(Number(assignment['x']) - 0.3) - (assignment['mode'] === 'good' ? 0 : 0.3);
      return trial(space, i, assignment, [value]);
    });
    const draws = Array.from(
      { length: 60 },
      (_, i) => treeParzen().propose(contextOf(space, history, i))?.assignment,
    );
    const near = draws.filter((a) => a?.['mode'] === 'good' && Math.abs(Number(a['x']) - 0.3) < 0.15);
    expect(near.length).toBeGreaterThan(50);
  });

  it('keeps away from configurations that fail', () => {
    const rng = new Rng(4);
    const make = (fails: boolean): readonly Trial[] =>
      Array.from({ length: 60 }, (_, i) => {
        const assignment = sample(space, rng);
        const breaks = fails && assignment['mode'] === 'bad';
        return trial(
          space,
          i,
          assignment,
          breaks ? [] : [0.01 * rng.normal()],
          breaks ? 'failed' : 'finished',
        );
      });
    const share = (history: readonly Trial[]): number => {
      let bad = 0;
      for (let i = 0; i < 200; i += 1) {
        if (treeParzen().propose(contextOf(space, history, i))?.assignment['mode'] === 'bad') bad += 1;
      }
      return bad / 200;
    };
    expect(share(make(true))).toBeLessThan(0.1);
    expect(share(make(false))).toBeGreaterThan(0.1); // negative control: nothing fails, nothing is avoided
  });
});

describe('parzenDensity', () => {
  const estimate = (space: Space, seed: number, n: number): { rng: Rng; density: ParzenDensity } => {
    const rng = new Rng(seed);
    const observations = Array.from({ length: n }, () => sample(space, rng));
    return { rng, density: parzenDensity(space, observations) };
  };

  it('sums to one over a finite space, conditions, orders and wide logarithmic notches included', () => {
    fc.assert(
      fc.property(anySpace, fc.nat(), fc.integer({ min: 0, max: 6 }), (space, seed, n) => {
        if (!(cardinality(space) <= 1500)) return;
        const { density } = estimate(space, seed, n);
        let sum = 0;
        for (const assignment of enumerate(space)) sum += Math.exp(density.logDensity(assignment));
        expect(sum).toBeCloseTo(1, 9);
      }),
    );
  });

  it('integrates to one over numbers', () => {
    const space: Space = {
      x: { kind: 'float', min: 1, max: 100, log: true, default: 10 },
      n: { kind: 'integer', min: 1, max: 5, log: true, default: 1 },
    };
    const { density } = estimate(space, 4, 5);
    let sum = 0;
    const steps = 4000;
    for (let i = 0; i < steps; i += 1) {
      const x = fromUnit(space['x'], (i + 0.5) / steps);
      for (let n = 1; n <= 5; n += 1) sum += Math.exp(density.logDensity({ x, n })) / steps;
    }
    expect(sum).toBeCloseTo(1, 3);
  });

  it('draws what it says: frequencies follow the density', () => {
    const space: Space = {
      kind: { kind: 'categorical', values: ['a', 'b', 'c'], default: 'a' },
      size: {
        kind: 'integer',
        min: 1,
        max: 6,
        log: true,
        default: 1,
        when: { parameter: 'kind', in: ['a', 'b'] },
      },
    };
    const { rng, density } = estimate(space, 9, 4);
    const counts = new Map<string, number>();
    const draws = 20_000;
    for (let i = 0; i < draws; i += 1) {
      const hash = hashAssignment(space, density.draw(rng));
      counts.set(hash, (counts.get(hash) ?? 0) + 1);
    }
    for (const assignment of enumerate(space)) {
      const told = Math.exp(density.logDensity(assignment));
      const seen = (counts.get(hashAssignment(space, assignment)) ?? 0) / draws;
      expect(Math.abs(seen - told)).toBeLessThan(5 * Math.sqrt(told / draws));
    }
  });

  it('is highest where the observations are, and draws there', () => {
    const space: Space = { x: { kind: 'float', min: 0, max: 1, default: 0.5 } };
    const density = parzenDensity(space, [{ x: 0.2 }, { x: 0.22 }, { x: 0.18 }, { x: 0.21 }]);
    expect(density.logDensity({ x: 0.2 })).toBeGreaterThan(density.logDensity({ x: 0.6 }) + 1);
    const rng = new Rng(2);
    const draws = Array.from({ length: 500 }, () => Number(density.draw(rng)['x']));
    expect(draws.filter((x) => x < 0.6).length).toBeGreaterThan(350);
    expect(draws.some((x) => x > 0.7)).toBe(true); // the uniform component keeps everything possible
  });
});

describe('successShare', () => {
  it('gives more to who succeeds more, and never silences anybody', () => {
    const { space } = problems[0];
    const rng = new Rng(8);
    const history = Array.from({ length: 60 }, (_, i) => ({
      ...trial(space, i, sample(space, rng), [i % 2 === 0 ? 1 + rng.next() : rng.next()]),
      proposer: i % 2 === 0 ? 'lucky' : 'unlucky',
    }));
    let lucky = 0;
    for (let i = 0; i < 1000; i += 1) {
      if (successShare().choose(['lucky', 'unlucky'], contextOf(space, history, i)) === 'lucky') lucky += 1;
    }
    expect(lucky / 1000).toBeGreaterThan(0.65);
    expect(lucky / 1000).toBeLessThan(0.85);
    expect(successShare().choose(['only'], contextOf(space, [], 1))).toBe('only');
  });
});
