import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EmbeddingTable, type TableShape } from '../../../src/training/tables/embedding-table.js';

function table(shape: Partial<TableShape> = {}): EmbeddingTable {
  return new EmbeddingTable({ name: 't', rows: 5, dim: 4, stateSize: 0, clocked: false, ...shape });
}

const shapes = fc.record({
  rows: fc.integer({ min: 1, max: 9 }),
  dim: fc.integer({ min: 1, max: 9 }),
  stateSize: fc.integer({ min: 0, max: 9 }),
  clocked: fc.boolean(),
});

function initial(name: string, rows: number, seed: number): Float32Array {
  const made = table({ name, rows });
  made.initialise(seed);
  return made.weights();
}

describe('a row', () => {
  it.each([
    [{ dim: 8, stateSize: 16, clocked: false }, 24, 24],
    [{ dim: 8, stateSize: 16, clocked: true }, 24, 26],
    [{ dim: 3, stateSize: 1, clocked: false }, 4, 4],
    [{ dim: 3, stateSize: 0, clocked: false }, 3, 4],
    [{ dim: 1, stateSize: 2, clocked: true }, 3, 6],
  ])('of %j has its clocks at float %i and is %i floats long', (shape, clockOffset, stride) => {
    const made = table(shape);
    expect([made.clockOffset, made.stride]).toEqual([clockOffset, stride]);
    expect(made.values.length).toBe(5 * stride);
  });

  it('is read alike as floats, integers and doubles', () => {
    const made = table({ dim: 2, stateSize: 0 });
    made.values[2] = 1; // row 1
    expect(made.integers[2]).toBe(0x3f800000);
    made.doubles[2] = 0; // row 2
    made.values[3] = 2;
    expect(made.weights()).toEqual(Float32Array.of(0, 0, 1, 2, 0, 0, 0, 0, 0, 0));
  });
});

describe('weights', () => {
  it('go out and in again, whatever the shape, and leave state and clocks alone', () => {
    fc.assert(
      fc.property(shapes, fc.integer(), (shape, seed) => {
        const made = table(shape);
        const { rows, dim, stride } = made;
        made.integers.forEach((_, i) => (made.integers[i] = 1000 + i));
        const before = made.integers.slice();
        const fresh = Float32Array.from({ length: rows * dim }, (_, i) => Math.fround(seed + i / 7));
        made.setWeights(fresh);
        expect(made.weights()).toEqual(fresh);
        made.integers.forEach((value, i) => {
          if (i % stride >= dim) expect(value).toBe(before[i]);
        });
      }),
    );
  });

  it('are a copy: what is done to it does not reach the table', () => {
    const made = table();
    made.initialise(1);
    const copy = made.weights();
    const kept = copy.slice();
    copy.fill(9);
    expect(made.weights()).toEqual(kept);
  });
});

describe('initial rows', () => {
  it('are a function of seed, table and row', () => {
    expect(initial('a', 5, 1)).toEqual(initial('a', 9, 1).subarray(0, 20));
    expect(initial('a', 5, 1)).not.toEqual(initial('b', 5, 1));
    expect(initial('a', 5, 1)).not.toEqual(initial('a', 5, 2));
  });

  it('do not depend on the optimiser state beside them', () => {
    const wide = table({ stateSize: 8, clocked: true });
    wide.initialise(1);
    expect(wide.weights()).toEqual(initial('t', 5, 1));
  });

  it('are uniform with deviation 0.01 around zero, padding excepted', () => {
    const weights = initial('a', 5000, 1);
    expect([...weights.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
    const drawn = [...weights.subarray(4)].sort((a, b) => a - b);
    const mean = drawn.reduce((sum, w) => sum + w, 0) / drawn.length;
    const std = Math.sqrt(drawn.reduce((sum, w) => sum + w * w, 0) / drawn.length);
    expect(std).toBeCloseTo(0.01, 3);
    expect(Math.abs(mean)).toBeLessThan(3 * (0.01 / Math.sqrt(drawn.length)));
    const limit = 0.01 * Math.sqrt(3);
    expect(Math.max(-drawn[0], drawn.at(-1)!)).toBeLessThanOrEqual(Math.fround(limit));
    // Kolmogorov's distance from the uniform distribution; 1.95 / sqrt(n) is passed once in a thousand.
    const distance = drawn.reduce((most, w, i) => {
      const expected = (w + limit) / (2 * limit);
      return Math.max(
        most,
        Math.abs((i + 1) / drawn.length - expected),
        Math.abs(i / drawn.length - expected),
      );
    }, 0);
    expect(distance).toBeLessThan(1.95 / Math.sqrt(drawn.length));
  });
});
