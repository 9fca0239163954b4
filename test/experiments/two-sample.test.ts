import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  criticalErrors,
  differenceOf,
  estimatePair,
  lowerBound,
  momentsFromSums,
  poolMoments,
  posteriorOf,
  twoSided,
  type Difference,
  type Estimand,
  type InferenceRule,
  type Moments,
} from '../../src/experiments/index.js';
import { isAutoModelError, Rng } from '../../src/platform/index.js';
import { armOf, momentsOf } from './numbers.js';

const rules: readonly InferenceRule[] = [{ kind: 'fixed-horizon' }, { kind: 'always-valid', tunedFor: 3000 }];
const mean: Estimand = { kind: 'mean' };
const seeds = fc.integer({ min: 1, max: 1_000_000 });

/** Correlated columns (value, denominator, covariate, its denominator) of n units, all denominators above zero. */
function drawn(seed: number, n: number, lift = 0): number[][] {
  const rng = new Rng(seed);
  const columns: number[][] = [[], [], [], []];
  for (let i = 0; i < n; i += 1) {
    const habit = rng.normal();
    const views = Math.exp(0.3 * habit + 0.3 * rng.normal()) * 5;
    const before = Math.exp(0.3 * habit + 0.3 * rng.normal()) * 5;
    columns[0].push(views * (0.4 + lift + 0.1 * habit + 0.1 * rng.normal()));
    columns[1].push(views);
    columns[2].push(before * (0.4 + 0.1 * habit + 0.1 * rng.normal()));
    columns[3].push(before);
  }
  return columns;
}

function difference(
  control: Moments,
  treatment: Moments,
  estimand: Estimand,
  scale: 'relative' | 'absolute' = 'absolute',
): Difference {
  const pair = estimatePair(control, treatment, estimand);
  return differenceOf(pair.control, pair.treatment, scale);
}

const near = (a: number, b: number, digits = 9): void =>
  expect(Math.abs(a - b)).toBeLessThanOrEqual(10 ** -digits * Math.max(1, Math.abs(a), Math.abs(b)));

describe('moments', () => {
  it('from sums are those of the values, and pool to those of all values', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 2, max: 40 }), fc.integer({ min: 2, max: 40 }), (seed, n, m) => {
        const a = drawn(seed, n);
        const b = drawn(seed + 1, m, 0.2);
        const products = a.map((x) => a.map((y) => x.reduce((sum, _, k) => sum + x[k] * y[k], 0)));
        const sums = a.map((x) => x.reduce((sum, value) => sum + value, 0));
        const fromSums = momentsFromSums({ n, sums, products }, 'a');
        const pooled = poolMoments(momentsOf(a), momentsOf(b));
        const all = momentsOf(a.map((column, i) => [...column, ...b[i]]));
        expect(pooled.n).toBe(n + m);
        for (let i = 0; i < 4; i += 1) {
          near(fromSums.means[i], momentsOf(a).means[i]);
          near(pooled.means[i], all.means[i]);
          for (let j = 0; j < 4; j += 1) {
            near(fromSums.covariance[i][j], momentsOf(a).covariance[i][j]);
            near(pooled.covariance[i][j], all.covariance[i][j]);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['one unit', { n: 1, sums: [1], products: [[1]] }],
    ['half a unit', { n: 2.5, sums: [1], products: [[1]] }],
    ['a sum of squares that is too small', { n: 10, sums: [10], products: [[9]] }],
    ['sums that are not finite', { n: 10, sums: [Number.POSITIVE_INFINITY], products: [[9]] }],
    ['squares that overflow', { n: 10, sums: [1e200], products: [[Number.POSITIVE_INFINITY]] }],
  ])('refuse %s', (_, sums) => {
    try {
      momentsFromSums(sums, 'arm b');
      expect.unreachable();
    } catch (error) {
      expect(isAutoModelError(error) && error.code).toBe('EXPERIMENT_INVALID');
      expect((error as Error).message).toContain('arm b');
    }
  });

  it('take a variance of zero that rounding made negative', () => {
    const third = 1 / 3;
    const { covariance } = momentsFromSums({ n: 3, sums: [1], products: [[third - 1e-16]] }, 'a');
    expect(covariance[0][0]).toBe(0);
  });
});

