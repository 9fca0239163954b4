import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.js';
import { Graph, hashGraph, type Node } from '../../src/graph/index.js';

type Build = (graph: Graph) => Node;

function hashOf(build: Build, mode: 'train' | 'infer' = 'infer', name = 'graph', seed = 0): string {
  const graph = new Graph({ mode, name, seed });
  return hashGraph(graph, { out: build(graph) });
}

const x = (graph: Graph): Node => graph.input('x', ['B', 4]);
const cube = (graph: Graph): Node => graph.input('c', ['B', 2, 4]);
const ids = (graph: Graph): Node => graph.input('ids', ['B', 2], 'int32');

function joined(graph: Graph, axis: number): Node {
  const node = x(graph);
  return g.concat([node, g.exp(node)], axis);
}

function crossed(graph: Graph, swapped: boolean): Node {
  const [a, b] = [x(graph), g.sum(cube(graph), 1)];
  return swapped ? g.sub(b, a) : g.sub(a, b);
}

/** Pairs that differ in one attribute, or in one fact about a leaf, and in nothing else. */
const twins: readonly (readonly [string, Build, Build])[] = [
  ['the low end of clip', (q) => g.clip(x(q), 0, 1), (q) => g.clip(x(q), 0.1, 1)],
  ['the high end of clip', (q) => g.clip(x(q), 0, 1), (q) => g.clip(x(q), 0, 2)],
  ['an end of clip that is no limit', (q) => g.clip(x(q), 0, Infinity), (q) => g.clip(x(q), 0, 1e30)],
  ['which end of clip is no limit', (q) => g.clip(x(q), 0, Infinity), (q) => g.clip(x(q), -Infinity, 0)],
  ['the axis of softmax', (q) => g.softmax(cube(q), 1), (q) => g.softmax(cube(q), 2)],
  ['the axes of a sum', (q) => g.sum(cube(q), [0, 1]), (q) => g.sum(cube(q), [0, 2])],
  ['kept axes', (q) => g.sum(x(q), 1), (q) => g.sum(x(q), 1, { keepDims: true })],
  ['the kind of a reduction', (q) => g.sum(x(q), 1), (q) => g.mean(x(q), 1)],
  ['exclusive sums', (q) => g.cumsum(x(q), 1), (q) => g.cumsum(x(q), 1, { exclusive: true })],
  ['the direction of sums', (q) => g.cumsum(x(q), 1), (q) => g.cumsum(x(q), 1, { reverse: true })],
  ['the axis of sums', (q) => g.cumsum(cube(q), 1), (q) => g.cumsum(cube(q), 2)],
  [
    'a transposed factor',
    (q) => g.matmul(x(q), q.parameter('w', [4, 4], g.zeros())),
    (q) => g.matmul(x(q), q.parameter('w', [4, 4], g.zeros()), { transposeB: true }),
  ],
  ['an order of axes', (q) => g.transpose(cube(q), [2, 0, 1]), (q) => g.transpose(cube(q), [2, 1, 0])],
  ['a shape', (q) => g.reshape(x(q), ['B', 2, 2]), (q) => g.reshape(x(q), ['2*B', 2])],
  ['the start of a slice', (q) => g.slice(x(q), 1, 0, 2), (q) => g.slice(x(q), 1, 1, 3)],
  ['the length of a slice', (q) => g.slice(x(q), 1, 0, 2), (q) => g.slice(x(q), 1, 0, 3)],
  ['the sizes of a split', (q) => g.split(x(q), [1, 3], 1)[0], (q) => g.split(x(q), [1, 1, 2], 1)[0]],
  ['the part of a split', (q) => g.split(x(q), [2, 2], 1)[0], (q) => g.split(x(q), [2, 2], 1)[1]],
  ['where zeros are added', (q) => g.pad(x(q), 1, 1, 0), (q) => g.pad(x(q), 1, 0, 1)],
  ['the axis that is joined', (q) => joined(q, 0), (q) => joined(q, 1)],
  ['the axis of a gather', (q) => g.gather(cube(q), ids(q), 1), (q) => g.gather(cube(q), ids(q), 2)],
  [
    'a promise of distinct indices',
    (q) => g.gather(cube(q), ids(q), 1),
    (q) => g.gather(cube(q), ids(q), 1, { distinct: true }),
  ],
  ['k', (q) => g.topK(x(q), 1).indices, (q) => g.topK(x(q), 2).indices],
  ['values or positions', (q) => g.topK(x(q), 2).values, (q) => g.topK(x(q), 2).indices],
  ['the depth of one-hot', (q) => g.oneHot(ids(q), 3), (q) => g.oneHot(ids(q), 4)],
  ['the target of a cast', (q) => g.cast(x(q), 'float64'), (q) => g.cast(x(q), 'int32')],
  [
    'the epsilon of a norm',
    (q) => g.layerNorm(x(q), q.constant([1, 1, 1, 1]), q.constant([0, 0, 0, 0])),
    (q) => g.layerNorm(x(q), q.constant([1, 1, 1, 1]), q.constant([0, 0, 0, 0]), { epsilon: 1e-6 }),
  ],
  ['a constant', (q) => g.add(x(q), 0.1), (q) => g.add(x(q), 0.10001)],
  [
    'the sign of a zero',
    (q) => g.div(1, g.mul(x(q), q.constant(0))),
    (q) => g.div(1, g.mul(x(q), q.constant(-0))),
  ],
  [
    'the shape of a constant',
    (q) => g.matmul(q.constant([[1, 2]]), q.input('y', [2, 1])),
    (q) => g.matmul(q.constant([[1], [2]]), q.input('y', [1, 2])),
  ],
  ['the name of an input', (q) => g.exp(q.input('a', ['B'])), (q) => g.exp(q.input('b', ['B']))],
  ['the type of an input', (q) => g.neg(q.input('a', ['B'])), (q) => g.neg(q.input('a', ['B'], 'float64'))],
  [
    'the role of an input',
    (q) => g.neg(q.input('a', ['B'])),
    (q) => g.neg(q.input('a', ['B'], 'float32', 'label')),
  ],
  ['a symbol', (q) => g.exp(q.input('a', ['B', 3])), (q) => g.exp(q.input('a', ['P', 3]))],
  [
    'weight decay',
    (q) => g.exp(q.parameter('w', [2], g.ones())),
    (q) => g.exp(q.parameter('w', [2], g.ones(), { decay: false })),
  ],
  [
    'the kind of an initializer',
    (q) => g.exp(q.parameter('w', [2], g.normal(0.1))),
    (q) => g.exp(q.parameter('w', [2], g.uniform(0.1))),
  ],
  ['the start of a state', (q) => g.exp(q.state('s', [2], 0)), (q) => g.exp(q.state('s', [2], 1))],
  ['the order of operands', (q) => crossed(q, false), (q) => crossed(q, true)],
];

