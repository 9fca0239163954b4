import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as g from '../../../src/graph/index.js';
import { Graph, lower, zeros } from '../../../src/graph/index.js';
import { decodeModel, encodeModel } from '../../../src/graph/lowering/onnx-format.js';
import { foldConstants } from '../../../src/graph/quantisation/fold-constants.js';
import { load } from '../support/evaluate.js';
import { operatorCounts, readModel } from '../support/read-model.js';

describe('foldConstants', () => {
  it('works out any slices and concatenations of weights as ONNX Runtime does', async () => {
    const cut = fc.record({ begin: fc.integer({ min: 0, max: 4 }), length: fc.integer({ min: 1, max: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 3 }), fc.nat(1), async (cuts, axis) => {
        const graph = new Graph({ mode: 'infer' });
        const x = graph.input('x', ['B', 1]);
        const weights = graph.parameter('w', [7, 7], zeros());
        const whole = g.concat(
          cuts.map(({ begin, length }) => g.slice(weights, axis, begin, begin + length)),
          axis,
        );
        const out = g.add(g.sum(whole), x);
        const constants = new Map([['w', Float32Array.from({ length: 49 }, (_, i) => Math.sin(i))]]);
        const file = lower(graph, { out, whole: g.mul(whole, 1.5) }, { constants });
        const folded = encodeModel(foldConstants(decodeModel(file)));
        expect(operatorCounts(folded)).not.toHaveProperty('Slice');
        expect(operatorCounts(folded)).not.toHaveProperty('Concat');
        const feeds = { x: { data: [1, 2], shape: [2, 1] } };
        expect(await (await load(folded)).run(feeds)).toEqual(await (await load(file)).run(feeds));
      }),
      { numRuns: 40 },
    );
  });

  it('leaves what depends on an input, and drops weights that nothing reads any more', () => {
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('x', ['B', 4]);
    const weights = graph.parameter('w', [4, 6], zeros());
    const out = g.matmul(g.slice(x, 1, 0, 2), g.slice(weights, 0, 1, 3));
    const constants = new Map([['w', new Float32Array(24)]]);
    const file = lower(graph, { out }, { constants });
    const folded = encodeModel(foldConstants(decodeModel(file)));
    expect(operatorCounts(file)).toMatchObject({ Slice: 2 });
    expect(operatorCounts(folded)).toMatchObject({ Slice: 1, MatMul: 1 });
    const floats = decodeModel(folded).initializer.filter(({ dataType }) => dataType === 1);
    expect(floats.map(({ dims }) => dims)).toEqual([[2, 6]]);
  });

  it('keeps a constant that is an output', async () => {
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('x', ['B']);
    const weights = graph.parameter('w', [4], zeros());
    const constants = new Map([['w', Float32Array.of(1, 2, 3, 4)]]);
    const file = lower(graph, { part: g.slice(weights, 0, 1, 3), x2: g.mul(x, 2) }, { constants });
    const folded = encodeModel(foldConstants(decodeModel(file)));
    const { part } = await (await load(folded)).run({ x: { data: [1], shape: [1] } });
    expect(part.data).toEqual([2, 3]);
  });
});

describe('decodeModel', () => {
  it('is the inverse of encodeModel', () => {
    const graph = new Graph({ mode: 'infer', name: 'both' });
    const x = graph.input('x', ['B', 5, 4]);
    const mean = g.layerNorm(
      x,
      g.mul(graph.parameter('scale', [4], zeros()), 1),
      graph.parameter('shift', [4], zeros()),
    );
    const out = g.softmax(g.reshape(mean, [-1, 4]));
    const constants = new Map([
      ['scale', Float32Array.of(1, 2, 3, 4)],
      ['shift', new Float32Array(4)],
    ]);
    const file = lower(graph, { out }, { constants });
    const again = encodeModel(decodeModel(file));
    expect(readModel(again)).toEqual(readModel(file));
    expect(Buffer.from(again).equals(Buffer.from(file))).toBe(true);
  });
});
