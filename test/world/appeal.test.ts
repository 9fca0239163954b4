import { describe, expect, it } from 'vitest';
import { createWorld, resolveWorldSettings, type Situation, type World } from '../../src/world/index.js';
import { interestSlots } from '../../src/world/users.js';
import { mean, small } from './tiny-world.js';

const situation = (world: World, changes: Partial<Situation> = {}): Situation => ({
  day: 0,
  hour: 12,
  onWifi: true,
  position: 0,
  sessionTopic: -1,
  shownOfTopic: new Uint8Array(world.topics.count),
  ...changes,
});

const world = createWorld(resolveWorldSettings({ ...small, seed: 4 }));
const additive = createWorld(resolveWorldSettings({ ...small, seed: 4, null: true }));

/** Mean click probability over pairs that fulfil a condition. */
function rate(
  of: World,
  changes: Partial<Situation>,
  wanted: (user: number, item: number) => boolean,
): number {
  const found: number[] = [];
  for (let user = 0; user < of.users.count; user += 1) {
    for (let item = 0; item < of.items.count; item += 7) {
      if (wanted(user, item)) found.push(of.appeal.clickProbability(user, item, situation(of, changes)));
    }
  }
  return mean(found);
}

const sameTopic =
  (of: World) =>
  (user: number, item: number): boolean =>
    of.users.declaredTopic[user] === of.items.category[item];
const otherTopic =
  (of: World) =>
  (user: number, item: number): boolean =>
    !sameTopic(of)(user, item);
const any = (): boolean => true;

describe('the ordinary world', () => {
  it('clicks at the wanted rate on random pairs', () => {
    // 1.7 times the base rate of 0.075: a slate takes the rest
    expect(rate(world, {}, any)).toBeGreaterThan(0.1);
    expect(rate(world, {}, any)).toBeLessThan(0.14);
  });

  it('is pure', () => {
    const first = world.appeal.clickProbability(3, 5, situation(world));
    world.appeal.clickProbability(9, 1, situation(world, { hour: 3 }));
    expect(world.appeal.clickProbability(3, 5, situation(world))).toBe(first);
  });

  it('favours the topic that the user declared', () => {
    expect(rate(world, {}, sameTopic(world))).toBeGreaterThan(3 * rate(world, {}, otherTopic(world)));
  });

  it('lets young people, but not old ones, leave long videos on a mobile network', () => {
    const share = (age: number): number =>
      rate(
        world,
        { onWifi: false },
        (u, i) => world.users.ageBand[u] === age && world.items.durationSeconds[i] > 30,
      ) /
      rate(
        world,
        { onWifi: false },
        (u, i) => world.users.ageBand[u] === age && world.items.durationSeconds[i] < 14,
      );
    expect(share(0)).toBeLessThan(0.7);
    expect(share(4)).toBeGreaterThan(share(0) * 1.3);
  });

  it('draws the curious to clickbait and the sceptical away', () => {
    const pull = (curious: boolean): number =>
      rate(world, {}, (u, i) => world.users.curiosity[u] > 0 === curious && world.items.clickbait[i] > 0.8) /
      rate(world, {}, (u, i) => world.users.curiosity[u] > 0 === curious && world.items.clickbait[i] === 0);
    expect(pull(true)).toBeGreaterThan(1.15);
    expect(pull(false)).toBeLessThan(0.95);
  });

  it('tires of a topic that was shown again and again', () => {
    const tired = new Uint8Array(world.topics.count).fill(5);
    expect(rate(world, { shownOfTopic: tired }, any)).toBeLessThan(0.7 * rate(world, {}, any));
  });

  it('pays less attention further down', () => {
    const rates = [0, 2, 5].map((position) => rate(world, { position }, any));
    expect(rates[0]).toBeGreaterThan(rates[1]);
    expect(rates[1]).toBeGreaterThan(rates[2]);
  });

  it('drifts: after its day the third interest has replaced the second', () => {
    const { users, items, appeal } = world;
    const user = Array.from(users.driftDay.keys()).find((u) => {
      const topics = users.interestTopic.subarray(u * interestSlots, (u + 1) * interestSlots);
      return users.driftDay[u] > 0 && new Set(topics).size === interestSlots;
    });
    if (user === undefined) throw new Error('no such user in this world');
    const interestIn = (slot: number, day: number): number => {
      const topic = users.interestTopic[user * interestSlots + slot];
      const fitting = Array.from(items.topic.keys()).filter((i) => items.topic[i] === topic);
      return mean(fitting.map((i) => appeal.interest(user, i, situation(world, { day }))));
    };
    const before = users.driftDay[user] - 1;
    const after = users.driftDay[user];
    expect(interestIn(1, before)).toBeGreaterThan(interestIn(1, after) + 0.1);
    expect(interestIn(2, after)).toBeGreaterThan(interestIn(2, before) + 0.1);
    expect(interestIn(0, after)).toBeCloseTo(interestIn(0, before), 1);
  });
});

describe('the null world', () => {
  const odds = (user: number, item: number, changes: Partial<Situation> = {}): number => {
    const p = additive.appeal.clickProbability(user, item, situation(additive, changes));
    return Math.log(p / (1 - p));
  };

  it('is additive in the log odds: every double difference is zero', () => {
    for (let n = 0; n < 50; n += 1) {
      const [u, v] = [n, 299 - n];
      const [i, j] = [3 * n, 199 - 2 * n];
      expect(odds(u, i) - odds(u, j) - odds(v, i) + odds(v, j)).toBeCloseTo(0, 9);
      const late = { hour: 22, position: 6, onWifi: false };
      expect(odds(u, i) - odds(u, i, late) - odds(v, j) + odds(v, j, late)).toBeCloseTo(0, 9);
    }
  });

  it('remembers nothing: neither fatigue nor session nor day matters', () => {
    const tired = new Uint8Array(additive.topics.count).fill(9);
    expect(odds(1, 2, { shownOfTopic: tired, sessionTopic: 1, day: 6 })).toBe(odds(1, 2));
  });

  it('does not know the declared topic', () => {
    const ratio = rate(additive, {}, sameTopic(additive)) / rate(additive, {}, otherTopic(additive));
    expect(Math.abs(ratio - 1)).toBeLessThan(0.15);
  });
});

describe('the ordinary world, as a control', () => {
  it('is not additive', () => {
    const odds = (user: number, item: number): number => {
      const p = world.appeal.clickProbability(user, item, situation(world));
      return Math.log(p / (1 - p));
    };
    const doubles = Array.from({ length: 50 }, (_, n) =>
      Math.abs(odds(n, n) - odds(n, 199 - n) - odds(299 - n, n) + odds(299 - n, 199 - n)),
    );
    expect(mean(doubles)).toBeGreaterThan(0.5);
  });
});
