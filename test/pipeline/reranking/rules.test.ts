import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capped, freshness, type Candidate } from '../../../src/pipeline/index.js';

const candidate = (item: number, score: number): Candidate => ({
  item,
  score,
  recalledBy: [],
  parts: { model: score },
});
const many = (n: number): Candidate[] => Array.from({ length: n }, (_, i) => candidate(i, n - i));
const itemsOf = (candidates: readonly Candidate[]): number[] => candidates.map(({ item }) => item);

describe('capped', () => {
  it('keeps the order and the cap, and fills the page all the same (property)', () => {
    fc.assert(
      fc.property(
        fc.nat(40),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(20),
        fc.integer({ min: 1, max: 6 }),
        (n, most, count, kinds) => {
          const valueOf = (item: number): number | undefined => (item % 7 === 0 ? undefined : item % kinds);
          const page = capped(many(n), { most, valueOf, count });
          expect(page).toHaveLength(Math.min(n, count));
          expect(new Set(itemsOf(page)).size).toBe(page.length);
          const counts = new Map<number, number>();
          // Only the tail that had to be filled may break the cap, and it begins after all that could keep it.
          const firstOver = page.findIndex(({ item }) => {
            const value = valueOf(item);
            if (value === undefined) return false;
            counts.set(value, (counts.get(value) ?? 0) + 1);
            return (counts.get(value) ?? 0) > most;
          });
          const kept = firstOver < 0 ? page : page.slice(0, firstOver);
          expect(itemsOf(kept)).toEqual([...itemsOf(kept)].sort((a, b) => a - b));
          if (firstOver >= 0) {
            const left = many(n).filter(({ item }) => !itemsOf(kept).includes(item));
            for (const { item } of left) {
              const value = valueOf(item);
              expect(
                value !== undefined &&
                  itemsOf(kept).filter((other) => valueOf(other) === value).length >= most,
              ).toBe(true);
            }
          }
        },
      ),
    );
  });

  it('does nothing where the cap is never met', () => {
    expect(itemsOf(capped(many(5), { most: 9, valueOf: () => 'x', count: 5 }))).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('freshness', () => {
  const ages = [0, 24, 48, undefined, -5];
  const aged = freshness(
    ages.map((_, item) => candidate(item, 1)),
    { weight: 2, halfLifeHours: 24, ageHours: (item) => ages[item] },
  );
  const gainOf = (item: number): number | undefined =>
    aged.find((own) => own.item === item)?.parts['freshness'];

  it('halves what a new item gains with every half-life, and gives nothing to an unknown age', () => {
    expect([0, 1, 2, 3].map(gainOf)).toEqual([2, 1, 0.5, 0]);
    expect(gainOf(4)).toBe(2); // clocks differ: what comes from the future is new
    expect(itemsOf(aged)).toEqual([0, 4, 1, 2, 3]);
    expect(aged[0].score).toBe(3);
    expect(aged[0].parts['model']).toBe(1);
  });
});
