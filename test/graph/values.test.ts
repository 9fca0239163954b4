import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.js';
import { Graph, type Node } from '../../src/graph/index.js';
import { evaluate, type Fed } from './support/evaluate.js';

async function valueOf(
  build: (graph: Graph) => Node,
  feeds: Readonly<Record<string, Fed>> = {},
): Promise<number[]> {
  const graph = new Graph({ mode: 'infer' });
  return (await evaluate(graph, { out: build(graph) }, feeds)).out.data;
}

const row = (data: readonly number[], shape: readonly number[] = [data.length]): Fed => ({ data, shape });

function expectClose(actual: readonly number[], wanted: readonly number[], digits = 5): void {
  expect(actual.length).toBe(wanted.length);
  for (const [i, value] of wanted.entries()) expect(actual[i]).toBeCloseTo(value, digits);
}

describe('values against plain arithmetic', () => {
  const xs = [-3, -1, -0.5, 0, 0.5, 1, 3];
  it.each<[string, (x: Node) => Node, (x: number) => number]>([
    ['relu', g.relu, (x) => Math.max(0, x)],
    ['heaviside', g.heaviside, (x) => (x > 0 ? 1 : 0)],
    ['sigmoid', g.sigmoid, (x) => 1 / (1 + Math.exp(-x))],
    ['silu', g.silu, (x) => x / (1 + Math.exp(-x))],
    ['softplus', g.softplus, (x) => Math.log1p(Math.exp(x))],
    ['tanh', g.tanh, Math.tanh],
    ['square', g.square, (x) => x * x],
    ['clip', (x) => g.clip(x, -0.7, 2), (x) => Math.min(2, Math.max(-0.7, x))],
    ['sub of a number', (x) => g.sub(1, x), (x) => 1 - x],
    ['pow', (x) => g.pow(x, 2), (x) => x ** 2],
    ['where', (x) => g.where(g.greater(x, 0), g.mul(x, 2), -1), (x) => (x > 0 ? 2 * x : -1)],
    [
      'straightThrough',
      (x) => g.straightThrough(g.round(x), x),
      (x) => (x === 0.5 || x === -0.5 ? 0 : Math.round(x)),
    ],
    ['stopGradient', g.stopGradient, (x) => x],
    ['zero added and one multiplied', (x) => g.div(g.mul(g.add(g.sub(x, 0), 0), 1), 1), (x) => x],
  ])('%s', async (_title, build, wanted) => {
    expectClose(await valueOf((graph) => build(graph.input('x', ['B'])), { x: row(xs) }), xs.map(wanted));
  });

  it('gelu is x Phi(x)', async () => {
    // Phi(1) = 0.8413447461, Phi(2) = 0.9772498681 (standard normal tables)
    expectClose(
      await valueOf((graph) => g.gelu(graph.input('x', ['B'])), { x: row([1, 2, -1, 0]) }),
      [0.8413447, 1.9544997, -0.1586553, 0],
    );
  });

  it('matmul transposes either side', async () => {
    const a = [1, 2, 3, 4, 5, 6]; // [2, 3]
    const product = (options: g.MatmulOptions, shapes: readonly [number, number][]): Promise<number[]> =>
      valueOf((graph) => g.matmul(graph.input('a', shapes[0]), graph.input('b', shapes[1]), options), {
        a: row(a, shapes[0]),
        b: row(a, shapes[1]),
      });
    expectClose(
      await product({}, [
        [2, 3],
        [3, 2],
      ]),
      [22, 28, 49, 64],
    );
    expectClose(
      await product({ transposeB: true }, [
        [2, 3],
        [2, 3],
      ]),
      [14, 32, 32, 77],
    );
    expectClose(
      await product({ transposeA: true }, [
        [3, 2],
        [3, 2],
      ]),
      [35, 44, 44, 56],
    );
    expectClose(
      await product({ transposeA: true, transposeB: true }, [
        [3, 2],
        [2, 3],
      ]),
      [22, 49, 28, 64],
    );
  });

  it('normalises rows', async () => {
    const x = [1, 2, 3, 6];
    const mean = 3;
    const deviation = Math.sqrt(3.5 + 1e-5);
    const layered = await valueOf(
      (graph) =>
        g.layerNorm(graph.input('x', ['B', 4]), graph.constant([2, 2, 2, 2]), graph.constant([1, 1, 1, 1])),
      { x: row(x, [1, 4]) },
    );
    expectClose(
      layered,
      x.map((value) => (2 * (value - mean)) / deviation + 1),
    );
    const root = Math.sqrt(12.5 + 1e-6);
    const scaled = await valueOf(
      (graph) => g.rmsNorm(graph.input('x', ['B', 4]), graph.constant([1, 1, 1, 1])),
      { x: row(x, [1, 4]) },
    );
    expectClose(
      scaled,
      x.map((value) => value / root),
    );
  });

  it('reduces, cumulates and sorts', async () => {
    const x = { x: row([3, 1, 2, 0, 5, 4], [2, 3]) };
    const of = (build: (x: Node) => Node): Promise<number[]> =>
      valueOf((graph) => build(graph.input('x', ['B', 3])), x);
    expectClose(await of((node) => g.sum(node, 0)), [3, 6, 6]);
    expectClose(await of((node) => g.mean(node)), [2.5]);
    expectClose(await of((node) => g.reduceMax(node, 1)), [3, 5]);
    expectClose(await of((node) => g.logSumExp(node, 1)), [
      Math.log(Math.exp(3) + Math.exp(1) + Math.exp(2)),
      Math.log(1 + Math.exp(5) + Math.exp(4)),
    ]);
    expectClose(await of((node) => g.cumsum(node, 1)), [3, 4, 6, 0, 5, 9]);
    expectClose(
      await of((node) => g.cumsum(node, 1, { exclusive: true, reverse: true })),
      [3, 2, 0, 9, 4, 0],
    );
    expectClose(await of((node) => g.topK(node, 2).values), [3, 2, 5, 4]);
    expectClose(await of((node) => g.cast(g.topK(node, 2).indices, 'float32')), [0, 2, 1, 2]);
  });

  it('indexes and scatters, adding repeated rows', async () => {
    const feeds = { ids: { ...row([1, 0, 1]), dtype: 'int32' as const } };
    const table = [
      [1, 2],
      [3, 4],
    ];
    expectClose(
      await valueOf(
        (graph) => g.gatherRows(graph.constant(table), graph.input('ids', ['B'], 'int32')),
        feeds,
      ),
      [3, 4, 1, 2, 3, 4],
    );
    expectClose(
      await valueOf(
        (graph) =>
          g.scatterAdd(
            graph.constant(table),
            graph.input('ids', [3], 'int32'),
            graph.constant([
              [1, 1],
              [10, 10],
              [100, 100],
            ]),
          ),
        feeds,
      ),
      [11, 12, 104, 105],
    );
    expectClose(
      await valueOf(
        (graph) =>
          g.pick(
            graph.constant([
              [1, 2],
              [3, 4],
              [5, 6],
            ]),
            graph.input('ids', [3], 'int32'),
          ),
        feeds,
      ),
      [2, 3, 6],
    );
    expectClose(
      await valueOf((graph) => g.oneHot(graph.input('ids', ['B'], 'int32'), 3), feeds),
      [0, 1, 0, 1, 0, 0, 0, 1, 0],
    );
  });

  it('masks the future', async () => {
    const keep = [1, 0, 0, 1, 1, 0, 1, 1, 1];
    expectClose(await valueOf((graph) => g.cast(g.causalMask(graph, 3), 'float32')), keep);
    expectClose(
      await valueOf((graph) => g.causalBias(graph, 3)),
      keep.map((kept) => (kept ? 0 : -1e9)),
      0,
    );
  });
});

