import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf, murmur3, unitBucket } from '../../../src/experiments/index.js';
import { bucketCount } from '../../../src/schema/index.js';
import { chiSquareTail, kolmogorovSmirnov } from '../../../src/stats/index.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('MurmurHash3', () => {
  it.each([
    // The vectors that implementations of other languages test against.
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['\0\0\0\0', 0, 0x2362f9de],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['aaa', 0x9747b28c, 0x283e0130],
    ['aa', 0x9747b28c, 0x5d211726],
    ['a', 0x9747b28c, 0x7fa09ea6],
    ['abcd', 0x9747b28c, 0xf0478627],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['ππππππππ', 0x9747b28c, 0xd58063c1],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
  ])('of %j with seed %d', (text, seed, hash) => {
    expect(murmur3(bytes(text), seed)).toBe(hash);
  });
});

describe('buckets', () => {
  it.each([
    // Optimizely's SDKs: user id and experiment id in one text.
    ['ppid11886780721', 5254],
    ['ppid21886780721', 4299],
    ['ppid21886780722', 2434],
    ['ppid31886780721', 5439],
  ])('of %s as in the SDKs of Optimizely', (key, bucket) => {
    expect(bucketOf(key)).toBe(bucket);
  });

  it('stay: these were written down when the first experiment could run', () => {
    expect(['u1', 'u2', 'ünïcode', '用户', ''].map((unit) => unitBucket('seed', unit))).toEqual([
      1255, 8798, 2717, 2953, 2086,
    ]);
  });

  it('lie in the range for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (seed, unit) => {
        const bucket = unitBucket(seed, unit);
        expect(Number.isInteger(bucket) && bucket >= 0 && bucket < bucketCount).toBe(true);
        expect(unitBucket(seed, unit)).toBe(bucket);
      }),
    );
  });
});

type Hash = (seed: string, unit: string) => number;
/** What a hurried engineer writes: sums of character codes. */
const hurried: Hash = (seed, unit) =>
  [...seed, ...unit].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % bucketCount;

const seeds = 100;
const units = 3000;

/** p of "units fall evenly into twenty equal parts of the buckets", by seed. */
function evenness(hash: Hash): number[] {
  return Array.from({ length: seeds }, (_, seed) => {
    const counts = new Float64Array(20);
    for (let unit = 0; unit < units; unit += 1)
      counts[Math.floor(hash(`experiment-${seed}`, `user-${unit}`) / (bucketCount / 20))] += 1;
    return chiSquareTail(distance(counts, units / 20), 19);
  });
}

/** p of "the parts of one seed say nothing of the parts of the next", by pair of seeds. */
function independence(hash: Hash): number[] {
  return Array.from({ length: seeds }, (_, seed) => {
    const counts = new Float64Array(25);
    for (let unit = 0; unit < units; unit += 1) {
      const [a, b] = [seed, seed + 1].map((one) =>
        Math.floor(hash(`experiment-${one}`, `user-${unit}`) / (bucketCount / 5)),
      );
      counts[5 * a + b] += 1;
    }
    // Margins are planned, not estimated: 24 degrees of freedom.
    return chiSquareTail(distance(counts, units / 25), 24);
  });
}

function distance(counts: Float64Array, expected: number): number {
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('over many seeds', () => {
  it('units fall evenly, and one seed says nothing of the next', () => {
    for (const values of [evenness(unitBucket), independence(unitBucket)]) {
      expect(kolmogorovSmirnov(values).p).toBeGreaterThan(0.001);
      expect(Math.min(...values)).toBeGreaterThan(0.001 / seeds);
    }
  });

  it('a bad hash is seen to be one', () => {
    expect(Math.min(...evenness(hurried), ...independence(hurried))).toBeLessThan(1e-9);
    expect(kolmogorovSmirnov(independence(hurried)).p).toBeLessThan(1e-9);
  });
});
