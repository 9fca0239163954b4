import { median } from '../../stats/index.js';

/** Milliseconds of one request with so many candidates. */
export interface TimedRequest {
  readonly candidates: number;
  readonly ms: number;
}

export interface ServiceTimeModel {
  /** what a request costs before its first candidate, milliseconds */
  readonly requestMs: number;
  readonly candidateMs: number;
  /** largest |measured - predicted| / measured over the points that the model was made of */
  readonly error: number;
  /** floating-point operations per second that the slope amounts to; null where the work of a candidate is not known */
  readonly flopsPerSecond: number | null;
}

/**
 * ms = request + candidates x slope through the medians of the counts that were tried (Theil-Sen: the median of the slopes between all
 * pairs, so that one disturbed measurement bends nothing; Sen, JASA 1968). Neither part is below zero.
 * @throws RangeError with fewer than two counts
 */
export function serviceTimeModel(
  measured: readonly TimedRequest[],
  flopsPerCandidate?: number,
): ServiceTimeModel {
  const counts = [...new Set(measured.map(({ candidates }) => candidates))].sort((a, b) => a - b);
  if (counts.length < 2)
    throw new RangeError('Service times of at least two numbers of candidates are needed');
  const points = counts.map((candidates) => ({
    candidates,
    ms: median(measured.filter((one) => one.candidates === candidates).map(({ ms }) => ms)),
  }));
  const slopes = points.flatMap((b, j) =>
    points.slice(0, j).map((a) => (b.ms - a.ms) / (b.candidates - a.candidates)),
  );
  const candidateMs = Math.max(0, median(slopes));
  const requestMs = Math.max(0, median(points.map(({ candidates, ms }) => ms - candidateMs * candidates)));
  const error = Math.max(
    ...points.map(({ candidates, ms }) => Math.abs(ms - requestMs - candidateMs * candidates) / ms),
  );
  return {
    requestMs,
    candidateMs,
    error,
    flopsPerSecond:
      flopsPerCandidate === undefined || candidateMs === 0 ? null : (1000 * flopsPerCandidate) / candidateMs,
  };
}

/** Milliseconds that the model expects of a request with so many candidates. */
export const expectedMs = ({ requestMs, candidateMs }: ServiceTimeModel, candidates: number): number =>
  requestMs + candidateMs * candidates;
