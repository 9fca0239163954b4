import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDims,
  broadcastShapes,
  canonicalDim,
  divideDims,
  evaluateDim,
  multiplyDims,
  subtractDims,
  symbolsOf,
  type Dim,
} from '../../src/graph/dims.js';
import { isAutoModelError } from '../../src/platform/index.js';

const monomial = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.subarray(['B', 'N', 'P']))
  .map(([c, symbols]) => [c, ...symbols].join('*'));
const dim: fc.Arbitrary<Dim> = fc.oneof(
  fc.integer({ min: 0, max: 50 }),
  fc.array(monomial, { minLength: 1, maxLength: 3 }).map((terms) => canonicalDim(terms.join('+'))),
);
const sizes = fc.record({
  B: fc.integer({ min: 1, max: 20 }),
  N: fc.integer({ min: 1, max: 20 }),
  P: fc.integer({ min: 1, max: 20 }),
});

describe('symbolic dimensions', () => {
  it.each([
    ['B*50', '50*B'],
    ['B+B', '2*B'],
    ['1+N', 'N+1'],
    ['P*B*2', '2*B*P'],
    ['B-B+3', 3],
    ['0*B', 0],
  ])('%s is %s', (written, canonical) => {
    expect(canonicalDim(written)).toBe(canonical);
  });

  it('computes as numbers do', () => {
    fc.assert(
      fc.property(dim, dim, sizes, (a, b, values) => {
        const at = (x: Dim): number => evaluateDim(x, values);
        expect(at(addDims(a, b))).toBe(at(a) + at(b));
        expect(at(subtractDims(a, b))).toBe(at(a) - at(b));
        expect(at(multiplyDims(a, b))).toBe(at(a) * at(b));
      }),
    );
  });

  it('divides exactly what was multiplied, and nothing else', () => {
    fc.assert(
      fc.property(dim, monomial, (a, b) => {
        expect(divideDims(multiplyDims(a, b), b)).toBe(a);
      }),
    );
    expect(divideDims('50*B', 7)).toBeUndefined();
    expect(divideDims('50*B', 'N')).toBeUndefined();
    expect(divideDims('50*B', 'N+1')).toBeUndefined();
    expect(divideDims(6, 0)).toBeUndefined();
  });

  it('lists its names', () => {
    expect([...symbolsOf('2*B*N+P')].sort()).toEqual(['B', 'N', 'P']);
    expect(symbolsOf(7)).toEqual([]);
  });

  it('refuses what is no dimension', () => {
    for (const text of ['2.5*B', 'B/2', '(B)', '*']) {
      expect(() => canonicalDim(text)).toThrowError(/is not a dimension/);
    }
    try {
      canonicalDim('B/2');
    } catch (error) {
      expect(isAutoModelError(error) && error.code).toBe('SHAPE_MISMATCH');
    }
  });
});

describe('broadcasting', () => {
  it('follows numpy', () => {
    expect(broadcastShapes(['B', 1, 3], [4, 1])).toEqual(['B', 4, 3]);
    expect(broadcastShapes([], ['B'])).toEqual(['B']);
    expect(broadcastShapes(['B'], ['N'])).toBeUndefined();
    expect(broadcastShapes(['B'], [50])).toBeUndefined();
    expect(broadcastShapes([2, 3], [3, 2])).toBeUndefined();
  });
});
