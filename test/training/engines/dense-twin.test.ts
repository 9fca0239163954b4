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
  slice,
  sum,
  unsqueeze,
  zeros,
  type CtrModelDefinition,
  type Node,
} from '../../../src/graph/index.js';
import type { CtrBlock, Ragged } from '../../../src/schema/index.js';
import { EpochOrder } from '../../../src/training/batches/epoch-order.js';
import { CtrEngine } from '../../../src/training/engines/ctr-engine.js';
import { resolveRecipe } from '../../../src/training/index.js';
import { LearningRates } from '../../../src/training/tables/learning-rates.js';
import { trainDense } from '../support/dense-twin.js';
import { tinyCtrDataset } from '../support/tiny-data.js';

const SEED = 4;
const RATE = 0.05;
const BATCH = 35;
const STEPS = 8;
const HISTORY = 6;
const MOST_GENRES = 3;
const dataset = tinyCtrDataset({ rows: 100, validationRows: 10, blockRows: 100 });
const block = dataset.train.block(0);

/** Three views of a row that train the tables with different strengths; the item table serves two of them. */
function score(item: Node, genres: Node, history: Node): Node {
  const all = add(add(item, mul(genres, 2)), mul(history, 0.5));
  return add(sum(mul(all, all), 1), sum(item, 1));
}

/** The model as the engine trains it: rows of an item, of a bag of genres and of a history come from outside. */
const pooled: CtrModelDefinition = {
  name: 'pooled',
  title: 'Sum of item, genres and history',
  source: 'test',
  task: 'ctr',
  space: {},
  build(inputs, hp) {
    const dim = Number(hp.dim);
    const rows = inputs.embed('embedding', dim); // [B, 2, D]
    const field = (f: number): Node => reshape(slice(rows, 1, f, f + 1), ['B', dim]);
    const events = inputs.embedSequence('embedding', dim, 'history');
    const history = sum(mul(events, unsqueeze(inputs.sequenceMask('history'), 2)), 1);
    const bias = inputs.graph.parameter('bias', [1], zeros());
    const logits = add(score(field(0), field(1), history), bias);
    if (inputs.graph.mode === 'infer') return { logits, loss: undefined, observables: {} };
    return { logits, loss: binaryCrossEntropy(logits, inputs.labels), observables: {} };
  },
};

/** The same model with both tables inside the graph; lists are padded matrices of ids with weights. */
function denseStep(dim: number) {
  const graph = new Graph({ mode: 'train', name: 'dense' });
  const items = graph.parameter('item', [30, dim], zeros());
  const genres = graph.parameter('genre', [12, dim], zeros());
  const bias = graph.parameter('bias', [1], zeros());
  const pool = (table: Node, name: string, width: number): Node => {
    const rows = gatherRows(table, graph.input(`${name}_ids`, ['B', width], 'int32'));
    return sum(mul(rows, unsqueeze(graph.input(`${name}_weights`, ['B', width]), 2)), 1);
  };
  const item = gatherRows(items, graph.input('item_ids', ['B'], 'int32'));
  const logits = add(score(item, pool(genres, 'genre', MOST_GENRES), pool(items, 'history', HISTORY)), bias);
  const loss = binaryCrossEntropy(logits, graph.input('labels', ['B']));
  return buildTrainingStep(graph, { loss, optimizer: { kind: 'adagrad' } });
}

/** Lists of some rows as ids and weights [rows, width]; an average divides by the length. */
function padded({ values, begins, ends }: Ragged, rows: Int32Array, width: number, average: boolean) {
  const ids = new Int32Array(rows.length * width);
  const weights = new Float32Array(rows.length * width);
  rows.forEach((row, b) => {
    const list = values.subarray(Math.max(begins[row], ends[row] - width), ends[row]);
    ids.set(list, b * width);
    weights.fill(average ? 1 / list.length : 1, b * width, b * width + list.length);
  });
  const size = [rows.length, width];
  return [new Tensor('int32', ids, size), new Tensor('float32', weights, size)] as const;
}

function denseFeeds({ ids, ragged, labels }: CtrBlock, rows: Int32Array): Record<string, Tensor> {
  const [genreIds, genreWeights] = padded(ragged.get('genres')!, rows, MOST_GENRES, true);
  const [historyIds, historyWeights] = padded(ragged.get('history')!, rows, HISTORY, false);
  return {
    item_ids: new Tensor(
      'int32',
      rows.map((row) => ids.get('item')![row]),
      [rows.length],
    ),
    genre_ids: genreIds,
    genre_weights: genreWeights,
    history_ids: historyIds,
    history_weights: historyWeights,
    labels: new Tensor(
      'float32',
      Float32Array.from(rows, (row) => labels![row]),
      [rows.length],
    ),
  };
}

async function openEngine(dim: number): Promise<CtrEngine> {
  return CtrEngine.open({
    definition: pooled,
    hyperParameters: { dim },
    recipe: resolveRecipe('ctr', {
      'recipe.batchSize': BATCH,
      'recipe.optimizer': 'adagrad',
      'recipe.embeddingOptimizer': 'adagrad',
      'recipe.clipNorm': 0,
    }),
    dataset,
    fields: ['item', 'genres', 'history'],
    seed: SEED,
    threads: 1,
    schedule: 'overlapped',
    learningRates: new LearningRates(),
  });
}

describe('tables with bags and histories', () => {
  it.each([3, 8])('train outside of the graph as inside it, dimension %i', async (dim) => {
    const engine = await openEngine(dim);
    const weightsOf = (vocabulary: string): Float32Array =>
      engine.model.tables.tables.find((table) => table.name === `embedding/${vocabulary}`)!.weights();
    const before = { item: weightsOf('item'), genre: weightsOf('genre') };
    const order = new EpochOrder(dataset.train.blockStarts, SEED);
    const batches: Record<string, Tensor>[] = [];
    for (let step = 1; step <= STEPS; step += 1) {
      const from = BATCH * ((step - 1) % 3);
      const [slice0] = order.slices(Math.floor((step - 1) / 3), from, Math.min(100, from + BATCH));
      batches.push(denseFeeds(block, slice0.rows.slice()));
      await engine.step(step, { dense: RATE, embedding: RATE }, STEPS);
    }
    engine.settle();
    const dense = await trainDense(denseStep(dim), before, batches, RATE);
    for (const name of ['item', 'genre'] as const) {
      const trained = weightsOf(name);
      trained.forEach((value, i) => expect(value).toBeCloseTo(dense(name)[i], 4));
      const moved = trained.filter((value, i) => Math.abs(value - before[name][i]) > 0.05).length;
      expect(moved).toBeGreaterThan(trained.length / 2);
      expect([...trained.subarray(0, dim)]).toEqual(Array(dim).fill(0));
    }
    await engine.close();
  });
});
