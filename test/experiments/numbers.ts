import type { ArmEstimate, Moments } from '../../src/experiments/index.js';
import { momentsFromSums } from '../../src/experiments/index.js';

/** An arm of one column from its sums. */
export function armOf(n: number, sum: number, sumSquares: number): ArmEstimate {
  const { means, covariance } = momentsFromSums({ n, sums: [sum], products: [[sumSquares]] }, 'arm');
  return { n, mean: means[0], unadjustedMean: means[0], variance: covariance[0][0] };
}

export function shareOf(n: number, successes: number): ArmEstimate {
  const p = successes / n;
  return { n, mean: p, unadjustedMean: p, variance: p * (1 - p) };
}

/** Moments of columns of values, one pass for the means and one for the products. */
export function momentsOf(columns: readonly (readonly number[])[]): Moments {
  const n = columns[0].length;
  const means = columns.map((column) => column.reduce((sum, x) => sum + x, 0) / n);
  const covariance = columns.map((a, i) =>
    columns.map((b, j) => a.reduce((sum, _, k) => sum + (a[k] - means[i]) * (b[k] - means[j]), 0) / (n - 1)),
  );
  return { n, means, covariance };
}
