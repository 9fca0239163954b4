import { describe, expect, it } from 'vitest';
import { Rng } from '../../../src/platform/index.js';
import type { Assignment, CtrBlock, CtrDataset, Ragged } from '../../../src/schema/index.js';
import { CtrEngine } from '../../../src/training/engines/ctr-engine.js';
import { NextItemEngine } from '../../../src/training/engines/next-item-engine.js';
import { resolveRecipe } from '../../../src/training/index.js';
import { LearningRates } from '../../../src/training/tables/learning-rates.js';
import { cyclicDataset, sourceOf, tinyCtrDataset } from '../support/tiny-data.js';
import { tinyCtrModel, tinyNextItemModel } from '../support/tiny-models.js';

interface Shape {
  readonly rows: number;
  readonly batchSize: number;
  readonly blockRows?: number;
  readonly dim?: number;
  readonly change?: (block: CtrBlock) => Partial<CtrBlock>;
  readonly recipe?: Assignment;
}

type Extra = 'evaluations' | 'checkpoints' | 'nothing';

function datasetOf({ rows, blockRows = 25, change }: Shape): CtrDataset {
  const dataset = tinyCtrDataset({ rows, validationRows: 20, blockRows });
  if (change === undefined) return dataset;
  const blocks = Array.from({ length: dataset.train.blockCount }, (_, b) => {
    const block = dataset.train.block(b);
    return { ...block, ...change(block) };
  });
  return { ...dataset, train: sourceOf('train', blocks) };
}

/** Everything that some steps computed, to the bit. */
async function outcome(shape: Shape, schedule: 'overlapped' | 'serial', extra: Extra = 'nothing', seed = 3) {
  const dataset = datasetOf(shape);
  const learningRates = new LearningRates();
  const engine = await CtrEngine.open({
    definition: tinyCtrModel,
    hyperParameters: { dim: shape.dim ?? 8, dropout: 0.3 },
    recipe: resolveRecipe('ctr', { 'recipe.batchSize': shape.batchSize, ...shape.recipe }),
    dataset,
    fields: undefined,
    seed,
    threads: 1,
    schedule,
    learningRates,
  });
  const steps = Math.max(5, Math.ceil(2.5 * engine.stepsPerEpoch));
  const results: unknown[] = [];
  for (let step = 1; step <= steps; step += 1) {
    const rate = step < 4 ? 0.05 : 0.01;
    learningRates.record(step, rate);
    results.push(await engine.step(step, { dense: 0.01, embedding: rate }, steps));
    if (extra === 'evaluations' && step % 2 === 0) await engine.evaluate();
    if (extra === 'checkpoints' && step % 3 !== 0) await engine.exportState();
  }
  engine.settle();
  const tables = engine.model.tables.tables.map((table) => [...table.integers]);
  const scores = await engine.evaluate();
  const dense = await engine.client.export(engine.dense.names);
  await engine.close();
  return { results, tables, scores, dense };
}

function lists(block: CtrBlock, list: (row: number) => readonly number[]): Ragged {
  const all = Array.from({ length: block.rows }, (_, row) => list(row));
  const ends = all.map((_, row) => all.slice(0, row + 1).flat().length);
  return {
    values: Int32Array.from(all.flat()),
    begins: Int32Array.from(ends, (end, row) => end - all[row].length),
    ends: Int32Array.from(ends),
  };
}

/** Every history is `length` long, of random items. */
function histories(length: number): (block: CtrBlock) => Partial<CtrBlock> {
  return (block) => {
    const rng = new Rng([length, block.rows]);
    const history = lists(block, () => Array.from({ length }, () => 1 + rng.integer(29)));
    return { ragged: new Map([...block.ragged, ['history', history]]) };
  };
}

function withIds(idOf: (row: number) => number): (block: CtrBlock) => Partial<CtrBlock> {
  return (block) => {
    const ids = (size: number) => Int32Array.from({ length: block.rows }, (_, row) => idOf(row) % size);
    return {
      ids: new Map([
        ['user', ids(40)],
        ['item', ids(30)],
      ]),
      ragged: new Map([
        ['genres', lists(block, (row) => [1 + (idOf(row) % 11)])],
        ['history', lists(block, (row) => [1 + (idOf(row) % 29)])],
      ]),
    };
  };
}

const dense: Assignment = { 'recipe.embeddingL2': 0.01, 'recipe.l2Mode': 'dense-equivalent' };

