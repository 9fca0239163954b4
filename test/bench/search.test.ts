import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { play } from '../../bench/search/play.mjs';
import { own, rivals } from '../../bench/search/policies.mjs';
import { allProblems } from '../../bench/search/problems/index.mjs';
import { Rng } from '../../src/platform/index.js';
import { tableProblem, truthOf } from '../../bench/search/problems/tables.mjs';
import { meanWithInterval, summarise } from '../../bench/search/summarise.mjs';

interface Entry {
  readonly budget: number;
  readonly regret: number;
  readonly error: number | null;
}
interface Played {
  readonly plain: readonly Entry[];
  readonly finish: readonly Entry[];
}
interface Policy {
  readonly id: string;
}
interface Problem {
  readonly id: string;
  readonly set: string;
}

const problems: readonly Problem[] = allProblems();
const random: Policy = rivals[0];
const runs = 4;

/** Mean regret after so many evaluations on two problems of the tuning set, over paired runs. */
function regret(policy: Policy, kind: 'plain' | 'finish'): number {
  const two = problems.filter(({ id }) => id === 'recipe' || id === 'power-law');
  let sum = 0;
  for (const problem of two) {
    for (let run = 0; run < runs; run += 1) {
      const played: Played = play(policy, problem, 5000 + run, [40]);
      sum += played[kind][0].regret / runs / two.length;
    }
  }
  return sum;
}

describe('the search policy on two small problems', () => {
  const level = 0.6;

  it('leaves far less regret than random with the same finish', () => {
    const rival = regret(random, 'finish');
    expect(regret(own, 'finish')).toBeLessThan(level * rival);
  });

  it('random, had it taken its place, would fail that test (negative control)', () => {
    const rival = regret(random, 'finish');
    expect(regret(random, 'plain')).toBeGreaterThan(level * rival);
  });
});

describe('the bench', () => {
  it('has disjoint sets, both of every kind', () => {
    const ids = problems.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(problems.map(({ set }) => set))).toEqual(new Set(['tuning', 'reporting']));
  });

  it('never spends more than the budget, and plays the same twice', () => {
    for (const problem of problems.filter(({ set }) => set === 'tuning')) {
      const first: Played = play(random, problem, 3, [5, 12]);
      expect(play(random, problem, 3, [5, 12])).toEqual(first);
      expect(first.plain.map(({ budget }) => budget)).toEqual([5, 12]);
      for (const entry of [...first.plain, ...first.finish]) {
        expect(entry.regret).toBeGreaterThanOrEqual(-1e-9);
        expect(Number.isFinite(entry.regret)).toBe(true);
      }
    }
  });
});

describe('truthOf', () => {
  const configuration = (model: string, scores: readonly number[]) => ({
    assignment: { model },
    search: scores.map((score) => [score / 2, score]),
  });
  const table = {
    configurations: [
      configuration('a', [9, 1, 3]),
      configuration('a', [9, 5, 7]),
      configuration('b', [9, 10, 10]),
      configuration('b', [9, 10, 10]),
    ],
  };

  it('shrinks towards the family by the share of noise, and never sees the other seeds', () => {
    const { shrunk, plain } = truthOf(
      table,
      table.configurations.map(() => [1, 2]),
    );
    expect(plain).toEqual([2, 6, 10, 10]);
    // noise variance of one seed: mean of 2, 2, 0, 0; family a: mean 4, variance 4, kept 1 - (1 / 2) / 4
    expect(shrunk[0]).toBeCloseTo(4 - 2 * (1 - 0.5 / 4), 12);
    expect(shrunk[1]).toBeCloseTo(4 + 2 * (1 - 0.5 / 4), 12);
    expect(shrunk.slice(2)).toEqual([10, 10]);
  });
});

describe('a table whose seeds move all its configurations alike', () => {
  const shipped = JSON.parse(readFileSync('bench/search/tables/ml-100k.json', 'utf8'));
  const rng = new Rng(5);
  const seedEffects = [2, 0.5, -0.5, -1, -1];
  const configurations = shipped.configurations
    .slice(0, 40)
    .map(({ assignment }: { assignment: object }) => ({
      assignment,
      search: seedEffects.map((effect) => [effect + rng.normal()]),
    }));
  const problem = tableProblem({ ...shipped, rungs: [1], configurations }, 'made', 'tuning');
  const greatest = (values: readonly number[]) => values.indexOf(Math.max(...values));

  function errors(errorOf: (run: number) => number): { mean: number; se: number } {
    const values = Array.from({ length: 3000 }, (_, run) => errorOf(run));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    return { mean, se: Math.sqrt(variance / values.length) };
  }

  it('lets the fresh score of what one seed chose agree with the truth on average', () => {
    const { mean, se } = errors((run) => {
      const instance = problem.instance(new Rng(run));
      const first: number[] = instance.pool.map((one: object) => instance.score(one, 0, 0));
      const choice = instance.pool[greatest(first)];
      return instance.score(choice, 0, 1) - instance.unbiased(choice);
    });
    expect(Math.abs(mean)).toBeLessThan(3.5 * se);
  });

  it('would not, were the two seeds of the truth the same for all configurations (negative control)', () => {
    const { mean, se } = errors((run) => {
      const one = new Rng(run);
      const held = one.shuffle([0, 1, 2, 3, 4]).slice(0, 2);
      const shown = [0, 1, 2, 3, 4].filter((seed) => !held.includes(seed));
      const orders = configurations.map(() => one.shuffle([...shown]));
      const at = (c: number, seed: number) => configurations[c].search[seed][0];
      const choice = greatest(orders.map((order: number[], c: number) => at(c, order[0] ?? 0)));
      return at(choice, orders[choice][1]) - (at(choice, held[0] ?? 0) + at(choice, held[1] ?? 0)) / 2;
    });
    expect(mean).toBeLessThan(-3.5 * se);
  });
});

describe('summarise', () => {
  it('pairs by run, names the best rival, and counts the runs that everybody has', () => {
    const row = (run: number, regretOf: number) => ({
      run,
      plain: [25, 50, 100, 200].map((budget) => ({ budget, regret: regretOf, error: 0, naive: 0.1 })),
      finish: [25, 50, 100, 200].map((budget) => ({ budget, regret: regretOf / 2, error: 0, naive: 0.1 })),
    });
    const rowsOf = (values: readonly number[]) => new Map(values.map((value, run) => [run, row(run, value)]));
    const results = [
      {
        problem: { id: 'p', kind: 'function' },
        rows: new Map([
          ['mine', rowsOf([0.2, 0.4, 0.3])],
          ['good', rowsOf([0.4, 0.6, 0.5])],
          ['bad', rowsOf([0.9, 0.9])],
        ]),
      },
    ];
    const policies = ['mine', 'good', 'bad'].map((id) => ({ id, title: id }));
    const summary = summarise(results, policies, 'mine');
    expect(summary.runs).toBe(2);
    expect(summary.plain[0]?.rival).toBe('good');
    expect(summary.plain[0]?.difference.mean).toBeCloseTo(0.15 - 0.5, 12);
    expect(summary.finish[0]?.difference.mean).toBeCloseTo(0.15 - 0.25, 12);
    expect(summary.finish[0]?.losses).toEqual([]);
    // t with one degree of freedom at 97.5 %: 12.706
    const { half } = meanWithInterval([0, 2]);
    expect(half).toBeCloseTo(12.7062, 3);
  });
});
