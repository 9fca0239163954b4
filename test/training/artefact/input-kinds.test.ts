import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  add,
  binaryCrossEntropy,
  concat,
  flatten,
  matmul,
  mean,
  meanSquaredError,
  mul,
  normal,
  reshape,
  unsqueeze,
  type CtrModelDefinition,
  type HyperParameters,
  type Node,
} from '../../../src/graph/index.js';
import type { CtrBlock, CtrDataset, EncodedField } from '../../../src/schema/index.js';
import { loadArtefact, resolveRecipe, train } from '../../../src/training/index.js';
import { sourceOf, tinyCtrDataset, tinyFields } from '../support/tiny-data.js';
import { tinyCtrModel } from '../support/tiny-models.js';

const folder = mkdtempSync(join(tmpdir(), 'kinds-'));
afterAll(() => rmSync(folder, { recursive: true }));
let saves = 0;

const dataset = tinyCtrDataset({ rows: 120, validationRows: 130, blockRows: 50 });

/** Reads whatever is chosen, linearly; works without fields, without numbers and without sequences. */
const anyInputs: CtrModelDefinition = {
  name: 'any-inputs',
  title: 'Linear in whatever there is',
  source: 'test',
  task: 'ctr',
  space: {},
  build(inputs) {
    const parts: Node[] = [];
    if (inputs.fields.length > 0) parts.push(flatten(inputs.embed('a', 4)));
    for (const { name } of inputs.sequences) {
      parts.push(mean(mul(inputs.embedSequence('b', 3, name), unsqueeze(inputs.sequenceMask(name), 2)), 1));
    }
    const numeric = inputs.numeric();
    if (numeric !== undefined) parts.push(numeric);
    const all = concat(parts, 1);
    const { graph } = inputs;
    const weights = graph.parameter('w', [Number(all.shape[1]), 1], normal(0.5));
    const logits = add(reshape(matmul(all, weights), ['B']), graph.parameter('bias', [1], normal(1)));
    if (graph.mode === 'infer') return { logits, loss: undefined, observables: {} };
    const loss = inputs.task === 'ctr' ? binaryCrossEntropy : meanSquaredError;
    return { logits, loss: loss(logits, inputs.labels), observables: {} };
  },
};

interface Kind {
  readonly definition?: CtrModelDefinition;
  readonly hyperParameters?: HyperParameters;
  readonly fields?: readonly string[];
  readonly data?: CtrDataset;
}

/** Largest difference between the scores of the trained model and of its artefact, and how much the scores differ. */
async function compare({ definition = anyInputs, hyperParameters = {}, fields, data = dataset }: Kind) {
  saves += 1;
  const dir = join(folder, String(saves));
  const fitted = await train({
    definition,
    hyperParameters,
    recipe: resolveRecipe(data.task, {
      'recipe.maxEpochs': 2,
      'recipe.batchSize': 32,
      'recipe.embeddingLearningRate': 0.05,
    }),
    dataset: data,
    seed: 6,
    threads: 1,
    ...(fields === undefined ? {} : { fields }),
  });
  const expected = await fitted.predict(data.validation);
  await fitted.saveArtefact(dir, { metrics: {}, lineage: {} });
  await fitted.close();
  const loaded = await loadArtefact(dir, { threads: 1 });
  if (loaded.task === 'next-item') throw new Error('wrong task');
  const scores = await loaded.predict(data.validation);
  await loaded.close();
  expect(loaded.task).toBe(data.task);
  return {
    worst: scores.reduce((most, score, i) => Math.max(most, Math.abs(score - expected[i])), 0),
    spread: Math.max(...expected) - Math.min(...expected),
  };
}

/** The same rows under other names. */
function renamed(names: ReadonlyMap<string, string>): CtrDataset {
  const nameOf = (name: string): string => names.get(name) ?? name;
  const keyed = <T>(columns: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...columns].map(([name, column]) => [nameOf(name), column]));
  const blockOf = (block: CtrBlock): CtrBlock => ({
    ...block,
    ids: keyed(block.ids),
    ragged: keyed(block.ragged),
    numeric: keyed(block.numeric),
  });
  const fields = tinyFields.map((field): EncodedField => {
    const changed = { ...field, name: nameOf(field.name) };
    return changed.kind === 'sequence' ? { ...changed, targetField: nameOf('item') } : changed;
  });
  const splitOf = (split: CtrDataset['train']) =>
    sourceOf(
      split.name,
      Array.from({ length: split.blockCount }, (_, b) => blockOf(split.block(b))),
    );
  return { ...dataset, fields, train: splitOf(dataset.train), validation: splitOf(dataset.validation) };
}

const kinds: readonly (readonly [string, Kind])[] = [
  ['one categorical field', { fields: ['item'] }],
  ['one bag of values', { fields: ['genres'] }],
  ['one number and nothing else', { fields: ['age'] }],
  ['one history and nothing else', { fields: ['history'] }],
  ['a history beside its candidate', { fields: ['item', 'history'] }],
  ['everything', {}],
  ['batch norm, dropout and two banks', { definition: tinyCtrModel }],
  ['a bank of an odd width', { definition: tinyCtrModel, hyperParameters: { dim: 3 } }],
  ['a head that serving does not have', { definition: tinyCtrModel, hyperParameters: { multiTask: true } }],
  ['ratings', { data: { ...dataset, task: 'rating' } }],
];

describe('an artefact scores as its trainer did with', () => {
  it.each(kinds)('%s', async (_, kind) => {
    const { worst, spread } = await compare(kind);
    expect(worst).toBeLessThan(1e-5);
    expect(spread).toBeGreaterThan(0.01);
  });

  it('columns of hostile names', async () => {
    const names = new Map([
      ['user', '"; drop table x; --'],
      ['item', '../../item'],
      ['genres', 'constructor'],
      ['history', 'mask:история\n'],
      ['age', ''],
    ]);
    const { worst, spread } = await compare({ data: renamed(names) });
    expect(worst).toBeLessThan(1e-5);
    expect(spread).toBeGreaterThan(0.01);
  });

  it('nothing to validate on: golden rows are of the training split then', async () => {
    const dir = join(folder, 'refit');
    const data = tinyCtrDataset({ rows: 60, validationRows: 0 });
    const fitted = await train({
      definition: anyInputs,
      hyperParameters: {},
      recipe: resolveRecipe('ctr', { 'recipe.batchSize': 32 }),
      dataset: data,
      seed: 6,
      threads: 1,
      fixedEpochs: 1,
    });
    await fitted.saveArtefact(dir, { metrics: {}, lineage: {} });
    const loaded = await loadArtefact(dir, { threads: 1 });
    if (loaded.task === 'next-item') throw new Error('wrong task');
    const [scores, expected] = [await loaded.predict(data.train), await fitted.predict(data.train)];
    scores.forEach((score, i) => expect(score).toBeCloseTo(expected[i], 5));
    await fitted.close();
    await loaded.close();
  });
});
