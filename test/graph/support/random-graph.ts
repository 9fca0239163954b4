import fc from 'fast-check';
import * as g from '../../../src/graph/index.js';
import { Graph, type Node } from '../../../src/graph/index.js';
import { Rng } from '../../../src/platform/index.js';
import type { BuiltCase } from './build-case.js';
import type { Fed } from './evaluate.js';

export const B = 2;
export const rows = 3;
export const width = 2;

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
  // Not 0: sums of what was centred are 0 up to rounding.
  (x, y) => g.where(g.greater(g.stopGradient(g.sum(y, [1, 2], { keepDims: true })), 0.37), x, g.mul(y, 2)),
  (x) => g.mul(g.expand(g.sum(x, 1, { keepDims: true }), x.shape), 0.3),
  // A layer over pairs, and one over the second of them alone that repeats: as attention units have them.
  (x, y, graph) =>
    g.tanh(g.add(projected(graph, g.mul(x, g.mean(y, 1, { keepDims: true }))), projected(graph, x))),
  (x, y, graph) => g.sub(g.unsqueeze(g.matmul(g.mean(y, 1), parameterLike(graph, y)), 1), g.mul(x, 0.5)),
  (x, y, graph) => {
    const weights = parameterLike(graph, x);
    const summary = g.mean(y, 1);
    return g.add(
      projected(graph, g.mul(x, g.unsqueeze(summary, 1))),
      g.unsqueeze(g.matmul(summary, weights), 1),
    );
  },
  // A unit of two layers over pairs that ends in one number for each of them.
  (x, y, graph) => {
    const summary = g.mean(y, 1);
    const hidden = g.sigmoid(g.add(projected(graph, g.mul(x, g.unsqueeze(summary, 1))), projected(graph, x)));
    const second = g.add(
      projected(graph, g.sub(hidden, g.tanh(hidden))),
      graph.constant([0.2, -0.1], x.dtype),
    );
    const column = graph.constant({ data: [0.7, -0.4], shape: [width, 1] }, x.dtype);
    return g.mul(x, g.reshape(g.matmul(g.reshape(second, [-1, width]), column), ['B', rows, 1]));
  },
];

function projected(graph: Graph, x: Node): Node {
  return g.reshape(g.matmul(g.reshape(x, [-1, x.shape[2]]), parameterLike(graph, x)), x.shape);
}

function parameterLike(graph: Graph, x: Node): Node {
  const width = Number(x.shape[2]);
  const data = Array.from({ length: width * width }, (_, i) => Math.sin(i + 1));
  return graph.constant({ data, shape: [width, width] }, x.dtype);
}

export interface Plan {
  readonly choices: readonly (readonly [step: number, left: number, right: number])[];
  readonly seed: number;
}

export const plan: fc.Arbitrary<Plan> = fc.record({
  choices: fc.array(fc.tuple(fc.nat(steps.length - 1), fc.nat(1000), fc.nat(1000)), {
    minLength: 3,
    maxLength: 12,
  }),
  seed: fc.nat(1000),
});

export function build({ choices, seed }: Plan): BuiltCase {
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
