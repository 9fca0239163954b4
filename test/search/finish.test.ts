import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import {
  createFinish,
  createSearch,
  finalists,
  finishRuns,
  type Finish,
  type FinishOptions,
  type FinishRun,
} from '../../src/search/index.js';
import { drive, scored } from './drive.js';
import { problems, score } from './problems.js';

type Score = (run: FinishRun) => number | undefined;

/** Runs a finish to its end with several workers that come back in random order. */
function runFinish(finish: Finish, scoreOf: Score, workers = 1, rng = new Rng(1)): readonly FinishRun[] {
  const all: FinishRun[] = [];
  const out: FinishRun[] = [];
  for (;;) {
    const next = out.length < workers ? finish.next() : 'wait';
    if (typeof next === 'object') {
      all.push(next);
      out.push(next);
      if (rng.next() < 0.5) continue;
    }
    if (out.length === 0) {
      if (next === 'done') return all;
      throw new Error('nothing runs, yet the finish waits');
    }
    const [run] = out.splice(rng.integer(out.length), 1);
    finish.commit(run.index, scoreOf(run));
  }
}

const noiseSd = 1;
const noisy =
  (truths: readonly number[], seed: number): Score =>
  ({ finalist, repeat }) =>
    truths[finalist] + noiseSd * new Rng([seed, finalist, repeat]).normal();

/** Finalists as a screening leaves them: truths drawn, one noisy look each, posterior of the two. */
function screened(seed: number, n: number): { truths: readonly number[]; options: FinishOptions } {
  const rng = new Rng([seed, 'screened']);
  const truths = Array.from({ length: n }, () => rng.normal());
  const looks = truths.map((truth) => truth + noiseSd * rng.normal());
  return {
    truths,
    options: {
      finalists: looks.map((look) => ({ mean: look / 2, sd: Math.SQRT1_2 })),
      runs: 16,
      noiseSd,
    },
  };
}

describe('createFinish', () => {
  it('spends no more than its runs, keeps some for the report, and gives every run its own seed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 4 }),
        fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
        fc.nat(),
        (n, runs, lag, mostRunsEach, seed) => {
          const { truths, options } = screened(seed, n);
          const finish = createFinish({
            ...options,
            runs,
            lag,
            ...(mostRunsEach !== undefined && { mostRunsEach }),
          });
          const all = runFinish(finish, noisy(truths, seed), lag, new Rng(seed));
          expect(all.length).toBeLessThanOrEqual(runs);
          const seeds = all.map(({ finalist, repeat }) => `${finalist}/${repeat}`);
          expect(new Set(seeds).size).toBe(all.length);
          for (const run of all) expect(run.repeat).toBeLessThan(mostRunsEach ?? runs);
          const result = finish.result();
          const confirmed = all.filter(({ stage }) => stage === 'confirm');
          expect(confirmed.length).toBeGreaterThan(0);
          for (const run of confirmed) expect(run.finalist).toBe(result?.winner);
          expect(result?.reportedRuns).toBe(confirmed.length);
        },
      ),
    );
  });

  it('decides the same in whatever order results arrive', () => {
    for (let seed = 0; seed < 40; seed += 1) {
      const { truths, options } = screened(seed, 6);
      const decide = (order: number): readonly FinishRun[] =>
        runFinish(createFinish({ ...options, lag: 3 }), noisy(truths, seed), 3, new Rng(order));
      expect(decide(2)).toEqual(decide(1));
    }
  });

  it('chooses better than the screening alone, and reports without optimism', () => {
    const seeds = 400;
    let [gain, error, naive] = [0, 0, 0];
    let [gainSquares, squares] = [0, 0];
    for (let seed = 0; seed < seeds; seed += 1) {
      const { truths, options } = screened(seed, 8);
      const finish = createFinish(options);
      runFinish(finish, noisy(truths, seed));
      const result = finish.result();
      if (result?.reported === undefined) throw new Error('the finish has no result');
      const priors = options.finalists.map(({ mean }) => mean);
      const first = priors.indexOf(Math.max(...priors));
      const better = truths[result.winner] - truths[first];
      gain += better / seeds;
      gainSquares += better ** 2 / seeds;
      const own = result.reported - truths[result.winner];
      error += own / seeds;
      squares += own ** 2 / seeds;
      // the naive report: the highest single look among all
      naive += (2 * priors[first] - truths[first]) / seeds;
    }
    expect(gain).toBeGreaterThan(4 * Math.sqrt((gainSquares - gain ** 2) / seeds));
    const se = Math.sqrt((squares - error ** 2) / seeds);
    expect(Math.abs(error)).toBeLessThan(2.5 * se);
    expect(naive).toBeGreaterThan(10 * se); // negative control: what is chosen for being high is too high
  });

  it('gives no runs to the hopeless, and none to the race when nobody is close', () => {
    const prior = [0, 0.2, -20].map((mean) => ({ mean, sd: 0.5 }));
    const all = runFinish(createFinish({ finalists: prior, runs: 12, noiseSd }), noisy([0, 0.2, -20], 3));
    expect(all.some(({ finalist }) => finalist === 2)).toBe(false);
    expect(all.some(({ stage }) => stage === 'race')).toBe(true);
    const clear = [9, 0, -5].map((mean) => ({ mean, sd: 0.5 }));
    const rest = runFinish(createFinish({ finalists: clear, runs: 12, noiseSd }), noisy([9, 0, -5], 3));
    expect(rest.every(({ stage, finalist }) => stage === 'confirm' && finalist === 0)).toBe(true);
  });

  it('races where seeds are scarce, so that a leader of the screening alone can be found out', () => {
    const prior = [0.4, 0].map((mean) => ({ mean, sd: 1 }));
    for (const mostRunsEach of [2, 3, 4]) {
      const finish = createFinish({ finalists: prior, runs: 12, noiseSd: 0.1, mostRunsEach });
      const all = runFinish(finish, ({ finalist }) => [-2, 0][finalist]);
      expect(all.filter(({ stage }) => stage === 'race').length).toBeGreaterThan(0);
      expect(finish.result()?.winner).toBe(1);
      expect(finish.result()?.reportedRuns).toBeGreaterThan(0);
    }
    const only = createFinish({ finalists: prior, runs: 12, noiseSd: 0.1, mostRunsEach: 1 });
    expect(runFinish(only, () => 0).map(({ stage }) => stage)).toEqual(['confirm']);
  });

  it('takes lost runs as spent and silent', () => {
    const { options } = screened(1, 4);
    const finish = createFinish(options);
    const all = runFinish(finish, () => undefined);
    expect(all.length).toBe(options.runs);
    expect(finish.result()?.reported).toBeUndefined();
    expect(finish.standings().map(({ mean }) => mean)).toEqual(
      [...options.finalists].map(({ mean }) => mean).sort((a, b) => b - a),
    );
  });

  it('has posterior means in closed form', () => {
    const finish = createFinish({
      finalists: [
        { mean: 1, sd: 2 },
        { mean: 1.1, sd: 2 },
      ],
      runs: 3,
      noiseSd: 0.5,
      confirmations: 1,
    });
    const first = finish.next();
    if (typeof first !== 'object') throw new Error('a race with two rivals begins');
    finish.commit(first.index, 3);
    const standing = finish.standings().find(({ finalist }) => finalist === first.finalist);
    const prior = first.finalist === 0 ? 1 : 1.1;
    expect(standing?.mean).toBeCloseTo((prior / 4 + 3 / 0.25) / (1 / 4 + 1 / 0.25), 12);
    expect(standing?.sd).toBeCloseTo(1 / Math.sqrt(1 / 4 + 1 / 0.25), 12);
  });

  it('is over at once without finalists, and only reports with one', () => {
    expect(createFinish({ finalists: [], runs: 4, noiseSd }).next()).toBe('done');
    const lone = createFinish({ finalists: [{ mean: 0, sd: 1 }], runs: 4, noiseSd });
    expect(runFinish(lone, () => 2).map(({ stage }) => stage)).toEqual(Array(4).fill('confirm'));
    expect(lone.result()).toEqual({ winner: 0, reported: 2, reportedRuns: 4 });
    expect(() => lone.commit(9, 1)).toThrow(RangeError);
  });
});

