import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.js';
import { cost, Graph, type Node } from '../../src/graph/index.js';
import { opNames } from '../../src/graph/registry.js';

/** One operation on small tensors, and what a pencil says of it at B = 2. */
interface Priced {
  readonly op: string;
  readonly title?: string;
  build(graph: Graph): Node;
  readonly flops: number;
  /** read plus written; floats and int32 four bytes, int64 and double eight, bool one */
  readonly bytes: number;
}

const x = (graph: Graph, ...shape: (number | string)[]): Node => graph.input('x', shape);
const y = (graph: Graph, ...shape: (number | string)[]): Node => graph.input('y', shape);
const ids = (graph: Graph, ...shape: (number | string)[]): Node => graph.input('ids', shape, 'int32');
const flag = (graph: Graph, ...shape: (number | string)[]): Node => graph.input('flag', shape, 'bool');

/** An elementwise function of [2, 3]: six elements read and six written. */
const map = (op: string, each: number, build: (x: Node) => Node): Priced => ({
  op,
  build: (graph) => build(x(graph, 'B', 3)),
  flops: 6 * each,
  bytes: 6 * 4 + 6 * 4,
});

/** [2, 3] with [3], broadcast: 6 + 3 floats read. */
const pair = (op: string, build: (a: Node, b: Node) => Node, writtenBytes = 24): Priced => ({
  op,
  build: (graph) => build(x(graph, 'B', 3), y(graph, 3)),
  flops: 6,
  bytes: 24 + 12 + writtenBytes,
});

