import { hash32, hashKeys } from '../platform/index.js';

/**
 * Fills a dropout mask with 0 (probability `rate`) or 1/(1-rate), as a pure function of (seed, step, key). One 32-bit
 * hash serves two elements, so the rate is honoured to 1/65536.
 */
export function fillDropoutMask(
  out: Float32Array,
  rate: number,
  seed: number,
  step: number,
  key: number,
): void {
  const stream = hashKeys(seed, 'dropout', step, key);
  const threshold = Math.round(rate * 65536);
  const kept = 1 / (1 - rate);
  const even = out.length & ~1;
  for (let i = 0; i < even; i += 2) {
    const bits = hash32(stream, i);
    out[i] = (bits & 0xffff) >= threshold ? kept : 0;
    out[i + 1] = bits >>> 16 >= threshold ? kept : 0;
  }
  if (even < out.length) out[even] = (hash32(stream, even) & 0xffff) >= threshold ? kept : 0;
}
