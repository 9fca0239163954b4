import { describe, expect, it } from 'vitest';
import {
  createWorld,
  popularityPolicy,
  resolveWorldSettings,
  SessionPlayer,
  type EventRow,
} from '../../src/world/index.js';
import { drawOutcome, type Outcome } from '../../src/world/outcomes.js';
import { mean, small } from './tiny-world.js';

const settings = resolveWorldSettings({ ...small, seed: 12 });
const world = createWorld(settings);

/** 2,000 outcomes of a click (or of none) on one item. */
function outcomes(item: number, clicked: boolean, interest: number): Outcome[] {
  return Array.from({ length: 2000 }, (_, n) => {
    const outcome: Outcome = {
      click: false,
      dwellMs: 0,
      liked: false,
      disliked: false,
      satisfaction: 0,
      seconds: 0,
    };
    drawOutcome(world.users, world.items, 0, item, clicked, interest, n * 7919 + 1, 2, outcome);
    return outcome;
  });
}

const extreme = (values: Float32Array, sign: 1 | -1): number =>
  Array.from(values.keys()).reduce((best, i) => (sign * values[i] > sign * values[best] ? i : best), 0);

describe('drawOutcome', () => {
  it('brings neither likes nor satisfaction without a click, only a glance', () => {
    for (const outcome of outcomes(0, false, 1)) {
      expect(outcome.liked).toBe(false);
      expect(outcome.satisfaction).toBe(0);
      expect(outcome.dwellMs).toBeLessThan(2000);
    }
  });

  it('satisfies by quality and interest, and disappoints by clickbait', () => {
    const worth = (item: number, interest: number): number =>
      mean(outcomes(item, true, interest).map(({ satisfaction }) => satisfaction));
    const { quality, clickbait } = world.items;
    expect(worth(extreme(quality, 1), 0.5)).toBeGreaterThan(worth(extreme(quality, -1), 0.5) + 0.3);
    expect(worth(extreme(clickbait, 1), 0.5)).toBeLessThan(worth(extreme(clickbait, -1), 0.5));
    expect(worth(0, 0.9)).toBeGreaterThan(worth(0, 0.1));
  });

  it('turns satisfaction into likes and time, and the lack of it into dislikes', () => {
    const good = outcomes(extreme(world.items.quality, 1), true, 1);
    const bad = outcomes(extreme(world.items.clickbait, 1), true, 0);
    const share = (of: Outcome[], what: 'liked' | 'disliked'): number =>
      mean(of.map((outcome) => Number(outcome[what])));
    expect(share(good, 'liked')).toBeGreaterThan(share(bad, 'liked'));
    expect(share(bad, 'disliked')).toBeGreaterThan(share(good, 'disliked'));
    for (const outcome of good)
      expect(outcome.seconds).toBeLessThanOrEqual(
        world.items.durationSeconds[extreme(world.items.quality, 1)],
      );
  });
});

describe('SessionPlayer', () => {
  const policy = popularityPolicy({ items: settings.items, exploration: 0.1, priorRate: 0.08 });
  const play = (user: number, number = 0): EventRow[] => {
    const rows: EventRow[] = [];
    new SessionPlayer(world, policy).play(user, 2, number, settings.startSecond + 200_000, (row) =>
      rows.push({ ...row }),
    );
    return rows;
  };

  it('replays a session exactly, and another session of the same day differently', () => {
    expect(play(7)).toEqual(play(7));
    expect(play(7).map(({ item }) => item)).not.toEqual(play(7, 1).map(({ item }) => item));
  });

  it('shows every request from its first position on, without gaps or repeats', () => {
    for (let user = 0; user < 60; user += 1) {
      const requests = new Map<number, EventRow[]>();
      for (const row of play(user))
        requests.set(row.requestId, [...(requests.get(row.requestId) ?? []), row]);
      for (const rows of requests.values()) {
        expect(rows.map(({ position }) => position)).toEqual(rows.map((_, n) => n));
        expect(new Set(rows.map(({ item }) => item)).size).toBe(rows.length);
        expect(rows.length).toBeLessThanOrEqual(settings.slateSize);
      }
    }
  });

  it('lets time pass', () => {
    const rows = play(9);
    rows.slice(1).forEach((row, n) => expect(row.second).toBeGreaterThan(rows[n].second));
  });

  it('reports feedback after the impression', () => {
    for (let user = 0; user < 30; user += 1) {
      for (const row of play(user)) expect(row.reportedSecond).toBeGreaterThanOrEqual(row.second);
    }
  });

  it('looks through the page first and watches what was opened after that', () => {
    let watched = 0;
    for (let user = 0; user < 60; user += 1) {
      const rows = play(user);
      rows.forEach((row, n) => {
        const next = rows[n + 1];
        if (next === undefined) return;
        const gap = next.second - row.second;
        if (next.requestId === row.requestId) expect(gap).toBeLessThanOrEqual(3);
        else watched += gap > 10 ? 1 : 0;
      });
    }
    expect(watched).toBeGreaterThan(10);
  });

  it('keeps the patient longer', () => {
    const byPatience = Array.from(world.users.patience.keys()).sort(
      (a, b) => world.users.patience[a] - world.users.patience[b],
    );
    const shown = (of: number[]): number => mean(of.map((user) => play(user).length));
    expect(shown(byPatience.slice(-80))).toBeGreaterThan(shown(byPatience.slice(0, 80)));
  });
});
