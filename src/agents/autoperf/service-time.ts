import { medianLine } from './median-line.js';

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
 * ms = request + candidates x slope, see `medianLine`.
 * @throws RangeError with fewer than two counts
 */
export function serviceTimeModel(
  measured: readonly TimedRequest[],
  flopsPerCandidate?: number,
): ServiceTimeModel {
  const { fixedMs, slopeMs, error } = medianLine(
    measured.map(({ candidates, ms }) => ({ size: candidates, ms })),
  );
  return {
    requestMs: fixedMs,
    candidateMs: slopeMs,
    error,
    flopsPerSecond:
      flopsPerCandidate === undefined || slopeMs === 0 ? null : (1000 * flopsPerCandidate) / slopeMs,
  };
}

/** Milliseconds that the model expects of a request with so many candidates. */
export const expectedMs = ({ requestMs, candidateMs }: ServiceTimeModel, candidates: number): number =>
  requestMs + candidateMs * candidates;