const priced: readonly Priced[] = [
  map('neg', 1, g.neg),
  map('exp', 4, g.exp),
  map('log', 4, g.log),
  map('sqrt', 1, g.sqrt),
  map('abs', 1, g.abs),
  map('sign', 1, g.sign),
  map('heaviside', 1, g.heaviside),
  map('floor', 1, g.floor),
  map('round', 1, g.round),
  map('sin', 4, g.sin),
  map('cos', 4, g.cos),
  map('relu', 1, g.relu),
  map('sigmoid', 6, g.sigmoid),
  map('tanh', 6, g.tanh),
  map('erf', 8, g.erf),
  map('gelu', 12, g.gelu),
  map('silu', 7, g.silu),
  map('softplus', 9, g.softplus),
  map('clip', 2, (node) => g.clip(node, -1, 1)),
  map('softmax', 7, g.softmax),
  map('logSoftmax', 7, g.logSoftmax),
  map('cumsum', 1, (node) => g.cumsum(node, 1)),
  { op: 'not', build: (graph) => g.not(flag(graph, 'B', 3)), flops: 6, bytes: 12 },
  { op: 'cast', build: (graph) => g.cast(x(graph, 'B', 3), 'float64'), flops: 0, bytes: 24 + 48 },
  pair('add', g.add),
  pair('sub', g.sub),
  pair('mul', g.mul),
  pair('div', g.div),
  pair('pow', g.pow),
  pair('minimum', g.minimum),
  pair('maximum', g.maximum),
  pair('equal', g.equal, 6),
  pair('greater', g.greater, 6),
  pair('greaterEqual', g.greaterEqual, 6),
  pair('less', g.less, 6),
  pair('lessEqual', g.lessEqual, 6),
  {
    op: 'and',
    build: (graph) => g.and(flag(graph, 'B', 3), graph.input('other', [3], 'bool')),
    flops: 6,
    bytes: 15,
  },
  {
    op: 'or',
    build: (graph) => g.or(flag(graph, 'B', 3), graph.input('other', [3], 'bool')),
    flops: 6,
    bytes: 15,
  },
  {
    op: 'where',
    build: (graph) => g.where(flag(graph, 'B', 1), x(graph, 'B', 3), y(graph, 3)),
    flops: 6,
    bytes: 2 + 24 + 12 + 24,
  },
  // Every element of the input is added once, whatever stays.
  { op: 'sum', build: (graph) => g.sum(x(graph, 'B', 3, 5), [0, 2]), flops: 30, bytes: 120 + 12 },
  { op: 'mean', build: (graph) => g.mean(x(graph, 'B', 3, 5)), flops: 30, bytes: 120 + 4 },
  { op: 'reduceMax', build: (graph) => g.reduceMax(x(graph, 'B', 3), 1), flops: 6, bytes: 24 + 8 },
  { op: 'reduceMin', build: (graph) => g.reduceMin(x(graph, 'B', 3), 0), flops: 6, bytes: 24 + 12 },
  { op: 'logSumExp', build: (graph) => g.logSumExp(x(graph, 'B', 3), 1), flops: 30, bytes: 24 + 8 },
  {
    op: 'layerNorm',
    build: (graph) => g.layerNorm(x(graph, 'B', 3), y(graph, 3), graph.input('z', [3])),
    flops: 48,
    bytes: 24 + 12 + 12 + 24,
  },
  // [2, 3] x [3, 4]: 2 * 4 sums of 3 products
  {
    op: 'matmul',
    build: (graph) => g.matmul(x(graph, 'B', 3), y(graph, 3, 4)),
    flops: 2 * 2 * 4 * 3,
    bytes: 24 + 48 + 32,
  },
  {
    op: 'matmul',
    title: 'matmul with the second transposed',
    build: (graph) => g.matmul(x(graph, 'B', 3), y(graph, 4, 3), { transposeB: true }),
    flops: 2 * 2 * 4 * 3,
    bytes: 24 + 48 + 32,
  },
  // [3, 2]^T x [3, 4]: the sum runs over the rows
  {
    op: 'matmul',
    title: 'matmul with the first transposed',
    build: (graph) => g.matmul(x(graph, 3, 'B'), y(graph, 3, 4), { transposeA: true }),
    flops: 2 * 2 * 4 * 3,
    bytes: 24 + 48 + 32,
  },
  {
    op: 'matmul',
    title: 'matmul of batches',
    build: (graph) => g.matmul(x(graph, 'B', 5, 3), y(graph, 'B', 3, 4)),
    flops: 2 * 2 * 5 * 4 * 3,
    bytes: 4 * (30 + 24 + 40),
  },
  { op: 'transpose', build: (graph) => g.transpose(x(graph, 'B', 3)), flops: 0, bytes: 48 },
  { op: 'expand', build: (graph) => g.expand(x(graph, 'B', 1), ['B', 3]), flops: 0, bytes: 8 + 24 },
  {
    op: 'concat',
    build: (graph) => g.concat([x(graph, 'B', 3), y(graph, 'B', 1)], 1),
    flops: 0,
    bytes: 24 + 8 + 32,
  },
  { op: 'split', build: (graph) => g.split(x(graph, 'B', 3), [1, 2], 1)[0], flops: 0, bytes: 24 + 24 },
  { op: 'slice', build: (graph) => g.slice(x(graph, 'B', 3), 1, 1), flops: 0, bytes: 24 + 16 },
  { op: 'pad', build: (graph) => g.pad(x(graph, 'B', 3), 1, 1, 0), flops: 0, bytes: 24 + 32 },
  {
    op: 'gather',
    build: (graph) => g.gatherRows(x(graph, 7, 3), ids(graph, 'B')),
    flops: 0,
    bytes: 84 + 8 + 24,
  },
  {
    op: 'scatterAdd',
    build: (graph) => g.scatterAdd(x(graph, 7, 3), ids(graph, 'B'), y(graph, 'B', 3)),
    flops: 6,
    bytes: 84 + 8 + 24 + 84,
  },
  {
    op: 'gatherAlongLast',
    build: (graph) => g.gatherAlongLast(x(graph, 'B', 3), ids(graph, 'B', 1)),
    flops: 0,
    bytes: 24 + 8 + 8,
  },
  {
    op: 'scatterAlongLast',
    build: (graph) => g.scatterAlongLast(x(graph, 'B', 3), ids(graph, 'B', 1), y(graph, 'B', 1)),
    flops: 2,
    bytes: 24 + 8 + 8 + 24,
  },
  // 6 elements through a heap of 3: two comparisons each; values and int64 positions written
  { op: 'topK', build: (graph) => g.topK(x(graph, 'B', 3), 3).values, flops: 12, bytes: 24 + 24 + 48 },
  { op: 'oneHot', build: (graph) => g.oneHot(ids(graph, 'B'), 5), flops: 0, bytes: 8 + 40 },
  { op: 'range', build: (graph) => g.range(graph, 'B'), flops: 0, bytes: 8 },
  { op: 'dimensionSize', build: (graph) => g.dimensionSize(graph, 'B'), flops: 0, bytes: 4 },
  {
    op: 'softmaxCrossEntropy',
    build: (graph) => graph.add('softmaxCrossEntropy', [x(graph, 'B', 3), ids(graph, 'B')], {}),
    flops: 42,
    bytes: 24 + 8 + 8,
  },
  {
    op: 'productCrossEntropy',
    build: (graph) => {
      const [hidden, table] = [x(graph, 'B', 2), y(graph, 3, 2)];
      const logits = g.matmul(hidden, table, { transposeB: true });
      return graph.add('productCrossEntropy', [logits, hidden, table, ids(graph, 'B')], {});
    },
    flops: 48,
    bytes: 24 + 16 + 24 + 8 + 8,
  },
];

