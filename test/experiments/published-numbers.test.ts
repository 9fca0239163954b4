import { describe, expect, it } from 'vitest';
import {
  differenceOf,
  lowerBound,
  posteriorOf,
  sampleRatio,
  twoSided,
  type Difference,
  type InferenceRule,
} from '../../src/experiments/index.js';
import { adjustPValues } from '../../src/stats/index.js';
import { armOf, shareOf } from './numbers.js';

/**
 * Figures of other systems: the tests of GrowthBook's gbstats (MIT part) and of spotify/confidence. Each is compared to the
 * digits in which it was printed.
 */
const fixed: InferenceRule = { kind: 'fixed-horizon' };
const control = armOf(3407, 1396.87, 52377.9767);
const treatment = armOf(3461, 2422.7, 134698.29);

function expectTwoSided(
  difference: Difference,
  rule: InferenceRule,
  [estimate, low, high, p]: readonly [number, number, number, number],
): void {
  const { ci, p: got } = twoSided(difference, 0.05, rule);
  expect(difference.estimate).toBeCloseTo(estimate, 5);
  expect(ci[0]).toBeCloseTo(low, 5);
  expect(ci[1]).toBeCloseTo(high, 5);
  expect(got).toBeCloseTo(p, 5);
}

describe('figures of gbstats', () => {
  it('relative difference of means', () => {
    const difference = differenceOf(control, treatment, 'relative');
    expect(difference.se).toBeCloseTo(0.37879, 5);
    expectTwoSided(difference, fixed, [0.70732, -0.03526, 1.44989, 0.06191]);
  });

  it('absolute difference of means', () => {
    const difference = differenceOf(control, treatment, 'absolute');
    expect(difference.se).toBeCloseTo(0.12478, 5);
    expectTwoSided(difference, fixed, [0.29, 0.04538, 0.53462, 0.02016]);
  });

  it('relative difference of proportions', () => {
    const difference = differenceOf(shareOf(28, 14), shareOf(30, 16), 'relative');
    expectTwoSided(difference, fixed, [0.06667, -0.47767, 0.61101, 0.80707]);
  });

  it('always-valid, means', () => {
    const fewer = armOf(3000, 1396.87, 52377.9767);
    const difference = differenceOf(fewer, treatment, 'relative');
    const rule: InferenceRule = { kind: 'always-valid', tunedFor: 1000 };
    expectTwoSided(difference, rule, [0.50336, -0.55844, 1.56516, 1]);
  });

  it('always-valid, proportions', () => {
    const difference = differenceOf(shareOf(3000, 1396), shareOf(3461, 2422), 'relative');
    const { ci } = twoSided(difference, 0.05, { kind: 'always-valid', tunedFor: 5000 });
    expect(difference.estimate).toBeCloseTo(0.50386, 5);
    expect(ci[0]).toBeCloseTo(0.40098, 5);
    expect(ci[1]).toBeCloseTo(0.60675, 5);
  });

  it('Bayesian, flat prior', () => {
    const posterior = posteriorOf(differenceOf(shareOf(100, 49), shareOf(100, 51), 'relative'), 0.05);
    expect(posterior.estimate).toBeCloseTo(0.04082, 5);
    expect(posterior.ci[0]).toBeCloseTo(-0.24779, 5);
    expect(posterior.ci[1]).toBeCloseTo(0.32943, 5);
    expect(posterior.chanceAbove).toBeCloseTo(0.60918, 5);
    expect(posterior.risk.control).toBeCloseTo(0.0814, 5);
    expect(posterior.risk.treatment).toBeCloseTo(0.04058, 5);
  });

  it.each([
    [[1000, 1200], [0.5, 0.5], 2.0079e-5, 9],
    [[310, 98], [0.75, 0.25], 0.647434186, 9],
    [[500, 500, 600], [0.34, 0.33, 0.33], 0.000592638, 9],
  ])('sample ratio of %j by %j', (counts, weights, p, digits) => {
    expect(sampleRatio(counts, weights).p).toBeCloseTo(p, digits);
  });

  it('Holm', () => {
    const adjusted = adjustPValues([0.01, 0.04, 0.03, 0.005, 0.55, 0.6], 'holm');
    [0.05, 0.12, 0.12, 0.03, 1, 1].forEach((p, i) => expect(adjusted[i]).toBeCloseTo(p, 12));
  });

  it('Benjamini-Hochberg', () => {
    const adjusted = adjustPValues([0.898, 0.138, 0.007, 0.964, 0.538, 0.006, 0.138], 'benjamini-hochberg');
    [0.964, 0.2415, 0.0245, 0.964, 0.7532, 0.0245, 0.2415].forEach((p, i) =>
      expect(adjusted[i]).toBeCloseTo(p, 10),
    );
  });
});

describe('figures of spotify/confidence', () => {
  const difference = differenceOf(armOf(5000, 10021, 25142), armOf(5000, 9892, 24510), 'absolute');
  const margin = 0.02 * (10021 / 5000);

  it('a margin of 2 %, larger is better: not shown safe', () => {
    const { bound, p } = lowerBound(difference, -margin, 0.01, fixed);
    expect(difference.estimate).toBeCloseTo(-0.0258, 4);
    expect(bound).toBeCloseTo(-0.0723, 4);
    expect(bound).toBeLessThan(-margin);
    expect(p).toBeGreaterThan(0.01);
  });

  it('a margin of 2 %, smaller is better: shown safe', () => {
    const mirrored = { ...difference, estimate: -difference.estimate };
    const { bound, p } = lowerBound(mirrored, -margin, 0.01, fixed);
    expect(-bound).toBeCloseTo(0.0207, 4);
    expect(-bound).toBeLessThan(margin);
    expect(p).toBeCloseTo(0.0005, 4);
  });
});
