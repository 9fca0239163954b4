import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as g from '../../../src/graph/index.js';
import { Graph, lower, quantiseModel, zeros } from '../../../src/graph/index.js';
import { quantiseColumns } from '../../../src/graph/quantisation/quantise-model.js';
import { Rng } from '../../../src/platform/index.js';
import { load, type Result } from '../support/evaluate.js';
import { operatorCounts } from '../support/read-model.js';

const normals = (rng: Rng, length: number): Float32Array => Float32Array.from({ length }, () => rng.normal());

describe('quantiseColumns', () => {
  it('is off by half a step of its column at most, and the largest weight is exact', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 9 }), fc.constantFrom(7, 8), (seed, columns, bits) => {
        const rng = new Rng(seed);
        const weights = normals(rng, columns * 12).map((w, i) => w * 10 ** ((i % columns) - 4));
        const { values, scale } = quantiseColumns(weights, columns, bits as 7 | 8);
        const most = bits === 7 ? 63 : 127;
        const largest = new Float64Array(columns);
        for (const [i, weight] of weights.entries()) {
          const column = i % columns;
          largest[column] = Math.max(largest[column], Math.abs(values[i]));
          expect(Math.abs(values[i] * scale[column] - weight)).toBeLessThanOrEqual(0.5001 * scale[column]);
        }
        expect([...largest]).toEqual(Array.from({ length: columns }, () => most));
      }),
    );
  });

  it('takes a column of zeros', () => {
    const { values, scale } = quantiseColumns(Float32Array.of(0, 1, 0, -2), 2, 8);
    expect([...values]).toEqual([0, 64, 0, -127]);
    expect(scale[0]).toBe(1);
  });
});

/** What the rewritten product must be, from the definition of the operators. */
function reference(rows: Float32Array, inner: number, weights: Float32Array, columns: number): number[] {
  const low = Math.min(0, ...rows);
  const step = Math.fround(Math.max(0, ...rows) - low) / 255;
  const zero = Math.round(-low / step);
  const bytes = Array.from(rows, (x) => Math.max(0, Math.min(255, roundEven(x / step) + zero)));
  const { values, scale } = quantiseColumns(weights, columns, 7);
  const out: number[] = [];
  for (let row = 0; row < rows.length / inner; row += 1)
    for (let column = 0; column < columns; column += 1) {
      let sum = 0;
      for (let k = 0; k < inner; k += 1)
        sum += (bytes[row * inner + k] - zero) * values[k * columns + column];
      out.push(sum * step * scale[column]);
    }
  return out;
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

describe('quantiseModel', () => {
  const rootMeanSquare = (values: readonly number[]): number =>
    Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

  it('computes what the definition says', async () => {
    const rng = new Rng(4);
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('x', ['B', 70]);
    const out = g.matmul(x, graph.parameter('w', [70, 64], zeros()));
    const weights = normals(rng, 70 * 64);
    const rows = normals(rng, 9 * 70);
    const { model, products, kept } = quantiseModel(
      lower(graph, { out }, { constants: new Map([['w', weights]]) }),
    );
    expect([products, kept]).toEqual([[[70, 64]], 0]);
    const got = await (await load(model)).run({ x: { data: rows, shape: [9, 70] } });
    const wanted = reference(rows, 70, weights, 64);
    expect(got.out.shape).toEqual([9, 64]);
    for (const [i, value] of got.out.data.entries()) expect(value).toBeCloseTo(wanted[i], 3);
  });

  /** A tower of two layers and a product with something that is no weight. */
  function tower(): { file: Uint8Array; feeds: Parameters<Awaited<ReturnType<typeof load>>['run']>[0] } {
    const rng = new Rng(8);
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('x', ['B', 64]);
    const other = graph.input('m', [96, 96]);
    const hidden = g.relu(g.matmul(x, graph.parameter('w1', [64, 96], zeros())));
    const again = g.relu(g.matmul(hidden, graph.parameter('w2', [96, 96], zeros())));
    const sibling = g.matmul(hidden, graph.parameter('w3', [96, 96], zeros()));
    const mixed = g.matmul(g.add(again, sibling), other);
    const out = g.matmul(mixed, graph.parameter('w4', [96, 1], zeros()));
    const scaled = (size: number, fan: number): Float32Array =>
      normals(rng, size).map((w) => w / Math.sqrt(fan));
    const constants = new Map([
      ['w1', scaled(64 * 96, 64)],
      ['w2', scaled(96 * 96, 96)],
      ['w3', scaled(96 * 96, 96)],
      ['w4', scaled(96, 96)],
    ]);
    return {
      file: lower(graph, { out }, { constants }),
      feeds: {
        x: { data: normals(rng, 50 * 64), shape: [50, 64] },
        m: { data: scaled(96 * 96, 96), shape: [96, 96] },
      },
    };
  }

  it('rewrites large products with weights alone, shares an activation’s bytes, and stays close', async () => {
    const { file, feeds } = tower();
    const { model, products, kept } = quantiseModel(file);
    expect(products).toEqual([
      [64, 96],
      [96, 96],
      [96, 96],
    ]);
    expect(kept).toBe(1);
    expect(operatorCounts(model)).toMatchObject({ MatMulInteger: 3, DynamicQuantizeLinear: 2, MatMul: 2 });
    expect(model.length).toBeLessThan(0.35 * file.length);
    const exact = (await (await load(file)).run(feeds)).out.data;
    const errors = async (bytes: Uint8Array): Promise<number> => {
      const { out } = (await (await load(bytes)).run(feeds)) as { out: Result };
      return rootMeanSquare(out.data.map((value, i) => value - exact[i])) / rootMeanSquare(exact);
    };
    const seven = await errors(model);
    const eight = await errors(quantiseModel(file, { weightBits: 8 }).model);
    expect(seven).toBeLessThan(0.03);
    expect(eight).toBeLessThan(0.02);
    expect(eight).toBeGreaterThan(0);
  });

  it('leaves small products alone', async () => {
    const { file, feeds } = tower();
    const { model, products, kept } = quantiseModel(file, { leastReuse: 1e3 });
    expect([products.length, kept]).toEqual([0, 4]);
    expect(await (await load(model)).run(feeds)).toEqual(await (await load(file)).run(feeds));
  });

  it.each([
    [80, 40, true],
    [64, 64, true],
    [16, 256, false],
    [256, 16, false],
    [32, 32, false],
    [4096, 1, false],
  ])(
    'weighs what a product saves against what its %i rows and %i columns cost to convert',
    (inner, columns, worth) => {
      const graph = new Graph({ mode: 'infer' });
      const weights = graph.parameter('w', [inner, columns], zeros());
      const file = lower(
        graph,
        { out: g.matmul(graph.input('x', ['B', inner]), weights) },
        { constants: new Map([['w', normals(new Rng(1), inner * columns)]]) },
      );
      expect(quantiseModel(file).products.length).toBe(worth ? 1 : 0);
    },
  );
});
