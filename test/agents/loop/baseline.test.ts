import { describe, expect, it } from 'vitest';
import {
  baselineLadder,
  baselineModel,
  floorModels,
  noisyModel,
  tuneBaseline,
} from '../../../src/agents/loop/baseline.js';
import { harnessSeed } from '../../../src/agents/loop/run-settings.js';
import { readAll } from '../../../src/journal/index.js';
import { hyperParametersOf } from '../../../src/agents/trial/candidate-space.js';
import { modelById, spaceOf } from '../../../src/models/index.js';
import { canonicalJson } from '../../../src/platform/index.js';
import type { Assignment } from '../../../src/schema/index.js';
import { complete, validate } from '../../../src/space/index.js';
import { resolveRecipe } from '../../../src/training/index.js';
import { ownFault, scriptedRun, type Script } from '../support/scripted-run.js';
import { simulatedWorld } from '../support/simulated-world.js';

const tasks = ['ctr', 'rating', 'next-item'] as const;

describe.each(tasks)('the ladder of the baseline for %s', (task) => {
  it('holds distinct configurations that the model takes, the defaults among them', () => {
    const ladder = baselineLadder(task, 3);
    const entry = modelById(baselineModel[task], task);
    for (const { model, assignment } of ladder) {
      expect(model).toBe(baselineModel[task]);
      const own = hyperParametersOf(assignment);
      expect(() => validate(spaceOf(entry), complete(spaceOf(entry), own))).not.toThrow();
      if (entry.kind === 'graph') expect(() => resolveRecipe(task, assignment)).not.toThrow();
    }
    expect(new Set(ladder.map(({ assignment }) => canonicalJson(assignment))).size).toBe(ladder.length);
    expect(ladder.length).toBeGreaterThanOrEqual(10);
  });

  it('is the same for the same seed', () => {
    expect(baselineLadder(task, 3)).toEqual(baselineLadder(task, 3));
  });

  it('is of a floor, and the deep model beside it is none', () => {
    const floors: readonly string[] = floorModels[task];
    expect(floors).toContain(baselineModel[task]);
    expect(floors).not.toContain(noisyModel[task]);
    for (const floor of floors) expect(() => modelById(floor, task)).not.toThrow();
  });
});

describe('tuneBaseline', () => {
  const chosenL2 = 1e-4;
  const isBest = (assignment: Assignment) =>
    assignment['recipe.embeddingL2'] === chosenL2 && assignment['recipe.embeddingOptimizer'] === 'adagrad';

  async function tuned(script: Partial<Script>, task: 'ctr' | 'rating' = 'ctr') {
    const run = await scriptedRun({
      world: simulatedWorld(4, 120, task),
      script: { quality: ({ assignment }) => (isBest(assignment) ? 0.9 : 0.2), ...script },
    });
    return { run, chosen: await tuneBaseline(run.context) };
  }

  it.each(['ctr', 'rating'] as const)(
    'keeps the best of the search users, larger or smaller, for %s',
    async (task) => {
      const { run, chosen } = await tuned({}, task);
      expect(isBest(chosen.assignment)).toBe(true);
      expect(run.requests.every(({ validationShare }) => validationShare === 'search')).toBe(true);
      expect(new Set(run.requests.map(({ seed }) => seed))).toEqual(new Set([harnessSeed(7, 'screen', 0)]));
      const [decision] = await run.decided<{ tried: number; value: number }>('baseline-tuned');
      expect(decision.tried).toBe(baselineLadder(task, 7).length);
      expect(Math.sign(decision.value)).toBe(task === 'ctr' ? 1 : -1);
      expect(run.scored).toEqual([]);
    },
  );

  it.each([
    // 7.5 % of the time is for the baseline; a run takes 10 s on one worker, the first included: 45 - 10 s allow three more
    [1, 2],
    [10, 4],
    [60, 10],
    [null, 10],
  ])('with %s minutes tries %i configurations, the same ones after a crash', async (minutes, tries) => {
    const script = { quality: () => 0.5, seconds: 10 };
    const world = simulatedWorld(4, 120, 'ctr');
    const run = await scriptedRun({ world, script, settings: { workers: 1 } });
    run.context.deadline.begin(minutes, 0);
    await tuneBaseline(run.context);
    const [plan] = await run.decided<{ tries: number }>('baseline-planned');
    expect([plan.tries, run.requests.length]).toEqual([tries, tries]);
    const again = await scriptedRun({
      world,
      script,
      settings: { workers: 1 },
      journalled: await readAll(run.journal),
    });
    again.context.deadline.begin(1000, 0);
    await tuneBaseline(again.context);
    expect(await readAll(again.journal)).toHaveLength((await readAll(run.journal)).length);
  });

  it('does not choose a configuration that failed, and takes the best of the others', async () => {
    const { chosen } = await tuned({ fault: ({ assignment }) => (isBest(assignment) ? 'own' : undefined) });
    expect(isBest(chosen.assignment)).toBe(false);
    const only = { 'recipe.embeddingOptimizer': 'lazy-adam', 'recipe.embeddingL2': 1e-6 };
    const survivor = await tuned({
      fault: ({ assignment }) =>
        Object.entries(only).every(([name, value]) => assignment[name] === value) ? undefined : 'lost',
    });
    expect(survivor.chosen.assignment).toMatchObject(only);
  });
});

describe('a baseline of which nothing works', () => {
  it('ends with the code and the message of the fault', async () => {
    const run = await scriptedRun({
      world: simulatedWorld(4, 120),
      script: { quality: () => 0.5, fault: () => 'own' },
    });
    await expect(tuneBaseline(run.context)).rejects.toMatchObject({
      code: ownFault.kind === 'fault' ? ownFault.code : '',
      message: expect.stringContaining('All'),
    });
    expect(await run.decided('baseline-tuned')).toEqual([]);
  });
});
