import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Assignment, CtrBlock, CtrDataset } from '../../src/schema/index.js';
import { EpochOrder } from '../../src/training/batches/epoch-order.js';
import { readCheckpoint } from '../../src/training/checkpoint/checkpoint-file.js';
import { resolveRecipe, train, type TrainOptions } from '../../src/training/index.js';
import { cyclicDataset, sourceOf, tinyCtrDataset } from './support/tiny-data.js';
import { tinyCtrModel, tinyNextItemModel } from './support/tiny-models.js';

const ROWS = 200;
const BATCH = 25;
const SEED = 4;
const clean = tinyCtrDataset({ rows: ROWS, validationRows: 60, blockRows: ROWS });

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostile-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function options(
  dataset: CtrDataset,
  extra: Partial<TrainOptions> = {},
  assignment: Assignment = {},
): TrainOptions {
  return {
    definition: tinyCtrModel,
    hyperParameters: {},
    recipe: resolveRecipe('ctr', {
      'recipe.batchSize': BATCH,
      'recipe.maxEpochs': 2,
      'recipe.evaluationsPerEpoch': 1,
      ...assignment,
    }),
    dataset,
    seed: SEED,
    threads: 1,
    ...extra,
  };
}

/** The row that the given step of the first epoch meets first. */
function rowOfStep(step: number): number {
  const [slice] = new EpochOrder([0, ROWS], SEED).slices(0, (step - 1) * BATCH, step * BATCH);
  return slice.rows[0];
}

function withBlock(
  split: 'train' | 'validation',
  change: (block: CtrBlock) => Partial<CtrBlock>,
): CtrDataset {
  const block = clean[split].block(0);
  return { ...clean, [split]: sourceOf(split, [{ ...block, ...change(block) }]) };
}

function withAge(split: 'train' | 'validation', row: number, value: number): CtrDataset {
  return withBlock(split, (block) => {
    const age = block.numeric.get('age')!.slice();
    age[row] = value;
    return { numeric: new Map([['age', age]]) };
  });
}

function withItem(split: 'train' | 'validation', row: number, id: number): CtrDataset {
  return withBlock(split, (block) => {
    const item = block.ids.get('item')!.slice();
    item[row] = id;
    return { ids: new Map([...block.ids, ['item', item]]) };
  });
}

/** Whether every number of a checkpoint is one. */
function isFinite(path: string): boolean {
  return [...readCheckpoint(path).arrays].every(
    ([, array]) => array instanceof Int32Array || array.every((value) => Number.isFinite(value)),
  );
}

describe('numbers that are none', () => {
  it.each([NaN, -Infinity])('%d in a training column ends as LOSS_NOT_FINITE at its step', async (value) => {
    await expect(train(options(withAge('train', rowOfStep(5), value)))).rejects.toMatchObject({
      code: 'LOSS_NOT_FINITE',
      details: { step: 5 },
    });
  });

  it('in a label end as LOSS_NOT_FINITE at their step', async () => {
    const dataset = withBlock('train', (block) => {
      const labels = block.labels!.slice();
      labels[rowOfStep(3)] = NaN;
      return { labels };
    });
    await expect(train(options(dataset))).rejects.toMatchObject({
      code: 'LOSS_NOT_FINITE',
      details: { step: 3 },
    });
  });

  it('in a validation column end as PREDICTIONS_INVALID', async () => {
    await expect(train(options(withAge('validation', 9, NaN)))).rejects.toMatchObject({
      code: 'PREDICTIONS_INVALID',
    });
  });

  it('leave the checkpoint of the step before them, which holds numbers only', async () => {
    const path = join(folder, 'run');
    const dataset = withAge('train', rowOfStep(5), NaN);
    await expect(train(options(dataset, { checkpoint: { path, everySteps: 1 } }))).rejects.toMatchObject({
      code: 'LOSS_NOT_FINITE',
    });
    expect(readdirSync(folder)).toEqual(['run']);
    expect(readCheckpoint(path).progress).toMatchObject({ step: 4 });
    expect(isFinite(path)).toBe(true);
  });
});

describe('ids that no table has', () => {
  it.each([30, -1])('%i in a later batch is named, row and field', async (id) => {
    const row = rowOfStep(6);
    await expect(train(options(withItem('train', row, id)))).rejects.toMatchObject({
      code: 'ID_OUT_OF_RANGE',
      details: { field: 'item', row, id, size: 30 },
    });
  });

  it('in validation rows are named when validation comes', async () => {
    const path = join(folder, 'run');
    const dataset = withItem('validation', 41, 77);
    await expect(train(options(dataset, { checkpoint: { path, everySteps: 3 } }))).rejects.toMatchObject({
      code: 'ID_OUT_OF_RANGE',
      details: { field: 'item', row: 41, id: 77 },
    });
    expect(readCheckpoint(path).progress).toMatchObject({ step: 6 }); // of 8 in the epoch
  });

  it('once repaired, training resumes and ends as if they had never been', async () => {
    const path = join(folder, 'run');
    const scoresOf = async (extra: Partial<TrainOptions>, dataset = clean): Promise<Float32Array> => {
      const fitted = await train(options(dataset, extra));
      const scores = await fitted.predict(clean.validation);
      await fitted.close();
      return scores;
    };
    const checkpoint = { path, everySteps: 2 };
    await expect(scoresOf({ checkpoint }, withItem('train', rowOfStep(6), 30))).rejects.toMatchObject({
      code: 'ID_OUT_OF_RANGE',
    });
    expect(readCheckpoint(path).progress).toMatchObject({ step: 4 });
    expect(await scoresOf({ checkpoint, resume: true })).toEqual(await scoresOf({}));
  });

  it('in a validation history are named, though no window has them', async () => {
    const dataset = cyclicDataset({ users: 20, length: 6 });
    const events = dataset.events.slice();
    events[dataset.trainEnds[7]] = 99;
    const later = {
      ...dataset,
      events,
      validation: { ...dataset.validation, historyEnds: dataset.trainEnds.map((end) => end + 1) },
    };
    const recipe = resolveRecipe('next-item', { 'recipe.maxEpochs': 1, 'recipe.maxLength': 4 });
    await expect(
      train({
        definition: tinyNextItemModel,
        hyperParameters: {},
        recipe,
        dataset: later,
        seed: 1,
        threads: 1,
      }),
    ).rejects.toMatchObject({ code: 'ID_OUT_OF_RANGE', details: { field: 'item', row: 7, id: 99 } });
  });
});

describe('a model whose thread is gone', () => {
  it('writes no artefact and leaves nothing of it', async () => {
    const fitted = await train(options(clean, {}, { 'recipe.maxEpochs': 1 }));
    await fitted.close();
    const dir = join(folder, 'artefact');
    await expect(fitted.saveArtefact(dir, { metrics: {}, lineage: {} })).rejects.toMatchObject({
      code: 'INTERNAL',
    });
    await expect(fitted.predict(clean.validation)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(existsSync(dir)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });
});
