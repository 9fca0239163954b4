import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../../src/platform/index.js';
import { DecayedCounts } from '../../../src/stats/index.js';
import {
  NearestVectors,
  NeighbourItems,
  NewestItems,
  PopularItems,
  SameValueItems,
  type RecallChannel,
  type RecallRequest,
} from '../../../src/pipeline/index.js';

const hourMs = 3_600_000;
const items = 60;
const dim = 4;

function request(history: readonly number[], allowed: (item: number) => boolean = () => true): RecallRequest {
  return { history: Int32Array.from(history), nowMs: 1000 * hourMs, isAllowed: allowed };
}

/** Every channel over the same sixty items. */
function channels(seed: number): Record<string, RecallChannel> {
  const rng = new Rng([seed, 'channels']);
  const counts = new DecayedCounts({ halfLifeHours: 24 });
  for (let i = 0; i < 300; i += 1) counts.observe(rng.integer(items), (900 + rng.integer(100)) * hourMs);
  const popular = new PopularItems(counts);
  const starts = Int32Array.from({ length: items + 1 }, (_, i) => i * 8);
  const neighbours = new NeighbourItems({
    lists: {
      starts,
      items: Int32Array.from({ length: items * 8 }, (_, e) => (Math.floor(e / 8) + 1 + (e % 8) * 3) % items),
      scores: Float32Array.from({ length: items * 8 }, () => rng.next() - 0.1),
    },
  });
  const values = {
    valueOf: Int32Array.from({ length: items }, () => rng.integer(9) - 1),
    createdMs: Float64Array.from({ length: items }, () => rng.integer(1e6)),
  };
  const creators = new SameValueItems({
    name: 'same-creator',
    items: () => values,
  });
  const vectors = Float32Array.from({ length: items * dim }, () => rng.normal());
  const nearest = new NearestVectors({
    name: 'two-tower',
    items: vectors,
    dim,
    userVector: ({ history }) =>
      history.length === 0 ? undefined : vectors.subarray(history[0] * dim, (history[0] + 1) * dim),
  });
  return { popular, neighbours, creators, nearest };
}