describe.each(rules)('a difference, judged by $kind', (rule) => {
  it('does not depend on the unit in which values are counted', () => {
    fc.assert(
      fc.property(seeds, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (seed, factor) => {
        const [a, b] = [drawn(seed, 60), drawn(seed + 1, 50, 0.1)];
        const scaled = (columns: number[][]) => columns.map((column) => column.map((x) => x * factor));
        const plain = difference(momentsOf(a), momentsOf(b), mean);
        const other = difference(momentsOf(scaled(a)), momentsOf(scaled(b)), mean);
        near(other.estimate, plain.estimate * factor, 6);
        near(twoSided(other, 0.05, rule).p, twoSided(plain, 0.05, rule).p, 7);
        const relative = difference(momentsOf(a), momentsOf(b), mean, 'relative');
        const otherRelative = difference(momentsOf(scaled(a)), momentsOf(scaled(b)), mean, 'relative');
        near(otherRelative.estimate, relative.estimate, 7);
        near(otherRelative.se, relative.se, 7);
      }),
      { numRuns: 40 },
    );
  });

  it('does not depend on where zero lies, if it is absolute', () => {
    fc.assert(
      fc.property(seeds, fc.double({ min: -50, max: 50, noNaN: true }), (seed, shift) => {
        const [a, b] = [drawn(seed, 60), drawn(seed + 1, 50, 0.1)];
        const moved = (columns: number[][]) => columns.map((column) => column.map((x) => x + shift));
        const plain = twoSided(difference(momentsOf(a), momentsOf(b), mean), 0.05, rule);
        const other = twoSided(difference(momentsOf(moved(a)), momentsOf(moved(b)), mean), 0.05, rule);
        near(other.p, plain.p, 6);
        near(other.ci[0], plain.ci[0], 7);
      }),
      { numRuns: 40 },
    );
  });

  it('is mirrored when the arms are swapped', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a, b] = [momentsOf(drawn(seed, 60)), momentsOf(drawn(seed + 1, 50, 0.1))];
        const there = twoSided(difference(a, b, mean), 0.05, rule);
        const back = twoSided(difference(b, a, mean), 0.05, rule);
        near(there.p, back.p);
        near(there.ci[0], -back.ci[1]);
      }),
      { numRuns: 40 },
    );
  });

  it('has zero outside its interval exactly when p is below the level', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -8, max: 8, noNaN: true }),
        fc.double({ min: 0.01, max: 10, noNaN: true }),
        fc.double({ min: 2, max: 1e6, noNaN: true }),
        fc.integer({ min: 4, max: 1_000_000 }),
        fc.double({ min: 0.001, max: 0.4, noNaN: true }),
        (z, se, df, units, alpha) => {
          const one: Difference = { estimate: z * se, se, df, units };
          const { p, ci } = twoSided(one, alpha, rule);
          if (Math.abs(p - alpha) < 1e-9) return;
          expect(p < alpha).toBe(ci[0] > 0 || ci[1] < 0);
          const below = lowerBound(one, -0.5 * se, alpha, rule);
          if (Math.abs(below.p - alpha) < 1e-9) return;
          expect(below.p < alpha).toBe(below.bound > -0.5 * se);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('has a one-sided bound inside its two-sided interval, and a p between 0 and 1', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -8, max: 8, noNaN: true }),
        fc.integer({ min: 10, max: 100_000 }),
        (z, units) => {
          const one: Difference = { estimate: z, se: 1, df: units - 2, units };
          const { ci } = twoSided(one, 0.05, rule);
          const { bound, p } = lowerBound(one, 0, 0.05, rule);
          expect(bound).toBeGreaterThan(ci[0]);
          expect(bound).toBeLessThan(one.estimate);
          expect(p).toBeGreaterThanOrEqual(0);
          expect(p).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

describe('relative and absolute', () => {
  it('agree where both arms have one mean', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 9, noNaN: true }), fc.integer({ min: 5, max: 500 }), (m, n) => {
        const a = armOf(n, m * n, m * m * n + 3 * (n - 1));
        const b = armOf(2 * n, 2 * m * n, 2 * m * m * n + 5 * (2 * n - 1));
        const absolute = differenceOf(a, b, 'absolute');
        const relative = differenceOf(a, b, 'relative');
        near(relative.estimate, 0, 8);
        near(relative.se * m, absolute.se, 7);
        near(relative.df, absolute.df);
      }),
    );
  });

  it('differ by the error of the control where the means do', () => {
    const [a, b] = [armOf(100, 100, 200), armOf(100, 300, 1000)];
    expect(differenceOf(a, b, 'relative').se).toBeGreaterThan(differenceOf(a, b, 'absolute').se);
  });

  it('keep the sign of the change where the control is below zero', () => {
    const [a, b] = [armOf(100, -100, 200), armOf(100, -50, 200)];
    expect(differenceOf(a, b, 'relative').estimate).toBeCloseTo(0.5, 12);
  });
});

