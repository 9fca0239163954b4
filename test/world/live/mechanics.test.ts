import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readTable } from '../../../src/data/index.js';
import {
  createLiveWorld,
  flatLog,
  randomScore,
  rankedPolicy,
  UnitTotals,
  writeWorld,
  type InteractiveWorldOptions,
  type LiveSettings,
} from '../../../src/world/index.js';
import { createShop, drawPurchase } from '../../../src/world/live/shop.js';
import { mean } from '../tiny-world.js';
import { live, popularity, smallLive } from './live-worlds.js';

const random = (id: number) => rankedPolicy({ id, rankings: [{ weight: 1, score: randomScore }] });
const given = { users: 400, days: 6, warmupDays: 2 };

/** Sums over all users, everything counted. */
async function sumsOf(
  more: Partial<LiveSettings>,
  options: Partial<InteractiveWorldOptions> = {},
  fromDay = 0,
): Promise<Record<string, number>> {
  const settings = { ...smallLive, ...given, ...more };
  const totals = new UnitTotals({ users: settings.users, fromDay, toDay: settings.days, count: 'truth' });
  await live(settings, {
    arms: [{ name: 'a', recommender: random(1) }],
    ...options,
    recorders: [totals],
  });
  return Object.fromEntries(
    Object.entries(totals.sums).map(([name, values]) => [
      name,
      values.reduce((sum, value) => sum + value, 0),
    ]),
  );
}

describe('latency', () => {
  it('makes people leave, by the arm’s word and not by the clock', async () => {
    const [fast, slow, tolerated] = await Promise.all(
      [0, 1500, 100].map((latencyMs) =>
        sumsOf({}, { arms: [{ name: 'a', recommender: random(1), latencyMs }] }),
      ),
    );
    expect(slow.requests / slow.sessions).toBeLessThan(0.9 * (fast.requests / fast.sessions));
    expect(tolerated.requests).toBe(fast.requests);
    const patient = await sumsOf(
      { latencyHazard: 0 },
      { arms: [{ name: 'a', recommender: random(1), latencyMs: 400 }] },
    );
    // under half a second nothing is left of it when nobody minds
    expect(patient.requests).toBe(fast.requests);
  });
});

describe('novelty', () => {
  const arms = [1, 2].map((id) => ({ name: String(id), recommender: random(id) }));
  const rateOf = async (noveltyPull: number, name: string, fromDay: number): Promise<number> => {
    const sums = await sumsOf(
      { noveltyPull, noveltyDays: 1, users: 800, warmupDays: 6, days: 8 },
      { arms, assign: () => name },
      fromDay,
    );
    return sums.clicks / sums.impressions;
  };

  it('lifts clicks where another version answers, and fades; nothing where the version stays', async () => {
    const [plain, excited, stayed] = [
      await rateOf(0, '2', 0),
      await rateOf(0.8, '2', 0),
      await rateOf(0.8, '1', 0),
    ];
    expect(excited).toBeGreaterThan(1.1 * plain);
    expect(stayed).toBe(await rateOf(0, '1', 0));
    const late = (await rateOf(0.8, '2', 6)) / (await rateOf(0, '2', 6));
    expect(late).toBeLessThan(excited / plain);
  });
});

describe('satisfaction', () => {
  it('brings people back: a better policy has more sessions, unless nobody cares', async () => {
    const sessions = async (returnPull: number, sign: number): Promise<number> => {
      const world = createLiveWorld({ ...smallLive, ...given });
      const score = (_: unknown, item: number): number =>
        sign * (world.items.quality[item] - world.items.clickbait[item]);
      const arms = [{ name: 'a', recommender: rankedPolicy({ id: 1, rankings: [{ weight: 1, score }] }) }];
      return (await sumsOf({ returnPull }, { arms })).sessions;
    };
    expect(await sessions(0.5, 1)).toBeGreaterThan(1.1 * (await sessions(0.5, -1)));
    const [good, bad] = [await sessions(0, 1), await sessions(0, -1)];
    // sessions last longer where they please, so there is room for a few less
    expect(Math.abs(good / bad - 1)).toBeLessThan(0.03);
  });
});

