import { bucketCount } from '../../schema/index.js';

const text = new TextEncoder();

/**
 * MurmurHash3, 32-bit x86 variant (Appleby, public domain), of bytes; a whole number from 0 below 2^32. Chosen since every language
 * has it, with published test vectors.
 */
export function murmur3(bytes: Uint8Array, seed: number): number {
  let h = seed | 0;
  const whole = bytes.length - (bytes.length % 4);
  for (let i = 0; i < whole; i += 4) {
    h ^= scrambled(bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= whole; i -= 1) tail = (tail << 8) | bytes[i];
  if (bytes.length > whole) h ^= scrambled(tail);
  h ^= bytes.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function scrambled(block: number): number {
  const k = Math.imul(block, 0xcc9e2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
}

/**
 * Bucket of a text, 0 to 9,999: floor(MurmurHash3(UTF-8, seed 1) / 2^32 × 10,000), the rule of Optimizely's open SDKs, whose test
 * vectors are golden numbers here.
 */
export function bucketOf(key: string): number {
  return Math.floor((murmur3(text.encode(key), 1) / 4_294_967_296) * bucketCount);
}

/** Bucket of a unit under a seed: of the text `seed:unit`. Seeds that differ give independent buckets. */
export function unitBucket(seed: string, unit: string): number {
  return bucketOf(`${seed}:${unit}`);
}