describe.each(['popular', 'neighbours', 'creators', 'nearest'])('the channel %s', (which) => {
  it('recalls what is allowed, without repeats, best first, and no more than asked for (property)', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.array(fc.nat(items - 1), { maxLength: 30 }),
        fc.nat(70),
        fc.integer({ min: 1, max: 7 }),
        (seed, history, count, modulus) => {
          const channel = channels(seed)[which];
          const allowed = (item: number): boolean => item % modulus !== 0 || modulus === 1;
          const { items: found, scores } = channel.recall(request(history, allowed), count);
          expect(found.length).toBeLessThanOrEqual(count);
          expect(scores.length).toBe(found.length);
          expect(new Set(found).size).toBe(found.length);
          for (const item of found) {
            expect(item >= 0 && item < items).toBe(true);
            expect(allowed(item)).toBe(true);
          }
          for (let i = 1; i < scores.length; i += 1) expect(scores[i]).toBeLessThanOrEqual(scores[i - 1]);
          // The same request has the same answer.
          expect(channel.recall(request(history, allowed), count).items).toEqual(found);
          // Fewer are the first of more.
          const fewer = channel.recall(request(history, allowed), count >> 1).items;
          expect([...fewer]).toEqual(Array.from(found.slice(0, fewer.length)));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('PopularItems', () => {
  it('gives what has most events and is allowed, with how many that are now', () => {
    const counts = new DecayedCounts({ halfLifeHours: 10 });
    const popular = new PopularItems(counts);
    expect(popular.recall(request([]), 5).items.length).toBe(0);
    [2, 2, 2, 0, 0, 1].forEach((item) => counts.observe(item, 990 * hourMs));
    const { items: found, scores } = popular.recall(
      request([], (item) => item !== 0),
      5,
    );
    expect([...found]).toEqual([2, 1]);
    expect([...scores]).toEqual([1.5, 0.5]);
    expect([...popular.recall(request([]), 2).items]).toEqual([2, 0]);
  });
});

describe('NewestItems', () => {
  it('gives the newest first, what appeared since too, and nothing of the future or of unknown age', () => {
    let createdMs = Float64Array.of(5, Number.NaN, 7, 1001 * hourMs);
    const newest = new NewestItems(() => createdMs);
    expect([...newest.recall(request([]), 9).items]).toEqual([2, 0]);
    createdMs = Float64Array.of(...createdMs, 6, 7, Number.NaN);
    expect([...newest.recall(request([]), 9).items]).toEqual([2, 5, 4, 0]);
    expect([
      ...newest.recall(
        request([], (item) => item !== 2),
        2,
      ).items,
    ]).toEqual([5, 4]);
  });

  it('has the same order whether items came one by one or all at once (property)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(Number.NaN)), { maxLength: 150 }),
        fc.nat(150),
        (moments, first) => {
          const all = Float64Array.from(moments);
          let known = all.subarray(0, Math.min(first, all.length));
          const follows = new NewestItems(() => known);
          follows.recall(request([]), 5);
          known = all;
          expect(follows.recall(request([]), 200)).toEqual(
            new NewestItems(() => all).recall(request([]), 200),
          );
        },
      ),
    );
  });
});

describe('NeighbourItems', () => {
  const lists = {
    starts: Int32Array.of(0, 2, 4, 4, 4),
    items: Int32Array.of(2, 3, 3, 0),
    scores: Float32Array.of(0.5, 0.4, 0.3, -1),
  };

  it('adds up likeness over the latest events, later ones weighing more', () => {
    const channel = new NeighbourItems({ lists, decay: 0.5 });
    // 1 is the latest: 3 gets .3 + .5 x .4 = .5, 2 gets .5 x .5 = .25
    const { items: found, scores } = channel.recall(request([0, 1]), 5);
    expect([...found]).toEqual([3, 2]);
    expect(scores[0]).toBeCloseTo(0.5, 6);
    expect(scores[1]).toBeCloseTo(0.25, 6);
    expect([...channel.recall(request([0, 1, 7, -1]), 5).items]).toEqual([3, 2]); // items without lists
  });

  it('looks no further back than it is told', () => {
    const channel = new NeighbourItems({ lists, events: 1 });
    expect([...channel.recall(request([0, 1]), 5).items]).toEqual([3]);
  });
});

describe('SameValueItems', () => {
  it('gives the newest of each creator in turn, that of the latest event first', () => {
    const channel = new SameValueItems({
      name: 'same-creator',
      items: () => ({
        valueOf: Int32Array.of(0, 0, 0, 1, 1, -1),
        createdMs: Float64Array.of(1, 3, 2, 5, 4, 9),
      }),
    });
    expect([...channel.recall(request([0, 3]), 9).items]).toEqual([3, 1, 4, 2, 0]);
    expect([...channel.recall(request([5]), 9).items]).toEqual([]);
    expect([
      ...channel.recall(
        request([0, 3], (item) => item !== 3),
        2,
      ).items,
    ]).toEqual([4, 1]);
  });
});

describe('SameValueItems', () => {
  it('follows items that come later or change, as if it had been made anew (property)', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: -1, max: 3 }), fc.integer({ min: 0, max: 9 })), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(values, values, fc.array(fc.nat(40), { maxLength: 6 }), (before, extra, history) => {
        const itemsOf = (rows: readonly (readonly [number, number])[]) => ({
          valueOf: Int32Array.from(rows, ([value]) => value),
          createdMs: Float64Array.from(rows, ([, at]) => at),
        });
        // The moment of an item stays, its value may change.
        const after = [...before.map(([, at], i) => [extra[i]?.[0] ?? -1, at] as const), ...extra];
        let now = itemsOf(before);
        let revision = 0;
        const follows = new SameValueItems({ name: 's', items: () => now, revision: () => revision });
        follows.recall(request(history), 9);
        [now, revision] = [itemsOf(after), 1];
        const fresh = new SameValueItems({ name: 's', items: () => now });
        expect(follows.recall(request(history), 50)).toEqual(fresh.recall(request(history), 50));
      }),
    );
  });
});

describe('NearestVectors', () => {
  it('finds the largest inner products, as sorting all of them does (property)', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 20 }), (seed, count) => {
        const rng = new Rng([seed, 'nearest']);
        const vectors = Float32Array.from({ length: 200 * dim }, () => rng.normal());
        const user = Float32Array.from({ length: dim }, () => rng.normal());
        const channel = new NearestVectors({ name: 'v', items: vectors, dim, userVector: () => user });
        const product = (item: number): number =>
          user.reduce((sum, value, k) => sum + value * vectors[item * dim + k], 0);
        const sorted = Array.from({ length: 200 }, (_, item) => item).sort((a, b) => product(b) - product(a));
        expect([...channel.recall(request([]), count).items]).toEqual(sorted.slice(0, count));
      }),
      { numRuns: 30 },
    );
  });

  it('says nothing of a cold user, and refuses a vector of another size', () => {
    const channel = (user: Float32Array | undefined): NearestVectors =>
      new NearestVectors({ name: 'v', items: new Float32Array(8), dim, userVector: () => user });
    expect(channel(undefined).recall(request([]), 3).items.length).toBe(0);
    expect(() => channel(new Float32Array(3)).recall(request([]), 3)).toThrow(/3 numbers, items have 4/);
  });
});
