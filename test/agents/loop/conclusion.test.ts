import { beforeEach, describe, expect, it, vi } from 'vitest';
import { conclude, type ConclusionOptions } from '../../../src/agents/loop/conclusion.js';
import type { RunContext } from '../../../src/agents/loop/run-context.js';
import { harnessSeed, type RunSettings } from '../../../src/agents/loop/run-settings.js';
import { readAll } from '../../../src/journal/index.js';
import { AutoModelError } from '../../../src/platform/index.js';
import type { TrialRequest } from '../../../src/schema/index.js';
import type { Scoreboard } from '../../../src/stats/index.js';
import { baseline, quietNoise } from '../support/gate.js';
import { scriptedRun, type Script } from '../support/scripted-run.js';
import { simulatedWorld } from '../support/simulated-world.js';

// The scorer process is played by this: the order of calls, what it is asked and what becomes of its answer are at stake.
const scorer = vi.hoisted(() => ({
  answer: (_groups: readonly (readonly string[])[]): readonly (readonly Scoreboard[])[] => [],
}));
vi.mock('../../../src/agents/evaluation/open-test.js', () => ({
  scoreTest: async (_place: unknown, groups: readonly (readonly string[])[]) => scorer.answer(groups),
}));

const world = simulatedWorld(9, 160);
const best = { trial: 4, candidate: { model: 'dnn', assignment: { units: 12 } } };
const control = { model: 'fm', assignment: { dim: 4 } };
const quality = ({ model }: TrialRequest) => ({ popularity: 0.1, lr: 0.4, dnn: 3 })[model] ?? 0.5;
const finalSeeds = [0, 1, 2].map((i) => harnessSeed(7, 'final', i));

async function concludable(settings: Partial<RunSettings> = {}, over: Partial<Script> = {}) {
  const run = await scriptedRun({ world, script: { quality, ...over }, settings });
  const kinds: string[] = [];
  const append = run.journal.append.bind(run.journal);
  run.journal.append = (kind, ...rest) => {
    kinds.push(kind);
    return append(kind, ...rest);
  };
  const asked: (readonly (readonly string[])[])[] = [];
  const journalledBefore: string[][] = [];
  scorer.answer = (groups) => {
    asked.push(groups);
    journalledBefore.push([...kinds]);
    const byKey = new Map(run.requests.map((request) => [request.key, request]));
    return groups.map((keys) =>
      keys.map((key) => {
        const request = byKey.get(key);
        if (request === undefined) throw new Error(`no run has the key ${key}`);
        // Another split of the same users: the seed moves its scores.
        return run.context.scorer.score({ ...request, seed: request.seed + 1, key: `test ${key}` }, 'all');
      }),
    );
  };
  return { run, asked, journalledBefore };
}

function concludeWith(
  context: RunContext,
  candidate: ConclusionOptions['baseline'],
  incumbent: ConclusionOptions['incumbent'],
  rival: ConclusionOptions['control'],
  noise: ConclusionOptions['noise'],
  more: Partial<ConclusionOptions> = {},
) {
  const usual = {
    baseline: candidate,
    incumbent,
    control: rival,
    noise,
    previous: undefined,
    searched: true,
  };
  return conclude(context, { ...usual, ...more });
}

beforeEach(() => {
  scorer.answer = () => {
    throw new Error('the scorer was not expected');
  };
});

