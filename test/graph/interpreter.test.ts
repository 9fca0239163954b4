import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFloat } from '../../src/graph/dtype.js';
import { differentiate, evaluateDim, mul, sum, tanh, type Node } from '../../src/graph/index.js';
import { Rng } from '../../src/platform/index.js';
import { buildCase, type BuiltCase } from './support/build-case.js';
import { evaluate } from './support/evaluate.js';
import { interpret, type Tensor } from './support/interpret.js';
import { opCases, titleOf, type OpCase } from './support/op-cases.js';

/**
 * The same graph twice: by ONNX Runtime, and by the plain definition of every operation in double precision. The two
 * share nothing but the graph, so a wrong lowering, attribute or kernel shows; and gradients of operations that exist
 * in single precision only can be held to differences of the interpreter, ten thousand times more sharply.
 */
const size = fc.integer({ min: 1, max: 4 });
const anySizes = fc.record({ b: fc.integer({ min: 2, max: 4 }), m: size, k: size, n: size, seed: fc.nat() });

function tensors(feeds: BuiltCase['feeds']): Map<string, Tensor> {
  return new Map(
    Object.entries(feeds).map(([name, { data, shape }]) => [name, { shape, data: Array.from(data) }]),
  );
}

/** Largest distance, relative to the largest value. */
function distance(one: readonly number[], other: readonly number[]): number {
  const scale = Math.max(1, ...other.map(Math.abs));
  return Math.max(0, ...one.map((value, i) => Math.abs(value - other[i]) / scale));
}

/** d sum(output * weights) / d input for every float input. */
function weightedGradients(
  built: BuiltCase,
  b: number,
): { gradients: Node[]; loss: Node; wrt: readonly Node[] } {
  const { graph, output, nodes, feeds } = built;
  const shape = output.shape.map((dim) => evaluateDim(dim, { B: b }));
  const rng = new Rng([3, 'weights']);
  const count = shape.reduce((product, dim) => product * dim, 1);
  feeds['weights'] = { data: Array.from({ length: count }, () => rng.normal()), shape, dtype: output.dtype };
  const loss = sum(mul(output, graph.input('weights', output.shape, output.dtype)));
  const wrt = nodes.filter((node) => isFloat(node.dtype));
  return { gradients: differentiate(loss, wrt), loss, wrt };
}

const titled = opCases.map((spec) => [titleOf(spec), spec] as const);
const differentiable = titled.filter(([, spec]) => spec.gradient !== false);

describe('ONNX Runtime computes what the operations mean', () => {
  it.each(titled)('%s', async (_title, spec) => {
    await fc.assert(
      fc.asyncProperty(anySizes, async ({ seed, ...sizes }) => {
        const { graph, output, feeds } = buildCase(spec, sizes, 'float32', seed);
        for (const [name, fed] of Object.entries(feeds))
          feeds[name] = { ...fed, data: Array.from(fed.data, Math.fround) };
        const { out } = await evaluate(graph, { out: output }, feeds);
        const [expected] = interpret([output], tensors(feeds), { B: sizes.b });
        expect(out.shape).toEqual(expected.shape);
        expect(distance(out.data, expected.data)).toBeLessThan(2e-5);
      }),
      { numRuns: 6 },
    );
  });
});

describe('gradients, lowered, compute what their operations mean', () => {
  it.each(differentiable)('%s', async (_title, spec) => {
    const sizes = { b: 3, m: 2, k: 3, n: 2 };
    const built = buildCase(spec, sizes, 'float32');
    const { gradients } = weightedGradients(built, sizes.b);
    for (const [name, fed] of Object.entries(built.feeds))
      built.feeds[name] = { ...fed, data: Array.from(fed.data, Math.fround) };
    const names = Object.fromEntries(gradients.map((node, i) => [`g${i}`, node]));
    const lowered = await evaluate(built.graph, names, built.feeds);
    const exact = interpret(gradients, tensors(built.feeds), { B: sizes.b });
    for (const [i, { shape, data }] of exact.entries()) {
      expect(lowered[`g${i}`].shape).toEqual(shape);
      expect(distance(lowered[`g${i}`].data, data)).toBeLessThan(5e-5);
    }
  });
});

