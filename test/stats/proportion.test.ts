import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wilsonInterval } from '../../src/stats/index.js';

describe('wilsonInterval', () => {
  it('has the published limits', () => {
    // Newcombe, Statistics in Medicine 1998, table I, method 3: 81/263, 15/148, 0/20, 1/29
    const limits = [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ];
    for (const [successes, trials, low, high] of limits) {
      const { ci } = wilsonInterval(successes, trials);
      expect(ci[0]).toBeCloseTo(low, 4);
      expect(ci[1]).toBeCloseTo(high, 4);
    }
  });

  it('lies in [0, 1], holds the rate, and is the mirror image of the failures', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, share) => {
          const { rate, ci } = wilsonInterval(share * n, n);
          expect(ci[0]).toBeGreaterThanOrEqual(0);
          expect(ci[1]).toBeLessThanOrEqual(1);
          expect(ci[0]).toBeLessThanOrEqual(rate);
          expect(ci[1]).toBeGreaterThanOrEqual(rate);
          expect(wilsonInterval(n - share * n, n).ci[0]).toBeCloseTo(1 - ci[1], 9);
        },
      ),
    );
  });

  it('knows nothing of no trials', () => {
    expect(wilsonInterval(0, 0).ci).toEqual([0, 1]);
  });
});