describe('conclude', () => {
  it('opens the test split once for all rows together, after it was journalled', async () => {
    const { run, asked, journalledBefore } = await concludable();
    const { scores } = await concludeWith(run.context, baseline.candidate, best, control, quietNoise);
    expect(scores.map(({ role, model }) => [role, model])).toEqual([
      ['floor', 'popularity'],
      ['floor', 'rates'],
      ['baseline', 'lr'],
      ['best', 'dnn'],
      ['control', 'fm'],
    ]);
    expect(asked).toHaveLength(1);
    expect(asked[0].map((keys) => keys.length)).toEqual([1, 1, 3, 3, 3]);
    expect(journalledBefore).toEqual([['test-opened']]);
    expect(await run.decided('test-opened')).toEqual([
      { contractHash: world.dataset.contract.hash, keys: asked[0].flat() },
    ]);
  });

  it('counts an opening whose scorer crashed', async () => {
    const { run } = await concludable();
    scorer.answer = () => {
      throw new AutoModelError('WORKER_LOST', 'the scorer is gone');
    };
    await expect(
      concludeWith(run.context, baseline.candidate, best, undefined, quietNoise),
    ).rejects.toMatchObject({ code: 'WORKER_LOST' });
    expect(await run.decided('test-opened')).toHaveLength(1);
    expect(await run.decided('run-concluded')).toEqual([]);
  });

  it('trains on fresh seeds, and asks for test predictions only where they are scored', async () => {
    const { run } = await concludable();
    await concludeWith(run.context, baseline.candidate, best, undefined, quietNoise);
    const seeds = (model: string) => run.requests.filter((r) => r.model === model).map((r) => r.seed);
    expect(seeds('lr')).toEqual(finalSeeds);
    expect(seeds('dnn')).toEqual(finalSeeds);
    expect(seeds('popularity')).toEqual(finalSeeds.slice(0, 1));
    expect(run.requests.every(({ predictTest }) => predictTest)).toBe(true);
  });

  it('tells the gain on test over paired seeds, and each row in its own units', async () => {
    const { run, asked } = await concludable();
    const { scores, improvement } = await concludeWith(
      run.context,
      baseline.candidate,
      best,
      undefined,
      quietNoise,
    );
    const tests = scorer.answer(asked[0]).map((boards) => boards.map((board) => board['auc'].value));
    const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
    expect(improvement?.split).toBe('test');
    expect(improvement?.difference).toBeCloseTo(mean(tests[3]) - mean(tests[2]), 12);
    expect(improvement?.ci[0]).toBeGreaterThan(0);
    const shown = scores.map(({ metrics }) => metrics.test?.['auc'].mean);
    tests.forEach((values, row) => expect(shown[row]).toBeCloseTo(mean(values), 12));
    const [own] = run.requests.filter(({ model }) => model === 'popularity');
    expect(scores[0].metrics.validation?.['auc'].mean).toBe(
      run.context.scorer.score(own, 'gate')['auc'].value,
    );
  });

  it('of a null run never opens the test split, also when something was accepted', async () => {
    const { run } = await concludable({ nullSeed: 3 });
    scorer.answer = () => {
      throw new Error('a null run opened the test split');
    };
    const { scores, improvement } = await concludeWith(
      run.context,
      baseline.candidate,
      best,
      undefined,
      quietNoise,
    );
    expect(await run.decided('test-opened')).toEqual([]);
    expect(scores.every(({ metrics }) => metrics.test === undefined)).toBe(true);
    expect(run.requests.some(({ predictTest }) => predictTest)).toBe(false);
    expect(improvement?.split).toBe('validation');
  });

  it('keeps the test split closed where nothing was searched', async () => {
    const { run, asked } = await concludable();
    const { scores, testKeys } = await concludeWith(
      run.context,
      baseline.candidate,
      { trial: -1, candidate: baseline.candidate },
      undefined,
      quietNoise,
      { searched: false },
    );
    expect([asked, testKeys, await run.decided('test-opened')]).toEqual([[], [], []]);
    expect(scores.map(({ metrics }) => Object.keys(metrics))).toEqual(scores.map(() => ['validation']));
  });

  it('does not open it again for a grant that changed nothing, and does for one that did', async () => {
    const { run, asked } = await concludable();
    const first = await concludeWith(run.context, baseline.candidate, best, undefined, quietNoise);
    const same = await concludeWith(run.context, baseline.candidate, best, undefined, quietNoise, {
      previous: first,
    });
    expect(same).toBe(first);
    expect(asked).toHaveLength(1);
    const concluded = await run.decided('run-concluded');
    expect(concluded).toHaveLength(2);
    expect(concluded[1]).toEqual(concluded[0]);
    const other = { trial: 5, candidate: control };
    await concludeWith(run.context, baseline.candidate, other, undefined, quietNoise, { previous: first });
    expect(asked).toHaveLength(2);
  });

  it('has no gain to tell where nothing was accepted', async () => {
    const { run, asked } = await concludable();
    const { scores, improvement } = await concludeWith(
      run.context,
      baseline.candidate,
      baseline,
      undefined,
      quietNoise,
    );
    expect(improvement).toBeNull();
    expect(scores.map(({ role }) => role)).toEqual(['floor', 'floor', 'baseline']);
    expect(asked).toHaveLength(1);
  });

  it('leaves runs that failed out of its means and its costs; a row of which all failed has no metric', async () => {
    const { run } = await concludable(
      {},
      {
        seconds: 2,
        fault: ({ model, seed }) =>
          model === 'rates' ? 'own' : model === 'fm' && seed === finalSeeds[1] ? 'lost' : undefined,
      },
    );
    const { scores } = await concludeWith(run.context, baseline.candidate, best, control, quietNoise);
    const [, rates, , , fm] = scores;
    expect(rates).toMatchObject({ metrics: {}, bestEpoch: 0, cost: { trainings: 0, seconds: 0 } });
    expect(fm).toMatchObject({ bestEpoch: 2, cost: { trainings: 2, seconds: 4, samples: 200 } });
    expect(fm.metrics.test?.['auc'].n).toBe(2);
    expect(fm.metrics.test?.['auc'].mean).toBeGreaterThan(0.5);
  });

  it('pairs the gain by seed: a run that was lost leaves its pair out and no more', async () => {
    const lost = (model: string, i: number) => (request: TrialRequest) =>
      request.model === model && request.seed === finalSeeds[i];
    for (const faulty of [[lost('dnn', 0)], [lost('lr', 2)], [lost('dnn', 0), lost('lr', 2)]]) {
      const fault: Script['fault'] = (request) => (faulty.some((is) => is(request)) ? 'lost' : undefined);
      const { run, asked } = await concludable({}, { fault });
      const { improvement } = await concludeWith(
        run.context,
        baseline.candidate,
        best,
        undefined,
        quietNoise,
      );
      const values = (row: number, model: string) => {
        const seeds = run.requests
          .filter((r) => r.model === model && fault(r) === undefined)
          .map((r) => r.seed);
        const boards = scorer.answer(asked[0])[row];
        return new Map(seeds.map((seed, i) => [seed, boards[i]['auc'].value]));
      };
      const [own, theirs] = [values(3, 'dnn'), values(2, 'lr')];
      const differences = [...own].flatMap(([seed, value]) => {
        const other = theirs.get(seed);
        return other === undefined ? [] : [value - other];
      });
      expect(differences).toHaveLength(3 - faulty.length);
      const mean = differences.reduce((sum, d) => sum + d, 0) / differences.length;
      expect(improvement?.difference).toBeCloseTo(mean, 12);
    }
  });

  it('is repeated from its journal, with the same single opening', async () => {
    const first = await concludable();
    const told = await concludeWith(first.run.context, baseline.candidate, best, undefined, quietNoise);
    const journalled = await readAll(first.run.journal);
    const again = await scriptedRun({ world, script: { quality, seconds: 50 }, journalled });
    const repeated = await concludeWith(again.context, baseline.candidate, best, undefined, quietNoise);
    expect(repeated.improvement).toEqual(told.improvement);
    expect(await readAll(again.journal)).toHaveLength(journalled.length);
  });
});
