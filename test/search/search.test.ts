import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng, canonicalJson, isAutoModelError } from '../../src/platform/index.js';
import { createSearch, type Job, type SearchOptions } from '../../src/search/index.js';
import { cardinality, hashAssignment, validate, type Assignment, type Space } from '../../src/space/index.js';
import { anySpace } from '../space/arbitrary-space.js';
import { drive, driveInDisorder, scored, type Evaluate } from './drive.js';
import { problems, score } from './problems.js';

const [recipe, family] = problems;

/** Scores of a problem; a few configurations break, and a few runs are lost for no fault of theirs. */
const evaluate: Evaluate = (job) => {
  const draw = new Rng([job.hash, job.rung]).next();
  if (draw < 0.05) return { kind: 'fault', code: 'LOSS_NOT_FINITE', infrastructure: false };
  if (draw < 0.08) return { kind: 'fault', code: 'WORKER_LOST', infrastructure: true };
  return scored(score(family, job.assignment, job.fidelity, 1));
};

const options = (over: Partial<SearchOptions> = {}): SearchOptions => ({
  space: family.space,
  seed: 7,
  maxProposals: 30,
  ...over,
});

const stateOf = (search: { snapshot(): unknown }): string => canonicalJson(search.snapshot());

describe('decisions', () => {
  it('are a function of the options and the outcomes', () => {
    const first = drive(createSearch(options()), evaluate);
    const second = drive(createSearch(options()), evaluate);
    expect(stateOf(second)).toBe(stateOf(first));
    const other = drive(createSearch(options({ seed: 8 })), evaluate);
    expect(stateOf(other)).not.toBe(stateOf(first));
  });

  it('do not depend on the order in which workers finish', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 2, max: 5 }), (order, lag) => {
        const reference = driveInDisorder(createSearch(options({ lag })), evaluate, 1, new Rng(0));
        const search = createSearch(options({ lag }));
        const arrived = driveInDisorder(search, evaluate, lag, new Rng(order));
        expect(arrived.length).toBe(reference.length);
        const sorted = createSearch(options({ lag }));
        driveInDisorder(sorted, evaluate, 1, new Rng(0));
        expect(stateOf(search)).toBe(stateOf(sorted));
      }),
      { numRuns: 15 },
    );
  });

  it('survive crashes at any moment: what the journal holds is replayed, the rest is handed out again', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat({ max: 12 }), { maxLength: 6 }),
        (seed, lag, lives) => {
          const whole = createSearch(options({ lag }));
          driveInDisorder(whole, evaluate, lag, new Rng(seed));
          const journal: number[] = [];
          const jobs = new Map<number, Job>();
          const remember: Evaluate = (job) => {
            jobs.set(job.index, job);
            return evaluate(job);
          };
          const resume = (): ReturnType<typeof createSearch> => {
            const search = createSearch(options({ lag }));
            for (const index of journal) search.commit(index, evaluate(jobs.get(index) as Job));
            return search;
          };
          lives.forEach((results, life) => {
            journal.push(...driveInDisorder(resume(), remember, lag, new Rng([seed, life]), results));
          });
          const last = resume();
          journal.push(...driveInDisorder(last, remember, lag, new Rng([seed, 'last'])));
          expect(new Set(journal).size).toBe(journal.length); // no job ran twice to its end
          expect(stateOf(last)).toBe(stateOf(whole));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('of job k see no result after job k - lag, however early it arrives', () => {
    const lag = 3;
    const decided = (poison: number): readonly string[] => {
      const search = createSearch(options({ lag, maxProposals: 40 }));
      const hashes: string[] = [];
      driveInDisorder(
        search,
        (job) => (job.index >= poison ? scored(1000 + job.index) : evaluate(job)),
        lag,
        new Rng(5),
        40,
      );
      for (const { job } of search.records()) hashes.push(`${job.hash}:${job.rung}`);
      return hashes;
    };
    const clean = decided(Number.POSITIVE_INFINITY);
    const poisoned = decided(25);
    // job 28 is the first that may know of job 25
    expect(poisoned.slice(0, 28)).toEqual(clean.slice(0, 28));
    expect(poisoned.slice(28)).not.toEqual(clean.slice(28));
  });

  it('keep at most `lag` jobs in flight and wait for the oldest', () => {
    const search = createSearch(options({ lag: 2 }));
    const first = search.next();
    const second = search.next();
    expect(search.next()).toBe('wait');
    search.commit((second as Job).index, scored(1));
    expect(search.next()).toBe('wait');
    search.commit((first as Job).index, scored(0));
    expect(typeof search.next()).toBe('object');
  });
});

