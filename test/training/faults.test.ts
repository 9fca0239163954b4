import { existsSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mul, type CtrModelDefinition } from '../../src/graph/index.js';
import type { CtrBlock, CtrDataset } from '../../src/schema/index.js';
import { resolveRecipe, train, type TrainOptions } from '../../src/training/index.js';
import { cyclicDataset, sourceOf, tinyCtrDataset } from './support/tiny-data.js';
import { tinyCtrModel, tinyNextItemModel } from './support/tiny-models.js';

function options(extra: Partial<TrainOptions> = {}): TrainOptions {
  return {
    definition: tinyCtrModel,
    hyperParameters: {},
    recipe: resolveRecipe('ctr', { 'recipe.batchSize': 64, 'recipe.maxEpochs': 1 }),
    dataset: tinyCtrDataset({ rows: 200, validationRows: 50 }),
    seed: 1,
    threads: 1,
    ...extra,
  };
}

function withBlock(change: (block: CtrBlock) => Partial<CtrBlock>): CtrDataset {
  const dataset = tinyCtrDataset({ rows: 200, validationRows: 50 });
  const block = dataset.train.block(0);
  return { ...dataset, train: sourceOf('train', [{ ...block, ...change(block) }]) };
}

describe('train ends with', () => {
  it('LOSS_NOT_FINITE naming step and learning rate', async () => {
    const exploding: CtrModelDefinition = {
      ...tinyCtrModel,
      build(inputs, hp) {
        const outputs = tinyCtrModel.build(inputs, hp);
        return outputs.loss === undefined
          ? outputs
          : { ...outputs, loss: mul(mul(outputs.loss, 1e30), 1e30) };
      },
    };
    await expect(train(options({ definition: exploding }))).rejects.toMatchObject({
      code: 'LOSS_NOT_FINITE',
      details: { step: 1, learningRate: 1e-3 },
    });
  });

  it('ID_OUT_OF_RANGE naming field, row, id and size', async () => {
    for (const bad of [30, -1]) {
      const dataset = withBlock((block) => {
        const item = block.ids.get('item')!.slice();
        item[77] = bad;
        return { ids: new Map([...block.ids, ['item', item]]) };
      });
      await expect(train(options({ dataset }))).rejects.toMatchObject({
        code: 'ID_OUT_OF_RANGE',
        details: { field: 'item', row: 77, id: bad, size: 30 },
      });
    }
  });

  it('ID_OUT_OF_RANGE inside lists', async () => {
    for (const field of ['genres', 'history']) {
      const dataset = withBlock((block) => {
        const list = block.ragged.get(field)!;
        return {
          ragged: new Map([...block.ragged, [field, { ...list, values: list.values.map((id) => id + 100) }]]),
        };
      });
      await expect(train(options({ dataset }))).rejects.toMatchObject({
        code: 'ID_OUT_OF_RANGE',
        details: { field },
      });
    }
    const dataset = cyclicDataset();
    const recipe = resolveRecipe('next-item', { 'recipe.maxLength': 4 });
    const shifted = { ...dataset, events: dataset.events.map((id) => id + 1) };
    await expect(
      train(options({ definition: tinyNextItemModel, recipe, dataset: shifted })),
    ).rejects.toMatchObject({
      code: 'ID_OUT_OF_RANGE',
    });
  });

  it('BATCH_EMPTY and SPLIT_EMPTY', async () => {
    const none = { ...tinyCtrDataset({ rows: 0, validationRows: 50 }) };
    await expect(train(options({ dataset: none }))).rejects.toMatchObject({ code: 'BATCH_EMPTY' });
    const blind = tinyCtrDataset({ rows: 100, validationRows: 0 });
    await expect(train(options({ dataset: blind }))).rejects.toMatchObject({ code: 'SPLIT_EMPTY' });
    const refitted = await train(options({ dataset: blind, fixedEpochs: 1 }));
    expect([refitted.bestMetric, refitted.epochs, refitted.samples]).toEqual([undefined, 1, 100]);
    await refitted.close();
  });

  it('UNKNOWN_COLUMN for a field that does not exist, USAGE for the wrong task', async () => {
    await expect(train(options({ fields: ['user', 'nobody'] }))).rejects.toMatchObject({
      code: 'UNKNOWN_COLUMN',
    });
    await expect(train(options({ definition: tinyNextItemModel }))).rejects.toMatchObject({ code: 'USAGE' });
    await expect(train(options({ fidelity: 0 }))).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('TEST_SEALED when rows have no labels', async () => {
    const dataset = withBlock(() => ({ labels: undefined }));
    await expect(train(options({ dataset }))).rejects.toMatchObject({ code: 'TEST_SEALED' });
  });

  it('PREDICTIONS_INVALID when the metric is not a number', async () => {
    await expect(train(options({ evaluate: () => NaN }))).rejects.toMatchObject({
      code: 'PREDICTIONS_INVALID',
    });
  });

  it('SHAPE_MISMATCH of the model, and the thread is gone', async () => {
    const broken: CtrModelDefinition = {
      ...tinyCtrModel,
      build: (inputs) => ({
        logits: mul(inputs.embed('a', 3), inputs.embed('b', 4)),
        loss: undefined,
        observables: {},
      }),
    };
    await expect(train(options({ definition: broken }))).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
  });

  it.skipIf(!existsSync('/dev/full'))('DISK_FULL, leaving no half-written checkpoint', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'full-'));
    const path = join(folder, 'run.checkpoint');
    symlinkSync('/dev/full', `${path}.${process.pid}.part`);
    await expect(train(options({ checkpoint: { path, everySteps: 2 } }))).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a subset of fields', () => {
  it('trains on what is left, without the sequence and the number', async () => {
    const fitted = await train(options({ fields: ['item', 'genres'] }));
    const all = await train(options());
    expect(fitted.parameterCount).toBeLessThan(all.parameterCount);
    // item (29 rows) and genre (11 rows), 8 + 1 numbers each; 16x16 + 16 + batch-norm-free 16 + 1 dense weights
    expect(fitted.parameterCount).toBe((29 + 11) * 9 + 16 * 16 + 16 + 16 + 1);
    await fitted.close();
    await all.close();
  });

  it('cannot embed when no such field is left', async () => {
    await expect(train(options({ fields: ['age'] }))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('budget', () => {
  it('fidelity is a share of maxEpochs x rows in steps, in whole evaluations', async () => {
    const recipe = resolveRecipe('ctr', {
      'recipe.batchSize': 50,
      'recipe.maxEpochs': 4,
      'recipe.patience': 9,
      'recipe.evaluationsPerEpoch': 1,
    });
    const fitted = await train(options({ recipe, fidelity: 0.4 }));
    expect([fitted.epochs, fitted.samples]).toEqual([2, 400]); // 0.4 * 16 steps lie nearest to 2 epochs of 4
    expect(fitted.history.map((entry) => entry.step)).toEqual([4, 8]);
    await fitted.close();
  });

  it('multi-task losses read further labels', async () => {
    const fitted = await train(options({ hyperParameters: { multiTask: true } }));
    expect(fitted.history[0].loss).toBeGreaterThan(0.9); // log 2 x 1.5 at the start
    await fitted.close();
  });

  it('ratings are fitted by squared error', async () => {
    const dataset: CtrDataset = { ...tinyCtrDataset({ rows: 200, validationRows: 50 }), task: 'rating' };
    const fitted = await train(
      options({ dataset, recipe: resolveRecipe('rating', { 'recipe.maxEpochs': 2 }) }),
    );
    expect(fitted.bestMetric).toBeLessThan(0);
    expect(fitted.task).toBe('rating');
    await fitted.close();
  });
});