describe('always-valid intervals', () => {
  const at = (units: number, tunedFor: number): number => {
    const [low, high] = twoSided({ estimate: 0, se: 1, df: 1e9, units }, 0.05, {
      kind: 'always-valid',
      tunedFor,
    }).ci;
    return high - low;
  };

  it('are wider than the fixed ones, tightest (in standard errors) where they are tuned, and never end growing', () => {
    for (const units of [100, 1000, 10_000, 1e6]) expect(at(units, 5000) / 2).toBeGreaterThan(1.96);
    expect(at(5000, 5000)).toBeLessThan(at(5000, 500));
    expect(at(5000, 5000)).toBeLessThan(at(5000, 50_000));
    // ρ of the closed form is the best to three digits only
    for (const other of [4000, 6000]) expect(at(5000, 5000)).toBeLessThan(at(5000, other) + 1e-3);
    for (const units of [1e6, 1e8, 1e10, 1e12])
      expect(at(units * 100, 5000)).toBeGreaterThan(at(units, 5000));
  });
});

describe('critical standard errors', () => {
  it('are where p meets the level, in the sample that the rule is tuned for', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 0.2, noNaN: true }),
        fc.integer({ min: 100, max: 1e7 }),
        (alpha, units) => {
          for (const kind of ['fixed-horizon', 'always-valid'] as const) {
            const rule: InferenceRule = kind === 'fixed-horizon' ? { kind } : { kind, tunedFor: units };
            const at = (z: number): Difference => ({ estimate: z, se: 1, df: Infinity, units });
            near(twoSided(at(criticalErrors(alpha, 'two-sided', kind)), alpha, rule).p, alpha, 8);
            near(lowerBound(at(criticalErrors(alpha, 'one-sided', kind)), 0, alpha, rule).p, alpha, 8);
          }
        },
      ),
    );
  });

  it('are the textbook’s for one look, and about half as many again for every look', () => {
    expect(criticalErrors(0.05, 'two-sided', 'fixed-horizon')).toBeCloseTo(1.959964, 6);
    expect(criticalErrors(0.05, 'one-sided', 'fixed-horizon')).toBeCloseTo(1.644854, 6);
    for (const sides of ['one-sided', 'two-sided'] as const) {
      const ratio =
        criticalErrors(0.05, sides, 'always-valid') / criticalErrors(0.05, sides, 'fixed-horizon');
      expect(ratio).toBeGreaterThan(1.4);
      expect(ratio).toBeLessThan(1.8);
    }
  });
});

describe('the one-sided always-valid bound', () => {
  it.each([
    [0.04, -0.011486268488742388, 0.09776269171845568],
    [0.02, 0.04425686575562881, 3.605905741944336e-5],
  ])('is that of the formula, worked out in Python, for a standard error of %d', (se, bound, p) => {
    const rule: InferenceRule = { kind: 'always-valid', tunedFor: 5000 };
    const got = lowerBound({ estimate: 0.1, se, df: 3998, units: 4000 }, 0, 0.05, rule);
    expect(got.bound).toBeCloseTo(bound, 10);
    expect(got.p).toBeCloseTo(p, 10);
  });
});

