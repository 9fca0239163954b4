import { AutoModelError } from '../platform/index.js';

/**
 * What one arm's units say of up to four columns (value, denominator, covariate, the covariate's denominator): all that
 * means, ratios and adjustments need, whatever number of units stands behind it.
 */
export interface Moments {
  /** units */
  readonly n: number;
  /** one mean per column */
  readonly means: readonly number[];
  /** sample covariance (n - 1) of the columns, symmetric */
  readonly covariance: readonly (readonly number[])[];
}

/** Sums over units: of each column, and of the product of each pair of columns (squares on the diagonal). */
export interface Sums {
  readonly n: number;
  readonly sums: readonly number[];
  readonly products: readonly (readonly number[])[];
}

/** Squares of doubles lose the last digits; a variance below zero by no more than this share of them is zero. */
const rounding = 1e-9;

/**
 * Means and covariances from sums: (Σxy − Σx Σy / n) / (n − 1). Digits that the sums have in common are lost, so a mean far
 * above its spread is better given as values.
 * @param of names the arm and the metric in an error
 * @throws EXPERIMENT_INVALID for fewer than two units, sums that are not finite, or sums of squares that no values have
 */
export function momentsFromSums({ n, sums, products }: Sums, of: string): Moments {
  if (!(Number.isSafeInteger(n) && n >= 2)) {
    throw new AutoModelError('EXPERIMENT_INVALID', `${of} has ${n} units; a spread needs at least two`, {
      remedy: 'Wait for more units, or leave the variant or the metric out.',
      details: { n },
    });
  }
  const covariance = sums.map((sumX, i) =>
    sums.map((sumY, j) => {
      const value = (products[i][j] - (sumX * sumY) / n) / (n - 1);
      if (!Number.isFinite(value)) throw notFinite(of);
      if (i !== j || value >= 0) return value;
      if (-value * (n - 1) <= rounding * products[i][i]) return 0;
      throw new AutoModelError(
        'EXPERIMENT_INVALID',
        `${of}: a sum of squares is too small for its sum, no values have both`,
        {
          remedy: 'Give the sum of the squared values of the units, not the square of their sum.',
          details: { n, sum: sumX, sumSquares: products[i][i] },
        },
      );
    }),
  );
  return { n, means: sums.map((sum) => sum / n), covariance };
}

/** @throws EXPERIMENT_INVALID when a mean or a covariance is not finite: values too large to be squared */
export function requireFinite(moments: Moments, of: string): Moments {
  const finite = [...moments.means, ...moments.covariance.flat()].every((value) => Number.isFinite(value));
  if (!finite) throw notFinite(of);
  return moments;
}

function notFinite(of: string): AutoModelError {
  return new AutoModelError('EXPERIMENT_INVALID', `${of}: sums that are not finite`, {
    remedy: 'Give finite values; those above 1e150 cannot be squared.',
  });
}

/** The moments of the units of both arms together (Chan, Golub & LeVeque 1979): within arms plus between them. */
export function poolMoments(a: Moments, b: Moments): Moments {
  const n = a.n + b.n;
  const gaps = a.means.map((mean, i) => b.means[i] - mean);
  return {
    n,
    means: a.means.map((mean, i) => mean + (gaps[i] * b.n) / n),
    covariance: a.covariance.map((row, i) =>
      row.map(
        (value, j) =>
          (value * (a.n - 1) + b.covariance[i][j] * (b.n - 1) + (gaps[i] * gaps[j] * a.n * b.n) / n) /
          (n - 1),
      ),
    ),
  };
}