describe('finishRuns', () => {
  it('is a fifth of the budget, at least two, at most all of it', () => {
    expect([1, 2, 5, 10, 25, 50, 100, 200].map((budget) => finishRuns(budget))).toEqual([
      1, 2, 2, 2, 5, 10, 20, 40,
    ]);
  });
});

describe('finalists', () => {
  it('believe less than was seen, and truth more often than the highest scores do', () => {
    const problem = problems[0];
    const seeds = 8;
    let [optimism, believed] = [0, 0];
    for (let seed = 0; seed < seeds; seed += 1) {
      const search = createSearch({ space: problem.space, seed, rungs: [1], maxProposals: 60 });
      drive(search, (job) => scored(score(problem, job.assignment, job.fidelity, seed)));
      const [first] = finalists(problem.space, search.history(), 1, 1);
      optimism += (first.observed - problem.truth(first.assignment)) / seeds;
      believed += (first.mean - problem.truth(first.assignment)) / seeds;
    }
    expect(optimism).toBeGreaterThan(0.01);
    expect(Math.abs(believed)).toBeLessThan(0.75 * optimism);
  });

  it('are distinct, ordered by belief, never failed, and as many as there are', () => {
    const problem = problems[1];
    const search = createSearch({ space: problem.space, seed: 1, maxProposals: 30 });
    drive(search, (job) =>
      job.trialIndex % 5 === 0
        ? { kind: 'fault', code: 'LOSS_NOT_FINITE', infrastructure: false }
        : scored(score(problem, job.assignment, job.fidelity, 1)),
    );
    const trials = search.history();
    const all = finalists(problem.space, trials, 3, 100);
    expect(all.length).toBe(trials.filter(({ state }) => state !== 'failed').length);
    expect(new Set(all.map(({ hash }) => hash)).size).toBe(all.length);
    for (let i = 1; i < all.length; i += 1) expect(all[i].mean).toBeLessThanOrEqual(all[i - 1].mean);
    expect(finalists(problem.space, trials, 3, 4)).toEqual(all.slice(0, 4));
    expect(finalists(problem.space, [], 3, 4)).toEqual([]);
    expect(finalists(problem.space, trials.slice(1, 4), 3, 4).length).toBe(3);
  });
});
