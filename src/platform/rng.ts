/**
 * Counter-based random numbers: every draw is a pure function of its keys, so that dropout masks, negatives and
 * simulated events can be recomputed at any step in any order. Mixing is the 32-bit finaliser of MurmurHash3
 * (Appleby, public domain), applied once per key.
 */
export function hash32(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Folds any number of integer or string keys into one 32-bit key. */
export function hashKeys(...keys: readonly (number | string)[]): number {
  let h = 0x243f6a88;
  for (const key of keys) {
    if (typeof key === 'number') {
      h = hash32(h, key | 0);
      if (!Number.isInteger(key) || Math.abs(key) > 0x7fffffff)
        h = hash32(h, Math.trunc(key / 4294967296) | 0);
    } else {
      for (let i = 0; i < key.length; i += 1) h = hash32(h, key.charCodeAt(i));
      h = hash32(h, key.length);
    }
  }
  return h;
}

/** Uniform number in [0, 1) at position `counter` of the stream `key`. */
export function uniformAt(key: number, counter: number): number {
  const high = hash32(key, counter) >>> 5;
  const low = hash32(key ^ 0x5bd1e995, counter) >>> 6;
  return (high * 67108864 + low) / 9007199254740992;
}

/** A stream of draws from one key. `position` is its whole state, so a stream can be saved and resumed. */
export class Rng {
  private readonly key: number;
  position: number;

  constructor(seed: number | readonly (number | string)[], position = 0) {
    this.key = typeof seed === 'number' ? hashKeys(seed) : hashKeys(...seed);
    this.position = position;
  }

  /** Uniform in [0, 1). */
  next(): number {
    return uniformAt(this.key, this.position++);
  }

  /** Integer in [0, n). */
  integer(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** Standard normal by Box-Muller; uses two draws. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }

  /** One of the values, uniformly. */
  pick<T>(values: readonly T[]): T {
    return values[this.integer(values.length)];
  }

  /** Fisher-Yates in place. */
  shuffle<T extends { length: number; [index: number]: unknown }>(values: T): T {
    for (let i = values.length - 1; i > 0; i -= 1) {
      const j = this.integer(i + 1);
      const held = values[i];
      values[i] = values[j];
      values[j] = held;
    }
    return values;
  }

  /** An independent stream named by further keys. */
  fork(...keys: readonly (number | string)[]): Rng {
    return new Rng([this.key, ...keys]);
  }
}