describe('budgets', () => {
  it('are kept to the trial, and raised without touching earlier decisions', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 3 }),
        (most, stopAt, lag) => {
          const live = createSearch(options({ maxProposals: most, lag }));
          const running: Job[] = [];
          driveInDisorder(live, evaluate, lag, new Rng(most), stopAt, running);
          expect(live.history().length).toBeLessThanOrEqual(most);
          const before = live.records().map(({ job }) => `${job.hash}:${job.rung}`);
          live.raise(most + 10);
          driveInDisorder(live, evaluate, lag, new Rng(stopAt), Number.POSITIVE_INFINITY, running);
          expect(live.history().length).toBe(most + 10);
          expect(
            live
              .records()
              .map(({ job }) => `${job.hash}:${job.rung}`)
              .slice(0, before.length),
          ).toEqual(before);
          // replayed from the journal with the recorded steps: the same state
          const again = createSearch(options({ maxProposals: live.snapshot().budget, lag }));
          for (const { job, outcome } of live.records()) again.commit(job.index, outcome);
          expect(again.next()).toBe('done');
          expect(stateOf(again)).toBe(stateOf(live));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('end when a finite space is used up, having tried every configuration once', () => {
    const space: Space = {
      a: { kind: 'categorical', values: ['x', 'y', 'z'], default: 'x' },
      b: { kind: 'integer', min: 1, max: 4, default: 1 },
    };
    const search = drive(createSearch({ space, seed: 1, maxProposals: 1000 }), (job) =>
      scored(Number(job.assignment['b'])),
    );
    const hashes = search.history().map((trial) => trial.hash);
    expect(hashes.length).toBe(cardinality(space));
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe('proposals', () => {
  it('are valid, new, and hashed by content', () => {
    const search = drive(createSearch(options({ maxProposals: 60 })), evaluate);
    const trials = search.history();
    for (const trial of trials) {
      validate(family.space, trial.assignment);
      expect(trial.hash).toBe(hashAssignment(family.space, trial.assignment));
    }
    expect(new Set(trials.map((t) => t.hash)).size).toBe(trials.length);
  });

  it('give the random control its exact share, of which the warm-up of the others is a part', () => {
    for (const share of [0, 0.1, 0.2, 0.5, 1]) {
      const search = drive(createSearch(options({ maxProposals: 40, randomShare: share })), evaluate);
      const drawn = search.history().filter((trial) => trial.proposer === 'random' || trial.warmup);
      const warmups = drawn.filter((trial) => trial.warmup).length;
      expect(warmups).toBeLessThan(12);
      expect(drawn.length).toBe(Math.max(40 * share, warmups));
      const own = drawn.filter((trial) => trial.proposer === 'random');
      expect(own.every((trial) => !trial.warmup)).toBe(true);
    }
  });

  it('of the others are their own after warming up, and all of them are heard', () => {
    const search = drive(createSearch(options({ maxProposals: 80 })), evaluate);
    const names = new Set(search.history().map((trial) => trial.proposer));
    expect([...names].sort()).toEqual(['mutation', 'random', 'surrogate', 'tpe']);
    expect(
      search
        .history()
        .slice(30)
        .some((trial) => trial.warmup),
    ).toBe(false);
    expect(search.history()[0].warmup).toBe(true);
  });

  it('start with the given configurations, each once', () => {
    const initial: readonly Assignment[] = [{}, { model: 'din' }, { model: 'lr' }];
    const search = drive(createSearch(options({ initial, maxProposals: 6 })), evaluate);
    const trials = search.history();
    expect(trials.slice(0, 2).map((t) => [t.proposer, t.assignment['model']])).toEqual([
      ['initial', 'lr'],
      ['initial', 'din'],
    ]);
    expect(trials[2].proposer).not.toBe('initial'); // the third is the first again
  });

  it('redraw what was proposed before, and count it', () => {
    const space: Space = { a: { kind: 'integer', min: 1, max: 30, default: 1 } };
    const search = drive(createSearch({ space, seed: 3, maxProposals: 28 }), (job) =>
      scored(-Number(job.assignment['a'])),
    );
    expect(search.snapshot().redraws).toBeGreaterThan(0);
    expect(new Set(search.history().map((t) => t.hash)).size).toBe(28);
  });
});

describe('any space and any outcomes', () => {
  it('lead to an end: valid, distinct configurations, no more than allowed, somebody at the top', () => {
    fc.assert(
      fc.property(
        anySpace,
        fc.nat(),
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 1, max: 3 }),
        (space, seed, most, lag) => {
          const search = createSearch({ space, seed, maxProposals: most, lag });
          const outcomes: Evaluate = (job) => {
            const rng = new Rng([seed, job.index]);
            const draw = rng.next();
            if (draw < 0.1) return { kind: 'fault', code: 'LOSS_NOT_FINITE', infrastructure: draw < 0.03 };
            return scored(Math.round(3 * rng.normal())); // ties are common
          };
          driveInDisorder(search, outcomes, lag, new Rng(seed));
          const trials = search.history();
          expect(trials.length).toBe(Math.min(most, cardinality(space)));
          expect(new Set(trials.map((t) => t.hash)).size).toBe(trials.length);
          for (const trial of trials) validate(space, trial.assignment);
          expect(trials.every((t) => t.state !== 'running')).toBe(true);
          const couldClimb = trials.filter((t) => t.scores.length > 0);
          const lost = trials.filter((t) => t.state === 'failed' || t.state === 'excluded');
          if (couldClimb.length > 0 && lost.length === 0) {
            expect(trials.some((t) => t.state === 'finished')).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('halving', () => {
  it('spends a fraction of what full runs of all trials would cost', () => {
    const search = drive(createSearch({ space: recipe.space, seed: 2, maxProposals: 81 }), (job) =>
      scored(score(recipe, job.assignment, job.fidelity, 2)),
    );
    const perRung = [0, 1, 2].map((rung) => search.history().filter((t) => t.scores.length > rung).length);
    expect(perRung).toEqual([81, 27, 9]);
    const spent = search.records().reduce((sum, { job }) => sum + job.fidelity, 0);
    expect(spent).toBeCloseTo(27, 9);
  });

  it('promotes only what was among the best third of its rung', () => {
    const search = drive(createSearch(options({ maxProposals: 45 })), evaluate);
    const trials = search.history();
    for (const rung of [0, 1]) {
      const scores = trials.filter((t) => t.scores.length > rung).map((t) => t.scores[rung]);
      const climbed = trials.filter((t) => t.scores.length > rung + 1).map((t) => t.scores[rung]);
      const mean = (list: readonly number[]): number => list.reduce((s, x) => s + x, 0) / list.length;
      expect(mean(climbed)).toBeGreaterThan(mean(scores));
    }
    const best = Math.max(...trials.map((t) => t.scores[0] ?? Number.NEGATIVE_INFINITY));
    expect(trials.find((t) => t.scores[0] === best)?.scores.length).toBeGreaterThan(1);
  });

  it('brings somebody to the top even in the smallest search', () => {
    for (const maxProposals of [1, 2, 4]) {
      const search = drive(createSearch(options({ maxProposals })), (job) => scored(-job.index));
      expect(search.history().some((trial) => trial.state === 'finished')).toBe(true);
    }
  });

  it('can be left out: one rung, every trial in full', () => {
    const search = drive(createSearch(options({ rungs: [1] })), (job) => scored(job.index));
    expect(search.records().every(({ job }) => job.fidelity === 1)).toBe(true);
    expect(search.records().length).toBe(30);
  });
});

describe('faults', () => {
  it('are never scores: a broken configuration fails, a lost run is excluded, neither is promoted', () => {
    const search = drive(createSearch(options({ maxProposals: 90 })), evaluate);
    const failed = search.history().filter((t) => t.state === 'failed');
    const excluded = search.history().filter((t) => t.state === 'excluded');
    expect(failed.length).toBeGreaterThan(0);
    expect(excluded.length).toBeGreaterThan(0);
    expect(failed.every((t) => t.fault === 'LOSS_NOT_FINITE')).toBe(true);
    for (const trial of [...failed, ...excluded]) {
      const runs = search.records().filter(({ job }) => job.trialIndex === trial.index);
      expect(runs.at(-1)?.outcome.kind).toBe('fault');
      expect(trial.scores.length).toBe(runs.length - 1);
    }
  });

  it('that come everywhere end the search instead of hanging it', () => {
    const search = drive(createSearch(options({ maxProposals: 12 })), () => ({
      kind: 'fault',
      code: 'LOSS_NOT_FINITE',
      infrastructure: false,
    }));
    expect(search.history().length).toBe(12);
    expect(search.next()).toBe('done');
  });
});

describe('misuse', () => {
  const codeOf = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      if (isAutoModelError(error)) return error.code;
      throw error;
    }
    return 'none';
  };

  it('is refused: wrong rungs, lag, shares, spaces', () => {
    expect(codeOf(() => createSearch(options({ rungs: [0.5] })))).toBe('CONFIG_INVALID');
    expect(codeOf(() => createSearch(options({ rungs: [1, 0.5] })))).toBe('CONFIG_INVALID');
    expect(codeOf(() => createSearch(options({ rungs: [] })))).toBe('CONFIG_INVALID');
    expect(codeOf(() => createSearch(options({ lag: 0 })))).toBe('CONFIG_INVALID');
    expect(codeOf(() => createSearch(options({ eta: 1 })))).toBe('CONFIG_INVALID');
    expect(codeOf(() => createSearch(options({ randomShare: 1.5 })))).toBe('CONFIG_INVALID');
    expect(codeOf(() => createSearch(options({ initial: [{ model: 'nope' }] })))).toBe('CONFIG_INVALID');
  });

  it('of commit is refused: unknown jobs, contradicting results, scores that are none', () => {
    const search = createSearch(options());
    const job = search.next() as Job;
    expect(codeOf(() => search.commit(99, scored(1)))).toBe('INTERNAL');
    expect(codeOf(() => search.commit(job.index, scored(Number.NaN)))).toBe('PREDICTIONS_INVALID');
    search.commit(job.index, scored(1));
    expect(codeOf(() => search.commit(job.index, scored(1)))).toBe('none');
    expect(codeOf(() => search.commit(job.index, scored(2)))).toBe('JOURNAL_CORRUPT');
  });
});
