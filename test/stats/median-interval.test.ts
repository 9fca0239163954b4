import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import { medianInterval } from '../../src/stats/index.js';

describe('medianInterval', () => {
  /** Ranks and levels of the table of Conover, Practical Nonparametric Statistics, and of R's qbinom: 1 - 2 pbinom(k - 1, n, 0.5). */
  it.each([
    [5, 1, 0.9375],
    [6, 1, 0.96875],
    [7, 1, 0.984375],
    [8, 1, 0.9921875],
    [9, 2, 0.9609375],
    [12, 3, 0.96142578125],
    [20, 6, 0.9586105346679688],
  ])('of %d values lies between the %dth from either end', (n, k, confidence) => {
    const values = Array.from({ length: n }, (_, i) => i + 1);
    const interval = medianInterval(values);
    expect(interval).toMatchObject({ median: (n + 1) / 2, lower: k, upper: n + 1 - k });
    expect(interval.confidence).toBeCloseTo(confidence, 12);
  });

  it('covers the median of a skewed distribution as often as it says, and a narrower one does not', () => {
    const rng = new Rng(11);
    const runs = 4000;
    const truth = Math.log(2);
    let covered = 0;
    let narrow = 0;
    for (let run = 0; run < runs; run += 1) {
      const values = Array.from({ length: 9 }, () => -Math.log(1 - rng.next()));
      const { lower, upper } = medianInterval(values);
      if (lower <= truth && truth <= upper) covered += 1;
      const sorted = [...values].sort((a, b) => a - b);
      if (sorted[3] <= truth && truth <= sorted[5]) narrow += 1;
    }
    expect(covered / runs).toBeGreaterThan(0.951);
    expect(covered / runs).toBeLessThan(0.971);
    expect(narrow / runs).toBeLessThan(0.6);
  });

  it('is the same in any order, and holds the median', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
        const interval = medianInterval(values);
        expect(medianInterval([...values].reverse())).toEqual(interval);
        expect(interval.lower).toBeLessThanOrEqual(interval.median);
        expect(interval.upper).toBeGreaterThanOrEqual(interval.median);
      }),
    );
    expect(() => medianInterval([])).toThrow(RangeError);
  });
});