describe('ratios', () => {
  it('with a denominator of one for each unit are means', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const ones = (columns: number[][]) => [columns[0], columns[0].map(() => 1)];
        const [a, b] = [drawn(seed, 50), drawn(seed + 1, 70, 0.1)];
        const ratio = difference(momentsOf(ones(a)), momentsOf(ones(b)), { kind: 'ratio', denominator: 1 });
        const plain = difference(momentsOf(a), momentsOf(b), mean);
        near(ratio.estimate, plain.estimate);
        near(ratio.se, plain.se);
      }),
      { numRuns: 30 },
    );
  });

  it('have the spread of the residuals M − R D over the mean denominator', () => {
    const columns = drawn(7, 400);
    const moments = momentsOf(columns);
    const { control } = estimatePair(moments, moments, { kind: 'ratio', denominator: 1 });
    const residuals = columns[0].map((value, i) => value - control.mean * columns[1][i]);
    near(control.variance, momentsOf([residuals]).covariance[0][0] / moments.means[1] ** 2);
  });

  it('err as much as resampled users say, and less than rows taken for independent would', () => {
    const columns = drawn(11, 500);
    const moments = momentsOf(columns);
    const { control } = estimatePair(moments, moments, { kind: 'ratio', denominator: 1 });
    const rng = new Rng(5);
    const resampled = Array.from({ length: 800 }, () => {
      let [top, bottom] = [0, 0];
      for (let k = 0; k < 500; k += 1) {
        const i = rng.integer(500);
        top += columns[0][i];
        bottom += columns[1][i];
      }
      return top / bottom;
    });
    const sd = Math.sqrt(momentsOf([resampled]).covariance[0][0]);
    expect(Math.sqrt(control.variance / 500) / sd).toBeGreaterThan(0.92);
    expect(Math.sqrt(control.variance / 500) / sd).toBeLessThan(1.08);
  });

  it('are NaN where nothing lies below', () => {
    const none = momentsOf([
      [1, 2, 3],
      [0, 0, 0],
    ]);
    expect(difference(none, none, { kind: 'ratio', denominator: 1 }).estimate).toBeNaN();
  });
});

