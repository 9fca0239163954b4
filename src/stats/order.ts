import type { Numbers } from './numbers.js';

const RADIX_BITS = 11;
const RADIX = 1 << RADIX_BITS;
const MASK = RADIX - 1;

/**
 * Order-preserving map of float32 bit patterns to unsigned integers: flip all bits of negatives, the sign bit of the
 * rest. Adding +0 beforehand turns -0 into +0, so the two zeros stay equal.
 * @returns uint32 [n]; equal keys are equal scores
 */
export function sortableKeys(scores: Float32Array): Uint32Array {
  const n = scores.length;
  const floats = new Float32Array(n);
  for (let i = 0; i < n; i += 1) floats[i] = scores[i] + 0;
  const keys = new Uint32Array(floats.buffer);
  for (let i = 0; i < n; i += 1) keys[i] ^= keys[i] >>> 31 === 1 ? 0xffffffff : 0x80000000;
  return keys;
}

/** The same for float64: high and low word, to be sorted low word first. */
function sortableWords(scores: Numbers): readonly [low: Uint32Array, high: Uint32Array] {
  const n = scores.length;
  const low = new Uint32Array(n);
  const high = new Uint32Array(n);
  const double = new Float64Array(1);
  const halves = new Uint32Array(double.buffer);
  for (let i = 0; i < n; i += 1) {
    double[0] = scores[i] + 0;
    const flip = halves[1] >>> 31 === 1;
    low[i] = flip ? ~halves[0] : halves[0];
    high[i] = halves[1] ^ (flip ? 0xffffffff : 0x80000000);
  }
  return [low, high];
}

/** Where each digit's run starts; undefined when all keys share one digit and the pass can be left out. */
function digitStarts(keys: Uint32Array, shift: number): Uint32Array | undefined {
  const n = keys.length;
  const starts = new Uint32Array(RADIX);
  for (let i = 0; i < n; i += 1) starts[(keys[i] >>> shift) & MASK] += 1;
  if (n === 0 || starts[(keys[0] >>> shift) & MASK] === n) return undefined;
  let start = 0;
  for (let digit = 0; digit < RADIX; digit += 1) {
    const count = starts[digit];
    starts[digit] = start;
    start += count;
  }
  return starts;
}

/** Keys in ascending order: least-significant-digit radix sort, three passes of 11 bits. May reuse the input's memory. */
export function sortKeys(keys: Uint32Array): Uint32Array {
  let from: Uint32Array = keys;
  let to: Uint32Array = new Uint32Array(keys.length);
  for (let shift = 0; shift < 32; shift += RADIX_BITS) {
    const starts = digitStarts(from, shift);
    if (starts === undefined) continue;
    for (let i = 0; i < from.length; i += 1) to[starts[(from[i] >>> shift) & MASK]++] = from[i];
    [from, to] = [to, from];
  }
  return from;
}

/** Stable reordering of `rows` by their keys; keys travel with the rows so that every pass reads memory in order. */
function sortRows(keysOfRow: Uint32Array, rows: Uint32Array): Uint32Array {
  const n = rows.length;
  let keys = new Uint32Array(n);
  for (let i = 0; i < n; i += 1) keys[i] = keysOfRow[rows[i]];
  let otherKeys = new Uint32Array(n);
  let from: Uint32Array = rows;
  let to: Uint32Array = new Uint32Array(n);
  for (let shift = 0; shift < 32; shift += RADIX_BITS) {
    const starts = digitStarts(keys, shift);
    if (starts === undefined) continue;
    for (let i = 0; i < n; i += 1) {
      const key = keys[i];
      const at = starts[(key >>> shift) & MASK]++;
      otherKeys[at] = key;
      to[at] = from[i];
    }
    [from, to] = [to, from];
    [keys, otherKeys] = [otherKeys, keys];
  }
  return from;
}

/**
 * Row indices in ascending order of score, ties in row order. O(n) time; 16 n bytes of scratch memory. Scores must be
 * finite.
 */
export function ascendingOrder(scores: Numbers): Uint32Array {
  const rows = new Uint32Array(scores.length);
  for (let i = 0; i < rows.length; i += 1) rows[i] = i;
  if (scores instanceof Float32Array) return sortRows(sortableKeys(scores), rows);
  const [low, high] = sortableWords(scores);
  return sortRows(high, sortRows(low, rows));
}
