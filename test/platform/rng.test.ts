import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash32, hashKeys, Rng, uniformAt } from '../../src/platform/index.js';
import { chiSquare, correlation, histogram, oneInThousand } from './chi-square.js';

/** The same mixing in unbounded integers, where no sign or overflow can hide: what `hash32` is documented to be. */
function referenceHash(a: bigint, b: bigint): bigint {
  const word = (x: bigint): bigint => BigInt.asUintN(32, x);
  let h = word(word((a ^ 0x9e3779b9n) * 0x85ebca6bn) ^ word((b + 0x7f4a7c15n) * 0xc2b2ae35n));
  h = word((h ^ (h >> 16n)) * 0x85ebca6bn);
  h = word((h ^ (h >> 13n)) * 0xc2b2ae35n);
  return h ^ (h >> 16n);
}

const word = fc.integer({ min: 0, max: 0xffffffff });

describe('hash32', () => {
  it('is the finaliser of MurmurHash3 over both words, computed here in unbounded integers', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(BigInt(hash32(a, b))).toBe(referenceHash(BigInt(a), BigInt(b)));
      }),
      { numRuns: 500 },
    );
  });

  it('flips half of its bits when one bit of either word flips', () => {
    const popcount = (x: number): number => {
      let n = 0;
      for (let rest = x >>> 0; rest !== 0; rest &= rest - 1) n += 1;
      return n;
    };
    for (const first of [true, false]) {
      for (let bit = 0; bit < 32; bit += 1) {
        let flipped = 0;
        for (let i = 0; i < 400; i += 1) {
          const [a, b] = [i * 2654435761, i * 40503 + 7];
          const changed = first ? hash32(a ^ (1 << bit), b) : hash32(a, b ^ (1 << bit));
          flipped += popcount(hash32(a, b) ^ changed);
        }
        // 400 x 32 fair coins: sd of the share is 0.0044
        expect(Math.abs(flipped / (400 * 32) - 0.5), `bit ${bit}`).toBeLessThan(0.04);
      }
    }
  });

  it('never gives one key two equal values within a stream (it permutes the counters)', () => {
    for (const key of [0, 1, 0xdeadbeef]) {
      const seen = new Set<number>();
      for (let i = 0; i < 50_000; i += 1) seen.add(hash32(key, i));
      expect(seen.size).toBe(50_000);
    }
  });
});

describe('hashKeys', () => {
  const key = fc.oneof(fc.integer(), fc.string({ maxLength: 12 }));

  it('is a function of the keys and of nothing else', () => {
    fc.assert(
      fc.property(fc.array(key), fc.array(key), (keys, others) => {
        const before = hashKeys(...keys);
        hashKeys(...others);
        expect(hashKeys(...keys)).toBe(before);
        expect(before >= 0 && before <= 0xffffffff && Number.isInteger(before)).toBe(true);
      }),
    );
  });

  it.each([
    [
      ['ab', 'c'],
      ['a', 'bc'],
    ],
    [['user', 12], ['user12']],
    [
      [1, 2],
      [2, 1],
    ],
    [[7], [7 + 2 ** 32]],
    [[-1], [0xffffffff]],
    [['1'], [1]],
    [[''], []],
    [['é'], ['e\u0301']],
    [[0], []],
  ] as const)('tells %j from %j', (one, other) => {
    expect(hashKeys(...one)).not.toBe(hashKeys(...other));
  });

  it('collides no more than chance: 30,000 structured key triples', () => {
    const seen = new Set<number>();
    for (let user = 0; user < 100; user += 1)
      for (let item = 0; item < 100; item += 1)
        for (const name of ['click', 'like', 'skip']) seen.add(hashKeys(user, item, name));
    // expected pairs: 30000^2 / 2 / 2^32 = 0.1
    expect(seen.size).toBeGreaterThanOrEqual(29_998);
  });
});

