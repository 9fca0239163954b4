import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CandidateDraw } from '../../../src/world/candidate-draw.js';
import {
  bornBy,
  createLiveWorld,
  dayOf,
  InteractiveWorld,
  LiveLog,
  randomScore,
  rankedPolicy,
  UnitTotals,
  type LivePolicy,
} from '../../../src/world/index.js';
import { mean } from '../tiny-world.js';
import { contentOf, live, popularity, smallLive } from './live-worlds.js';

const base = await live();
const random = (id = 3): LivePolicy => rankedPolicy({ id, rankings: [{ weight: 1, score: randomScore }] });

describe('a world that answers back', () => {
  it('is a function of its settings: whatever the batch size', async () => {
    const content = contentOf(base.log);
    expect(base.log.impressions).toBeGreaterThan(3000);
    for (const batchSize of [1, 7, 10_000])
      expect(contentOf((await live({}, { batchSize })).log)).toEqual(content);
    expect(contentOf((await live({ behaviourSeed: 2 })).log)).not.toEqual(content);
  });

  it('does not notice how long a tick is', async () => {
    const content = contentOf(base.log);
    for (const tickSeconds of [1, 3600])
      expect(contentOf((await live({ tickSeconds })).log)).toEqual(content);
  });

  it('gives a user the same life however many others live there, where nothing is learnt from them', async () => {
    const lives = async (users: number): Promise<number[][]> => {
      const { log } = await live({ users, botShare: 0, warmupDays: 0 }, () => ({
        arms: [{ name: 'control', recommender: random() }],
      }));
      const { request } = log;
      return Array.from(log.order())
        .filter((row) => request.user[row] < 60)
        .map((row) => [request.user[row], request.ordinal[row], request.second[row], request.onWifi[row]]);
    };
    const [few, many] = [await lives(60), await lives(250)];
    // click chances are set for the whole population, so lives part later on; first requests do not
    const first = (all: number[][]): number[][] => all.filter(([, ordinal]) => ordinal === 0);
    expect(first(many)).toEqual(first(few));
    expect(first(few).length).toBeGreaterThan(20);
  });

  it('advances day by day to the same end', async () => {
    const world = createLiveWorld(smallLive);
    const totals = (): UnitTotals =>
      new UnitTotals({ users: world.settings.users, fromDay: 0, toDay: 5, count: 'truth' });
    const [whole, parts] = [totals(), totals()];
    const arms = [{ name: 'control', recommender: popularity(world) }];
    await new InteractiveWorld({ world, arms, recorders: [whole] }).run();
    const stepwise = new InteractiveWorld({
      world,
      arms: [{ name: 'control', recommender: popularity(world) }],
      recorders: [parts],
    });
    expect(stepwise.day).toBe(-2);
    for (const day of [0, 1, 1, 4, 99]) await stepwise.advanceTo(day);
    expect(stepwise.day).toBe(5);
    expect(parts.sums).toEqual(whole.sums);
    expect(mean(whole.sums.impressions)).toBeGreaterThan(5);
  });

  it('conserves: clicks are impressions, shown items exist and were candidates, nobody acts before joining', async () => {
    const { world, log } = base;
    const { request, impression } = log;
    const draw = new CandidateDraw(world.settings.candidates, world.settings.items);
    let positions = 0;
    const broken: string[] = [];
    const hold = (holds: boolean, what: string): void => void (holds || broken.push(what));
    for (let row = 0; row < log.requests; row += 1) {
      const day = dayOf(world, request.second[row]);
      const candidates = new Set(log.candidatesOf(row, draw));
      const shown = new Set<number>();
      let clicks = 0;
      hold(world.users.joinDay[request.user[row]] <= day, 'joined');
      hold(request.reached[row] <= request.filled[row], 'filled');
      for (let at = request.first[row]; at < request.first[row] + request.reached[row]; at += 1) {
        const item = impression.item[at];
        hold(world.items.birthDay[item] <= day && item < bornBy(world, request.second[row]), 'born');
        hold(candidates.has(item), 'candidate');
        hold(impression.second[at] >= request.second[row], 'seen after asking');
        hold(impression.reportedSecond[at] >= impression.second[at], 'reported after seen');
        hold(impression.propensity[at] > 0 && impression.propensity[at] <= 1, 'propensity');
        const followed = [impression.liked[at], impression.paid[at], impression.satisfaction[at]];
        hold(impression.click[at] === 1 || followed.every((value) => value === 0), 'nothing without a click');
        clicks += impression.click[at];
        shown.add(item);
        positions += 1;
      }
      hold(shown.size === request.reached[row], 'no item twice');
      hold(clicks <= 1 || world.users.isBot[request.user[row]] === 1, 'one click a page');
    }
    expect(broken).toEqual([]);
    expect(positions).toBe(log.impressions);
    expect(Array.from(world.items.birthDay).some((day) => day > 0)).toBe(true);
  });

  it('never has a user in two places: requests of one user follow each other', () => {
    const { request } = base.log;
    const last = new Map<number, { second: number; ordinal: number }>();
    for (const row of base.log.order()) {
      const before = last.get(request.user[row]);
      if (before !== undefined) {
        expect(request.second[row]).toBeGreaterThan(before.second);
        expect(request.ordinal[row]).toBe(before.ordinal + 1);
      }
      last.set(request.user[row], { second: request.second[row], ordinal: request.ordinal[row] });
    }
  });

  it('teaches a policy what was reported of its own pages and nothing else', async () => {
    const lessons: { impressions: number; clicks: number }[] = [];
    const total = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);
    const pupil: LivePolicy = {
      ...random(),
      learn: ({ impressions, clicks }) =>
        lessons.push({ impressions: total(impressions), clicks: total(clicks) }),
    };
    const { log, world } = await live({ warmupDays: 0, lostShare: 0.2 }, () => ({
      arms: [
        { name: 'other', recommender: random(4) },
        { name: 'pupil', recommender: pupil },
      ],
      assign: (user) => (Number(user) % 3 === 0 ? 'pupil' : 'other'),
    }));
    expect(lessons).toHaveLength(5);
    const { request, impression } = log;
    const known = { impressions: 0, clicks: 0 };
    const midnight = world.settings.startSecond + 4 * 86_400;
    for (let row = 0; row < log.requests; row += 1)
      for (let at = request.first[row]; at < request.first[row] + request.reached[row]; at += 1) {
        if (request.arm[row] !== 1 || impression.lost[at] === 1) continue;
        if (impression.second[at] < midnight) known.impressions += 1;
        if (impression.click[at] === 1 && impression.reportedSecond[at] < midnight) known.clicks += 1;
      }
    expect(lessons[4]).toEqual(known);
    expect(known.clicks).toBeGreaterThan(20);
    expect(lessons[0]).toEqual({ impressions: 0, clicks: 0 });
  });

  it('asks for the assignment with the moment, and serves warm-up by the first arm', async () => {
    const { log, world, service } = await live({ warmupDays: 1 }, (made) => ({
      arms: [
        { name: 'first', recommender: random(4) },
        { name: 'second', recommender: random(5) },
      ],
      assign: (_, atMs) => (atMs / 1000 < made.settings.startSecond + 2 * 86_400 ? 'first' : 'second'),
    }));
    const { request } = log;
    for (let row = 0; row < log.requests; row += 1) {
      const late = dayOf(world, request.second[row]) >= 2;
      expect(service.armNames.list[request.arm[row]]).toBe(late ? 'second' : 'first');
      expect(service.versionNames.list[request.version[row]]).toBe(late ? 'policy-5/1' : 'policy-4/1');
    }
  });
});

