import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.js';
import { differentiate, Graph, lower, type Node } from '../../src/graph/index.js';
import { evaluate } from './support/evaluate.js';
import { operatorCounts, readModel } from './support/read-model.js';

function gradientFile(
  build: (graph: Graph) => { readonly loss: Node; readonly wrt: readonly Node[] },
): Uint8Array {
  const graph = new Graph({ mode: 'train' });
  const { loss, wrt } = build(graph);
  return lower(graph, Object.fromEntries(differentiate(loss, wrt).map((node, i) => [`g${i}`, node])));
}

describe('the ONNX file', () => {
  it('declares versions, live inputs with symbolic dimensions, and outputs under their names', () => {
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('x', ['B', 50, 4]);
    graph.input('dead', ['B']);
    const ids = graph.input('ids', ['N'], 'int32');
    const flat = g.reshape(x, [-1, 4]);
    const model = readModel(lower(graph, { flat, rows: g.gatherRows(flat, ids), flags: g.greater(flat, 0) }));
    expect(model.irVersion).toBe(9);
    expect(model.opsets).toEqual({ '': 20, 'com.microsoft': 1 });
    expect(model.inputs).toEqual([
      { name: 'x', elemType: 1, dims: ['B', 50, 4] },
      { name: 'ids', elemType: 6, dims: ['N'] },
    ]);
    expect(model.outputs).toEqual([
      { name: 'flat', elemType: 1, dims: ['50*B', 4] },
      { name: 'rows', elemType: 1, dims: ['N', 4] },
      { name: 'flags', elemType: 9, dims: ['50*B', 4] },
    ]);
    expect(model.operators.some((operator) => operator.opType === 'Identity')).toBe(false);
  });

  it('keeps names of temporaries apart from names that a model may give', async () => {
    const graph = new Graph({ mode: 'infer' });
    const names = ['t1', '1', '#x', 'x y', 'grad:rows', 'ü'];
    const total = names.map((name) => graph.input(name, ['B'])).reduce((a, b) => g.add(a, b));
    const feeds = Object.fromEntries(names.map((name, i) => [name, { data: [10 ** i], shape: [1] }]));
    const { sum: out } = await evaluate(graph, { sum: total }, feeds);
    expect(out.data).toEqual([111_111]);
  });

  it('writes each constant and each subexpression once', () => {
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('x', ['B', 3]);
    const twice = g.add(g.exp(g.mul(x, 2)), g.log(g.mul(x, 2)));
    const file = lower(graph, { out: g.sub(twice, g.silu(x)), gate: g.sigmoid(x) });
    expect(operatorCounts(file)).toEqual({ Mul: 2, Exp: 1, Log: 1, Add: 1, Sigmoid: 1, Sub: 1 });
    expect(readModel(file).initializers.length).toBe(1);
  });

  it('reads a symbolic size from an input that has it, and says when none has', async () => {
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('x', ['B', 2]);
    const y = graph.input('y', ['N']);
    const size = g.add(
      g.dimensionSize(graph, '3*B*N+B+2'),
      g.mul(g.sum(g.concat([g.reshape(x, [-1]), y], 0)), 0),
    );
    const feeds = { x: { data: [0, 0, 0, 0], shape: [2, 2] }, y: { data: [0, 0, 0, 0, 0], shape: [5] } };
    expect((await evaluate(graph, { size }, feeds)).size.data).toEqual([3 * 2 * 5 + 2 + 2]);
    expect(() => lower(graph, { out: g.range(graph, 'Q') })).toThrowError(/no input has the size "Q"/);
  });

  it('takes an unused input as the source of a size when nothing else has it', async () => {
    const graph = new Graph({ mode: 'infer' });
    graph.input('mask', ['B', 7]);
    const out = g.full(graph, ['B', 2], 3);
    const feeds = { mask: { data: new Float32Array(21), shape: [3, 7] } };
    expect((await evaluate(graph, { out }, feeds)).out).toEqual({
      data: [3, 3, 3, 3, 3, 3],
      shape: [3, 2],
      type: 'float32',
    });
  });

  it('reshapes over several symbolic dimensions', async () => {
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('x', ['B', 'N', 6]);
    const feeds = { x: { data: Array.from({ length: 24 }, (_, i) => i), shape: [2, 2, 6] } };
    for (const [shape, wanted] of [
      [
        ['B', 'N', 2, 3],
        [2, 2, 2, 3],
      ],
      [
        ['N', 'B', 6],
        [2, 2, 6],
      ],
      [
        ['B*N', 6],
        [4, 6],
      ],
      [
        [2, 'B', 'N', 3],
        [2, 2, 2, 3],
      ],
      [
        ['3*N', 2, 'B'],
        [6, 2, 2],
      ],
    ] as const) {
      const { out } = await evaluate(graph, { out: g.reshape(x, shape) }, feeds);
      expect(out.shape).toEqual(wanted);
      expect(out.data).toEqual(feeds.x.data);
    }
  });
});