describe('uniformAt', () => {
  it('keeps the numbers it always had: streams are persisted by their position, so they may never change', () => {
    const values = [0, 1, 2].map((at) => uniformAt(hashKeys('automodel', 7), at));
    const high = (at: bigint): bigint => referenceHash(BigInt(hashKeys('automodel', 7)), at) >> 5n;
    const low = (at: bigint): bigint =>
      referenceHash(BigInt.asUintN(32, BigInt(hashKeys('automodel', 7)) ^ 0x5bd1e995n), at) >> 6n;
    expect(values).toEqual([0n, 1n, 2n].map((at) => Number((high(at) << 26n) + low(at)) / 2 ** 53));
    expect(hashKeys('automodel', 7)).toBe(586_847_147);
    expect(values[0]).toBe(0.16204254522889305);
  });

  it('fills [0, 1) evenly for neighbouring keys, and the test sees a slight bend', () => {
    for (const key of [0, 1, 2, 0xffffffff]) {
      const counts = histogram(256, 65_536, (i) => Math.floor(uniformAt(key, i) * 256));
      expect(chiSquare(counts)).toBeLessThan(oneInThousand(255));
    }
    const bent = histogram(256, 65_536, (i) => Math.floor(uniformAt(1, i) ** 1.05 * 256));
    expect(chiSquare(bent)).toBeGreaterThan(oneInThousand(255));
  });

  it('is as even in its last bits as in its first', () => {
    const counts = histogram(256, 65_536, (i) => Math.floor(uniformAt(9, i) * 2 ** 53) % 256);
    expect(chiSquare(counts)).toBeLessThan(oneInThousand(255));
  });

  it('draws pairs evenly: of neighbours in a stream, and of one position in neighbouring streams', () => {
    const cell = (a: number, b: number): number => Math.floor(a * 16) * 16 + Math.floor(b * 16);
    const serial = histogram(256, 40_000, (i) => cell(uniformAt(3, i), uniformAt(3, i + 1)));
    const across = histogram(256, 40_000, (i) => cell(uniformAt(i, 5), uniformAt(i + 1, 5)));
    const same = histogram(256, 40_000, (i) => cell(uniformAt(3, i), uniformAt(3, i)));
    expect(chiSquare(serial)).toBeLessThan(oneInThousand(255));
    expect(chiSquare(across)).toBeLessThan(oneInThousand(255));
    expect(chiSquare(same)).toBeGreaterThan(10 * oneInThousand(255));
  });

  it('never reaches 1 and takes any counter', () => {
    fc.assert(
      fc.property(word, fc.integer({ min: 0, max: 2 ** 31 }), (key, counter) => {
        const value = uniformAt(key, counter);
        expect(value >= 0 && value < 1).toBe(true);
      }),
    );
  });
});

