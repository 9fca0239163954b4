import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exactUpTo,
  hrAtK,
  meanTieRank,
  mrrAtK,
  ndcgAtK,
  rankInList,
  recallAtK,
  topKWithTies,
} from '../../src/stats/index.js';

const row = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 3, maxLength: 60 });
const history = fc.array(fc.nat({ max: 59 }), { maxLength: 20 });

/** Mean rank over all orders of tied items, by its definition. */
function bruteRank(
  scores: readonly number[],
  target: number,
  excluded: readonly number[],
  first: number,
): number {
  const candidates = scores
    .map((_, i) => i)
    .filter((i) => i === target || (i >= first && !excluded.includes(i)));
  const better = candidates.filter((i) => scores[i] > scores[target]).length;
  const tied = candidates.filter((i) => scores[i] === scores[target]).length;
  const ranks = Array.from({ length: tied }, (_, i) => better + 1 + i);
  return ranks.reduce((sum, rank) => sum + rank, 0) / tied;
}

describe('meanTieRank', () => {
  it('equals the mean over all orders of ties, with history and reserved ids left out', () => {
    fc.assert(
      fc.property(row, history, fc.nat(), fc.constantFrom(0, 2), (scores, excluded, pick, firstCandidate) => {
        const target = firstCandidate + (pick % (scores.length - firstCandidate));
        expect(meanTieRank(Float32Array.from(scores), target, { excluded, firstCandidate })).toBe(
          bruteRank(scores, target, excluded, firstCandidate),
        );
      }),
    );
  });

  it('gives a constant scorer the middle, not the top', () => {
    expect(meanTieRank(new Float32Array(101), 50)).toBe(51);
    expect(meanTieRank(new Float32Array(101), 0)).toBe(51);
  });

  it('refuses a candidate without a finite score, but not an excluded one', () => {
    const scores = [1, Number.NaN, 2];
    expect(() => meanTieRank(scores, 2)).toThrow(/item 1/);
    expect(meanTieRank(scores, 2, { excluded: [1] })).toBe(1);
    expect(() => meanTieRank(scores, 9)).toThrow(/item 9/);
  });
});

describe('topKWithTies', () => {
  it('lists the best candidates in order and counts what ties at the cut', () => {
    fc.assert(
      fc.property(row, history, fc.integer({ min: 1, max: 70 }), (scores, excluded, k) => {
        const list = topKWithTies(Float32Array.from(scores), k, { excluded, firstCandidate: 1 });
        const candidates = scores
          .map((_, i) => i)
          .filter((i) => i >= 1 && !excluded.includes(i))
          .sort((a, b) => scores[b] - scores[a] || a - b);
        const expected = candidates.slice(0, k);
        expect([...list.items]).toEqual(expected);
        expect([...list.scores]).toEqual(expected.map((i) => scores[i]));
        const cut = scores[expected.at(-1) ?? -1];
        expect(list.tiesAtCut).toBe(candidates.slice(k).filter((i) => scores[i] === cut).length);
      }),
    );
  });

  it('refuses a score that is not finite', () => {
    expect(() => topKWithTies(Float32Array.from([1, Number.NaN]), 1)).toThrow(/item 1/);
  });
});

describe('rankInList', () => {
  it('is the exact rank up to half the list, whatever the ties', () => {
    fc.assert(
      fc.property(row, fc.nat(), fc.integer({ min: 2, max: 30 }), (scores, pick, length) => {
        const target = pick % scores.length;
        const exact = meanTieRank(Float32Array.from(scores), target);
        const listed = rankInList(topKWithTies(Float32Array.from(scores), length), target);
        if (listed === Number.POSITIVE_INFINITY) expect(exact).toBeGreaterThan(exactUpTo(length));
        else expect(listed).toBe(exact);
      }),
      { numRuns: 500 },
    );
  });

  it('would be wrong above half the list: the bound is sharp', () => {
    // ten equal scores, list of eight: the true mean rank of an unlisted item is 5.5, far inside "top 8"
    const list = topKWithTies(new Float32Array(10), 8);
    expect(rankInList(list, 9)).toBe(Number.POSITIVE_INFINITY);
    expect(meanTieRank(new Float32Array(10), 9)).toBe(5.5);
    expect(exactUpTo(8)).toBe(4);
  });

  it('refuses lists that are unsorted, repeated or not finite', () => {
    const list = (items: number[], scores: number[]): Parameters<typeof rankInList>[0] => ({
      items: Int32Array.from(items),
      scores: Float32Array.from(scores),
      tiesAtCut: 0,
    });
    expect(() => rankInList(list([1, 2], [1, 2]), 1)).toThrow(/Entry 1/);
    expect(() => rankInList(list([1, 1], [2, 1]), 1)).toThrow(/Entry 1/);
    expect(() => rankInList(list([1, 2], [2, Number.NaN]), 1)).toThrow(/Entry 1/);
    expect(rankInList(list([1, 2], [2, 1]), 2)).toBe(2);
  });
});

describe('ranking metrics', () => {
  it('by hand', () => {
    const ranks = [1, 3, 11, Number.POSITIVE_INFINITY];
    expect(hrAtK(ranks, 10)).toBe(0.5);
    expect(hrAtK(ranks, 20)).toBe(0.75);
    expect(ndcgAtK(ranks, 10)).toBeCloseTo((1 + 0.5) / 4, 12);
    expect(mrrAtK(ranks, 10)).toBeCloseTo((1 + 1 / 3) / 4, 12);
    expect(recallAtK(ranks, 10)).toBe(0.5);
  });

  it('recall weighs queries equally when they have several relevant items', () => {
    // query 0 finds one of two, query 1 one of one
    expect(recallAtK([1, 50, 2], 10, [0, 0, 1])).toBe(0.75);
    expect(recallAtK([1, 50, 2], 10)).toBeCloseTo(2 / 3, 12);
  });

  it('never grows when ranks get worse, and never shrinks with k', () => {
    const ranks = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(ranks, fc.nat({ max: 5 }), fc.integer({ min: 1, max: 50 }), (list, shift, k) => {
        for (const metric of [hrAtK, ndcgAtK, mrrAtK]) {
          expect(
            metric(
              list.map((r) => r + shift),
              k,
            ),
          ).toBeLessThanOrEqual(metric(list, k));
          expect(metric(list, k)).toBeLessThanOrEqual(metric(list, k + 1));
        }
      }),
    );
  });

  it('refuses ranks that are none', () => {
    expect(() => hrAtK([0], 10)).toThrow(/Rank 0/);
    expect(() => hrAtK([Number.NaN], 10)).toThrow(/Rank 0/);
    expect(() => hrAtK([], 10)).toThrow(/no cases/);
  });
});
