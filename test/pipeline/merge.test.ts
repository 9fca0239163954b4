import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeRecalled, recallsOf, type Recalled } from '../../src/pipeline/index.js';

const recalled = (channel: string, quota: number, items: readonly number[]): Recalled => ({
  channel,
  quota,
  items: Int32Array.from(items),
  scores: Float32Array.from(items, (_, rank) => 1 / (rank + 1)),
});

const channels = fc.array(
  fc.record({ quota: fc.nat(6), items: fc.uniqueArray(fc.nat(30), { maxLength: 20 }) }),
  { minLength: 1, maxLength: 4 },
);

describe('mergeRecalled', () => {
  it('keeps every channel to its quota, repeats nothing, and wastes no place (property)', () => {
    fc.assert(
      fc.property(channels, fc.nat(20), (chosen, spare) => {
        const lists = chosen.map(({ quota, items }, c) => recalled(`c${c}`, quota, items));
        const total = lists.reduce((sum, { quota }) => sum + quota, 0) + spare;
        const items = [...mergeRecalled(lists, total)];
        expect(new Set(items).size).toBe(items.length);
        const all = new Set(lists.flatMap((list) => [...list.items]));
        expect(items.length).toBe(Math.min(total, all.size));
        for (const { channel, quota, items: own } of lists) {
          for (const item of own.slice(0, quota)) expect(items).toContain(item);
          for (const [rank, item] of own.entries())
            expect(recallsOf(lists, item)).toContainEqual({
              channel,
              rank,
              score: Math.fround(1 / (rank + 1)),
            });
        }
        expect(recallsOf(lists, 99)).toEqual([]);
      }),
    );
  });

  it('alternates channels, and lets the one with the larger quota fill first', () => {
    const lists = [recalled('a', 1, [1, 2, 3, 4]), recalled('b', 2, [9, 1, 8, 7])];
    // quotas: a has 1, b has 9 and 1 (there already); then b, a, b, a
    expect([...mergeRecalled(lists, 6)]).toEqual([1, 9, 8, 2, 7, 3]);
    expect(recallsOf(lists, 1).map(({ channel, rank }) => [channel, rank])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
  });

  it('takes empty channels, and refuses quotas that cannot be kept', () => {
    expect(mergeRecalled([recalled('a', 3, []), recalled('b', 0, [])], 5).length).toBe(0);
    expect(() => mergeRecalled([recalled('a', 3, []), recalled('b', 3, [])], 5)).toThrow(/quotas .* 6.* 5/);
  });
});
