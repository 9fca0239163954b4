import { describe, expect, it } from 'vitest';
import { resolveRecipe, train } from '../../src/training/index.js';
import { auc, hrAtK } from '../../src/stats/index.js';
import { cyclicDataset, tinyCtrDataset } from './support/tiny-data.js';
import { tinyCtrModel, tinyNextItemModel } from './support/tiny-models.js';

const recipe = resolveRecipe('ctr', {
  'recipe.batchSize': 64,
  'recipe.learningRate': 0.005,
  'recipe.embeddingLearningRate': 0.05,
  'recipe.maxEpochs': 10,
  'recipe.patience': 5,
  'recipe.decayPatience': 4,
});

function labelsOf(dataset: ReturnType<typeof tinyCtrDataset>): Float32Array {
  return Float32Array.from({ length: dataset.validation.rows }, (_, row) => {
    const block = dataset.validation.blockStarts.findLastIndex((start) => start <= row);
    return dataset.validation.block(block).labels![row - dataset.validation.blockStarts[block]];
  });
}

async function validationAuc(shuffled: boolean): Promise<number> {
  const dataset = tinyCtrDataset({ rows: 3000, validationRows: 1000, shuffled });
  const fitted = await train({
    definition: tinyCtrModel,
    hyperParameters: {},
    recipe,
    dataset,
    seed: 1,
    threads: 1,
  });
  const logits = await fitted.predict(dataset.validation);
  await fitted.close();
  expect(fitted.bestMetric).toBeCloseTo(auc(logits, labelsOf(dataset)), 12);
  return auc(logits, labelsOf(dataset));
}

describe('train on clicks', () => {
  it('finds a planted interaction', async () => {
    expect(await validationAuc(false)).toBeGreaterThan(0.77); // the labels themselves allow about 0.80
  });

  it('finds nothing in labels without a cause', async () => {
    expect(Math.abs((await validationAuc(true)) - 0.5)).toBeLessThan(0.06);
  });
});

describe('train on sequences', () => {
  const options = {
    'recipe.batchSize': 16,
    'recipe.learningRate': 0.05,
    'recipe.maxEpochs': 30,
    'recipe.maxLength': 6,
  };

  async function hitRate(random: boolean, extra: Record<string, string | number> = {}): Promise<number> {
    const dataset = cyclicDataset({ random });
    const fitted = await train({
      definition: tinyNextItemModel,
      hyperParameters: {},
      recipe: resolveRecipe('next-item', { ...options, ...extra }),
      dataset,
      seed: 1,
      threads: 1,
    });
    const ranks = await fitted.rankTargets(dataset.validation);
    const lists = await fitted.rankCases(dataset.validation, 3);
    await fitted.close();
    for (let c = 0; c < ranks.length; c += 1) {
      const history = dataset.events.subarray(dataset.offsets[c], dataset.validation.historyEnds[c]);
      const target = dataset.validation.targets![c];
      // A target that the user had before is ranked, but is no candidate of a list.
      if (!history.includes(target)) expect(lists.items[c * 3] === target).toBe(ranks[c] === 1);
      expect(history).not.toContain(lists.items[c * 3]);
    }
    return hrAtK(ranks, 1);
  }

  it('learns a cycle under the full softmax', async () => {
    expect(await hitRate(false)).toBeGreaterThan(0.95);
  });

  it('learns a cycle under sampled softmax and BPR', async () => {
    expect(
      await hitRate(false, { 'recipe.loss': 'sampled-softmax', 'recipe.negatives': 16 }),
    ).toBeGreaterThan(0.95);
    expect(await hitRate(false, { 'recipe.loss': 'bpr', 'recipe.negatives': 16 })).toBeGreaterThan(0.9);
  });

  it('learns nothing from random walks', async () => {
    expect(await hitRate(true)).toBeLessThan(0.4);
  });
});
