import { byScore, type Candidate } from '../candidate.js';

export interface FreshnessOptions {
  /** what an item that is new this moment gains, in units of the score */
  readonly weight: number;
  readonly halfLifeHours: number;
  /** age of an item in hours; undefined where it is not known: no gain */
  readonly ageHours: (item: number) => number | undefined;
}

/** Adds weight x 2^(-age / half-life) to every score. */
export function freshness(
  candidates: readonly Candidate[],
  { weight, halfLifeHours, ageHours }: FreshnessOptions,
): Candidate[] {
  return candidates
    .map((candidate) => {
      const age = ageHours(candidate.item);
      const gain = age === undefined ? 0 : weight * 2 ** (-Math.max(0, age) / halfLifeHours);
      return { ...candidate, score: candidate.score + gain, parts: { ...candidate.parts, freshness: gain } };
    })
    .sort(byScore);
}