describe('a covariate', () => {
  const cuped: Estimand = { kind: 'mean', covariate: 2 };

  it('that has nothing in common with the value changes nothing', () => {
    // value and covariate are crossed, so that their covariance is zero within arms and between them
    const crossed = momentsOf([
      [1, 1, 3, 3],
      [1, 1, 1, 1],
      [5, 9, 5, 9],
    ]);
    const plain = difference(crossed, crossed, mean);
    const adjusted = difference(crossed, crossed, cuped);
    expect(adjusted).toEqual(plain);
    expect(estimatePair(crossed, crossed, cuped).theta).toBe(0);
  });

  it('that does not vary is left out', () => {
    const flat = momentsOf([
      [1, 2, 3],
      [1, 1, 1],
      [4, 4, 4],
    ]);
    expect(estimatePair(flat, flat, cuped).theta).toBeNull();
    expect(difference(flat, flat, cuped)).toEqual(difference(flat, flat, mean));
  });

  it('gives the plain comparison of the values minus θ times the covariate', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a, b] = [drawn(seed, 80), drawn(seed + 1, 60, 0.1)];
        const { theta } = estimatePair(momentsOf(a), momentsOf(b), cuped);
        const without = (columns: number[][]) =>
          momentsOf([columns[0].map((y, i) => y - (theta ?? 0) * columns[2][i])]);
        const direct = difference(without(a), without(b), mean);
        const adjusted = difference(momentsOf(a), momentsOf(b), cuped);
        near(adjusted.estimate, direct.estimate, 8);
        near(adjusted.se, direct.se, 8);
      }),
      { numRuns: 30 },
    );
  });

  it('takes away the share of the variance that it explains, and none of the effect', () => {
    const [a, b] = [drawn(3, 4000), drawn(4, 4000, 0.05)];
    const plain = difference(momentsOf(a), momentsOf(b), mean);
    const adjusted = difference(momentsOf(a), momentsOf(b), cuped);
    const { covariance } = poolMoments(momentsOf(a), momentsOf(b));
    const explained = covariance[0][2] ** 2 / (covariance[0][0] * covariance[2][2]);
    expect(adjusted.se ** 2 / plain.se ** 2).toBeCloseTo(1 - explained, 2);
    expect(Math.abs(adjusted.estimate - plain.estimate)).toBeLessThan(3 * plain.se);
  });

  it('of a ratio by the 4 × 4 form is the 2 × 2 form where all denominators are one', () => {
    const ones = (columns: number[][]) => [
      columns[0],
      columns[0].map(() => 1),
      columns[2],
      columns[2].map(() => 1),
    ];
    const [a, b] = [drawn(8, 90), drawn(9, 70, 0.1)];
    const four = difference(momentsOf(ones(a)), momentsOf(ones(b)), {
      kind: 'ratio',
      denominator: 1,
      covariate: 2,
      covariateDenominator: 3,
    });
    const two = difference(momentsOf(a), momentsOf(b), cuped);
    near(four.estimate, two.estimate);
    near(four.se, two.se);
  });

  it('of a ratio makes it err less, as resampled users say', () => {
    const ratio: Estimand = { kind: 'ratio', denominator: 1, covariate: 2, covariateDenominator: 3 };
    const [a, b] = [drawn(21, 400), drawn(22, 400)];
    const adjusted = difference(momentsOf(a), momentsOf(b), ratio);
    const plain = difference(momentsOf(a), momentsOf(b), { kind: 'ratio', denominator: 1 });
    expect(adjusted.se).toBeLessThan(0.9 * plain.se);
    const rng = new Rng(6);
    const again = (columns: number[][]): Moments => {
      const picks = Array.from({ length: 400 }, () => rng.integer(400));
      return momentsOf(columns.map((column) => picks.map((i) => column[i])));
    };
    const estimates = Array.from({ length: 400 }, () => difference(again(a), again(b), ratio).estimate);
    const sd = Math.sqrt(momentsOf([estimates]).covariance[0][0]);
    expect(adjusted.se / sd).toBeGreaterThan(0.88);
    expect(adjusted.se / sd).toBeLessThan(1.12);
  });

  it('leaves the relative difference divided by the mean that was seen', () => {
    const [a, b] = [drawn(31, 300), drawn(32, 300, 0.05)];
    const { control, treatment } = estimatePair(momentsOf(a), momentsOf(b), cuped);
    expect(control.unadjustedMean).toBe(momentsOf(a).means[0]);
    const { estimate } = differenceOf(control, treatment, 'relative');
    near(estimate, (treatment.mean - control.mean) / momentsOf(a).means[0]);
  });
});

describe('the Bayesian view', () => {
  const seen: Difference = { estimate: 0.04, se: 0.03, df: 1000, units: 1000 };

  it('with a flat prior is the estimate', () => {
    expect(posteriorOf(seen, 0.05)).toMatchObject({ estimate: 0.04 });
    expect(posteriorOf(seen, 0.05).sd).toBeCloseTo(0.03, 12);
  });

  it('moves to a firm prior, and to the data when the prior is vague', () => {
    const firm = posteriorOf(seen, 0.05, { mean: 0, sd: 0.001 });
    expect(Math.abs(firm.estimate)).toBeLessThan(1e-4);
    expect(firm.chanceAbove).toBeCloseTo(0.5, 1);
    expect(posteriorOf(seen, 0.05, { mean: 0, sd: 1e6 }).estimate).toBeCloseTo(0.04, 9);
    const even = posteriorOf(seen, 0.05, { mean: 0, sd: 0.03 });
    expect(even.estimate).toBeCloseTo(0.02, 12);
    expect(even.sd).toBeCloseTo(0.03 / Math.SQRT2, 12);
  });

  it('has risks whose difference is the estimate, and never negative ones', () => {
    fc.assert(
      fc.property(fc.double({ min: -9, max: 9, noNaN: true }), (estimate) => {
        const { risk } = posteriorOf({ ...seen, estimate, se: 1 }, 0.05);
        near(risk.control - risk.treatment, estimate, 8);
        expect(risk.control).toBeGreaterThanOrEqual(0);
        expect(risk.treatment).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
