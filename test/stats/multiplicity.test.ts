import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import { adjustPValues, benjaminiHochberg, holm, kolmogorovSmirnov } from '../../src/stats/index.js';

const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

describe('adjusted p-values', () => {
  it('keep the order of the tests, never fall, and Holm is the stricter', () => {
    fc.assert(
      fc.property(values, (given) => {
        const [strict, mild] = [holm(given), benjaminiHochberg(given)];
        given.forEach((p, i) => {
          expect(mild[i]).toBeGreaterThanOrEqual(p - 1e-15);
          expect(strict[i]).toBeGreaterThanOrEqual(mild[i] - 1e-12);
          expect(strict[i]).toBeLessThanOrEqual(1);
          given.forEach((q, j) => {
            if (p < q) expect(strict[i]).toBeLessThanOrEqual(strict[j]);
            if (p < q) expect(mild[i]).toBeLessThanOrEqual(mild[j]);
          });
        });
      }),
    );
  });

  it('of one test, and without correction, are what they were', () => {
    for (const rule of ['holm', 'benjamini-hochberg', 'none'] as const)
      expect(adjustPValues([0.03], rule)).toEqual([0.03]);
    expect(adjustPValues([0.03, 0.5], 'none')).toEqual([0.03, 0.5]);
  });

  it('of Holm keep any false claim below the level among many tests, where the plain values do not', () => {
    const claims = { holm: 0, none: 0 };
    const rng = new Rng(3);
    for (let run = 0; run < 2000; run += 1) {
      const drawn = Array.from({ length: 10 }, () => rng.next());
      for (const rule of ['holm', 'none'] as const)
        if (adjustPValues(drawn, rule).some((p) => p < 0.05)) claims[rule] += 1;
    }
    expect(claims.holm / 2000).toBeLessThan(0.065);
    expect(claims.none / 2000).toBeGreaterThan(0.35);
  });

  it.each([[-0.1], [1.1], [Number.NaN]])('refuse %d', (p) => {
    expect(() => adjustPValues([0.5, p], 'holm')).toThrow(RangeError);
  });
});

describe('kolmogorovSmirnov', () => {
  it('has the distance by hand and the published tail', () => {
    expect(kolmogorovSmirnov([0.1, 0.4, 0.7]).distance).toBeCloseTo(0.3, 12);
    // critical values of Kolmogorov's distribution: 1.358 at .05, 1.628 at .01
    const at = (x: number): number => {
      const n = 1_000_000;
      const shift = x / Math.sqrt(n);
      return kolmogorovSmirnov(Array.from({ length: n }, (_, i) => Math.min(1, (i + 0.5) / n + shift))).p;
    };
    expect(at(1.358)).toBeCloseTo(0.05, 2);
    expect(at(1.628)).toBeCloseTo(0.01, 2);
  });

  it('passes uniform values and not squared ones', () => {
    const rng = new Rng(1);
    const uniform = Array.from({ length: 2000 }, () => rng.next());
    expect(kolmogorovSmirnov(uniform).p).toBeGreaterThan(0.01);
    expect(kolmogorovSmirnov(uniform.map((value) => value ** 1.3)).p).toBeLessThan(0.001);
  });

  it.each([[[]], [[0.5, 1.1]], [[Number.NaN]]])('refuses %j', (given) => {
    expect(() => kolmogorovSmirnov(given)).toThrow(RangeError);
  });
});
