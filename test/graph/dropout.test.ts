import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dropout, fillDropoutMask, Graph } from '../../src/graph/index.js';

function mask(length: number, rate: number, seed: number, step: number, key: number): Float32Array {
  const out = new Float32Array(length);
  fillDropoutMask(out, rate, seed, step, key);
  return out;
}

describe('dropout masks', () => {
  it('are a function of seed, step and key', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat(1e6),
        fc.nat(20),
        fc.integer({ min: 1, max: 65 }),
        (seed, step, key, length) => {
          expect(mask(length, 0.3, seed, step, key)).toEqual(mask(length, 0.3, seed, step, key));
        },
      ),
    );
  });

  it('differ when any of the three does', () => {
    const base = mask(4096, 0.5, 1, 2, 3);
    for (const other of [mask(4096, 0.5, 9, 2, 3), mask(4096, 0.5, 1, 9, 3), mask(4096, 0.5, 1, 2, 9)]) {
      const equal = base.filter((value, i) => value === other[i]).length;
      expect(Math.abs(equal - 2048)).toBeLessThan(5 * 32); // 5 sd of a fair coin
    }
  });

  it('keep a prefix when the batch is shorter', () => {
    expect(mask(64, 0.2, 1, 1, 1).subarray(0, 30)).toEqual(mask(30, 0.2, 1, 1, 1));
  });

  it.each([0.05, 0.1, 0.2, 0.5, 0.9])('drop a share of %d and keep the mean', (rate) => {
    const n = 200_000;
    const values = mask(n, rate, 3, 4, 5);
    const dropped = values.filter((value) => value === 0).length / n;
    expect(Math.abs(dropped - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / n));
    const kept = Math.fround(1 / (1 - rate));
    expect(values.every((value) => value === 0 || value === kept)).toBe(true);
    expect(values.reduce((total, value) => total + value, 0) / n).toBeCloseTo(1, 1);
  });

  it('show no correlation between neighbours or steps', () => {
    const n = 100_000;
    const now = mask(n + 1, 0.5, 1, 1, 0);
    const next = mask(n + 1, 0.5, 1, 2, 0);
    const correlation = (a: Float32Array, b: Float32Array): number => {
      let total = 0;
      for (let i = 0; i < n; i += 1) total += (a[i] - 1) * (b[i] - 1);
      return total / n;
    };
    expect(Math.abs(correlation(now, now.subarray(1)))).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(correlation(now, next))).toBeLessThan(5 / Math.sqrt(n));
  });
});

describe('dropout in a graph', () => {
  it('multiplies by a listed hidden input in training', () => {
    const graph = new Graph({ mode: 'train' });
    const x = graph.input('x', ['B', 8]);
    dropout(dropout(x, 0.1), 0.2);
    expect(graph.dropoutMasks.map(({ name, shape, rate, key }) => ({ name, shape, rate, key }))).toEqual([
      { name: 'dropout_mask_0', shape: ['B', 8], rate: 0.1, key: 0 },
      { name: 'dropout_mask_1', shape: ['B', 8], rate: 0.2, key: 1 },
    ]);
    expect(graph.inputs.get('dropout_mask_0')?.role).toBe('dropout-mask');
  });

  it('is nothing in inference and at rate 0', () => {
    const graph = new Graph({ mode: 'infer' });
    const x = graph.input('x', ['B', 8]);
    expect(dropout(x, 0.5)).toBe(x);
    const training = new Graph({ mode: 'train' });
    const y = training.input('y', ['B', 8]);
    expect(dropout(y, 0)).toBe(y);
    expect(training.dropoutMasks).toEqual([]);
  });
});