const shapes: readonly (readonly [string, Shape])[] = [
  ['one row', { rows: 1, batchSize: 8 }],
  ['batches of one row', { rows: 7, batchSize: 1 }],
  ['a batch larger than the data', { rows: 30, batchSize: 64 }],
  ['a last batch of one row', { rows: 33, batchSize: 8 }],
  ['batches that divide the rows', { rows: 32, batchSize: 8 }],
  ['blocks of one row', { rows: 21, batchSize: 8, blockRows: 1 }],
  ['rows of an odd width', { rows: 40, batchSize: 9, dim: 3 }],
  ['empty histories', { rows: 40, batchSize: 9, change: histories(0) }],
  ['histories that are longer than the window', { rows: 40, batchSize: 9, change: histories(11) }],
  ['every row alike: all is shared', { rows: 24, batchSize: 5, change: withIds(() => 7), recipe: dense }],
  [
    'no value at all: all is padding',
    { rows: 24, batchSize: 5, blockRows: 24, change: (block) => padding(block.rows) },
  ],
  [
    'L2 on rows at rest, by Adagrad',
    { rows: 40, batchSize: 6, recipe: { ...dense, 'recipe.embeddingOptimizer': 'adagrad' } },
  ],
  ['L2 on the rows of a batch', { rows: 40, batchSize: 6, recipe: { 'recipe.embeddingL2': 0.01 } }],
];

function padding(rows: number): Partial<CtrBlock> {
  const nothing = { values: new Int32Array(0), begins: new Int32Array(rows), ends: new Int32Array(rows) };
  return {
    ids: new Map([
      ['user', new Int32Array(rows)],
      ['item', new Int32Array(rows)],
    ]),
    ragged: new Map([
      ['genres', nothing],
      ['history', nothing],
    ]),
  };
}

describe('the overlapped schedule has the bits of the serial one for', () => {
  it.each(shapes)('%s', async (_, shape) => {
    expect(await outcome(shape, 'overlapped')).toEqual(await outcome(shape, 'serial'));
  });
});

describe('what happens between steps changes no bit of them', () => {
  const shape: Shape = { rows: 31, batchSize: 6 };

  it.each(['evaluations', 'checkpoints'] as const)('%s', async (extra) => {
    expect(await outcome(shape, 'overlapped', extra)).toEqual(await outcome(shape, 'serial'));
  });

  it('checkpoints, where rows at rest owe a pull', async () => {
    const pulled = { ...shape, recipe: dense };
    const without = await outcome(pulled, 'overlapped');
    expect(await outcome(pulled, 'overlapped', 'checkpoints')).toEqual(without);
    expect((await outcome(pulled, 'overlapped', 'nothing', 4)).scores).not.toEqual(without.scores);
  });
});

describe('windows of next-item models', () => {
  async function run(
    users: number,
    batchSize: number,
    schedule: 'overlapped' | 'serial',
    logitBytes?: number,
  ) {
    const engine = await NextItemEngine.open({
      definition: tinyNextItemModel,
      hyperParameters: { dim: 4, dropout: 0.3 },
      recipe: resolveRecipe('next-item', {
        'recipe.batchSize': batchSize,
        'recipe.maxLength': 5,
        'recipe.loss': 'sampled-softmax',
        'recipe.negatives': 7,
      }),
      dataset: cyclicDataset({ users, length: 6 }),
      seed: 3,
      threads: 1,
      schedule,
      ...(logitBytes === undefined ? {} : { logitBytes }),
    });
    const steps = Math.ceil(2.5 * engine.stepsPerEpoch);
    const results: unknown[] = [];
    for (let step = 1; step <= steps; step += 1)
      results.push(await engine.step(step, { dense: 0.01, embedding: 0 }, steps));
    const state = await engine.client.export(engine.dense.names);
    await engine.close();
    return { results, state };
  }

  it.each([
    ['one user', 1, 4, undefined],
    ['a last batch of one user', 13, 4, undefined],
    ['batches of one user', 5, 1, undefined],
    ['parts of one user each', 7, 4, 1],
    ['parts of several users', 14, 6, 10 * 8 * 4],
  ])('have the same bits under both schedules: %s', async (_, users, batchSize, logitBytes) => {
    expect(await run(users, batchSize, 'overlapped', logitBytes)).toEqual(
      await run(users, batchSize, 'serial', logitBytes),
    );
  });
});
