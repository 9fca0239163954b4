import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import { auc } from '../../src/stats/index.js';
import { interactionGap } from '../../src/world/index.js';
import { expectedAuc, fitAdditive } from '../../src/world/interaction-gap.js';
import { mean, smallWorld } from './tiny-world.js';

describe('expectedAuc', () => {
  it('is the ordinary AUC for certain labels', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.boolean()), { minLength: 2, maxLength: 40 }),
        (rows) => {
          const labels = rows.map(([, clicked]) => (clicked ? 1 : 0));
          fc.pre(new Set(labels).size === 2);
          const scores = rows.map(([score]) => score);
          expect(expectedAuc(scores, labels)).toBeCloseTo(auc(scores, labels), 10);
        },
      ),
    );
  });

  it('is the mean over drawn labels', () => {
    const rng = new Rng(5);
    const probabilities = Array.from({ length: 400 }, () => rng.next() ** 2);
    const scores = probabilities.map((p) => p + 0.3 * rng.normal());
    const drawn = Array.from({ length: 200 }, () =>
      auc(
        scores,
        probabilities.map((p) => (rng.next() < p ? 1 : 0)),
      ),
    );
    expect(expectedAuc(scores, probabilities)).toBeCloseTo(mean(drawn), 2);
  });

  it('is one half for constant scores', () => {
    expect(expectedAuc([1, 1, 1], [0.2, 0.9, 0.4])).toBeCloseTo(0.5, 12);
  });
});

describe('fitAdditive', () => {
  it('finds additive log odds exactly', () => {
    const rng = new Rng(6);
    const a = Int32Array.from({ length: 3000 }, () => rng.integer(6));
    const b = Int32Array.from({ length: 3000 }, () => rng.integer(9));
    const truth = Float64Array.from(a, (code, row) => -2 + 0.4 * code - 0.3 * b[row]);
    const fitted = fitAdditive(
      [a, b],
      Float32Array.from(truth, (v) => 1 / (1 + Math.exp(-v))),
    );
    fitted.forEach((v, row) => expect(v).toBeCloseTo(truth[row], 2));
  });

  it('cannot find an exclusive or', () => {
    const rng = new Rng(7);
    const a = Int32Array.from({ length: 4000 }, () => rng.integer(2));
    const b = Int32Array.from({ length: 4000 }, () => rng.integer(2));
    const probabilities = Float32Array.from(a, (code, row) => (code === b[row] ? 0.6 : 0.1));
    expect(expectedAuc(fitAdditive([a, b], probabilities), probabilities)).toBeLessThan(0.55);
    expect(expectedAuc(probabilities, probabilities)).toBeGreaterThan(0.7);
  });
});

describe('what interactions are worth', () => {
  it.each([1, 2, 3, 4, 5])('world %i: at least 0.05 of AUC beyond any additive model', (seed) => {
    const { oracleAuc, additiveAuc, gap } = interactionGap(smallWorld({ seed }));
    expect(gap).toBeGreaterThan(0.05);
    expect(additiveAuc).toBeGreaterThan(0.6);
    expect(oracleAuc).toBeLessThan(0.95);
  });

  it.each([1, 2, 3, 4, 5])('null world %i: nothing', (seed) => {
    const { oracleAuc, gap } = interactionGap(smallWorld({ seed, null: true, botShare: 0 }));
    expect(Math.abs(gap)).toBeLessThan(0.001);
    expect(oracleAuc).toBeGreaterThan(0.6);
  });

  it('bots do not open a gap in the null world', () => {
    expect(interactionGap(smallWorld({ seed: 2, null: true, botShare: 0.01 })).gap).toBeLessThan(0.01);
  });

  it('falls when the settings ask for less', () => {
    const strong = interactionGap(smallWorld({ seed: 3 })).gap;
    const weak = interactionGap(smallWorld({ seed: 3, taste: 0.3, interactions: 0.3 })).gap;
    expect(weak).toBeLessThan(strong / 2);
  });
});
