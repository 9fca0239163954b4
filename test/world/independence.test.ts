import { describe, expect, it } from 'vitest';
import {
  createWorld,
  resolveWorldSettings,
  SessionPlayer,
  type EventRow,
  type Policy,
  type WorldSettings,
} from '../../src/world/index.js';
import { mean, small, smallWorld } from './tiny-world.js';

/** Shows the first candidates whatever happened: nothing that others do can reach a user through it. */
const fixedPolicy: Policy = {
  id: 9,
  modelVersion: 3,
  learn: () => undefined,
  choose({ candidates, candidateCount }, slate, propensities) {
    const filled = Math.min(slate.length, candidateCount);
    for (let n = 0; n < filled; n += 1) slate[n] = candidates[n];
    propensities.fill(1, 0, filled);
    return filled;
  },
};

function sessionOf(given: Partial<WorldSettings>, user: number, policy = fixedPolicy): EventRow[] {
  const world = createWorld(resolveWorldSettings({ ...small, ...given }));
  const rows: EventRow[] = [];
  new SessionPlayer(world, policy).play(user, 2, 0, world.settings.startSecond + 200_000, (row) =>
    rows.push({ ...row }),
  );
  return rows;
}

/** What a session consists of before anybody decides to click. */
const circumstances = (rows: readonly EventRow[]): unknown =>
  rows
    .slice(0, 3)
    .map(({ item, hour, onWifi, shard, jitter, position }) => [item, hour, onWifi, shard, jitter, position]);

describe('random numbers by key', () => {
  it('give a user the same session however many others live in the world', () => {
    for (const user of [0, 5, 119]) {
      const few = sessionOf({ users: 120 }, user);
      const many = sessionOf({ users: 450 }, user);
      expect(circumstances(many)).toEqual(circumstances(few));
    }
    // the check sees a difference where there is one
    expect(circumstances(sessionOf({ users: 120 }, 4))).not.toEqual(
      circumstances(sessionOf({ users: 120 }, 5)),
    );
    expect(circumstances(sessionOf({ users: 120, seed: 2 }, 5))).not.toEqual(
      circumstances(sessionOf({ users: 120 }, 5)),
    );
  });

  it('lose events without moving the ones that stay', () => {
    const all = smallWorld({ lostShare: 0 });
    const some = smallWorld({ lostShare: 0.3 });
    const rowsOf = ({ events }: typeof all): string[] =>
      Array.from({ length: events.rows }, (_, row) =>
        [
          events.user[row],
          events.item[row],
          events.second[row],
          events.click[row],
          events.jitter[row],
        ].join(),
      );
    const known = new Set(rowsOf(all));
    const kept = rowsOf(some);
    expect(kept.every((row) => known.has(row))).toBe(true);
    expect(kept.length).toBe(all.events.rows - some.lostEvents);
  });

  it('lose the same events under two policies, so that losses are no difference between arms', () => {
    const world = createWorld(resolveWorldSettings({ ...small, lostShare: 0.3 }));
    const lossesUnder = (policy: Policy, user: number): Map<string, boolean> => {
      const losses = new Map<string, boolean>();
      const player = new SessionPlayer(world, policy);
      // whoever was served before moves every running counter
      player.play(user + 1, 1, 0, world.settings.startSecond, () => undefined);
      let request = -1;
      let last = 0;
      player.play(user, 2, 0, world.settings.startSecond + 200_000, (row, lost) => {
        if (row.requestId !== last) request += 1;
        last = row.requestId;
        losses.set(`${request}.${row.position}`, lost);
      });
      return losses;
    };
    const reversed: Policy = {
      ...fixedPolicy,
      choose({ candidates }, slate, propensities) {
        slate.set(candidates.slice(-5));
        propensities.fill(1, 0, 5);
        return 5;
      },
    };
    let [compared, lostThere, sameOfOthers] = [0, 0, 0];
    for (let user = 0; user < 150; user += 1) {
      const others = lossesUnder(fixedPolicy, user + 7);
      const there = lossesUnder(reversed, user);
      for (const [event, lost] of lossesUnder(fixedPolicy, user)) {
        if (!there.has(event)) continue;
        expect(there.get(event)).toBe(lost);
        compared += 1;
        lostThere += Number(lost);
        sameOfOthers += Number(others.get(event) === lost);
      }
    }
    expect(compared).toBeGreaterThan(500);
    expect(Math.abs(lostThere / compared - 0.3)).toBeLessThan(0.08);
    // another user loses other events
    expect(sameOfOthers).toBeLessThan(0.8 * compared);
  });

  it('lose events at random: lost ones are clicked as often as those that stay', () => {
    const all = smallWorld({ users: 900, lostShare: 0, delayedShare: 0 });
    const half = smallWorld({ users: 900, lostShare: 0.5, delayedShare: 0 });
    const sd = Math.sqrt((0.08 * 0.92) / half.events.rows);
    expect(Math.abs(mean(half.events.click) - mean(all.events.click))).toBeLessThan(4 * sd);
  });
});

