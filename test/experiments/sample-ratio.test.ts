import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleRatio, sequentialSampleRatio } from '../../src/experiments/index.js';
import { Rng } from '../../src/platform/index.js';

describe.each([
  ['chi-square', sampleRatio],
  ['sequential', sequentialSampleRatio],
])('the %s sample-ratio test', (_, test) => {
  it('leaves out arms that were to get nothing', () => {
    expect(test([100, 130, 7], [1, 1, 0]).p).toBe(test([100, 130], [1, 1]).p);
  });

  it('does not depend on how weights are written', () => {
    expect(test([300, 90], [3, 1]).p).toBeCloseTo(test([300, 90], [75, 25]).p, 12);
  });

  it('says nothing of nothing', () => {
    expect(test([0, 0], [1, 1]).p).toBe(1);
    expect(test([50], [1]).p).toBe(1);
  });

  it('is content with what was planned and not with what was not', () => {
    expect(test([5010, 4990], [1, 1]).p).toBeGreaterThan(0.05);
    expect(test([5300, 4700], [1, 1]).p).toBeLessThan(0.001);
    expect(test([50_000, 51_500], [1, 1]).p).toBeLessThan(0.001);
  });

  it('gives a p between 0 and 1, the same for swapped arms', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }), (a, b) => {
        const { p } = test([a, b], [2, 1]);
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(test([b, a], [1, 2]).p).toBeCloseTo(p, 7);
      }),
    );
  });
});

describe('the sequential p-value', () => {
  it.each([
    [[1000, 1200], [1, 1], 0.002350630224480178],
    [[5000, 5000, 6000], [0.34, 0.33, 0.33], 2.1162172803513457e-29],
  ])('of %j is that of the formula in scipy.special.gammaln', (counts, weights, p) => {
    expect(sequentialSampleRatio(counts, weights).p / p).toBeCloseTo(1, 6);
  });
});

describe('looking at the split all the time', () => {
  /** Share of fair experiments with an alarm at .05 at any of the looks, one after every 20 of the units. */
  function alarms(test: typeof sampleRatio, experiments: number, looks: number): number {
    let alarmed = 0;
    for (let seed = 1; seed <= experiments; seed += 1) {
      const rng = new Rng([seed, 'split']);
      const counts = [0, 0];
      for (let look = 1; look <= looks; look += 1) {
        for (let i = 0; i < 20; i += 1) counts[rng.integer(2)] += 1;
        if (test(counts, [1, 1]).p >= 0.05) continue;
        alarmed += 1;
        break;
      }
    }
    return alarmed / experiments;
  }

  it('is safe with the sequential test and not with the other', () => {
    expect(alarms(sequentialSampleRatio, 400, 100)).toBeLessThanOrEqual(0.05);
    expect(alarms(sampleRatio, 400, 100)).toBeGreaterThan(0.2);
  });
});
