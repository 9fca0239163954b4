import { describe, expect, it } from 'vitest';
import { resolveRecipe, TrainingSteps, type EngineOptions } from '../../../src/training/index.js';
import { cyclicDataset, tinyCtrDataset } from '../support/tiny-data.js';
import { tinyCtrModel, tinyNextItemModel } from '../support/tiny-models.js';

const ctr = (over: Partial<EngineOptions> = {}): EngineOptions => ({
  definition: tinyCtrModel,
  hyperParameters: { dropout: 0.2 },
  recipe: resolveRecipe('ctr', { 'recipe.batchSize': 50 }),
  dataset: tinyCtrDataset({ rows: 120, validationRows: 40, blockRows: 64 }),
  seed: 3,
  threads: 1,
  ...over,
});

async function using<T>(options: EngineOptions, use: (steps: TrainingSteps) => Promise<T>): Promise<T> {
  const steps = await TrainingSteps.open(options);
  try {
    return await use(steps);
  } finally {
    await steps.close();
  }
}

describe('TrainingSteps', () => {
  it('makes as many steps as are asked for, and counts the rows of each, also of the last of an epoch', () =>
    using(ctr(), async (steps) => {
      expect(steps.rowsPerEpoch).toBe(120);
      // 50 + 50 + 20, and so on.
      expect(await steps.make({ ms: 0, least: 3 })).toMatchObject({ steps: 3, rows: 120 });
      expect(await steps.make({ ms: 0, least: 2 })).toMatchObject({ steps: 2, rows: 100 });
      expect(await steps.make({ ms: 0, least: 1 })).toMatchObject({ steps: 1, rows: 20 });
    }));

  it('says where the time went, in parts that are no longer than what they are parts of', () =>
    using(ctr({ schedule: 'serial' }), async (steps) => {
      const times = await steps.make({ ms: 0, least: 8 });
      const { wallMs, computeMs, prepareMs, updateMs, unevenMs } = times;
      for (const part of [computeMs, prepareMs, updateMs]) expect(part).toBeGreaterThan(0);
      // Nothing overlaps where nothing is prepared ahead.
      expect(computeMs + prepareMs + updateMs).toBeLessThanOrEqual(wallMs + 1);
      expect(unevenMs).toBeGreaterThanOrEqual(0);
      expect(unevenMs).toBeLessThan(wallMs);
    }));

  it('goes on until the time is over', () =>
    using(ctr(), async (steps) => {
      const { steps: made, wallMs } = await steps.make({ ms: 60, least: 1 });
      expect(wallMs).toBeGreaterThanOrEqual(60);
      expect(made).toBeGreaterThan(1);
    }));

  it('counts the work of a step: a part for each row, and a part for the weights', () =>
    using(ctr(), async (steps) => {
      const [one, two, three] = [1, 2, 3].map((rows) => steps.costOf(rows).flops);
      expect(two - one).toBeGreaterThan(0);
      expect(three - two).toBe(two - one);
      expect(one).toBeGreaterThan(two - one);
      expect(steps.costOf(2).bytes).toBeGreaterThan(steps.costOf(1).bytes);
      expect(await steps.evaluate()).toBeGreaterThanOrEqual(0);
    }));

  it('makes steps of next-item models too, in users', () => {
    const dataset = cyclicDataset({ users: 30 });
    const recipe = resolveRecipe('next-item', { 'recipe.batchSize': 12, 'recipe.maxLength': 5 });
    const options = { ...ctr(), definition: tinyNextItemModel, dataset, recipe };
    return using(options, async (steps) => {
      expect(await steps.make({ ms: 0, least: 3 })).toMatchObject({ steps: 3, rows: steps.rowsPerEpoch });
      expect(steps.costOf(12).flops).toBeGreaterThan(steps.costOf(6).flops);
      expect(await steps.evaluate()).toBeGreaterThanOrEqual(0);
    });
  });

  it('refuses a model of another task', async () => {
    await expect(TrainingSteps.open(ctr({ definition: tinyNextItemModel }))).rejects.toMatchObject({
      code: 'USAGE',
    });
  });
});
