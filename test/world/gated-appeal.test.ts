import { describe, expect, it } from 'vitest';
import { createWorld, resolveWorldSettings, type Situation, type World } from '../../src/world/index.js';
import { mean, small } from './tiny-world.js';

const settings = resolveWorldSettings({ ...small, seed: 4 });
const gated = createWorld(settings, 'gated');
const interacting = createWorld(settings);

const situation = (changes: Partial<Situation> = {}): Situation => ({
  day: 0,
  hour: 12,
  onWifi: true,
  position: 0,
  sessionTopic: -1,
  shownOfTopic: new Uint8Array(gated.topics.count),
  ...changes,
});

function rate(
  changes: Partial<Situation>,
  wanted: (user: number, item: number) => boolean = () => true,
  of: World = gated,
): number {
  const found: number[] = [];
  for (let user = 0; user < of.users.count; user += 1)
    for (let item = 0; item < of.items.count; item += 7)
      if (wanted(user, item)) found.push(of.appeal.clickProbability(user, item, situation(changes)));
  return mean(found);
}

describe('the gated world', () => {
  it('has the people and items of the interacting one, and other clicks', () => {
    expect(gated.users).toEqual(interacting.users);
    expect(gated.items.title).toEqual(interacting.items.title);
    const pairs = Array.from({ length: 500 }, (_, n) => [(n * 7919) % 300, (n * 104_729) % 200]);
    const [a, b] = [gated, interacting].map(({ appeal }) =>
      pairs.map(([user, item]) => appeal.clickProbability(user, item, situation())),
    );
    const centred = (values: number[]): number[] => values.map((value) => value - mean(values));
    const product = (x: number[], y: number[]): number => mean(x.map((value, n) => value * y[n]));
    const [x, y] = [centred(a), centred(b)];
    const correlation = product(x, y) / Math.sqrt(product(x, x) * product(y, y));
    // tastes are the same people's, but not the way from taste to click
    expect(correlation).toBeGreaterThan(0.1);
    expect(correlation).toBeLessThan(0.85);
  });

  it('clicks at the wanted rate on random pairs, with chances in [0, 0.95]', () => {
    expect(rate({})).toBeGreaterThan(0.1);
    expect(rate({})).toBeLessThan(0.15);
    for (let n = 0; n < 2000; n += 1) {
      const chance = gated.appeal.clickProbability(n % 300, (n * 7) % 200, situation({ hour: n % 24 }));
      expect(chance >= 0 && chance <= 0.95).toBe(true);
    }
  });

  it('is pure', () => {
    const first = gated.appeal.clickProbability(3, 5, situation());
    gated.appeal.clickProbability(9, 1, situation({ hour: 3 }));
    expect(gated.appeal.clickProbability(3, 5, situation())).toBe(first);
  });

  it('looks less at what lies lower, and tires of a topic', () => {
    expect(rate({ position: 9 })).toBeLessThan(0.8 * rate({}));
    const often = new Uint8Array(gated.topics.count).fill(8);
    expect(rate({ shownOfTopic: often })).toBeLessThan(0.6 * rate({}));
  });

  it('is baited only when curious', () => {
    const { curiosity } = gated.users;
    const { clickbait } = gated.items;
    const bait = (curious: boolean, loud: boolean): number =>
      rate({}, (user, item) => curiosity[user] > 0 === curious && clickbait[item] > 0.7 === loud);
    expect(bait(true, true)).toBeGreaterThan(1.3 * bait(true, false));
    expect(Math.abs(bait(false, true) / bait(false, false) - 1)).toBeLessThan(0.25);
  });

  it('opens an item for a near creator, and leaves what is too long for the moment', () => {
    const { region } = gated.users;
    const { homeRegion, durationSeconds } = gated.items;
    const near = rate({}, (user, item) => region[user] === homeRegion[item] && durationSeconds[item] <= 20);
    const far = rate({}, (user, item) => region[user] !== homeRegion[item] && durationSeconds[item] <= 20);
    expect(near).toBeGreaterThan(1.3 * far);
    expect(rate({}, (_, item) => durationSeconds[item] > 120)).toBeLessThan(0.75 * far);
  });

  it('has nothing of what its settings take away', () => {
    const plain = createWorld(resolveWorldSettings({ ...small, seed: 4, interactions: 0 }), 'gated');
    const { curiosity } = plain.users;
    const baited = rate({}, (user, item) => curiosity[user] > 0 && plain.items.clickbait[item] > 0.7, plain);
    const not = rate({}, (user, item) => curiosity[user] > 0 && plain.items.clickbait[item] <= 0.7, plain);
    expect(Math.abs(baited / not - 1)).toBeLessThan(0.25);
  });

  it('gives way to the null world', () => {
    const isNull = createWorld(resolveWorldSettings({ ...small, seed: 4, null: true }), 'gated');
    expect(isNull.appeal.competes).toBe(false);
    expect(gated.appeal.competes).toBe(true);
  });
});
