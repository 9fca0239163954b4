import { describe, expect, it } from 'vitest';
import {
  NextItemEngine,
  type NextItemEngineOptions,
} from '../../../src/training/engines/next-item-engine.js';
import { resolveRecipe } from '../../../src/training/index.js';
import { cyclicDataset } from '../support/tiny-data.js';
import { tinyNextItemModel } from '../support/tiny-models.js';

const dataset = cyclicDataset({ users: 24, items: 18, length: 8 });

function options(extra: Partial<NextItemEngineOptions> = {}): NextItemEngineOptions {
  return {
    definition: tinyNextItemModel,
    hyperParameters: { dropout: 0 },
    recipe: resolveRecipe('next-item', {
      'recipe.batchSize': 24,
      'recipe.maxLength': 6,
      'recipe.clipNorm': 0.1,
    }),
    dataset,
    seed: 2,
    threads: 1,
    schedule: 'overlapped',
    ...extra,
  };
}

async function afterSteps(extra: Partial<NextItemEngineOptions>, steps = 4) {
  const engine = await NextItemEngine.open(options(extra));
  const losses: number[] = [];
  for (let step = 1; step <= steps; step += 1) {
    losses.push((await engine.step(step, { dense: 0.01, embedding: 0 }, steps)).loss);
  }
  const { parameters } = await engine.client.export(['parameters']);
  await engine.close();
  return { losses, parameters, split: engine.model.apply !== undefined };
}

describe('micro-batches', () => {
  // One position's logits are 20 floats: room for 40 positions makes four parts of a batch with 144.
  const logitBytes = 40 * 20 * 4;

  it('sum to the gradient of the whole batch, clipping included', async () => {
    const whole = await afterSteps({});
    const split = await afterSteps({ logitBytes });
    expect([whole.split, split.split]).toEqual([false, true]);
    split.losses.forEach((loss, i) => expect(loss).toBeCloseTo(whole.losses[i], 5));
    split.parameters.forEach((value, i) => expect(value).toBeCloseTo(whole.parameters[i], 4));
  });

  it('are the same bits overlapped and serial', async () => {
    const overlapped = await afterSteps({ logitBytes, hyperParameters: { dropout: 0.3 } });
    const serial = await afterSteps({ logitBytes, hyperParameters: { dropout: 0.3 }, schedule: 'serial' });
    expect(serial).toEqual(overlapped);
  });

  it('draw their own dropout masks', async () => {
    const without = await afterSteps({ logitBytes }, 1);
    const dropped = await afterSteps({ logitBytes, hyperParameters: { dropout: 0.3 } }, 1);
    expect(dropped.losses).not.toEqual(without.losses);
  });
});

describe('sampled softmax', () => {
  async function lossOfEqualScores(negatives: number): Promise<number> {
    const recipe = resolveRecipe('next-item', {
      'recipe.batchSize': 24,
      'recipe.maxLength': 6,
      'recipe.loss': 'sampled-softmax',
      'recipe.negatives': negatives,
    });
    const engine = await NextItemEngine.open(options({ recipe }));
    const { parameters } = await engine.client.export(['parameters']);
    await engine.client.put({ parameters: parameters.fill(0) });
    const { loss } = await engine.step(1, { dense: 0, embedding: 0 }, 1);
    await engine.close();
    return loss;
  }

  it('with a sample of all candidates has the loss of the full softmax over them', async () => {
    expect(await lossOfEqualScores(2000)).toBeCloseTo(Math.log(18), 4);
    // With few negatives the target is one among few, but for the correction by the chance of being drawn.
    expect(await lossOfEqualScores(3)).toBeLessThan(Math.log(4) + 0.2);
  });
});

describe('the logits of one user', () => {
  it('may not exceed 1 GiB', async () => {
    const huge = { ...dataset, itemCount: 90_000_000 };
    await expect(NextItemEngine.open(options({ dataset: huge }))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      remedy: expect.stringContaining('sampled-softmax'),
    });
  });
});

describe('ranking', () => {
  it('leaves out the history, padding and unknown, and counts ties at the cut', async () => {
    const engine = await NextItemEngine.open(options({ hyperParameters: { dropout: 0, dim: 4 } }));
    // All scores equal: zero weights.
    const { parameters } = await engine.client.export(['parameters']);
    await engine.client.put({ parameters: parameters.fill(0) });
    const lists = await engine.scorer.rankCases(dataset, dataset.validation, 5);
    const ranks = await engine.scorer.rankTargets(dataset, dataset.validation);
    for (let c = 0; c < dataset.validation.count; c += 1) {
      const history = new Set(dataset.events.subarray(dataset.offsets[c], dataset.validation.historyEnds[c]));
      const candidates = 18 - history.size;
      const listed = [...lists.items.subarray(5 * c, 5 * c + 5)];
      expect(listed.every((item) => item >= 2 && !history.has(item))).toBe(true);
      expect(lists.tiesAtCut[c]).toBe(candidates - 5);
      expect(ranks[c]).toBe((candidates + 1) / 2);
      // With all scores equal, no item of the history stands below the list.
      const from = c === 0 ? 0 : lists.repeats.ends[c - 1];
      expect(new Set(lists.repeats.items.subarray(from, lists.repeats.ends[c]))).toEqual(history);
    }
    await engine.close();
  });

  it('counts a target outside the vocabulary as a miss, however small the catalogue', async () => {
    const engine = await NextItemEngine.open(options());
    const targets = dataset.validation.targets!.map((target, c) => (c === 0 ? 1 : target));
    const ranks = await engine.scorer.rankTargets(dataset, { ...dataset.validation, targets });
    expect(ranks[0]).toBe(Number.POSITIVE_INFINITY);
    expect(Math.max(...ranks.subarray(1))).toBeLessThanOrEqual(18);
    await engine.close();
  });

  it('refuses sealed targets', async () => {
    const engine = await NextItemEngine.open(options());
    const sealed = { ...dataset.validation, targets: undefined };
    await expect(engine.scorer.rankTargets(dataset, sealed)).rejects.toMatchObject({ code: 'TEST_SEALED' });
    await engine.close();
  });
});