describe('feedback', () => {
  it('arrives within minutes, but for the share that is late by hours', () => {
    const waits = (delayedShare: number): number[] => {
      const { events } = smallWorld({ delayedShare });
      return Array.from(
        events.reportedSecond,
        (second, row) => second - events.second[row] - events.dwellMs[row] / 1000,
      );
    };
    const late = (of: readonly number[]): number => of.filter((wait) => wait > 600).length / of.length;
    // e^(-600 / 20) of prompt reports and e^(-600 / 21600) = 97 % of late ones wait longer than ten minutes
    expect(late(waits(0))).toBe(0);
    expect(Math.abs(late(waits(0.2)) - 0.2 * 0.973)).toBeLessThan(0.02);
    expect(Math.abs(late(waits(1)) - 0.973)).toBeLessThan(0.02);
  });

  it('leaves nothing of a click that is reported after the end', () => {
    const { events, settings } = smallWorld({ delayedShare: 1, days: 1 });
    const end = settings.startSecond + 86_400;
    let forgotten = 0;
    for (let row = 0; row < events.rows; row += 1) {
      if (events.reportedSecond[row] < end) continue;
      expect(events.click[row]).toBe(0);
      if (events.satisfaction[row] !== 0) {
        forgotten += 1;
        // neither dwell time nor likes may tell that there was a click
        expect([events.dwellMs[row], events.liked[row], events.disliked[row]]).toEqual([0, 0, 0]);
      }
    }
    expect(forgotten).toBeGreaterThan(10);
  });
});

describe('bots', () => {
  it('are as many as asked, come more often, and click at their own rate in both worlds', () => {
    for (const isNull of [false, true]) {
      const { events, world } = smallWorld({ users: 1500, days: 2, botShare: 0.1, null: isNull });
      expect(Math.abs(mean(world.users.isBot) - 0.1)).toBeLessThan(4 * Math.sqrt((0.1 * 0.9) / 1500));
      const rows = Array.from(events.user.keys());
      const ofBots = rows.filter((row) => world.users.isBot[events.user[row]] === 1);
      const clicks = mean(ofBots.map((row) => events.click[row]));
      expect(Math.abs(clicks - 0.3)).toBeLessThan(0.03);
      expect(ofBots.length / rows.length).toBeGreaterThan(0.25);
      expect(new Set(ofBots.map((row) => Math.fround(events.clickProbability[row])))).toEqual(
        new Set([Math.fround(0.3)]),
      );
    }
  });
});

describe('the world as a service', () => {
  it.each([11, 12, 13, 14, 15, 16])(
    'seed %i: clicks, popularity and repeats lie where a service has them',
    (seed) => {
      for (const isNull of [false, true]) {
        const { events, world } = smallWorld({ seed, null: isNull });
        const rate = mean(events.click);
        expect(rate).toBeGreaterThan(0.02);
        expect(rate).toBeLessThan(0.12);
        for (const p of events.propensity) expect(p > 0 && p <= 1).toBe(true);
        // whoever is drawn from at most 100 candidates with 10 % exploration has at least a tenth of a hundredth
        for (const p of events.propensity) expect(p).toBeGreaterThanOrEqual(0.1 / 100 - 1e-9);
        const shown = new Float64Array(world.items.count);
        for (const item of events.item) shown[item] += 1;
        const top = Array.from(shown)
          .sort((a, b) => b - a)
          .slice(0, 20);
        const share = top.reduce((sum, count) => sum + count, 0) / events.rows;
        // a tenth of the items gets more than a tenth of the impressions, and not all
        expect(share).toBeGreaterThan(0.2);
        expect(share).toBeLessThan(0.9);
      }
    },
  );

  it('weighted by propensity, shown pairs are clicked as random ones are: the log is not only its policy', () => {
    const { events } = smallWorld({
      users: 900,
      days: 4,
      warmupDays: 0,
      candidates: 20,
      null: true,
      delayedShare: 0,
      botShare: 0,
    });
    let weights = 0;
    let clicks = 0;
    for (let row = 0; row < events.rows; row += 1) {
      if (events.position[row] !== 0) continue;
      const weight = 1 / events.propensity[row];
      weights += weight;
      clicks += weight * events.click[row];
    }
    const uniform = smallWorld({
      users: 900,
      days: 4,
      warmupDays: 0,
      candidates: 20,
      null: true,
      exploration: 1,
      delayedShare: 0,
      botShare: 0,
    });
    const first = Array.from(uniform.events.click).filter((_, row) => uniform.events.position[row] === 0);
    expect(Math.abs(clicks / weights - mean(first))).toBeLessThan(0.02);
  });
});
