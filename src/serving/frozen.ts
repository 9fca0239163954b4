import type { Slices } from './slices.js';

/** Something as it was at one moment, that is read in slices while it changes. */
export interface Frozen<T> {
  /** Once. */
  content(slices: Slices): Promise<T>;
  /** Ends it, read or not. */
  release(): void;
}

/** The first `count` of these, with a rest wherever one is due. */
export async function gathered<T>(source: Iterator<T>, count: number, slices: Slices): Promise<T[]> {
  const out: T[] = [];
  while (out.length < count) {
    const { value, done } = source.next();
    if (done === true) break;
    out.push(value);
    if (slices.isDue) await slices.rest();
  }
  return out;
}
