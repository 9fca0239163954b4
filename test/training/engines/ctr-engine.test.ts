import { Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  add,
  binaryCrossEntropy,
  buildTrainingStep,
  gatherRows,
  Graph,
  mul,
  reshape,
  sum,
  zeros,
  type CtrModelDefinition,
} from '../../../src/graph/index.js';
import type { CtrDataset } from '../../../src/schema/index.js';
import { EpochOrder } from '../../../src/training/batches/epoch-order.js';
import { CtrEngine } from '../../../src/training/engines/ctr-engine.js';
import { resolveRecipe } from '../../../src/training/index.js';
import { LearningRates } from '../../../src/training/tables/learning-rates.js';
import { trainDense } from '../support/dense-twin.js';
import { sourceOf, tinyCtrDataset } from '../support/tiny-data.js';

const SEED = 4;
const dataset = withoutPadding(tinyCtrDataset({ rows: 120, validationRows: 30, blockRows: 120 }));

/** Rows without a user embed to zero and train nothing; the dense twin knows no such exception. */
function withoutPadding(data: CtrDataset): CtrDataset {
  const block = data.train.block(0);
  const user = block.ids.get('user')!.map((id) => Math.max(1, id));
  return { ...data, train: sourceOf('train', [{ ...block, ids: new Map([...block.ids, ['user', user]]) }]) };
}

/** Product of user and item vectors plus a bias: a factorisation machine of two fields. */
const product: CtrModelDefinition = {
  name: 'product',
  title: 'Product of two vectors',
  source: 'test',
  task: 'ctr',
  space: {},
  build(inputs, hp) {
    const rows = inputs.embed('embedding', Number(hp.dim)); // [B, 2, D]
    const bias = inputs.graph.parameter('bias', [1], zeros());
    const pair = sum(rows, 1); // (u + i), so that gradients of both fields differ only through the ids
    const logits = add(sum(mul(pair, pair), 1), bias);
    if (inputs.graph.mode === 'infer') return { logits, loss: undefined, observables: {} };
    return { logits, loss: binaryCrossEntropy(logits, inputs.labels), observables: {} };
  },
};

/** The same model with both tables as dense parameters of one graph, trained by the graph's own Adagrad. */
async function denseTables(
  dim: number,
  userRows: Float32Array,
  itemRows: Float32Array,
  batches: readonly Int32Array[],
  rate: number,
) {
  const graph = new Graph({ mode: 'train', name: 'dense' });
  const user = graph.parameter('user', [40, dim], zeros());
  const item = graph.parameter('item', [30, dim], zeros());
  const bias = graph.parameter('bias', [1], zeros());
  const ids = {
    user: graph.input('user_ids', ['B'], 'int32'),
    item: graph.input('item_ids', ['B'], 'int32'),
  };
  const labels = graph.input('labels', ['B']);
  const pair = add(gatherRows(user, ids.user), gatherRows(item, ids.item));
  const loss = binaryCrossEntropy(add(reshape(sum(mul(pair, pair), 1), ['B']), bias), labels);
  const step = buildTrainingStep(graph, { loss, optimizer: { kind: 'adagrad' } });
  const block = dataset.train.block(0);
  const feeds = batches.map((rows) => ({
    user_ids: new Tensor(
      'int32',
      rows.map((row) => block.ids.get('user')![row]),
      [rows.length],
    ),
    item_ids: new Tensor(
      'int32',
      rows.map((row) => block.ids.get('item')![row]),
      [rows.length],
    ),
    labels: new Tensor(
      'float32',
      Float32Array.from(rows, (row) => block.labels![row]),
      [rows.length],
    ),
  }));
  const trained = await trainDense(step, { user: userRows, item: itemRows }, feeds, rate);
  return { user: trained('user'), item: trained('item') };
}

describe('tables outside the graph', () => {
  it.each([4, 8])('train as the same tables inside it, dimension %i', async (dim) => {
    const recipe = resolveRecipe('ctr', {
      'recipe.batchSize': 40,
      'recipe.optimizer': 'adagrad',
      'recipe.learningRate': 0.05,
      'recipe.embeddingOptimizer': 'adagrad',
      'recipe.embeddingLearningRate': 0.05,
      'recipe.clipNorm': 0,
    });
    const engine = await CtrEngine.open({
      definition: product,
      hyperParameters: { dim },
      recipe,
      dataset,
      fields: ['user', 'item'],
      seed: SEED,
      threads: 1,
      schedule: 'overlapped',
      learningRates: new LearningRates(),
    });
    const table = (name: string) =>
      engine.model.tables.tables.find((candidate) => candidate.name === `embedding/${name}`)!;
    const before = { user: table('user').weights(), item: table('item').weights() };
    const order = new EpochOrder(dataset.train.blockStarts, SEED);
    const batches: Int32Array[] = [];
    for (let step = 1; step <= 9; step += 1) {
      const from = 40 * ((step - 1) % 3);
      batches.push(order.slices(Math.floor((step - 1) / 3), from, from + 40)[0].rows.slice());
      await engine.step(step, { dense: 0.05, embedding: 0.05 }, 9);
    }
    engine.settle();
    const dense = await denseTables(dim, before.user, before.item, batches, 0.05);
    for (const name of ['user', 'item'] as const) {
      const trained = table(name).weights();
      trained.forEach((value, i) => {
        if (i >= dim) expect(value).toBeCloseTo(dense[name][i], 4);
        else expect(value).toBe(0);
      });
    }
    await engine.close();
  });
});
