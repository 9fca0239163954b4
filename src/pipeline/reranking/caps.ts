import type { Candidate } from '../candidate.js';

export interface CapOptions {
  /** items with one value at most */
  readonly most: number;
  /** the value that is counted (category, creator); undefined: not counted */
  readonly valueOf: (item: number) => string | number | undefined;
  readonly count: number;
}

/**
 * At most so many of one kind among the first `count`, in the order of the candidates. What was left out follows when there
 * are not enough others: a rule on variety does not make a page shorter.
 */
export function capped(candidates: readonly Candidate[], { most, valueOf, count }: CapOptions): Candidate[] {
  const kept: Candidate[] = [];
  const left: Candidate[] = [];
  const counts = new Map<string | number, number>();
  for (const candidate of candidates) {
    if (kept.length >= count) break;
    const value = valueOf(candidate.item);
    const soFar = value === undefined ? 0 : (counts.get(value) ?? 0);
    if (soFar >= most) {
      left.push(candidate);
      continue;
    }
    if (value !== undefined) counts.set(value, soFar + 1);
    kept.push(candidate);
  }
  return [...kept, ...left.slice(0, Math.max(0, count - kept.length))];
}
