import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeRecalled, type Recalled } from '../../src/pipeline/index.js';

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
        const merged = mergeRecalled(lists, total);
        const items = merged.map(({ item }) => item);
        expect(new Set(items).size).toBe(items.length);
        const all = new Set(lists.flatMap((list) => [...list.items]));
        expect(items.length).toBe(Math.min(total, all.size));
        for (const { channel, quota, items: own } of lists) {
          for (const item of own.slice(0, quota)) expect(items).toContain(item);
          for (const [rank, item] of own.entries()) {
            const found = merged.find((candidate) => candidate.item === item);
            if (found !== undefined)
              expect(found.recalledBy).toContainEqual({ channel, rank, score: Math.fround(1 / (rank + 1)) });
          }
        }
      }),
    );
  });

  it('alternates channels, and lets the one with the larger quota fill first', () => {
    const merged = mergeRecalled([recalled('a', 1, [1, 2, 3, 4]), recalled('b', 2, [9, 1, 8, 7])], 6);
    // quotas: a has 1, b has 9 and 1 (there already); then b, a, b, a
    expect(merged.map(({ item }) => item)).toEqual([1, 9, 8, 2, 7, 3]);
    expect(merged[0].recalledBy.map(({ channel, rank }) => [channel, rank])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
    expect(merged.map(({ score }) => score)).toEqual([-0, -1, -2, -3, -4, -5]);
  });

  it('takes empty channels, and refuses quotas that cannot be kept', () => {
    expect(mergeRecalled([recalled('a', 3, []), recalled('b', 0, [])], 5)).toEqual([]);
    expect(() => mergeRecalled([recalled('a', 3, []), recalled('b', 3, [])], 5)).toThrow(/quotas .* 6.* 5/);
  });
});
