import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import {
  PROBABILITY_CLIP,
  alignScores,
  calibrationBins,
  ece,
  logloss,
  mae,
  ne,
  rmse,
} from '../../src/stats/index.js';

const binary = fc
  .array(fc.tuple(fc.double({ min: 0.001, max: 0.999, noNaN: true }), fc.constantFrom(0, 1)), {
    minLength: 1,
    maxLength: 50,
  })
  .map((rows) => ({ p: rows.map((r) => r[0]), labels: rows.map((r) => r[1]) }));

describe('logloss', () => {
  it("equals scikit-learn's documented example", () => {
    // log_loss(["spam", "ham", "ham", "spam"], [[.1, .9], [.9, .1], [.8, .2], [.35, .65]]) = 0.21616...
    expect(logloss([0.9, 0.1, 0.2, 0.65], [1, 0, 0, 1], 'probability')).toBeCloseTo(0.21616187, 7);
  });

  it('is the same from logits and from probabilities', () => {
    fc.assert(
      fc.property(binary, ({ p, labels }) => {
        const logits = p.map((x) => Math.log(x / (1 - x)));
        expect(logloss(logits, labels, 'logit')).toBeCloseTo(logloss(p, labels, 'probability'), 9);
      }),
    );
  });

  it('is clipped: a certain error costs log(1e7), no more', () => {
    const most = -Math.log(PROBABILITY_CLIP);
    expect(logloss([0], [1], 'probability')).toBeCloseTo(most, 9);
    expect(logloss([1], [0], 'probability')).toBeCloseTo(most, 6);
    expect(logloss([-1e6], [1], 'logit')).toBeCloseTo(most, 9);
  });

  it('refuses logits that are passed off as probabilities', () => {
    expect(() => logloss([2.5, -1], [1, 0], 'probability')).toThrow(/no probability/);
    expect(() => logloss([], [], 'probability')).toThrow(/no rows/);
  });
});

describe('ne', () => {
  it('is 1 for the base rate and below 1 for something better', () => {
    const labels = [1, 0, 0, 0];
    expect(ne([0.25, 0.25, 0.25, 0.25], labels, 'probability')).toBeCloseTo(1, 12);
    expect(ne([0.6, 0.1, 0.1, 0.2], labels, 'probability')).toBeLessThan(1);
    expect(ne([0.1, 0.6, 0.1, 0.2], labels, 'probability')).toBeGreaterThan(1);
  });
});

describe('rmse and mae', () => {
  it("equal scikit-learn's documented examples", () => {
    expect(rmse([2.5, 0, 2, 8], [3, -0.5, 2, 7])).toBeCloseTo(Math.sqrt(0.375), 12);
    expect(mae([2.5, 0, 2, 8], [3, -0.5, 2, 7])).toBe(0.5);
  });

  it('refuse predictions that are not finite', () => {
    expect(() => rmse([Number.NaN], [1])).toThrow(/Prediction 0/);
    expect(() => mae([1, 2], [1])).toThrow(/2 predictions for 1 rows/);
  });
});

describe('ece', () => {
  it('by hand: two bins, gaps 0.1 and 0.2', () => {
    // bins {0.1, 0.1 | labels 0, 0} and {0.8, 0.8 | labels 1, 1}
    expect(ece([0.1, 0.1, 0.8, 0.8], [0, 0, 1, 1], 'probability', 2)).toBeCloseTo(0.15, 12);
  });

  it('does not depend on the order of rows, ties included', () => {
    const rows = fc.array(fc.tuple(fc.constantFrom(0.1, 0.2, 0.3, 0.7), fc.constantFrom(0, 1)), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(rows, fc.nat(), (list, seed) => {
        const shuffled = new Rng(seed).shuffle([...list]);
        const value = (of: typeof list): number =>
          ece(
            of.map((r) => r[0]),
            of.map((r) => r[1]),
            'probability',
            5,
          );
        expect(value(shuffled)).toBeCloseTo(value(list), 12);
      }),
    );
  });

  it('is small for calibrated predictions and large for overconfident ones', () => {
    const rng = new Rng(7);
    const p = Float64Array.from({ length: 20_000 }, () => rng.next());
    const labels = Float32Array.from(p, (x) => (rng.next() < x ? 1 : 0));
    expect(ece(p, labels, 'probability')).toBeLessThan(0.02);
    const overconfident = p.map((x) => x ** 3 / (x ** 3 + (1 - x) ** 3));
    expect(ece(overconfident, labels, 'probability')).toBeGreaterThan(0.1);
    const bins = calibrationBins(p, labels, 'probability', 10);
    expect(bins.map((b) => b.rows)).toEqual(Array.from({ length: 10 }, () => 2000));
  });
});

describe('alignScores', () => {
  it('leaves out predictions of other rows, counted, whatever they hold', () => {
    const { scores, others } = alignScores([10, 11], [9, 11, 10, 12, 12], [Number.NaN, 2, 1, 5, 6]);
    expect([[...scores], others]).toEqual([[1, 2], 3]);
  });

  it('brings predictions into the order of the rows', () => {
    expect([...alignScores([10, 11, 12], [12, 10, 11], [3, 1, 2]).scores]).toEqual([1, 2, 3]);
  });

  it('refuses missing, duplicate, unknown and non-finite predictions, naming the row', () => {
    expect(() => alignScores([10, 11], [10], [1])).toThrow(/Row 11 has no prediction/);
    expect(() => alignScores([10, 11], [10, 10], [1, 2])).toThrow(/Row 10 is predicted twice/);
    expect(() => alignScores([10, 11], [10, 99], [1, 2])).toThrow(/Row 11 has no prediction/);
    expect(() => alignScores([10, 11], [10, 11], [1, Number.NaN])).toThrow(/NaN/);
    expect(() => alignScores([10, 11], [10, 11], [1])).toThrow(/1 scores for 2/);
  });
});
