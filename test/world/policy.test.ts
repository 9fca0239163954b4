import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashKeys } from '../../src/platform/index.js';
import { popularityPolicy, type Policy, type PolicyRequest } from '../../src/world/index.js';

const request = (candidates: readonly number[], randomKey: number): PolicyRequest => ({
  user: 0,
  second: 0,
  candidates: Int32Array.from(candidates),
  candidateCount: candidates.length,
  randomKey,
});

/** Four items whose smoothed rates differ. */
function learnt(exploration: number, greed = 1): Policy {
  const policy = popularityPolicy({ items: 4, exploration, greed, priorRate: 0.1 });
  policy.learn({
    impressions: Float64Array.of(970, 970, 970, 0),
    clicks: Float64Array.of(97, 197, 297, 0),
  });
  return policy;
}

describe('popularityPolicy', () => {
  const slate = new Int32Array(2);
  const propensities = new Float64Array(2);

  it('chooses in proportion to the smoothed rate, and says so', () => {
    const policy = learnt(0);
    // Rates 0.1, 0.2, 0.3 and the prior 0.1.
    for (let n = 0; n < 50; n += 1) {
      policy.choose(request([0, 1, 2, 3], hashKeys('draw', n)), slate, propensities);
      const weights = [1, 2, 3, 1];
      expect(propensities[0]).toBeCloseTo(weights[slate[0]] / 7, 9);
      expect(propensities[1]).toBeCloseTo(weights[slate[1]] / (7 - weights[slate[0]]), 9);
    }
  });

  it('shows each item as often as its propensity says', () => {
    const policy = learnt(0.25);
    const shown = new Float64Array(4);
    const draws = 20_000;
    for (let n = 0; n < draws; n += 1) {
      policy.choose(request([0, 1, 2, 3], hashKeys('often', n)), slate, propensities);
      shown[slate[0]] += 1;
    }
    const expected = [1, 2, 3, 1].map((weight) => (0.75 * weight) / 7 + 0.25 / 4);
    // 5 sd of a proportion near 1/4 over 20,000 draws.
    shown.forEach((count, item) => expect(Math.abs(count / draws - expected[item])).toBeLessThan(0.0155));
  });

  it('weighs by propensity to unbiased counts (inverse propensity scoring)', () => {
    const policy = learnt(0.2, 2);
    const weighted = new Float64Array(4);
    const draws = 20_000;
    for (let n = 0; n < draws; n += 1) {
      policy.choose(request([0, 1, 2, 3], hashKeys('ips', n)), slate, propensities);
      weighted[slate[0]] += 1 / propensities[0];
    }
    weighted.forEach((sum) => expect(Math.abs(sum / draws - 1)).toBeLessThan(0.1));
  });

  it('never shows an item twice, and no more than there are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (count, key, share) => {
          const wide = new Int32Array(6);
          const chances = new Float64Array(6);
          const filled = learnt(share).choose(request([3, 1, 0, 2].slice(0, count), key), wide, chances);
          expect(filled).toBe(count);
          expect(new Set(wide.subarray(0, filled)).size).toBe(count);
          expect(chances[filled - 1]).toBeCloseTo(1, 9);
        },
      ),
    );
  });

  it('leaves the candidates alone and depends on the request only', () => {
    const policy = learnt(0.1);
    const asked = request([0, 1, 2, 3], 77);
    policy.choose(asked, slate, propensities);
    const first = [...slate, ...propensities];
    policy.choose(request([3, 2], 5), slate, propensities);
    policy.choose(asked, slate, propensities);
    expect([...slate, ...propensities]).toEqual(first);
    expect(Array.from(asked.candidates)).toEqual([0, 1, 2, 3]);
  });
});
