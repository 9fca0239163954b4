import fc from 'fast-check';
import { pchisq, pf, pnorm, pt, qchisq, qnorm, qt } from 'lib-r-math.js';
import { describe, expect, it } from 'vitest';
import {
  chiSquareCdf,
  chiSquareQuantile,
  chiSquareTail,
  fTail,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentQuantile,
} from '../../src/stats/index.js';

/** Equal to a relative error: tails matter as much as the middle. */
function near(actual: number, expected: number, tolerance = 1e-10): void {
  if (expected === 0) expect(Math.abs(actual)).toBeLessThan(1e-300);
  else expect(Math.abs(actual / expected - 1)).toBeLessThan(tolerance);
}

const freedom = fc.oneof(fc.integer({ min: 1, max: 500 }), fc.double({ min: 0.5, max: 300, noNaN: true }));

describe("distributions against R's own code (lib-r-math)", () => {
  it('normal', () => {
    fc.assert(
      fc.property(fc.double({ min: -35, max: 8, noNaN: true }), (z) => near(normalCdf(z), pnorm(z), 1e-10)),
    );
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), (p) => {
        expect(Math.abs(normalQuantile(p) - qnorm(p))).toBeLessThan(1e-9);
      }),
    );
  });

  it("Fisher's F", () => {
    const [ratio, df] = [fc.double({ min: 0.01, max: 30, noNaN: true }), fc.integer({ min: 1, max: 60 })];
    fc.assert(
      fc.property(ratio, df, df, (f, upper, lower) => {
        const oracle = pf(f, upper, lower, undefined, false);
        if (oracle > 1e-10) near(fTail(f, upper, lower), oracle, 5e-3); // the oracle has no more digits in some places
      }),
    );
    // Closed form at two upper degrees of freedom.
    fc.assert(
      fc.property(ratio, df, (f, lower) =>
        near(fTail(f, 2, lower), (1 + (2 * f) / lower) ** (-lower / 2), 1e-9),
      ),
    );
    // Symmetry: the reciprocal has the degrees of freedom the other way round.
    fc.assert(
      fc.property(ratio, df, df, (f, upper, lower) => {
        expect(fTail(f, upper, lower) + fTail(1 / f, lower, upper)).toBeCloseTo(1, 9);
      }),
    );
    // Tables of the 5 % and 1 % points.
    expect(fTail(2.866081, 4, 20)).toBeCloseTo(0.05, 6);
    expect(fTail(4.43069, 4, 20)).toBeCloseTo(0.01, 6);
    expect([fTail(0, 4, 20), fTail(Number.POSITIVE_INFINITY, 4, 20)]).toEqual([1, 0]);
  });

  it("Student's t", () => {
    fc.assert(
      fc.property(fc.double({ min: -30, max: 30, noNaN: true }), freedom, (t, df) => {
        // The oracle underflows to 0 in some tails (t = -5.76 at 467 degrees of freedom, where the chance is 8e-9).
        fc.pre(pt(t, df) > 0);
        near(studentCdf(t, df), pt(t, df), 1e-6);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: 1e-5, max: 0.99999, noNaN: true }), freedom, (p, df) => {
        const expected = qt(p, df);
        expect(Math.abs(studentQuantile(p, df) - expected)).toBeLessThan(1e-7 * (1 + Math.abs(expected)));
      }),
    );
  });

  it('chi-square', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 900, noNaN: true }), freedom, (x, df) => {
        near(chiSquareCdf(x, df), pchisq(x, df), 1e-9);
        if (pchisq(x, df, 0, false) > 1e-290) near(chiSquareTail(x, df), pchisq(x, df, 0, false), 1e-7);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: 1e-4, max: 0.9999, noNaN: true }), freedom, (p, df) =>
        near(chiSquareQuantile(p, df), qchisq(p, df), 1e-6),
      ),
    );
  });
});

describe('distributions at their edges', () => {
  it("Student's t has closed forms at 1, 2 and 4 degrees of freedom (finer than the oracle)", () => {
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), (t) => {
        expect(studentCdf(t, 1)).toBeCloseTo(0.5 + Math.atan(t) / Math.PI, 13);
        expect(studentCdf(t, 2)).toBeCloseTo(0.5 + t / (2 * Math.sqrt(2 + t * t)), 13);
        const s = t / Math.sqrt(4 + t * t);
        expect(studentCdf(t, 4)).toBeCloseTo(0.5 + 0.75 * (s - s ** 3 / 3), 13);
      }),
    );
  });

  it('chi-square has a closed form at 2 degrees of freedom', () => {
    for (const x of [0.1, 1, 5, 50, 500]) near(chiSquareTail(x, 2), Math.exp(-x / 2), 1e-12);
  });

  it('quantiles invert the distribution functions', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), freedom, (p, df) => {
        expect(Math.abs(studentCdf(studentQuantile(p, df), df) - p)).toBeLessThan(1e-13);
        expect(Math.abs(chiSquareCdf(chiSquareQuantile(p, df), df) - p)).toBeLessThan(1e-12);
        expect(Math.abs(normalCdf(normalQuantile(p)) - p)).toBeLessThan(1e-14);
      }),
    );
  });

  it('tables every statistician knows', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
    expect(studentQuantile(0.975, 2)).toBeCloseTo(0.95 / Math.sqrt(2 * 0.975 * 0.025), 12);
    expect(studentQuantile(0.95, 20)).toBeCloseTo(1.724718242920787, 10);
    expect(chiSquareQuantile(0.95, 1)).toBeCloseTo(3.841458820694124, 9);
  });

  it('infinite degrees of freedom are the normal, 0 and 1 are infinite, nonsense is refused', () => {
    expect(studentQuantile(0.9, Number.POSITIVE_INFINITY)).toBeCloseTo(normalQuantile(0.9), 12);
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(studentQuantile(1, 5)).toBe(Number.POSITIVE_INFINITY);
    expect(studentQuantile(0.5, 5)).toBe(0);
    expect(() => normalQuantile(1.5)).toThrow(RangeError);
    expect(() => studentQuantile(0.9, 0)).toThrow(RangeError);
  });
});
