import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CtrSource } from '../../../src/schema/index.js';
import { CtrEngine } from '../../../src/training/engines/ctr-engine.js';
import { resolveRecipe } from '../../../src/training/index.js';
import { LearningRates } from '../../../src/training/tables/learning-rates.js';
import { sourceOf, tinyCtrDataset } from '../support/tiny-data.js';
import { tinyCtrModel } from '../support/tiny-models.js';

// The scorer takes 2048 rows at a time: three runs of it, with blocks that end elsewhere.
const dataset = tinyCtrDataset({ rows: 64, validationRows: 4500, blockRows: 700 });
const source = dataset.validation;
let engine: CtrEngine;

beforeAll(async () => {
  engine = await CtrEngine.open({
    definition: tinyCtrModel,
    hyperParameters: {},
    recipe: resolveRecipe('ctr', { 'recipe.batchSize': 32 }),
    dataset,
    fields: undefined,
    seed: 3,
    threads: 1,
    schedule: 'overlapped',
    learningRates: new LearningRates(),
  });
});

afterAll(() => engine.close());

/** The same rows in blocks of another size, some of them empty. */
function reblocked(from: CtrSource, first: number, rows: number): CtrSource {
  const whole = from.block(0);
  const block = {
    ...whole,
    rows,
    ids: new Map([...whole.ids].map(([name, ids]) => [name, ids.subarray(first, first + rows)])),
    ragged: new Map(
      [...whole.ragged].map(([name, list]) => [
        name,
        {
          values: list.values,
          begins: list.begins.subarray(first, first + rows),
          ends: list.ends.subarray(first, first + rows),
        },
      ]),
    ),
    numeric: new Map(
      [...whole.numeric].map(([name, values]) => [name, values.subarray(first, first + rows)]),
    ),
  };
  const nothing = { ...block, rows: 0 };
  return sourceOf('validation', [nothing, block, nothing]);
}

/** A source whose row `row` has an item id that no table has. */
function withStranger(from: CtrSource, row: number): CtrSource {
  const blocks = Array.from({ length: from.blockCount }, (_, b) => from.block(b));
  const b = from.blockStarts.findLastIndex((start) => start <= row);
  const item = blocks[b].ids.get('item')!.slice();
  item[row - from.blockStarts[b]] = 30;
  blocks[b] = { ...blocks[b], ids: new Map([...blocks[b].ids, ['item', item]]) };
  return sourceOf('validation', blocks);
}

describe('CtrScorer', () => {
  it('scores rows alike alone and among thousands, whatever the blocks', async () => {
    const all = await engine.scorer.predict(source);
    expect(all.length).toBe(4500);
    for (const [first, rows] of [
      [0, 1],
      [17, 33],
      [699, 1],
    ]) {
      const some = await engine.scorer.predict(reblocked(source, first, rows));
      some.forEach((score, i) => expect(score).toBeCloseTo(all[first + i], 5));
    }
    expect(new Set(all).size).toBeGreaterThan(4000);
  });

  it('scores no rows to no scores', async () => {
    expect(await engine.scorer.predict(sourceOf('validation', []))).toEqual(new Float32Array(0));
  });

  it('gives the same scores when it is asked twice at once', async () => {
    const small = reblocked(source, 100, 50);
    const [all, some] = [await engine.scorer.predict(source), await engine.scorer.predict(small)];
    const both = await Promise.all([engine.scorer.predict(source), engine.scorer.predict(small)]);
    expect(both).toEqual([all, some]);
  });

  it.each([0, 2047, 2048, 4499])('refuses a stranger in row %i by name, and scores on', async (row) => {
    const expected = await engine.scorer.predict(source);
    await expect(engine.scorer.predict(withStranger(source, row))).rejects.toMatchObject({
      code: 'ID_OUT_OF_RANGE',
      details: { field: 'item', id: 30, size: 30 },
    });
    // Asked at once: what the refused call had in flight must not lie in the way.
    expect(await engine.scorer.predict(source)).toEqual(expected);
  });

  it('needs the columns that the model reads', async () => {
    const block = source.block(0);
    const without = { ...block, numeric: new Map() };
    await expect(engine.scorer.predict(sourceOf('validation', [without]))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: { column: 'age' },
    });
  });

  it('needs no labels', async () => {
    const block = source.block(0);
    const blind = { ...block, labels: undefined, extraLabels: new Map() };
    const [scores, expected] = [
      await engine.scorer.predict(sourceOf('test', [blind])),
      await engine.scorer.predict(sourceOf('validation', [block])),
    ];
    expect(scores).toEqual(expected);
  });

  it('hands a missing number on: it belongs to no one else', async () => {
    const block = source.block(0);
    const age = block.numeric.get('age')!.slice();
    age[5] = NaN;
    const expected = await engine.scorer.predict(sourceOf('validation', [block]));
    const scores = await engine.scorer.predict(
      sourceOf('validation', [{ ...block, numeric: new Map([['age', age]]) }]),
    );
    scores.forEach((score, row) => expect(score).toBe(row === 5 ? NaN : expected[row]));
  });
});
