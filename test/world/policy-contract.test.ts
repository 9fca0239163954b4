import { describe, expect, it } from 'vitest';
import {
  generateWorld,
  type Policy,
  type PolicyRequest,
  type WorldLog,
  type WorldSettings,
} from '../../src/world/index.js';
import { small } from './tiny-world.js';

interface Watched {
  readonly log: WorldLog;
  readonly requests: readonly PolicyRequest[];
  /** sums of the counts that each day's lesson held */
  readonly lessons: readonly { readonly impressions: number; readonly clicks: number }[];
}

/** Lives through a world under a policy of the test, and keeps everything that the world asked of it. */
function watch(
  given: Partial<WorldSettings>,
  fill: (request: PolicyRequest, slate: Int32Array) => number,
): Watched {
  const requests: PolicyRequest[] = [];
  const lessons: { impressions: number; clicks: number }[] = [];
  const total = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);
  const policy: Policy = {
    id: 42,
    modelVersion: 7,
    learn: ({ impressions, clicks }) => {
      lessons.push({ impressions: total(impressions), clicks: total(clicks) });
    },
    choose(request, slate, propensities) {
      requests.push({ ...request, candidates: request.candidates.slice(0, request.candidateCount) });
      const filled = fill(request, slate);
      propensities.fill(0.25, 0, filled);
      return filled;
    },
  };
  return { log: generateWorld({ ...small, users: 150, days: 4, ...given }, policy), requests, lessons };
}

const first = ({ candidates, candidateCount }: PolicyRequest, slate: Int32Array): number => {
  const filled = Math.min(slate.length, candidateCount);
  for (let n = 0; n < filled; n += 1) slate[n] = candidates[n];
  return filled;
};

const base = watch({ lostShare: 0 }, first);

describe('what the world asks of a policy', () => {
  it('are candidates that live, all different, as many as the settings allow', () => {
    const { log, requests } = base;
    const { settings, world } = log;
    expect(requests.length).toBeGreaterThan(300);
    for (const { candidates, candidateCount, second } of requests) {
      const day = Math.floor((second - settings.startSecond) / 86_400);
      expect(new Set(candidates).size).toBe(candidateCount);
      expect(candidateCount).toBe(Math.min(settings.candidates, settings.items));
      // a session that began before midnight still draws from the items of its own day
      for (const item of candidates) expect(world.items.birthDay[item]).toBeLessThanOrEqual(day);
    }
  });

  it('are all live items when there are fewer than it may draw', () => {
    const { requests, log } = watch({ items: 30, candidates: 100 }, first);
    const old = Array.from(log.world.items.birthDay.keys()).filter(
      (item) => log.world.items.birthDay[item] < -2,
    );
    for (const { candidates } of requests) for (const item of old) expect(candidates).toContain(item);
  });

  it('are drawn evenly: each old item is a candidate about equally often', () => {
    const { requests, log } = watch({ candidates: 20, users: 300 }, first);
    const { birthDay, count } = log.world.items;
    const drawn = new Float64Array(count);
    for (const { candidates } of requests) for (const item of candidates) drawn[item] += 1;
    const old = Array.from(birthDay.keys()).filter((item) => birthDay[item] <= -log.settings.warmupDays);
    const expected = old.reduce((sum, item) => sum + drawn[item], 0) / old.length;
    const chi = old.reduce((sum, item) => sum + (drawn[item] - expected) ** 2 / expected, 0);
    // Drawing without putting back only narrows the spread; 4 sd above the mean of chi-square
    expect(chi).toBeLessThan(old.length - 1 + 4 * Math.sqrt(2 * (old.length - 1)));
    expect(expected).toBeGreaterThan(20);
  });

  it('come each with random numbers of its own', () => {
    const keys = new Set(base.requests.map(({ randomKey }) => randomKey));
    expect(keys.size).toBeGreaterThan(0.999 * base.requests.length);
  });

  it('comes before each day, warm-up included, with counts that only grow', () => {
    const { lessons, log } = base;
    expect(lessons).toHaveLength(log.settings.warmupDays + log.settings.days);
    expect(lessons[0]).toEqual({ impressions: 0, clicks: 0 });
    for (const [day, lesson] of lessons.entries()) {
      if (day > 0) expect(lesson.impressions).toBeGreaterThan(lessons[day - 1].impressions);
      expect(lesson.clicks).toBeLessThanOrEqual(lesson.impressions);
    }
  });

  it('counts what was shown before the day, whether the log kept it or not', () => {
    const lossy = watch({ lostShare: 0.5 }, first);
    expect(lossy.lessons).toEqual(base.lessons);
    expect(lossy.log.events.rows).toBeLessThan(0.6 * base.log.events.rows);
  });
});

describe('what the world does with the answer', () => {
  it('logs the propensities, the id and the version of the policy that served', () => {
    const { events } = base.log;
    expect(new Set(events.policyId)).toEqual(new Set([42]));
    expect(new Set(events.modelVersion)).toEqual(new Set([7]));
    expect(new Set(events.propensity)).toEqual(new Set([0.25]));
  });

  it('shows the slate from the top, each item at the position that the policy gave it', () => {
    const { events } = base.log;
    const slates = new Map(base.requests.map((request, n) => [n + 1, request.candidates]));
    for (let row = 0; row < events.rows; row += 1)
      expect(events.item[row]).toBe(slates.get(events.requestId[row])?.[events.position[row]]);
  });

  it('shows no more than the policy filled, though the slate has room', () => {
    const { events } = watch({}, (request, slate) => Math.min(2, first(request, slate))).log;
    expect(events.position.every((position) => position < 2)).toBe(true);
    expect(events.rows).toBeGreaterThan(100);
  });

  it('ends sessions of a policy that shows nothing, and logs nothing', () => {
    const { log, requests } = watch({}, () => 0);
    expect(log.events.rows).toBe(0);
    expect(requests.length).toBeGreaterThan(0);
  });

  it('lets a better choice earn more clicks: by the truth, by chance, by the truth reversed', () => {
    const rate = (sign: -1 | 0 | 1): number => {
      const { quality } = base.log.world.items;
      const { events } = watch(
        { users: 300, botShare: 0, delayedShare: 0 },
        ({ candidates, candidateCount }, slate) => {
          const ranked = candidates.slice(0, candidateCount).sort((a, b) => sign * (quality[b] - quality[a]));
          slate.set(ranked.subarray(0, slate.length));
          return Math.min(slate.length, candidateCount);
        },
      ).log;
      return events.click.reduce((sum, click) => sum + click, 0) / events.rows;
    };
    const [worst, chance, best] = [rate(-1), rate(0), rate(1)];
    expect(best).toBeGreaterThan(1.2 * chance);
    expect(chance).toBeGreaterThan(worst);
  });
});
