import { Rng } from '../../platform/index.js';
import type { Candidate } from '../candidate.js';

export interface ExplorationOptions {
  /** chance that a place is drawn and not given to the best that is left, in [0, 1] */
  readonly share: number;
  readonly seed: number;
  /** names the request: the same request draws the same items */
  readonly requestId: string;
  /** places to fill */
  readonly count: number;
}

/**
 * Epsilon-greedy at every place: with probability `share` a uniform draw among all m candidates that are left, otherwise the first
 * of them. The chance of what stands at a place, given the places before, is share / m, and 1 - share more for the first; it goes
 * with the candidate, so that the log can be used for counterfactual estimates. Draws depend on (seed, request, place) alone.
 */
export function explored(
  candidates: readonly Candidate[],
  { share, seed, requestId, count }: ExplorationOptions,
): Candidate[] {
  const left = [...candidates];
  const wanted = Math.min(count, left.length);
  const chosen: Candidate[] = [];
  for (let place = 0; place < wanted; place += 1) {
    const rng = new Rng([seed, 'explore', requestId, place]);
    const isDrawn = rng.next() < share;
    const at = isDrawn ? rng.integer(left.length) : 0;
    const propensity = share / left.length + (at === 0 ? 1 - share : 0);
    const [candidate] = left.splice(at, 1);
    chosen.push({ ...candidate, propensity, parts: { ...candidate.parts, explored: isDrawn ? 1 : 0 } });
  }
  return chosen;
}
