import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  binaryCrossEntropy,
  cost,
  differentiate,
  dropout,
  glorotUniform,
  Graph,
  hashGraph,
  lower,
  matmul,
  mul,
  normal,
  relu,
  reshape,
  sigmoid,
  zeros,
  type Node,
} from '../../src/graph/index.js';
import { liveNodes } from '../../src/graph/live-nodes.js';
import { load } from './support/evaluate.js';

interface Variant {
  readonly width?: number;
  readonly activation?: (x: Node) => Node;
  readonly std?: number;
  readonly rate?: number;
  readonly clutter?: boolean;
  readonly constant?: number;
  readonly name?: string;
}

function mlp(variant: Variant = {}): { graph: Graph; logits: Node } {
  const {
    width = 32,
    activation = relu,
    std = 0.1,
    rate = 0,
    clutter = false,
    constant = 1.5,
    name = 'w1',
  } = variant;
  const graph = new Graph({ mode: 'train', name: clutter ? 'another' : 'mlp' });
  const x = graph.input('x', ['B', 40]);
  if (clutter) relu(mul(x, 7));
  const hidden = activation(
    add(matmul(x, graph.parameter(name, [40, width], normal(std))), graph.parameter('b1', [width], zeros())),
  );
  if (clutter) differentiate(binaryCrossEntropy(reshape(x, ['40*B']), reshape(x, ['40*B'])), [x]);
  const kept = dropout(hidden, rate);
  return { graph, logits: mul(matmul(kept, graph.parameter('w2', [width, 1], glorotUniform())), constant) };
}

const hashOf = (variant?: Variant): string => {
  const { graph, logits } = mlp(variant);
  return hashGraph(graph, { logits });
};

describe('hashGraph', () => {
  it('is the same for the same model, whatever else the graph holds', () => {
    expect(hashOf()).toBe(hashOf());
    expect(hashOf({ clutter: true })).toBe(hashOf());
    expect(hashOf()).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is the same in every process', () => {
    expect(hashOf()).toBe('c4259dfc61ec760af2bdd631bdc012af6bd4d741151a2bb9e4fe7a173e1863fc');
  });

  it.each<[string, Variant]>([
    ['a width', { width: 33 }],
    ['an activation', { activation: sigmoid }],
    ['an initializer', { std: 0.2 }],
    ['a dropout', { rate: 0.1 }],
    ['a constant', { constant: 1.25 }],
    ['a parameter name', { name: 'v1' }],
  ])('changes with %s', (_title, variant) => {
    expect(hashOf(variant)).not.toBe(hashOf());
  });

  it('changes with a dropout rate and with the name of an output', () => {
    expect(hashOf({ rate: 0.2 })).not.toBe(hashOf({ rate: 0.1 }));
    const { graph, logits } = mlp();
    expect(hashGraph(graph, { scores: logits })).not.toBe(hashOf());
  });
});

describe('cost', () => {
  it('of an MLP is what a pencil says', () => {
    const { graph, logits } = mlp({ constant: 2 });
    const { flopsPerSample, bytesPerSample, parameters, perOp } = cost(graph, { logits });
    expect(parameters).toBe(40 * 32 + 32 + 32);
    expect(perOp.matmul).toEqual({
      flops: 2 * 40 * 32 + 2 * 32,
      bytes: 4 * (40 + 40 * 32 + 32 + (32 + 32 + 1)),
      count: 2,
    });
    expect(perOp.add.flops).toBe(32);
    expect(perOp.relu.flops).toBe(32);
    expect(flopsPerSample).toBe(2 * 40 * 32 + 2 * 32 + 32 + 32 + 1);
    expect(bytesPerSample).toBe(Object.values(perOp).reduce((total, entry) => total + entry.bytes, 0));
  });

  it('grows linearly with the batch where it should', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4096 }), (B) => {
        const { graph, logits } = mlp();
        expect(cost(graph, { logits }, { sizes: { B } }).flopsPerSample).toBe(
          B * cost(graph, { logits }).flopsPerSample,
        );
      }),
      { numRuns: 10 },
    );
  });

  it('does not count what the outputs do not need', () => {
    const { graph, logits } = mlp({ clutter: true });
    const plain = mlp();
    expect(cost(graph, { logits })).toEqual(cost(plain.graph, { logits: plain.logits }));
  });
});

describe('the graph and its file', () => {
  it('hold a common subexpression once', () => {
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('x', ['B', 3]);
    expect(relu(mul(x, 2))).toBe(relu(mul(x, 2)));
    expect(graph.constant([1, 2])).toBe(graph.constant([1, 2]));
    expect(graph.constant([1, 2])).not.toBe(graph.constant([1, 3]));
  });

  it('leave dead nodes and dead inputs out', async () => {
    const { graph, logits } = mlp({ clutter: true, rate: 0.5 });
    expect(liveNodes([logits]).length).toBeLessThan(graph.nodes.length / 2);
    graph.input('unused', ['B', 2]);
    const model = await load(lower(graph, { logits }));
    const feed = (shape: number[], value: number) => ({
      data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
      shape,
    });
    const { logits: out } = await model.run({
      x: feed([2, 40], 0.1),
      w1: feed([40, 32], 0.1),
      b1: feed([32], 0),
      w2: feed([32, 1], 1),
      dropout_mask_0: feed([2, 32], 1),
    });
    expect(out.shape).toEqual([2, 1]);
    expect(out.data[0]).toBeCloseTo(1.5 * 32 * 0.4, 3);
  });

  it('bakes parameters and refuses missing ones', async () => {
    const { graph, logits } = mlp();
    const values = new Map(
      [...graph.parameters.values()].map(({ name, shape }) => [
        name,
        new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.1),
      ]),
    );
    const model = await load(lower(graph, { logits }, { constants: values }));
    const { logits: out } = await model.run({ x: { data: new Float32Array(40).fill(0.1), shape: [1, 40] } });
    expect(out.data[0]).toBeCloseTo(1.5 * 32 * 0.1 * (0.4 + 0.1), 4);
    values.delete('w2');
    expect(() => lower(graph, { logits }, { constants: values })).toThrowError(
      /w2 \[32, 1\] needs 32 values, got none/,
    );
  });

  it('gives one node two names, and an input a second one', async () => {
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('x', ['B']);
    const doubled = mul(x, 2);
    const model = await load(lower(graph, { a: doubled, b: doubled, c: x, d: add(doubled, 1) }));
    const out = await model.run({ x: { data: [1, 2], shape: [2] } });
    expect([out.a.data, out.b.data, out.c.data, out.d.data]).toEqual([
      [2, 4],
      [2, 4],
      [1, 2],
      [3, 5],
    ]);
  });

  it('are the same bytes for the same model', () => {
    const bytes = (): Uint8Array => {
      const { graph, logits } = mlp({ rate: 0.3 });
      return lower(graph, { logits });
    };
    expect(Buffer.from(bytes()).equals(bytes())).toBe(true);
  });
});