/** Views and leaves: they move nothing. */
const free = ['constant', 'input', 'parameter', 'state', 'reshape', 'stopGradient', 'straightThrough'];

describe('the price of one operation', () => {
  it.each(priced.map((entry) => [entry.title ?? entry.op, entry] as const))(
    '%s',
    (_, { op, build, flops, bytes }) => {
      const graph = new Graph({ mode: 'infer' });
      const { perOp } = cost(graph, { out: build(graph) }, { sizes: { B: 2 } });
      expect(perOp[op]).toEqual({ flops, bytes, count: 1 });
    },
  );

  it('is known of every operation, and nothing is charged for views', () => {
    expect([...new Set([...priced.map(({ op }) => op), ...free])].sort()).toEqual(opNames());
    const graph = new Graph({ mode: 'infer' });
    const node = g.stopGradient(
      g.reshape(g.straightThrough(x(graph, 'B', 6), y(graph, 'B', 6)), ['B', 2, 3]),
    );
    expect(cost(graph, { out: node })).toEqual({
      flopsPerSample: 0,
      bytesPerSample: 0,
      parameters: 0,
      perOp: {},
    });
  });
});

describe('the price of a graph', () => {
  it('counts a shared operation once, and two operations of one kind as two', () => {
    const graph = new Graph({ mode: 'infer' });
    const node = x(graph, 'B', 8);
    const shared = g.tanh(node);
    const { perOp, flopsPerSample } = cost(graph, {
      a: g.mul(shared, shared),
      b: g.exp(shared),
      c: g.tanh(g.exp(node)),
    });
    expect(perOp['tanh']).toMatchObject({ count: 2, flops: 2 * 6 * 8 });
    expect(perOp['exp']).toMatchObject({ count: 2, flops: 2 * 4 * 8 });
    expect(flopsPerSample).toBe(96 + 8 + 64);
  });

  it('counts a tower by hand: 3 fields of 4, 12 -> 5 -> 1, and attention over 7 events', () => {
    const graph = new Graph({ mode: 'infer' });
    const rows = graph.input('rows', ['B', 3, 4]);
    const w1 = graph.parameter('w1', [12, 5], g.zeros());
    const w2 = graph.parameter('w2', [5, 1], g.zeros());
    const unused = graph.parameter('unused', [1000, 1000], g.zeros());
    const tower = g.matmul(g.relu(g.matmul(g.reshape(rows, ['B', 12]), w1)), w2);
    const events = graph.input('events', ['B', 7, 4]);
    const scores = g.matmul(events, g.reshape(g.slice(rows, 1, 0, 1), ['B', 4, 1]));
    const { flopsPerSample, parameters } = cost(graph, { tower, scores });
    expect(flopsPerSample).toBe(2 * 12 * 5 + 5 + 2 * 5 + 2 * 7 * 4);
    expect(parameters).toBe(12 * 5 + 5);
    expect(cost(graph, { unused }).parameters).toBe(1_000_000);
  });

  it('makes the backward pass of a product cost two more products', () => {
    const graph = new Graph({ mode: 'train' });
    const w = graph.parameter('w', [30, 20], g.zeros());
    const input = graph.input('x', ['B', 30]);
    const product = g.matmul(input, w);
    const forward = cost(graph, { product }).perOp['matmul'].flops;
    const [dx, dw] = g.differentiate(g.sum(product), [input, w]);
    expect(cost(graph, { product, dx, dw }).perOp['matmul'].flops).toBe(3 * forward);
  });
});