describe('hashGraph', () => {
  it.each(twins)('tells graphs apart that differ in %s', (_, one, other) => {
    expect(hashOf(one)).toBe(hashOf(one));
    expect(hashOf(one)).not.toBe(hashOf(other));
  });

  it('tells training from inference, and does not heed the name of the graph or its seed', () => {
    const build: Build = (q) => g.relu(x(q));
    expect(hashOf(build, 'train')).not.toBe(hashOf(build, 'infer'));
    expect(hashOf(build, 'infer', 'another', 9)).toBe(hashOf(build));
  });

  it('does not heed the order in which unrelated nodes were made', () => {
    const branches: readonly ((graph: Graph) => Node)[] = [
      (graph) => g.tanh(graph.input('a', ['B', 2])),
      (graph) => g.exp(graph.parameter('w', [2], g.normal(0.1))),
      (graph) => g.clip(graph.input('b', ['B', 1]), 0, 3),
      (graph) => graph.constant([1, 2]),
      (graph) => g.sigmoid(graph.state('s', [2], 0.5)),
    ];
    const build = (order: readonly number[], clutter: boolean): string => {
      const graph = new Graph({ mode: 'train' });
      const made: Node[] = [];
      for (const at of order) {
        if (clutter) g.add(graph.constant(at + 7), graph.constant(at));
        made[at] = branches[at](graph);
      }
      const joined = made.reduce((sum, node) => g.add(sum, node));
      return hashGraph(graph, { z: joined, a: made[0] });
    };
    const base = build([0, 1, 2, 3, 4], false);
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), fc.boolean(), (order, clutter) => {
        expect(build(order, clutter)).toBe(base);
      }),
    );
  });

  it('does not heed the order in which outputs are named', () => {
    const graph = new Graph({ mode: 'infer' });
    const [a, b] = [g.exp(x(graph)), g.tanh(cube(graph))];
    expect(hashGraph(graph, { a, b })).toBe(hashGraph(graph, { b, a }));
    expect(hashGraph(graph, { a: b, b: a })).not.toBe(hashGraph(graph, { a, b }));
  });
});