describe('purchases', () => {
  const world = createLiveWorld(smallLive);
  const shop = createShop(world);

  it('have prices around ten, and people who mind them', () => {
    const logs = Array.from(shop.price, (price) => Math.log(price / 10));
    expect(Math.abs(mean(logs))).toBeLessThan(0.3);
    expect(Math.min(...shop.price)).toBeGreaterThan(0);
    expect(Math.min(...shop.priceSensitivity)).toBeGreaterThan(0);
    expect(createShop(createLiveWorld({ ...smallLive, users: 10 })).price).toEqual(shop.price);
  });

  it('follow satisfaction and shun high prices', () => {
    const rate = (satisfaction: number, dear: boolean): number => {
      let bought = 0;
      let offered = 0;
      for (let n = 0; n < 20_000; n += 1) {
        const item = n % shop.price.length;
        if (shop.price[item] > 10 !== dear) continue;
        offered += 1;
        const paid = drawPurchase(shop, 0.05, n % 250, item, satisfaction, n, 0);
        if (paid > 0) {
          expect(paid).toBe(shop.price[item]);
          bought += 1;
        }
      }
      return bought / offered;
    };
    expect(rate(1, false)).toBeGreaterThan(1.5 * rate(-1, false));
    expect(rate(0, false)).toBeGreaterThan(1.5 * rate(0, true));
  });

  it('do not happen where the rate is zero', async () => {
    expect((await sumsOf({ purchaseRate: 0 })).purchases).toBe(0);
    const some = await sumsOf({ purchaseRate: 0.2 });
    expect(some.purchases).toBeGreaterThan(10);
    expect(some.spend / some.purchases).toBeGreaterThan(1);
  });
});

describe('bots', () => {
  it('click whatever they are shown, one position after another', async () => {
    const { log, world } = await live({ ...given, botShare: 0.2 });
    const { request, impression } = log;
    let shown = 0;
    let clicked = 0;
    for (let row = 0; row < log.requests; row += 1) {
      if (world.users.isBot[request.user[row]] === 0) continue;
      for (let at = request.first[row]; at < request.first[row] + request.reached[row]; at += 1) {
        shown += 1;
        clicked += impression.click[at];
        expect(impression.clickProbability[at]).toBe(Math.fround(0.3));
      }
    }
    expect(shown).toBeGreaterThan(1000);
    expect(Math.abs(clicked / shown - 0.3)).toBeLessThan(0.04);
  });
});

describe('the flat log', () => {
  const dir = mkdtempSync(join(tmpdir(), 'flat-log-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('holds the reported impressions in order of time, and is written like any other world', async () => {
    const { world, log } = await live({ ...given, days: 2, lostShare: 0.1 }, (made) => ({
      arms: [{ name: 'a', recommender: popularity(made) }],
    }));
    const flat = flatLog(world, log);
    const lost = log.impression.lost.subarray(0, log.impressions).reduce((sum, value) => sum + value, 0);
    expect(flat.lostEvents).toBe(lost);
    expect(flat.events.rows).toBe(log.impressions - lost);
    for (let row = 1; row < flat.events.rows; row += 1)
      expect(flat.events.second[row]).toBeGreaterThanOrEqual(flat.events.second[row - 1]);
    const end = world.settings.startSecond + 2 * 86_400;
    flat.events.click.forEach((click, row) => {
      if (click === 1) expect(flat.events.reportedSecond[row]).toBeLessThan(end);
      expect(flat.candidates.get(flat.events.requestId[row])).toContain(flat.events.item[row]);
    });
    const { files } = await writeWorld(flat, dir);
    const written = await readTable(files[0].path, ['click']);
    expect(written.get('click')).toEqual(Float64Array.from(flat.events.click));
  });
});
