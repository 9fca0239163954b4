import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquareTail } from '../../../src/stats/index.js';
import {
  explored,
  parseComposition,
  Pipeline,
  unitVectors,
  type Candidate,
  type RecallRequest,
} from '../../../src/pipeline/index.js';

const candidates = (n: number): Candidate[] =>
  Array.from({ length: n }, (_, item) => ({ item, score: -item, recalledBy: [], parts: {} }));

describe('explored', () => {
  it('gives every candidate at most once, and the chance that belongs to each place (property)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.string(),
        (n, count, share, requestId) => {
          const chosen = explored(candidates(n), { share, seed: 3, requestId, count });
          expect(chosen.length).toBe(Math.min(n, count));
          expect(new Set(chosen.map(({ item }) => item)).size).toBe(chosen.length);
          const left = candidates(n).map(({ item }) => item);
          for (const { item, propensity } of chosen) {
            const first = left[0] === item ? 1 - share : 0;
            expect(propensity).toBeCloseTo(first + share / left.length, 12);
            left.splice(left.indexOf(item), 1);
          }
          expect(explored(candidates(n), { share, seed: 3, requestId, count })).toEqual(chosen);
        },
      ),
    );
  });

  it('leaves the order without a share, and draws what its propensities say (chi-square)', () => {
    const items = candidates(5);
    expect(explored(items, { share: 0, seed: 1, requestId: 'r', count: 5 }).map(({ item }) => item)).toEqual([
      0, 1, 2, 3, 4,
    ]);
    const draws = 4000;
    const share = 0.4;
    // First place, and second place given that 0 stands at the first.
    const counts = [new Float64Array(5), new Float64Array(5)];
    for (let r = 0; r < draws; r += 1) {
      const [first, second] = explored(items, { share, seed: 1, requestId: `r${r}`, count: 2 });
      counts[0][first.item] += 1;
      if (first.item === 0) counts[1][second.item] += 1;
    }
    const tail = (seen: Float64Array, expected: readonly number[]): number =>
      chiSquareTail(
        expected.reduce((sum, e, i) => sum + (e > 0 ? (seen[i] - e) ** 2 / e : 0), 0),
        expected.filter((e) => e > 0).length - 1,
      );
    expect(
      tail(
        counts[0],
        [0, 1, 2, 3, 4].map((i) => draws * (share / 5 + (i === 0 ? 1 - share : 0))),
      ),
    ).toBeGreaterThan(0.001);
    const [, given] = counts;
    const n = given.reduce((a, b) => a + b);
    expect(
      tail(
        given,
        [0, 1, 2, 3, 4].map((i) => (i === 0 ? 0 : n * (share / 4 + (i === 1 ? 1 - share : 0)))),
      ),
    ).toBeGreaterThan(0.001);
    // The negative control: draws of another share are told apart.
    expect(
      tail(
        counts[0],
        [0, 1, 2, 3, 4].map((i) => draws * (0.5 / 5 + (i === 0 ? 0.5 : 0))),
      ),
    ).toBeLessThan(0.001);
  });
});

describe('the stage explore', () => {
  const composition = (rerank: readonly object[], more: object = {}) =>
    parseComposition({
      schemaVersion: 1,
      recall: [{ channel: 'all', quota: 0 }],
      candidates: 100,
      shortlist: 30,
      rerank,
      ...more,
    });
  const parts = {
    channels: [
      {
        name: 'all',
        recall: () => ({
          items: Int32Array.from({ length: 100 }, (_, i) => i),
          scores: new Float32Array(100),
        }),
      },
    ],
    rank: (_: RecallRequest, items: Int32Array) => Promise.resolve(Float32Array.from(items, (item) => -item)),
    vectors: unitVectors(
      Float32Array.from({ length: 300 }, (_, i) => Math.sin(i * i)),
      3,
    ),
  };
  const request = { history: new Int32Array(0), nowMs: 0, requestId: 'a', isAllowed: () => true };

  it('draws among the whole shortlist, after other stages too, and says the chances', async () => {
    for (const rerank of [
      [{ stage: 'explore', share: 1 }],
      [
        { stage: 'mmr', lambda: 0.5 },
        { stage: 'explore', share: 1 },
      ],
    ]) {
      const pipeline = new Pipeline(composition(rerank), parts);
      const seen = new Set<number>();
      for (let r = 0; r < 100; r += 1) {
        const { candidates: found } = await pipeline.recommend({ ...request, requestId: `q${r}` }, 2);
        expect(found.map(({ propensity }) => propensity)).toEqual([1 / 30, 1 / 29]);
        for (const { item } of found) seen.add(item);
      }
      expect(seen.size).toBeGreaterThan(25);
      expect(Math.max(...seen)).toBeLessThan(30);
    }
    const plain = await new Pipeline(composition([]), parts).recommend(request, 2);
    expect(plain.candidates.map(({ item, propensity }) => [item, propensity])).toEqual([
      [0, undefined],
      [1, undefined],
    ]);
  });

  it('must be the last stage, and diversity before it needs a short list', () => {
    const explore = { stage: 'explore', share: 0.1 };
    expect(() => composition([explore, { stage: 'mmr', lambda: 1 }])).toThrow(
      /rerank\.0: explore must be the last/,
    );
    expect(() =>
      composition([{ stage: 'dpp', theta: 1 }, explore], { candidates: 900, shortlist: 500 }),
    ).toThrow(/shortlist/);
    expect(() => composition([{ stage: 'explore', share: 1.5 }])).toThrow(/share/);
  });

  it('ranks given candidates alone, those that are allowed', async () => {
    const pipeline = new Pipeline(composition([]), parts);
    const { candidates: found, recalled } = await pipeline.recommend(
      { ...request, isAllowed: (item) => item !== 7 },
      5,
      Int32Array.of(9, 7, 3),
    );
    expect(found.map(({ item, recalledBy }) => [item, recalledBy[0].channel])).toEqual([
      [3, 'given'],
      [9, 'given'],
    ]);
    expect(recalled).toEqual({ given: 2 });
  });
});