describe('what a world refuses', () => {
  const world = createLiveWorld(smallLive);
  const arm = { name: 'a', recommender: random() };

  it.each([
    [{ arms: [] }, /at least one arm/],
    [{ arms: [arm, arm] }, /one name/],
    [{ arms: [{ ...arm, latencyMs: -1 }] }, /Arm a/],
    [{ arms: [{ ...arm, dropShare: 1.5 }] }, /Arm a/],
    [{ arms: [arm], batchSize: 0 }, /batchSize/],
  ])('%j', (options, message) => {
    expect(() => new InteractiveWorld({ world, ...options })).toThrow(message);
  });

  it('an arm that does not exist, naming the user', async () => {
    const stray = new InteractiveWorld({ world, arms: [arm], assign: () => 'b' });
    await expect(stray.run()).rejects.toThrow(/User \d+ was assigned to "b"/);
  });

  it.each([
    [{ tickSeconds: 7 }, /tickSeconds/],
    [{ family: 'flat' as never }, /family/],
    [{ noveltyDays: 0 }, /noveltyDays/],
    [{ sessionDrift: 2 }, /sessionDrift/],
    [{ returnPull: -1 }, /returnPull/],
    [{ behaviourSeed: 0.5 }, /behaviourSeed/],
    [{ users: 0 }, /users/],
  ])('settings %j', (settings, message) => {
    expect(() => createLiveWorld(settings)).toThrow(message);
  });
});

describe('worlds of any shape', () => {
  it('run, and count what they show', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.integer({ min: 0, max: 1e6 }),
          users: fc.integer({ min: 1, max: 40 }),
          items: fc.integer({ min: 1, max: 30 }),
          days: fc.integer({ min: 1, max: 3 }),
          warmupDays: fc.integer({ min: 0, max: 2 }),
          slateSize: fc.integer({ min: 1, max: 12 }),
          candidates: fc.integer({ min: 1, max: 40 }),
          topics: fc.integer({ min: 1, max: 16 }),
          sessionsPerDay: fc.double({ min: 0, max: 3, noNaN: true }),
          null: fc.boolean(),
          family: fc.constantFrom('interacting' as const, 'gated' as const),
        }),
        async (settings) => {
          const world = createLiveWorld(settings);
          const totals = new UnitTotals({
            users: settings.users,
            fromDay: 0,
            toDay: settings.days,
            count: 'truth',
          });
          const log = new LiveLog();
          await new InteractiveWorld({
            world,
            arms: [{ name: 'control', recommender: popularity(world) }],
            recorders: [totals, log],
          }).run();
          expect(totals.sums.impressions.reduce((sum, count) => sum + count, 0)).toBe(log.impressions);
          expect(totals.sums.requests.reduce((sum, count) => sum + count, 0)).toBe(log.requests);
        },
      ),
      { numRuns: 12 },
    );
  });
});
