import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  degradedScore,
  randomScore,
  rankedPolicy,
  segmentScore,
  type LiveRequest,
  type RankedPolicyOptions,
  type Score,
} from '../../../src/world/index.js';

const requestOf = (candidates: readonly number[], more: Partial<LiveRequest> = {}): LiveRequest => ({
  user: 3,
  second: 1_736_121_600,
  onWifi: true,
  candidates: Int32Array.from(candidates),
  candidateCount: candidates.length,
  randomKey: 77,
  ...more,
});

function choose(options: RankedPolicyOptions, request: LiveRequest, slateSize = 3) {
  const slate = new Int32Array(slateSize);
  const propensities = new Float64Array(slateSize);
  const filled = rankedPolicy(options).choose(request, slate, propensities);
  return { filled, slate: Array.from(slate), propensities: Array.from(propensities) };
}

const byNumber: Score = (_, item) => item;
const byNumberDown: Score = (_, item) => -item;

describe('a ranked policy', () => {
  it('shows the best first and is certain of it', () => {
    expect(choose({ id: 1, rankings: [{ weight: 1, score: byNumber }] }, requestOf([4, 9, 1, 7]))).toEqual({
      filled: 3,
      slate: [9, 7, 4],
      propensities: [1, 1, 1],
    });
  });

  it('fills no more positions than there are candidates', () => {
    expect(choose({ id: 1, rankings: [{ weight: 1, score: byNumber }] }, requestOf([4, 9])).filled).toBe(2);
    expect(choose({ id: 1, rankings: [{ weight: 1, score: byNumber }] }, requestOf([])).filled).toBe(0);
  });

  it.each([
    ['one ranking', [{ weight: 1, score: byNumber }], 0.3],
    [
      'a mixture of opposite rankings',
      [
        { weight: 1, score: byNumber },
        { weight: 2, score: byNumberDown },
      ],
      0.3,
    ],
    [
      'a mixture without exploration',
      [
        { weight: 3, score: byNumber },
        { weight: 1, score: byNumberDown },
      ],
      0,
    ],
    ['exploration alone', [{ weight: 1, score: byNumber }], 1],
  ])('states propensities that come true: %s', (_, rankings, exploration) => {
    const policy = rankedPolicy({ id: 1, rankings, exploration });
    const slate = new Int32Array(3);
    const propensities = new Float64Array(3);
    // how often a slate begins in a way, against the product of what was stated for it
    const seen = new Map<string, { count: number; stated: number }>();
    const draws = 20_000;
    for (let randomKey = 0; randomKey < draws; randomKey += 1) {
      policy.choose(requestOf([1, 2, 3, 4, 5], { randomKey }), slate, propensities);
      let stated = 1;
      let prefix = '';
      for (let position = 0; position < 3; position += 1) {
        stated *= propensities[position];
        prefix += `${slate[position]}.`;
        const entry = seen.get(prefix) ?? { count: 0, stated };
        // the same beginning always states the same
        expect(entry.stated).toBeCloseTo(stated, 10);
        seen.set(prefix, { count: entry.count + 1, stated });
      }
    }
    for (const depth of [1, 2, 3]) {
      const prefixes = [...seen].filter(([prefix]) => prefix.split('.').length - 1 === depth);
      expect(prefixes.reduce((sum, [, { stated }]) => sum + stated, 0)).toBeGreaterThan(0.97);
      expect(prefixes.reduce((sum, [, { stated }]) => sum + stated, 0)).toBeLessThan(1 + 1e-9);
      for (const [, { count, stated }] of prefixes) {
        const sd = Math.sqrt((stated * (1 - stated)) / draws) + 1e-6;
        expect(Math.abs(count / draws - stated)).toBeLessThan(5 * sd + 0.0005);
      }
    }
  });

  it('shows different candidates with chances in (0, 1], whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { maxLength: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 1, max: 12 }),
        (candidates, exploration, weight, randomKey, slateSize) => {
          const rankings = [
            { weight: 1, score: randomScore },
            { weight, score: byNumber },
          ];
          const { filled, slate, propensities } = choose(
            { id: 1, rankings, exploration },
            requestOf(candidates, { randomKey }),
            slateSize,
          );
          expect(filled).toBe(Math.min(slateSize, candidates.length));
          const shown = slate.slice(0, filled);
          expect(new Set(shown).size).toBe(filled);
          expect(shown.every((item) => candidates.includes(item))).toBe(true);
          expect(propensities.slice(0, filled).every((p) => p > 0 && p <= 1)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    { rankings: [], exploration: 0 },
    { rankings: [{ weight: 0, score: byNumber }], exploration: 0 },
    { rankings: [{ weight: -1, score: byNumber }], exploration: 0 },
    { rankings: [{ weight: 1, score: byNumber }], exploration: 1.1 },
    { rankings: [{ weight: 1, score: byNumber }], exploration: Number.NaN },
  ])('refuses %j', (options) => {
    expect(() => rankedPolicy({ id: 1, ...options })).toThrow(/exploration in \[0, 1\] and weights/);
  });
});

describe('scores', () => {
  const request = requestOf([]);
  const items = Array.from({ length: 400 }, (_, item) => item);
  /** share of pairs that two scores order alike */
  const agreement = (a: Score, b: Score, of = request): number => {
    let alike = 0;
    for (let item = 1; item < items.length; item += 1)
      if (a(of, item) > a(of, item - 1) === b(of, item) > b(of, item - 1)) alike += 1;
    return alike / (items.length - 1);
  };
  const wave: Score = (_, item) => Math.exp(Math.sin(item));

  it('degrade towards chance as noise grows, the same for a user and an item whenever asked', () => {
    expect(degradedScore(wave, 0, 1)).toBe(wave);
    const [little, much] = [degradedScore(wave, 0.1, 1), degradedScore(wave, 20, 1)];
    expect(agreement(wave, little)).toBeGreaterThan(0.93);
    expect(Math.abs(agreement(wave, much) - 0.5)).toBeLessThan(0.1);
    expect(much(request, 5)).toBe(much({ ...request, second: 9, randomKey: 1 }, 5));
    expect(much(request, 5)).not.toBe(much({ ...request, user: 4 }, 5));
    expect(agreement(degradedScore(wave, 20, 2), much)).toBeLessThan(0.65);
  });

  it('of chance differ from request to request', () => {
    expect(randomScore(request, 1)).toBe(randomScore(request, 1));
    expect(
      Math.abs(agreement(randomScore, (_, item) => randomScore({ ...request, randomKey: 78 }, item)) - 0.5),
    ).toBeLessThan(0.1);
  });

  it('of a segment hold inside and outside', () => {
    const score = segmentScore((user) => user === 3, byNumber, byNumberDown);
    expect(score(request, 7)).toBe(7);
    expect(score({ ...request, user: 4 }, 7)).toBe(-7);
  });
});