describe('losses', () => {
  const labelled = fc.array(fc.tuple(fc.double({ min: -20, max: 20, noNaN: true }), fc.constantFrom(0, 1)), {
    minLength: 1,
    maxLength: 8,
  });

  it('binary cross-entropy is the mean of -log p', async () => {
    await fc.assert(
      fc.asyncProperty(labelled, async (pairs) => {
        const [loss] = await valueOf(
          (graph) => g.binaryCrossEntropy(graph.input('z', ['B']), graph.input('y', ['B'])),
          {
            z: row(pairs.map(([z]) => z)),
            y: row(pairs.map(([, y]) => y)),
          },
        );
        const exact =
          pairs.map(([z, y]) => Math.log1p(Math.exp(y === 1 ? -z : z))).reduce((a, b) => a + b) /
          pairs.length;
        expect(loss).toBeCloseTo(exact, 4);
      }),
      { numRuns: 20 },
    );
  });

  it.each([1e4, -1e4])('stays finite at a logit of %d', async (z) => {
    const feeds = { z: row([z, z]), y: row([0, 1]) };
    const [loss] = await valueOf(
      (graph) => g.binaryCrossEntropy(graph.input('z', ['B']), graph.input('y', ['B'])),
      feeds,
    );
    expect(loss).toBeCloseTo(5e3, 0);
    const [softmax] = await valueOf(
      (graph) => g.softmaxCrossEntropy(graph.input('x', ['P', 3]), graph.input('t', ['P'], 'int32')),
      { x: row([z, 0, -z], [1, 3]), t: { ...row([2]), dtype: 'int32' } },
    );
    expect(softmax).toBeCloseTo(z > 0 ? 2e4 : 0, 0);
  });

  it('both forms of the softmax cross-entropy agree', async () => {
    const hidden = [0.3, -1, 2, 40, 0.1, 0];
    const table = [1, 0, 0, 1, -1, 2, 0.5, 0.5];
    const loss = (product: boolean): Promise<number[]> =>
      valueOf(
        (graph) => {
          const logits = g.matmul(graph.input('h', ['P', 2]), graph.input('w', [4, 2]), { transposeB: true });
          return g.softmaxCrossEntropy(
            product ? logits : g.neg(g.neg(logits)),
            graph.input('t', ['P'], 'int32'),
          );
        },
        { h: row(hidden, [3, 2]), w: row(table, [4, 2]), t: { ...row([0, 2, 3]), dtype: 'int32' } },
      );
    const [fast] = await loss(true);
    const [plain] = await loss(false);
    expect(fast).toBeCloseTo(plain, 4);
  });

  it('sampled softmax leaves accidental hits out and corrects by log q', async () => {
    const build = (graph: Graph): Node =>
      g.sampledSoftmax({
        queries: graph.constant([[1, 0]]),
        targetRows: graph.constant([[2, 5]]),
        negativeRows: graph.constant([
          [2, 5],
          [1, 3],
          [0, 1],
        ]),
        targets: graph.constant([7], 'int32'),
        negatives: graph.constant([7, 8, 9], 'int32'),
        targetLogProbabilities: graph.constant([Math.log(0.5)]),
        negativeLogProbabilities: graph.constant([Math.log(0.5), Math.log(0.25), Math.log(0.1)]),
      });
    const positive = 2 - Math.log(0.5);
    const others = [1 - Math.log(0.25), 0 - Math.log(0.1)];
    const exact =
      Math.log([positive, ...others].reduce((total, score) => total + Math.exp(score), 0)) - positive;
    expectClose(await valueOf(build), [exact]);
  });

  it('BPR, squared error and weighted sums', async () => {
    const build = (graph: Graph): Node => {
      const bpr = g.bayesianPersonalisedRanking(graph.constant([1, 2]), graph.constant([0, 3]));
      const squared = g.meanSquaredError(
        graph.constant([1, 2]),
        graph.constant([3, 2]),
        graph.constant([1, 3]),
      );
      return g.weightedSum([
        { loss: bpr, weight: 2 },
        { loss: squared, weight: 0.5 },
      ]);
    };
    const bpr = (Math.log1p(Math.exp(-1)) + Math.log1p(Math.exp(1))) / 2;
    expectClose(await valueOf(build), [2 * bpr + 0.5 * 1]);
  });
});
