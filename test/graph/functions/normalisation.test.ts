import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchNorm, Graph, layerNorm, lower, rmsNorm, type Node } from '../../../src/graph/index.js';
import { evaluate, load } from '../support/evaluate.js';

const width = 3;
const matrix = fc.array(
  fc.array(
    fc.integer({ min: -64, max: 64 }).map((n) => n / 4),
    { minLength: width, maxLength: width },
  ),
  { minLength: 2, maxLength: 6 },
);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: readonly number[]): number => {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
};
const column = (rows: readonly (readonly number[])[], at: number): number[] => rows.map((row) => row[at]);
const feed = (rows: readonly (readonly number[])[]) => ({
  x: { data: rows.flat(), shape: [rows.length, width] },
});

async function valuesOf(
  build: (x: Node, graph: Graph) => Node,
  rows: readonly (readonly number[])[],
): Promise<number[]> {
  const graph = new Graph({ mode: 'train' });
  const { out } = await evaluate(graph, { out: build(graph.input('x', ['B', width]), graph) }, feed(rows));
  return out.data;
}

describe('layerNorm and rmsNorm', () => {
  const scale = [2, -1, 0.5];
  const bias = [0.25, 0, -3];

  it('follow their formulas row by row', async () => {
    await fc.assert(
      fc.asyncProperty(matrix, async (rows) => {
        const layer = await valuesOf(
          (x, q) => layerNorm(x, q.constant(scale), q.constant(bias), { epsilon: 0.01 }),
          rows,
        );
        const root = await valuesOf((x, q) => rmsNorm(x, q.constant(scale), { epsilon: 0.01 }), rows);
        for (const [i, row] of rows.entries()) {
          const deviation = Math.sqrt(variance(row) + 0.01);
          const size = Math.sqrt(mean(row.map((value) => value * value)) + 0.01);
          for (const [j, value] of row.entries()) {
            expect(layer[i * width + j]).toBeCloseTo(
              ((value - mean(row)) / deviation) * scale[j] + bias[j],
              3,
            );
            expect(root[i * width + j]).toBeCloseTo((value / size) * scale[j], 3);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it('of a constant row is the bias, or the row by its own size: no division by zero', async () => {
    const rows = [
      [5, 5, 5],
      [0, 0, 0],
    ];
    const layer = await valuesOf((x, q) => layerNorm(x, q.constant(scale), q.constant(bias)), rows);
    expect(layer).toEqual([...bias, ...bias]);
    const root = await valuesOf((x, q) => rmsNorm(x, q.constant([1, 1, 1])), rows);
    for (const value of root.slice(0, 3)) expect(value).toBeCloseTo(1, 5);
    expect(root.slice(3)).toEqual([0, 0, 0]);
  });

  it('layerNorm does not heed shift and size of a row, rmsNorm only its size', async () => {
    const rows = [
      [1, 2, 4],
      [101, 102, 104],
      [10, 20, 40],
    ];
    const one = (q: Graph): Node => q.constant([1, 1, 1]);
    const layer = await valuesOf(
      (x, q) => layerNorm(x, one(q), q.constant([0, 0, 0]), { epsilon: 1e-9 }),
      rows,
    );
    const root = await valuesOf((x, q) => rmsNorm(x, one(q), { epsilon: 1e-9 }), rows);
    for (let j = 0; j < width; j += 1) {
      expect(layer[width + j]).toBeCloseTo(layer[j], 3);
      expect(layer[2 * width + j]).toBeCloseTo(layer[j], 4);
      expect(root[2 * width + j]).toBeCloseTo(root[j], 4);
    }
    expect(Math.abs(root[width] - root[0])).toBeGreaterThan(0.1);
  });
});

describe('batchNorm', () => {
  const options = { momentum: 0.75, epsilon: 0.01, name: 'norm' } as const;

  it('uses the statistics of the batch in training and keeps the running ones by momentum', async () => {
    await fc.assert(
      fc.asyncProperty(matrix, async (rows) => {
        const graph = new Graph({ mode: 'train' });
        const out = batchNorm(graph.input('x', ['B', width]), undefined, undefined, options);
        const model = await load(
          lower(graph, {
            out,
            mean: graph.assignments.get('norm.mean') ?? out,
            variance: graph.assignments.get('norm.variance') ?? out,
          }),
        );
        const result = await model.run({
          ...feed(rows),
          'norm.mean': { data: [1, 2, 3], shape: [width] },
          'norm.variance': { data: [4, 5, 6], shape: [width] },
        });
        for (let j = 0; j < width; j += 1) {
          const own = column(rows, j);
          expect(result.mean.data[j]).toBeCloseTo(0.75 * (j + 1) + 0.25 * mean(own), 4);
          expect(result.variance.data[j]).toBeCloseTo(0.75 * (j + 4) + 0.25 * variance(own), 2);
          const deviation = Math.sqrt(variance(own) + 0.01);
          for (const [i, value] of own.entries())
            expect(result.out.data[i * width + j]).toBeCloseTo((value - mean(own)) / deviation, 3);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('reads the running statistics in inference, so that a row does not depend on its companions', async () => {
    const graph = new Graph({ mode: 'infer' });
    const out = batchNorm(graph.input('x', ['B', width]), undefined, undefined, options);
    expect(graph.assignments.size).toBe(0);
    const model = await load(lower(graph, { out }));
    const states = {
      'norm.mean': { data: [1, 2, 3], shape: [width] },
      'norm.variance': { data: [4, 5, 6], shape: [width] },
    };
    const alone = await model.run({ ...feed([[7, 8, 9]]), ...states });
    const among = await model.run({
      ...feed([
        [7, 8, 9],
        [1e6, -1e6, 0],
      ]),
      ...states,
    });
    expect(among.out.data.slice(0, width)).toEqual(alone.out.data);
    for (let j = 0; j < width; j += 1) expect(alone.out.data[j]).toBeCloseTo(6 / Math.sqrt(j + 4 + 0.01), 5);
  });

  it('starts as the identity but for epsilon: running mean 0, variance 1', () => {
    const graph = new Graph({ mode: 'infer' });
    batchNorm(graph.input('x', ['B', width]), undefined, undefined, options);
    expect([...graph.states.values()].map(({ name, shape, initial }) => [name, shape, initial])).toEqual([
      ['norm.mean', [width], 0],
      ['norm.variance', [width], 1],
    ]);
  });

  it('pools all leading axes: [B, T, D] is [B*T, D]', async () => {
    const rows = [
      [1, 2, 3],
      [4, 0, -1],
      [0, 5, 2],
      [2, 2, 8],
    ];
    const graph = new Graph({ mode: 'train' });
    const out = batchNorm(graph.input('x', ['B', 2, width]), undefined, undefined, options);
    const deep = await evaluate(graph, { out }, { x: { data: rows.flat(), shape: [2, 2, width] } });
    const flat = await valuesOf((x) => batchNorm(x, undefined, undefined, options), rows);
    for (const [i, value] of deep.out.data.entries()) expect(value).toBeCloseTo(flat[i], 5);
  });

  it('names the statistics of several layers apart, and refuses one name twice', () => {
    const graph = new Graph({ mode: 'train' });
    const x = graph.input('x', ['B', width]);
    batchNorm(batchNorm(x, undefined, undefined), undefined, undefined);
    expect(new Set(graph.states.keys()).size).toBe(4);
    batchNorm(x, undefined, undefined, { name: 'mine' });
    expect(() => batchNorm(x, undefined, undefined, { name: 'mine' })).toThrow(
      expect.objectContaining({ code: 'GRAPH_INVALID', message: expect.stringContaining('mine.mean') }),
    );
  });
});
