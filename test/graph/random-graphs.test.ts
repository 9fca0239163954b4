import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.js';
import { cost, evaluateDim, Graph, hashGraph, lower, type Node } from '../../src/graph/index.js';
import { Rng } from '../../src/platform/index.js';
import { gradientError } from './support/check-gradient.js';
import type { BuiltCase } from './support/build-case.js';
import { evaluate, type Fed } from './support/evaluate.js';

/** Smooth operations that keep [B, n, m] tensors in a moderate range, so that any composition can be checked. */
const steps: readonly ((x: Node, y: Node, graph: Graph) => Node)[] = [
  (x, y) => g.add(x, y),
  (x, y) => g.sub(x, g.mul(y, 0.5)),
  (x, y) => g.mul(g.tanh(x), y),
  (x, y) => g.div(x, g.add(g.square(y), 1)),
  (x) => g.sigmoid(x),
  (x) => g.tanh(x),
  (x, y) => g.mul(g.softmax(x, 1), y),
  (x) => g.sub(x, g.mean(x, [0, 1], { keepDims: true })),
  (x) => g.sub(x, g.logSumExp(x, -1, { keepDims: true })),
  (x, y) => g.matmul(g.softmax(g.matmul(x, y, { transposeB: true })), y),
  (x, _y, graph) => g.tanh(g.matmul(x, parameterLike(graph, x))),
  (x) => g.reshape(g.tanh(g.reshape(x, [-1, x.shape[2]])), x.shape),
  (x) => g.transpose(g.cumsum(g.transpose(x, [0, 2, 1]), 1), [0, 2, 1]),
  (x, y) => g.slice(g.concat([x, y], 1), 1, 1, Number(x.shape[1]) + 1),
  (x) => g.concat(g.split(x, [1, Number(x.shape[1]) - 1], 1).reverse(), 1),
  (x, y) => g.where(g.greater(g.stopGradient(g.sum(y, [1, 2], { keepDims: true })), 0), x, g.mul(y, 2)),
  (x) => g.mul(g.expand(g.sum(x, 1, { keepDims: true }), x.shape), 0.3),
];

function parameterLike(graph: Graph, x: Node): Node {
  const width = Number(x.shape[2]);
  const data = Array.from({ length: width * width }, (_, i) => Math.sin(i + 1));
  return graph.constant({ data, shape: [width, width] }, x.dtype);
}

const B = 2;
const rows = 3;
const width = 2;

interface Plan {
  readonly choices: readonly (readonly [step: number, left: number, right: number])[];
  readonly seed: number;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  choices: fc.array(fc.tuple(fc.nat(steps.length - 1), fc.nat(1000), fc.nat(1000)), {
    minLength: 3,
    maxLength: 12,
  }),
  seed: fc.nat(1000),
});

function build({ choices, seed }: Plan): BuiltCase {
  const graph = new Graph({ mode: 'train' });
  const nodes = ['a', 'b'].map((name) => graph.input(name, ['B', rows, width], 'float64'));
  const made = [...nodes];
  for (const [step, left, right] of choices) {
    // Recent results are likelier, so that the graphs grow deep and not only wide.
    const pick = (at: number): Node => made[made.length - 1 - (at % Math.min(3, made.length))];
    made.push(steps[step](pick(left), pick(right), graph));
  }
  const rng = new Rng([seed, 'random graph']);
  const feeds: Record<string, Fed> = {};
  for (const node of nodes) {
    feeds[node.name] = {
      data: Array.from({ length: B * rows * width }, () => rng.normal()),
      shape: [B, rows, width],
      dtype: 'float64',
    };
  }
  return { graph, nodes, output: made.reduce((total, node) => g.add(total, node)), feeds };
}

describe('random graphs', () => {
  it('have the gradients that difference quotients find', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (choices) => {
        expect(await gradientError(build(choices), B, 1e-5)).toBeLessThan(1e-5);
      }),
      { numRuns: 25 },
    );
  });

  it('have the shape that they promise, and the same file, hash and cost when built again', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (choices) => {
        const { graph, output, feeds } = build(choices);
        const again = build(choices);
        const { out } = await evaluate(graph, { out: output }, feeds);
        expect(out.shape).toEqual(output.shape.map((dim) => evaluateDim(dim, { B })));
        expect(hashGraph(graph, { out: output })).toBe(hashGraph(again.graph, { out: again.output }));
        expect(Buffer.compare(lower(graph, { out: output }), lower(again.graph, { out: again.output }))).toBe(
          0,
        );
        const { flopsPerSample, bytesPerSample } = cost(graph, { out: output });
        expect(flopsPerSample).toBeGreaterThan(0);
        expect(bytesPerSample).toBeGreaterThan(0);
        expect(cost(again.graph, { out: again.output }).flopsPerSample).toBe(flopsPerSample);
      }),
      { numRuns: 25 },
    );
  });

  it('hash apart when a step differs', () => {
    fc.assert(
      fc.property(plan, ({ choices, seed }) => {
        const { graph, output } = build({ choices, seed });
        const other = build({ choices: [...choices, [5, 0, 0]], seed });
        expect(hashGraph(graph, { output })).not.toBe(hashGraph(other.graph, { output: other.output }));
      }),
      { numRuns: 25 },
    );
  });
});
