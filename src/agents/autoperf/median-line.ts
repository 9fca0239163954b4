import { median } from '../../stats/index.js';

/** Milliseconds of something of a size. */
export interface TimedSize {
  readonly size: number;
  readonly ms: number;
}

export interface MedianLine {
  /** milliseconds at size 0 */
  readonly fixedMs: number;
  /** milliseconds for each unit of size */
  readonly slopeMs: number;
  /** largest |measured - predicted| / measured over the points that the line was made of */
  readonly error: number;
}

/**
 * ms = fixed + size x slope through the medians of the sizes that were tried (Theil-Sen: the median of the slopes between all pairs, so
 * that one disturbed measurement bends nothing; Sen, JASA 1968). Neither part is below zero.
 * @throws RangeError with fewer than two sizes
 */
export function medianLine(measured: readonly TimedSize[]): MedianLine {
  const sizes = [...new Set(measured.map(({ size }) => size))].sort((a, b) => a - b);
  if (sizes.length < 2) throw new RangeError('Times of at least two sizes are needed');
  const points = sizes.map((size) => ({
    size,
    ms: median(measured.filter((one) => one.size === size).map(({ ms }) => ms)),
  }));
  const slopes = points.flatMap((b, j) => points.slice(0, j).map((a) => (b.ms - a.ms) / (b.size - a.size)));
  const slopeMs = Math.max(0, median(slopes));
  const fixedMs = Math.max(0, median(points.map(({ size, ms }) => ms - slopeMs * size)));
  const error = Math.max(...points.map(({ size, ms }) => Math.abs(ms - fixedMs - slopeMs * size) / ms));
  return { fixedMs, slopeMs, error };
}