describe('Rng', () => {
  it('is its seed and position: a stream resumed from its position goes on with the same numbers', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat({ max: 50 }), (seed, used) => {
        const whole = new Rng(seed);
        for (let i = 0; i < used; i += 1) whole.next();
        const resumed = new Rng(seed, whole.position);
        expect(Array.from({ length: 5 }, () => resumed.next())).toEqual(
          Array.from({ length: 5 }, () => whole.next()),
        );
      }),
    );
  });

  it('forks by name, and the draws of one fork never move those of another', () => {
    const parent = new Rng(['world', 1]);
    const before = parent.fork('items').next();
    parent.next();
    const users = parent.fork('users');
    for (let i = 0; i < 10; i += 1) users.next();
    expect(parent.fork('items').next()).toBe(before);
    expect(parent.fork('users').next()).not.toBe(before);
  });

  it('gives forks of neighbouring names streams without correlation, lag 0 and 1', () => {
    const series = (name: number, from: number): number[] => {
      const rng = new Rng(5).fork('user', name);
      for (let i = 0; i < from; i += 1) rng.next();
      return Array.from({ length: 4000 }, () => rng.next());
    };
    // sd of a correlation of independent series of 4000: 0.0158
    for (const [a, b] of [
      [series(1, 0), series(2, 0)],
      [series(1, 1), series(2, 0)],
      [series(1, 0), series(1, 1)],
    ])
      expect(Math.abs(correlation(a, b))).toBeLessThan(0.06);
    expect(correlation(series(1, 0), series(1, 0))).toBeCloseTo(1, 12);
  });

  it('draws integers without modulo bias, also where 2^32 is no multiple of n', () => {
    const rng = new Rng(11);
    const counts = histogram(6, 60_000, () => rng.integer(6));
    expect(chiSquare(counts)).toBeLessThan(oneInThousand(5));
    // with 32 bits and a remainder, values below 2^30 would come up twice as often as the others: 3 * 2^30 cells
    const wide = new Rng(12);
    const n = 3 * 2 ** 30;
    const thirds = histogram(3, 30_000, () => Math.floor(wide.integer(n) / 2 ** 30));
    const naive = new Rng(13);
    const biased = histogram(3, 30_000, () => Math.floor(((naive.next() * 2 ** 32) % n) / 2 ** 30));
    expect(chiSquare(thirds)).toBeLessThan(13.816);
    expect(chiSquare(biased)).toBeGreaterThan(1000);
  });

  it('picks every value and gives a stream of one value only that one', () => {
    const rng = new Rng(2);
    const seen = new Set(Array.from({ length: 200 }, () => rng.pick(['a', 'b', 'c'])));
    expect([...seen].sort()).toEqual(['a', 'b', 'c']);
    expect(rng.pick(['only'])).toBe('only');
  });

  it('shuffles into a permutation, in place', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (values, seed) => {
        const shuffled = [...values];
        expect(new Rng(seed).shuffle(shuffled)).toBe(shuffled);
        expect([...shuffled].sort((a, b) => a - b)).toEqual([...values].sort((a, b) => a - b));
      }),
    );
    expect(new Rng(1).shuffle(Int32Array.of(1, 2, 3)).toSorted()).toEqual(Int32Array.of(1, 2, 3));
  });

  it('makes all 24 orders of four things equally likely, which the naive swap does not', () => {
    const places = new Map<string, number>();
    const place = (order: readonly number[]): number => {
      const text = order.join('');
      if (!places.has(text)) places.set(text, places.size);
      return places.get(text) ?? 0;
    };
    const fair = histogram(24, 24_000, (i) => place(new Rng(['fair', i]).shuffle([0, 1, 2, 3])));
    const naive = histogram(24, 24_000, (i) => {
      const rng = new Rng(['naive', i]);
      const order = [0, 1, 2, 3];
      for (let at = 0; at < 4; at += 1) {
        const other = rng.integer(4);
        [order[at], order[other]] = [order[other], order[at]];
      }
      return place(order);
    });
    expect(chiSquare(fair)).toBeLessThan(oneInThousand(23));
    expect(chiSquare(naive)).toBeGreaterThan(2 * oneInThousand(23));
  });

  it('draws normal numbers: moments and tails of the standard normal, no infinity', () => {
    const rng = new Rng(21);
    const draws = Array.from({ length: 40_000 }, () => rng.normal());
    const moment = (k: number): number => draws.reduce((sum, x) => sum + x ** k, 0) / draws.length;
    const share = (limit: number): number => draws.filter((x) => x < limit).length / draws.length;
    expect(draws.every(Number.isFinite)).toBe(true);
    // four standard errors of each moment at n = 40,000
    expect(Math.abs(moment(1))).toBeLessThan(0.02);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.0283);
    expect(Math.abs(moment(3))).toBeLessThan(0.0775);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.196);
    for (const [limit, expected] of [
      [-1.96, 0.025],
      [-1, 0.158655],
      [0, 0.5],
      [1.2816, 0.9],
    ])
      expect(Math.abs(share(limit) - expected)).toBeLessThan(0.01);
    expect(rng.position).toBe(80_000);
  });
});
