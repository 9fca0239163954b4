import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GrowingColumns } from '../../../src/world/live/growing-columns.js';
import { idOf, indexOf, partsOfRequestId, requestIdOf } from '../../../src/world/live/ids.js';
import { Names } from '../../../src/world/live/names.js';
import { TickQueue } from '../../../src/world/live/tick-queue.js';

describe('the queue of ticks', () => {
  it('gives every user once, in the tick that was asked for, by second and then by number', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 300 }), (seconds) => {
        const queue = new TickQueue(10, seconds.length);
        const second = Float64Array.from(seconds);
        seconds.forEach((at, user) => queue.put(Math.floor(at / 10), user));
        const taken: number[] = [];
        for (let tick = 0; tick < 10; tick += 1) taken.push(...queue.take(tick, second));
        const expected = [...seconds.keys()].sort((a, b) => seconds[a] - seconds[b] || a - b);
        expect(taken).toEqual(expected);
        expect(queue.take(3, second)).toHaveLength(0);
      }),
    );
  });

  it('takes a user again after it was given', () => {
    const queue = new TickQueue(2, 3);
    const second = Float64Array.of(5, 4, 6);
    [0, 1, 2].forEach((user) => queue.put(0, user));
    expect(Array.from(queue.take(0, second))).toEqual([1, 0, 2]);
    queue.put(0, 1);
    queue.put(1, 2);
    expect(Array.from(queue.take(0, second))).toEqual([1]);
    expect(Array.from(queue.take(1, second))).toEqual([2]);
  });
});

describe('columns that grow', () => {
  it('keep what was written, however often they grow', () => {
    const grown = new GrowingColumns((rows) => ({ a: new Int32Array(rows), b: new Float32Array(rows) }), 2);
    for (let n = 0; n < 100; n += 1) {
      const first = grown.add(n % 4);
      for (let at = first; at < grown.rows; at += 1) {
        grown.columns.a[at] = at;
        grown.columns.b[at] = at / 2;
      }
    }
    expect(grown.rows).toBe(150);
    for (let at = 0; at < 150; at += 1)
      expect([grown.columns.a[at], grown.columns.b[at]]).toEqual([at, at / 2]);
  });
});

describe('ids', () => {
  it('go out and come back', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(1_000_000), (index, ordinal) => {
        expect(indexOf(idOf(index), 1_000_001)).toBe(index);
        expect(partsOfRequestId(requestIdOf(index, ordinal))).toEqual({ user: index, ordinal });
      }),
    );
  });

  it.each(['', '0', '-1', '1.5', '01', ' 1', '1e3', 'x', '11'])('"%s" is none of ten', (id) => {
    expect(indexOf(id, 10)).toBe(-1);
  });

  it.each(['', '1', 'a-1', '0-1', '1-', '1-2-3', '1--2'])('"%s" names no request of a world', (id) => {
    expect(partsOfRequestId(id)).toBeUndefined();
  });

  it('names get codes in the order in which they come', () => {
    const names = new Names();
    expect(['b', 'a', 'b', 'c'].map((name) => names.code(name))).toEqual([0, 1, 0, 2]);
    expect(names.list).toEqual(['b', 'a', 'c']);
  });
});
