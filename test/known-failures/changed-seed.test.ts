/**
 * A changed seed counted as progress. Seen in systems of this kind: the seed is one of the things that a candidate may
 * edit, the best of many reruns is reported as a better method, and the gain is gone with the next seed.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { givenAssignment } from '../../src/agents/autotrain/given-assignment.js';
import { harnessSeed } from '../../src/agents/loop/run-settings.js';
import { candidateSpace } from '../../src/agents/trial/candidate-space.js';
import { trialRequest } from '../../src/agents/trial/trial-request.js';
import { idOf, modelsFor, spaceOf } from '../../src/models/index.js';
import { canonicalJson, hashKeys } from '../../src/platform/index.js';
import type { TrialRequest } from '../../src/schema/index.js';
import { createSearch } from '../../src/search/index.js';
import { recipeNames } from '../../src/training/index.js';
import { ctrData } from '../agents/support/encoded-data.js';
import { crashingRun } from '../agents/support/crashing-run.js';
import { simulatedWorld } from '../agents/support/simulated-world.js';
import { removeFolder, temporaryFolder } from '../agents/tiny-project.js';

const folder = temporaryFolder();
afterAll(() => removeFolder(folder));
const aSeed = /seed|random_?state/i;
const tasks = ['ctr', 'rating', 'next-item'] as const;

describe('a seed', () => {
  it('is no part of what may be searched, of any model, recipe or dataset', () => {
    for (const task of tasks)
      for (const model of modelsFor(task))
        expect(
          Object.keys(spaceOf(model)).filter((name) => aSeed.test(name)),
          idOf(model),
        ).toEqual([]);
    expect(recipeNames.filter((name) => aSeed.test(name))).toEqual([]);
    expect(Object.keys(candidateSpace(ctrData())).filter((name) => aSeed.test(name))).toEqual([]);
  });

  it('is refused by name where a hyper-parameter is expected', () => {
    for (const task of tasks)
      for (const model of modelsFor(task))
        expect(() => givenAssignment(model, task, { seed: 3 }), idOf(model)).toThrow(
          expect.objectContaining({ code: 'UNKNOWN_HYPERPARAMETER' }),
        );
  });

  it('makes another run of the same candidate, not another candidate', () => {
    const place = {
      contractHash: 'c',
      datasetDir: '/d',
      predictionsDir: '/p',
      checkpointsDir: '/c',
      threads: 1,
    };
    const wish = { model: 'lr', assignment: { a: 1 }, validationShare: 'search' as const };
    const [one, two] = [1, 2].map((seed) => trialRequest(place, { ...wish, seed }));
    expect(two.key).not.toBe(one.key);
    expect(canonicalJson([two.model, two.assignment])).toBe(canonicalJson([one.model, one.assignment]));
  });

  it('gives the search no second try of a configuration that it has tried', () => {
    const search = createSearch({
      space: { model: { kind: 'categorical', values: ['a', 'b', 'c'], default: 'a', about: 'family' } },
      seed: 1,
      rungs: [1],
      maxProposals: 30,
    });
    const tried: string[] = [];
    for (let job = search.next(); typeof job !== 'string'; job = search.next()) {
      tried.push(canonicalJson(job.assignment));
      search.commit(job.index, {
        kind: 'score',
        value: hashKeys(job.index) / 2 ** 32,
        costSeconds: 1,
        work: 1,
      });
    }
    expect(new Set(tried).size).toBe(tried.length);
  });
});

describe('a candidate whose gain lies in its seed', () => {
  const screening = harnessSeed(7, 'screen', 0);
  const seedsOf = (purpose: 'screen' | 'race' | 'gate' | 'final') =>
    Array.from({ length: 11 }, (_, i) => harnessSeed(7, purpose, i));
  const grants = [{ trials: 10, minutes: null }];
  /** Nothing is better than the baseline; with the seed that screening uses, everything seems to be. */
  const lucky = ({ model, seed }: TrialRequest) => (model !== 'lr' && seed === screening ? 3 : 1);
  const better = ({ model }: TrialRequest) => (model !== 'lr' ? 3 : 0.2);
  const runOf = (quality: (request: TrialRequest) => number, name: string) =>
    crashingRun({
      world: simulatedWorld(6, 160),
      script: { quality },
      folder: `${folder}/${name}`,
      grants,
      settings: { nullSeed: 1 },
      crashes: [],
    });
  let run: Awaited<ReturnType<typeof runOf>>;
  beforeAll(async () => {
    run = await runOf(lucky, 'lucky');
  });

  it('leads the screening and is not accepted', () => {
    const kinds = run.events.map(({ kind }) => kind);
    expect(kinds).toContain('gate-looked');
    expect(kinds).not.toContain('incumbent-changed');
  });

  it('while one that is better with any seed is (control)', async () => {
    const kinds = (await runOf(better, 'better')).events.map(({ kind }) => kind);
    expect(kinds).toContain('incumbent-changed');
  });

  it('meets seeds that the harness chose, the same for both sides of the gate and fresh after the screening', () => {
    const known = new Set((['screen', 'race', 'gate', 'final'] as const).flatMap(seedsOf));
    for (const { seed } of run.requests) expect(known).toContain(seed);
    for (const purpose of ['race', 'gate', 'final'] as const)
      expect(seedsOf(purpose)).not.toContain(screening);
    const gate = new Set(seedsOf('gate').slice(0, 5));
    const bySide = new Map<string, Set<number>>();
    for (const { model, assignment, seed, fidelity } of run.requests) {
      if (!gate.has(seed) || fidelity < 1) continue;
      const side = canonicalJson([model, assignment]);
      bySide.set(side, (bySide.get(side) ?? new Set()).add(seed));
    }
    expect(bySide.size).toBeGreaterThan(2);
    for (const seeds of bySide.values()) expect([...seeds].toSorted()).toEqual([...gate].toSorted());
  });
});