describe('the choice of kernels', () => {
  it('never scatters rows in parallel unless the indices are distinct', () => {
    const file = (distinct: boolean): Record<string, number> =>
      operatorCounts(
        gradientFile((graph) => {
          const table = graph.input('table', [1000, 4]);
          const rows = g.gatherRows(table, graph.input('ids', ['B'], 'int32'), { distinct });
          return { loss: g.sum(g.mul(rows, graph.input('w', ['B', 4]))), wrt: [table] };
        }),
      );
    expect(file(false)).toMatchObject({ ScatterElements: 1 });
    expect(file(false)).not.toHaveProperty('ScatterND');
    expect(file(true)).toMatchObject({ ScatterND: 1 });
  });

  it('turns gathers from small tables and by constants into products', () => {
    const counts = operatorCounts(
      gradientFile((graph) => {
        const table = graph.input('table', [20, 4]);
        const x = graph.input('x', ['B', 6, 4]);
        const pairs = g.gather(x, graph.constant([0, 0, 1], 'int32'), 1);
        return {
          loss: g.add(g.sum(g.gatherRows(table, graph.input('ids', ['B'], 'int32'))), g.sum(g.square(pairs))),
          wrt: [table, x],
        };
      }),
    );
    expect(counts).not.toHaveProperty('ScatterElements');
    expect(counts).not.toHaveProperty('ScatterND');
  });

  it('sums bias gradients by a product and lets expanded operands be', () => {
    const counts = operatorCounts(
      gradientFile((graph) => {
        const x = graph.input('x', ['B', 16]);
        const bias = graph.input('bias', [16]);
        return { loss: g.mean(g.square(g.add(x, bias))), wrt: [bias] };
      }),
    );
    expect(counts.Gemm).toBe(1);
    expect(counts).not.toHaveProperty('ReduceSum');
  });

  it('forms neither a one-hot nor a scatter over positions x items', () => {
    const graph = new Graph({ mode: 'train' });
    const hidden = graph.input('hidden', ['P', 8]);
    const table = graph.input('table', [500, 8]);
    const loss = g.softmaxCrossEntropy(
      g.matmul(hidden, table, { transposeB: true }),
      graph.input('targets', ['P'], 'int32'),
    );
    const gradients = differentiate(loss, [hidden, table]);
    const large = new Set(
      graph.nodes
        .filter((node) => node.shape.length === 2 && node.shape[0] === 'P' && node.shape[1] === 500)
        .map((node) => node.op),
    );
    expect([...large].sort()).toEqual(['matmul', 'softmax']);
    expect(gradients.map((node) => node.shape)).toEqual([
      ['P', 8],
      [500, 8],
    ]);
  });

  it('works on rows, so that product, bias and activation of a sequence meet', () => {
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('x', ['B', 50, 8]);
    const w = graph.input('w', [8, 4]);
    const out = g.sigmoid(g.add(g.matmul(x, w), graph.input('bias', [4])));
    expect(out.op).toBe('reshape');
    const kinds = readModel(lower(graph, { out })).operators.map((operator) => operator.opType);
    expect(kinds).toEqual(['Reshape', 'MatMul', 'Add', 'Sigmoid', 'Reshape']);
  });
});

