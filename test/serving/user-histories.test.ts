import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserHistories } from '../../src/serving/index.js';

describe('UserHistories', () => {
  it('keeps the newest items of each user, oldest first, as plain lists would (property)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(1000)), { maxLength: 120 }),
        (most, events) => {
          const histories = new UserHistories(most);
          const lists = new Map<string, number[]>();
          for (const [user, item] of events) {
            histories.observe(user, item);
            lists.set(user, [...(lists.get(user) ?? []), item].slice(-most));
            expect([...histories.of(user)]).toEqual(lists.get(user));
          }
          expect(histories.users).toBe(lists.size);
          expect([...histories.entries()].map(([user, items]) => [user, [...items]])).toEqual([...lists]);
        },
      ),
    );
  });

  it('hands out copies, knows nobody at first, and keeps at least one item', () => {
    const histories = new UserHistories(3);
    expect(histories.of('stranger')).toEqual(new Int32Array(0));
    histories.observe('a', 7);
    histories.of('a')[0] = 99;
    expect([...histories.of('a')]).toEqual([7]);
    expect(() => new UserHistories(0)).toThrow(RangeError);
  });

  it('knows what it takes: more with every user, with a longer history until it is full, and no more then', () => {
    const histories = new UserHistories(20);
    expect(histories.bytes).toBe(0);
    histories.observe('a', 1);
    const one = histories.bytes;
    histories.observe('b', 1);
    expect(histories.bytes).toBe(2 * one);
    for (let item = 0; item < 7; item += 1) histories.observe('a', item);
    expect(histories.bytes).toBe(2 * one);
    for (let item = 0; item < 30; item += 1) histories.observe('a', item);
    // From 8 slots to 20, four bytes each.
    expect(histories.bytes).toBe(2 * one + 4 * 12);
    for (let item = 0; item < 100; item += 1) histories.observe('a', item);
    expect(histories.bytes).toBe(2 * one + 4 * 12);
  });
});
