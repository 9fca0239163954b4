import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, clip, Graph, mul, type ConstantValue } from '../../src/graph/index.js';
import { evaluate } from './support/evaluate.js';

const graph = (): Graph => new Graph({ mode: 'infer' });

describe('constants', () => {
  it.each<[string, ConstantValue, readonly number[]]>([
    ['a number', 3, []],
    ['a list', [1, 2, 3], [3]],
    ['an empty list', [], [0]],
    [
      'rows',
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [3, 2],
    ],
    ['a typed array with its shape', { data: Float32Array.of(1, 2, 3, 4), shape: [2, 1, 2] }, [2, 1, 2]],
  ])('take %s', (_, value, shape) => {
    expect(graph().constant(value).shape).toEqual(shape);
  });

  it.each<[string, ConstantValue]>([
    ['too few values for a shape', { data: [1, 2, 3], shape: [2, 2] }],
    ['too many', { data: [1, 2, 3], shape: [2] }],
    ['rows of different lengths', [[1, 2], [3]]],
    // six values in three rows, the first of two: the count alone does not tell
    ['rows of different lengths whose count fits', [[1, 2], [3, 4, 5], [6]]],
  ])('refuse %s', (_, value) => {
    expect(() => graph().constant(value)).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  });

  it('reach ONNX Runtime as they are, also the values at the edge of single precision', async () => {
    const edge = [0, -0, 1e-45, -3.4e38, 1 / 3, Infinity, -Infinity, NaN];
    const q = graph();
    const { out } = await evaluate(
      q,
      { out: mul(q.constant(edge), q.input('one', [])) },
      { one: { data: [1], shape: [] } },
    );
    for (const [i, value] of out.data.entries()) expect(Object.is(value, Math.fround(edge[i]))).toBe(true);
  });

  it('of doubles keep all digits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double(), { minLength: 1, maxLength: 8 }), async (values) => {
        const q = graph();
        const one = q.input('one', [], 'float64');
        const { out } = await evaluate(
          q,
          { out: mul(q.constant(values, 'float64'), one) },
          { one: { data: [1], shape: [], dtype: 'float64' } },
        );
        expect(out.data).toEqual(values);
      }),
      { numRuns: 15 },
    );
  });

  it('that are equal are one node, and those of another type or sign are others', () => {
    const q = graph();
    expect(q.constant([1, 2])).toBe(q.constant({ data: Float64Array.of(1, 2), shape: [2] }));
    expect(q.constant([1, 2])).not.toBe(q.constant([1, 2], 'float64'));
    expect(q.constant(0)).not.toBe(q.constant(-0));
    expect(q.constant([1, 2])).not.toBe(q.constant([[1, 2]]));
  });
});

describe('operations that are equal are one node', () => {
  it('and limits that JSON cannot write keep them apart', () => {
    const q = graph();
    const x = q.input('x', ['B']);
    expect(clip(x, 0, Infinity)).toBe(clip(x, 0, Infinity));
    expect(clip(x, 0, Infinity)).not.toBe(clip(x, -Infinity, 0));
    expect(clip(x, -Infinity, Infinity)).not.toBe(clip(x, 0, Infinity));
  });

  it('as computed: a clip with one open end limits one side', async () => {
    const q = graph();
    const x = q.input('x', ['B']);
    const feeds = { x: { data: [-5, 0.5, 1e30], shape: [3] } };
    const out = await evaluate(
      q,
      { low: clip(x, 0, Infinity), high: clip(x, -Infinity, 1), none: add(x, 0) },
      feeds,
    );
    expect(out.low.data).toEqual([0, 0.5, Math.fround(1e30)]);
    expect(out.high.data).toEqual([-5, 0.5, 1]);
  });
});
