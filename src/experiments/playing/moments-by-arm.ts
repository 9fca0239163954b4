import type { Moments } from '../moments.js';

/**
 * Moments of columns by unit within each arm, in two passes.
 * @param armOf by unit: index of the arm; below zero: in none
 */
export function momentsByArm(
  armOf: Int8Array,
  columns: readonly Float64Array[],
  units: number,
  arms: number,
): Moments[] {
  const width = columns.length;
  const counts = new Float64Array(arms);
  const means = Array.from({ length: arms }, () => new Float64Array(width));
  const products = Array.from({ length: arms }, () => new Float64Array(width * width));
  for (let unit = 0; unit < units; unit += 1) {
    const own = armOf[unit];
    if (own < 0) continue;
    counts[own] += 1;
    for (let c = 0; c < width; c += 1) means[own][c] += columns[c][unit];
  }
  for (let own = 0; own < arms; own += 1) for (let c = 0; c < width; c += 1) means[own][c] /= counts[own];
  const gaps = new Float64Array(width);
  for (let unit = 0; unit < units; unit += 1) {
    const own = armOf[unit];
    if (own < 0) continue;
    for (let c = 0; c < width; c += 1) gaps[c] = columns[c][unit] - means[own][c];
    for (let c = 0; c < width; c += 1)
      for (let d = 0; d < width; d += 1) products[own][c * width + d] += gaps[c] * gaps[d];
  }
  return Array.from(counts, (n, own) => ({
    n,
    means: [...means[own]],
    covariance: [...means[own]].map((_, c) =>
      [...products[own].subarray(c * width, (c + 1) * width)].map((sum) => sum / (n - 1)),
    ),
  }));
}
