import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { secondOfShare, shareOfDay } from '../../../src/world/calendar.js';
import { createLiveWorld, dayOf } from '../../../src/world/index.js';
import { keptSatisfaction, returnSecond } from '../../../src/world/live/return-time.js';
import { mean } from '../tiny-world.js';
import { smallLive } from './live-worlds.js';

const world = createLiveWorld({ ...smallLive, days: 60, sessionsPerDay: 0.5 });
const { startSecond } = world.settings;
const old = Array.from(world.users.joinDay.keys()).filter((user) => world.users.joinDay[user] < 0);
const returns = (contentment: number, from = startSecond + 20 * 86_400, of = world): number[] =>
  old.flatMap((user) =>
    Array.from({ length: 8 }, (_, key) => returnSecond(of, user, from, contentment, user * 8 + key)),
  );
/** Median: some never come back before the end. */
const typical = (seconds: readonly number[]): number =>
  [...seconds].sort((a, b) => a - b)[Math.floor(seconds.length / 2)];

describe('a share of the day', () => {
  it('and its second are each other’s inverse', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_399 }), (second) => {
        expect(Math.abs(secondOfShare(shareOfDay(second)) - second)).toBeLessThanOrEqual(1);
      }),
    );
    expect(shareOfDay(0)).toBe(0);
    expect(shareOfDay(86_400)).toBeCloseTo(1, 12);
  });

  it('passes faster in the evening than at night', () => {
    const hour = (of: number): number => shareOfDay(3600 * (of + 1)) - shareOfDay(3600 * of);
    expect(hour(20)).toBeGreaterThan(5 * hour(3));
  });
});

describe('the time of coming back', () => {
  it('lies in the future, inside the days, or never', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: world.settings.users - 1 }),
        fc.integer({ min: 0, max: 62 * 86_400 }),
        fc.double({ min: -10, max: 10, noNaN: true }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        (user, after, contentment, key) => {
          const from = startSecond - 86_400 + after;
          const second = returnSecond(world, user, from, contentment, key);
          expect(second).toBeGreaterThanOrEqual(from);
          if (second === Infinity) return;
          expect(Number.isInteger(second)).toBe(true);
          expect(dayOf(world, second)).toBeLessThan(world.settings.days);
        },
      ),
    );
  });

  it('comes sooner the more the last days were worth, and does not where nobody minds', () => {
    const [bad, plain, good] = [-2, 0, 2].map((worth) => typical(returns(worth)));
    expect(bad).toBeGreaterThan(plain);
    expect(plain).toBeGreaterThan(good);
    const indifferent = { ...world, settings: { ...world.settings, returnPull: 0 } };
    expect(returns(2, undefined, indifferent)).toEqual(returns(-2, undefined, indifferent));
  });

  it('is monotone user by user: the same number, a better time, an earlier return', () => {
    const [good, bad] = [returns(1), returns(-1)];
    expect(good.every((second, n) => second <= bad[n])).toBe(true);
  });

  it('is as often as the user is active', () => {
    const calm = { ...world, settings: { ...world.settings, returnPull: 0 } };
    const from = startSecond + 7 * 86_400;
    // of those with an old account, share that is back within seven days, against 1 - e^(-7 · activity · mean weekday)
    const share = mean(returns(0, from, calm).map((second) => (second < from + 7 * 86_400 ? 1 : 0)));
    const expected = mean(old.map((user) => 1 - Math.exp(-7 * 0.994 * world.users.activity[user])));
    expect(Math.abs(share - expected)).toBeLessThan(0.04);
  });

  it('forgets a fifth a day', () => {
    expect(keptSatisfaction(1, 2)).toBeCloseTo(0.64, 12);
    expect(keptSatisfaction(1, 0)).toBe(1);
    expect(keptSatisfaction(1, -1)).toBe(1);
  });
});
