import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import {
  createSearch,
  localMutation,
  randomProposer,
  regularisedEvolution,
  surrogate,
  treeParzen,
  type Proposer,
  type Trial,
} from '../../src/search/index.js';
import { cardinality, sample, validate, type Space } from '../../src/space/index.js';
import { anySpace } from '../space/arbitrary-space.js';
import { drive, driveInDisorder, scored } from './drive.js';
import { contextOf, trial } from './make-trial.js';
import { problems, score } from './problems.js';

/** What every proposer must hold, whoever wrote it. */
const makers: readonly (readonly [string, () => Proposer])[] = [
  ['random', randomProposer],
  ['mutation', localMutation],
  ['tpe', treeParzen],
  ['evolution', regularisedEvolution],
  ['surrogate', surrogate],
];

const states: readonly Trial['state'][] = ['finished', 'failed', 'running', 'excluded', 'waiting'];

/** Trials in all states, on up to three rungs; equal scores occur. */
function anyHistory(space: Space, seed: number, size: number): readonly Trial[] {
  const rng = new Rng([seed, 'history']);
  return Array.from({ length: size }, (_, i) => {
    const state = rng.next() < 0.7 ? 'finished' : rng.pick(states);
    const rungs = state === 'finished' ? 3 : state === 'running' || state === 'waiting' ? rng.integer(3) : 0;
    const scores = Array.from({ length: rungs }, () => Math.round(4 * rng.normal()) / 4);
    return trial(space, i, sample(space, rng), scores, state);
  });
}

describe.each(makers)('the proposer %s', (name, make) => {
  it('carries its name', () => {
    expect(make().name).toBe(name);
  });

  it('proposes valid configurations in any space and any history, as a function of its context', () => {
    fc.assert(
      fc.property(anySpace, fc.nat(), fc.integer({ min: 0, max: 30 }), (space, seed, size) => {
        const history = anyHistory(space, seed, size);
        const before = JSON.stringify(history);
        const first = make().propose(contextOf(space, history, seed, 3));
        // the same object again, and another one: neither may keep anything
        const proposer = make();
        proposer.propose(contextOf(space, anyHistory(space, seed + 1, 25), seed, 3));
        expect(proposer.propose(contextOf(space, history, seed, 3))).toEqual(first);
        expect(JSON.stringify(history)).toBe(before);
        if (first === undefined) return;
        validate(space, first.assignment);
        if (first.parent !== undefined) expect(first.parent).toBeLessThan(size);
      }),
      { numRuns: 60 },
    );
  });

  it('survives histories without a single score', () => {
    const { space } = problems[1];
    for (const state of ['failed', 'running', 'excluded'] as const) {
      const rng = new Rng(1);
      const history = Array.from({ length: 30 }, (_, i) => trial(space, i, sample(space, rng), [], state));
      const proposal = make().propose(contextOf(space, history, 3));
      if (proposal !== undefined) validate(space, proposal.assignment);
    }
  });

  it('survives scores that are all the same', () => {
    const { space } = problems[1];
    const rng = new Rng(2);
    const history = Array.from({ length: 30 }, (_, i) => trial(space, i, sample(space, rng), [0.5]));
    const proposal = make().propose(contextOf(space, history, 3));
    expect(proposal).toBeDefined();
    if (proposal !== undefined) validate(space, proposal.assignment);
  });

  it('finds every configuration of a small space once, and no other', () => {
    const space: Space = {
      a: { kind: 'categorical', values: ['x', 'y'], default: 'x' },
      b: { kind: 'integer', min: 1, max: 5, default: 1, when: { parameter: 'a', in: ['x'] } },
      only: { kind: 'ordered', values: [7], default: 7 },
    };
    const search = createSearch({ space, seed: 4, rungs: [1], proposers: [make()], randomShare: 0 });
    drive(search, (job) => scored(job.index % 3));
    const hashes = search.history().map(({ hash }) => hash);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashes.length).toBe(cardinality(space));
  });

  it('takes a space without choice as it is', () => {
    const space: Space = { only: { kind: 'categorical', values: ['a'], default: 'a' } };
    const search = createSearch({ space, seed: 4, rungs: [1], proposers: [make()], randomShare: 0 });
    drive(search, () => scored(1));
    expect(search.history().length).toBe(1);
  });

  it('proposes the same in whatever order parallel results arrive', () => {
    const problem = problems[1];
    const run = (seed: number): readonly string[] => {
      const search = createSearch({
        space: problem.space,
        seed: 5,
        lag: 3,
        proposers: [make()],
        maxProposals: 24,
      });
      driveInDisorder(
        search,
        (job) => scored(score(problem, job.assignment, job.fidelity, 1)),
        3,
        new Rng(seed),
      );
      return search.snapshot().jobs.map(({ hash, rung }) => `${hash}/${rung}`);
    };
    expect(run(2)).toEqual(run(1));
  });
});

describe('all but random', () => {
  it.each(makers.slice(1))('%s says when it has too little history', (_, make) => {
    const { space } = problems[0];
    expect(make().propose(contextOf(space, [], 1))).toBeUndefined();
  });
});
