import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import { createWorld, resolveWorldSettings } from '../../src/world/index.js';
import { createTopicMap, drawTopic, latentDim, placeNear } from '../../src/world/topic-map.js';
import { interestSlots } from '../../src/world/users.js';
import { ageBands, baitWords, devices, regions, tagsOf, topicNames } from '../../src/world/vocabulary.js';
import { mean, small } from './tiny-world.js';

const settings = resolveWorldSettings({ ...small, users: 2000, items: 1500, seed: 8 });
const { users, items, topics } = createWorld(settings);

describe('topics', () => {
  it('are unit vectors with shares that sum to one', () => {
    for (let t = 0; t < topics.count; t += 1) {
      expect(Math.hypot(...topics.centres.subarray(t * latentDim, (t + 1) * latentDim))).toBeCloseTo(1, 9);
    }
    expect(topics.cumulative[topics.count - 1]).toBeCloseTo(1, 9);
  });

  it('are drawn by their share', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16 }),
        fc.integer(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (count, seed, u) => {
          const topic = drawTopic(createTopicMap(count, seed), u);
          expect(topic).toBeGreaterThanOrEqual(0);
          expect(topic).toBeLessThan(count);
        },
      ),
    );
    const drawn = Array.from({ length: 6000 }, (_, n) => drawTopic(topics, (n + 0.5) / 6000));
    const share = drawn.filter((topic) => topic === 0).length / drawn.length;
    expect(share).toBeCloseTo(topics.cumulative[0], 3);
  });

  it('keep what is placed near them nearer than what is not', () => {
    const out = new Float32Array(latentDim);
    let nearest = 0;
    for (let n = 0; n < 200; n += 1) {
      placeNear(topics, n % topics.count, 0.15, new Rng(n), out, 0);
      const distances = Array.from({ length: topics.count }, (_, t) =>
        Math.hypot(...out.map((value, d) => value - topics.centres[t * latentDim + d])),
      );
      if (distances.indexOf(Math.min(...distances)) === n % topics.count) nearest += 1;
    }
    expect(nearest).toBeGreaterThan(180);
  });
});

describe('users', () => {
  it('have codes that name something', () => {
    expect(Math.max(...users.ageBand)).toBe(ageBands.length - 1);
    expect(Math.max(...users.device)).toBe(devices.length - 1);
    expect(Math.max(...users.region)).toBe(regions.length - 1);
    expect(Math.max(...users.declaredTopic)).toBeLessThan(topics.count);
  });

  it('are active log-normally around the setting', () => {
    const people = Array.from(users.activity).filter((_, u) => users.isBot[u] === 0);
    expect(mean(people)).toBeGreaterThan(0.9 * settings.sessionsPerDay);
    expect(mean(people)).toBeLessThan(1.1 * settings.sessionsPerDay);
    const logs = people.map(Math.log);
    const centre = mean(logs);
    const sd = Math.sqrt(mean(logs.map((value) => (value - centre) ** 2)));
    expect(sd).toBeCloseTo(0.7, 1);
    expect(Math.abs(mean(logs.map((value) => ((value - centre) / sd) ** 3)))).toBeLessThan(0.25);
  });

  it('join before the log or on one of its days', () => {
    const early =
      Array.from(users.joinDay).filter((day) => day === -settings.warmupDays).length / users.count;
    expect(early).toBeGreaterThan(0.75);
    expect(early).toBeLessThan(0.85);
    expect(Math.max(...users.joinDay)).toBe(settings.days - 1);
  });

  it('are curious when young and sceptical when old', () => {
    const curiosity = (young: boolean): number =>
      mean(Array.from(users.curiosity).filter((_, u) => users.ageBand[u] < 2 === young));
    expect(curiosity(true)).toBeGreaterThan(0.6);
    expect(curiosity(false)).toBeLessThan(-0.3);
  });

  it('of a larger world begin with those of a smaller one', () => {
    const fewer = createWorld({ ...settings, users: 100 }).users;
    expect(fewer.ageBand).toEqual(users.ageBand.subarray(0, 100));
    expect(fewer.interests).toEqual(users.interests.subarray(0, 100 * interestSlots * latentDim));
  });
});

describe('items', () => {
  it('are in order of birth, and liveUntil counts those that exist', () => {
    const births = Array.from(items.birthDay);
    expect([...births].sort((a, b) => a - b)).toEqual(births);
    items.liveUntil.forEach((live, index) => {
      const day = index - settings.warmupDays;
      expect(births.filter((birth) => birth <= day).length).toBe(live);
    });
    expect(items.liveUntil[0]).toBeGreaterThan(0);
    expect(items.liveUntil[items.liveUntil.length - 1]).toBe(items.count);
  });

  it('show clickbait in their titles, but not all of it', () => {
    const hasBait = Array.from(items.title, (title) => baitWords.some((word) => title.startsWith(word)));
    const loud = hasBait.filter((_, i) => items.clickbait[i] > 0.5);
    const quiet = hasBait.filter((_, i) => items.clickbait[i] <= 0.5);
    expect(mean(loud.map(Number))).toBeGreaterThan(0.7);
    expect(mean(loud.map(Number))).toBeLessThan(0.9);
    expect(mean(quiet.map(Number))).toBe(0);
  });

  it('carry tags of their true topic and its name in the title', () => {
    items.tags.forEach((tags, i) => {
      const own = new Set(tagsOf(items.topic[i]));
      expect(tags.split('|').some((tag) => own.has(tag))).toBe(true);
      expect(items.title[i]).toContain(topicNames[items.topic[i]]);
    });
  });

  it('of one creator come from one region, mostly about one topic, alike in quality', () => {
    const byCreator = new Map<number, number[]>();
    items.creator.forEach((creator, i) => byCreator.set(creator, [...(byCreator.get(creator) ?? []), i]));
    const prolific = [...byCreator.values()].filter((own) => own.length >= 20);
    expect(prolific.length).toBeGreaterThan(5);
    for (const own of prolific) {
      expect(new Set(own.map((i) => items.homeRegion[i])).size).toBe(1);
      const counts = Array.from(
        { length: topics.count },
        (_, t) => own.filter((i) => items.topic[i] === t).length,
      );
      expect(Math.max(...counts) / own.length).toBeGreaterThan(0.4);
    }
    const centre = mean(items.quality);
    const between = mean(prolific.map((own) => (mean(own.map((i) => items.quality[i])) - centre) ** 2));
    expect(between).toBeGreaterThan(0.1);
  });
});