describe('simplification while building', () => {
  const setting = (): { graph: Graph; x: Node; y: Node } => {
    const graph = new Graph({ mode: 'infer' });
    return { graph, x: graph.input('x', ['B', 3, 4]), y: graph.input('y', ['B', 3, 4]) };
  };

  it.each<[string, (x: Node, y: Node) => Node]>([
    ['x + 0', (x) => g.add(x, 0)],
    ['0 + x', (x) => g.add(0, x)],
    ['x - 0', (x) => g.sub(x, 0)],
    ['x * 1', (x) => g.mul(x, 1)],
    ['1 * x', (x) => g.mul(1, x)],
    ['x / 1', (x) => g.div(x, 1)],
    ['a reshape there and back', (x) => g.reshape(g.reshape(x, [-1, 4]), x.shape)],
    ['two transposes', (x) => g.transpose(g.transpose(x, [1, 2, 0]), [2, 0, 1])],
    ['an identical transpose', (x) => g.transpose(x, [0, 1, 2])],
    ['an expand to the same shape', (x) => g.expand(x, x.shape)],
    ['a whole slice', (x) => g.slice(x, 1, 0)],
    ['a concat of one', (x) => g.concat([x], 1)],
    ['a split into one', (x) => g.split(x, [3], 1)[0]],
    ['a pad of nothing', (x) => g.pad(x, 1, 0, 0)],
    ['unsqueeze and squeeze', (x) => g.squeeze(g.unsqueeze(x, 1), 1)],
    ['a cast to the same type', (x) => g.cast(x, 'float32')],
    ['a sum over an axis of size 1, kept', (x) => g.reshape(g.sum(g.unsqueeze(x, 0), 0), x.shape)],
  ])('%s is x itself', (_title, build) => {
    const { x, y } = setting();
    expect(build(x, y)).toBe(x);
  });

  it('moves axes of size 1 by a reshape', () => {
    const { x } = setting();
    expect(g.transpose(g.unsqueeze(x, 1), [1, 0, 2, 3]).op).toBe('reshape');
  });

  it('keeps a reshape that changes how operands broadcast', async () => {
    const { graph, x, y } = setting();
    const flat = g.reshape(x, ['B', 12]);
    const column = g.unsqueeze(g.sum(g.reshape(y, ['B', 12]), 1), 1);
    const out = g.add(flat, column);
    const data = Array.from({ length: 24 }, (_, i) => i);
    const result = await evaluate(
      graph,
      { out },
      { x: { data, shape: [2, 3, 4] }, y: { data, shape: [2, 3, 4] } },
    );
    expect(result.out.data).toEqual(data.map((value) => value + (value < 12 ? 66 : 210)));
  });

  it('does not mix up vectors when a reshape changes the last axis', async () => {
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('x', [2, 3]);
    const out = g.add(g.reshape(x, [3, 2]), graph.constant([10, 20]));
    const { out: result } = await evaluate(
      graph,
      { out },
      { x: { data: [0, 1, 2, 3, 4, 5], shape: [2, 3] } },
    );
    expect(result.data).toEqual([10, 21, 12, 23, 14, 25]);
    const square = graph.input('square', [4, 4]);
    const shifted = g.add(g.reshape(square, [2, 2, 4]), graph.constant([1, 2, 3, 4]));
    const { shifted: rows } = await evaluate(
      graph,
      { shifted },
      { square: { data: new Float32Array(16), shape: [4, 4] } },
    );
    expect(rows).toMatchObject({ shape: [2, 2, 4], data: [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4] });
  });
});