/** Largest distance between the gradients and central differences, both by the interpreter, relative to the largest. */
function sharpError(spec: OpCase, sizes: { b: number; m: number; k: number; n: number }): number {
  const built = buildCase(spec, sizes, 'float32');
  const { gradients, loss, wrt } = weightedGradients(built, sizes.b);
  const feeds = tensors(built.feeds);
  const exact = interpret(gradients, feeds, { B: sizes.b });
  const step = 1e-5;
  const lossAt = (name: string, element: number, shift: number): number => {
    const { shape, data } = feeds.get(name) ?? { shape: [], data: [] };
    const moved = new Map(feeds).set(name, { shape, data: data.with(element, data[element] + shift) });
    return interpret([loss], moved, { B: sizes.b })[0].data[0];
  };
  let worst = 0;
  let largest = 1e-3;
  for (const [i, { name }] of wrt.entries()) {
    for (const [element, value] of exact[i].data.entries()) {
      const numeric = (lossAt(name, element, step) - lossAt(name, element, -step)) / (2 * step);
      worst = Math.max(worst, Math.abs(numeric - value));
      largest = Math.max(largest, Math.abs(numeric));
    }
  }
  return worst / largest;
}

describe('gradients agree with differences in double precision, whatever kernels exist', () => {
  it.each(differentiable)('%s', (_title, spec) => {
    for (const sizes of [
      { b: 3, m: 2, k: 3, n: 2 },
      { b: 2, m: 3, k: 1, n: 1 },
    ])
      expect(sharpError(spec, sizes)).toBeLessThan(2e-7);
  });

  it('sees an error of one in a million, which single precision cannot', () => {
    const spec: OpCase = {
      op: 'tanh',
      inputs: () => [{ shape: ['B'] }],
      build: ([x]) => {
        const y = tanh(x);
        return x.graph.add('straightThrough', [y, mul(y, 1 + 1e-6)], {});
      },
    };
    const right: OpCase = { ...spec, build: ([x]) => tanh(x) };
    const sizes = { b: 4, m: 1, k: 1, n: 1 };
    expect(sharpError(spec, sizes)).toBeGreaterThan(5e-7);
    expect(sharpError(right, sizes)).toBeLessThan(2e-7);
  });
});

describe('the interpreter itself', () => {
  it('computes by hand', () => {
    const [spec] = opCases.filter(({ title }) => title === 'matmul with broadcast batches');
    const built = buildCase(spec, { b: 2, m: 1, k: 2, n: 1 });
    const feeds = new Map<string, Tensor>([
      ['x0', { shape: [2, 1, 1, 2], data: [1, 2, 3, 4] }],
      ['x1', { shape: [2, 2, 1], data: [1, 10, 100, 1000] }],
    ]);
    expect(interpret([built.output], feeds, { B: 2 })).toEqual([
      { shape: [2, 2, 1, 1], data: [21, 2100, 43, 4300] },
    ]);
  });

  it('has erf to 12 digits (tables of Abramowitz and Stegun, 7.1)', () => {
    const [spec] = opCases.filter(({ op }) => op === 'erf');
    const built = buildCase(spec, { b: 4, m: 1, k: 1, n: 1 });
    const feeds = new Map<string, Tensor>([['x0', { shape: [4, 1], data: [0.5, 1, 2, -3] }]]);
    const [{ data }] = interpret([built.output], feeds, { B: 4 });
    const exact = [0.5204998778130465, 0.8427007929497149, 0.9953222650189527, -0.9999779095030014];
    for (const [i, value] of data.entries()) expect(value).toBeCloseTo(exact[i], 12);
  });
});
