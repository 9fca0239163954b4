// The four step graphs that the benchmark times; the models are those of the training benchmark, written plainly.
import {
  Graph,
  add,
  binaryCrossEntropy,
  causalBias,
  concat,
  expand,
  gatherRows,
  gelu,
  glorotUniform,
  layerNorm,
  matmul,
  mul,
  normal,
  ones,
  relu,
  reshape,
  sigmoid,
  slice,
  softmax,
  softmaxCrossEntropy,
  squeeze,
  sub,
  unsqueeze,
  zeros,
  gather,
} from '../../dist/graph/index.js';

const fields = 10;
const dim = 16;

function dense(graph, x, name, width) {
  const w = graph.parameter(`${name}.w`, [x.shape.at(-1), width], glorotUniform());
  return add(matmul(x, w), graph.parameter(`${name}.b`, [width], zeros()));
}

function tower(graph, x, widths) {
  let hidden = x;
  for (const [i, width] of widths.entries()) hidden = relu(dense(graph, hidden, `tower${i}`, width));
  return hidden;
}

function ctr() {
  const graph = new Graph({ mode: 'train' });
  const rows = graph.input('rows', ['B', fields, dim], 'float32', 'embedding-rows');
  const labels = graph.input('labels', ['B'], 'float32', 'label');
  return { graph, rows, labels, flat: reshape(rows, ['B', fields * dim]) };
}

export function dnn() {
  const { graph, rows, labels, flat } = ctr();
  const logits = reshape(dense(graph, tower(graph, flat, [400, 400, 400]), 'out', 1), ['B']);
  return { graph, loss: binaryCrossEntropy(logits, labels), embeddingInputs: [rows] };
}

export function dcnv2() {
  const { graph, rows, labels, flat } = ctr();
  let cross = flat;
  for (let i = 0; i < 3; i += 1)
    cross = add(mul(flat, dense(graph, cross, `cross${i}`, fields * dim)), cross);
  const joined = concat([cross, tower(graph, flat, [400, 400, 400])], 1);
  return {
    graph,
    loss: binaryCrossEntropy(reshape(dense(graph, joined, 'out', 1), ['B']), labels),
    embeddingInputs: [rows],
  };
}

export function din({ history = 50 } = {}) {
  const { graph, rows, labels, flat } = ctr();
  const sequence = graph.input('history', ['B', history, dim], 'float32', 'embedding-rows');
  const mask = graph.input('mask', ['B', history], 'float32', 'mask');
  const query = expand(slice(rows, 1, 0, 1), ['B', history, dim]);
  const features = concat([query, sequence, sub(query, sequence), mul(query, sequence)], 2);
  const hidden = sigmoid(dense(graph, sigmoid(dense(graph, features, 'a0', 64)), 'a1', 32));
  const scores = mul(squeeze(dense(graph, hidden, 'a2', 1), 2), mask);
  const interest = squeeze(matmul(unsqueeze(scores, 1), sequence), 1);
  const logits = reshape(dense(graph, tower(graph, concat([flat, interest], 1), [200, 80]), 'out', 1), ['B']);
  return { graph, loss: binaryCrossEntropy(logits, labels), embeddingInputs: [rows, sequence] };
}

export function sasrec({ items = 3417, length = 200, width = 64, blocks = 2 } = {}) {
  const graph = new Graph({ mode: 'train' });
  const ids = graph.input('ids', ['B', length], 'int32');
  const positions = graph.input('positions', ['P'], 'int32', 'control');
  const targets = graph.input('targets', ['P'], 'int32', 'label');
  const table = graph.parameter('items', [items, width], normal(0.02));
  let x = add(gatherRows(table, ids), graph.parameter('position', [length, width], normal(0.02)));
  const mask = causalBias(graph, length);
  for (let i = 0; i < blocks; i += 1) {
    const norm = (y, name) =>
      layerNorm(
        y,
        graph.parameter(`${name}.s`, [width], ones()),
        graph.parameter(`${name}.b`, [width], zeros()),
      );
    const y = norm(x, `ln${i}`);
    const q = dense(graph, y, `q${i}`, width);
    const k = dense(graph, y, `k${i}`, width);
    const v = dense(graph, y, `v${i}`, width);
    const scores = add(matmul(mul(q, 1 / Math.sqrt(width)), k, { transposeB: true }), mask);
    x = add(x, dense(graph, matmul(softmax(scores), v), `o${i}`, width));
    x = add(x, dense(graph, gelu(dense(graph, norm(x, `ff${i}`), `f${i}`, width)), `g${i}`, width));
  }
  const hidden = gather(reshape(x, [-1, width]), positions, 0, { distinct: true });
  return {
    graph,
    loss: softmaxCrossEntropy(matmul(hidden, table, { transposeB: true }), targets),
    embeddingInputs: [],
  };
}
