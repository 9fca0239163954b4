import { describe, expect, it } from 'vitest';
import { auc } from '../../src/stats/index.js';
import {
  createWorld,
  generateWorld,
  popularityPolicy,
  resolveWorldSettings,
  SessionPlayer,
  worldReport,
  type EventColumns,
  type Policy,
} from '../../src/world/index.js';
import { gini } from '../../src/world/world-report.js';
import { mean, small, smallWorld } from './tiny-world.js';

const log = smallWorld({ seed: 1 });
const columnNames = Object.keys(log.events).filter((name) => name !== 'rows') as Exclude<
  keyof EventColumns,
  'rows'
>[];

describe('generateWorld', () => {
  it('gives the same log for the same settings, byte for byte', () => {
    const again = smallWorld({ seed: 1 });
    for (const name of columnNames) expect(again.events[name]).toEqual(log.events[name]);
  });

  it('gives another log for another seed', () => {
    expect(smallWorld({ seed: 2 }).events.item.slice(0, 200)).not.toEqual(log.events.item.slice(0, 200));
  });

  it('logs in order of time, inside the days, first positions of a request first', () => {
    const { second, requestId, position } = log.events;
    const { startSecond, days } = log.settings;
    expect(second[0]).toBeGreaterThanOrEqual(startSecond);
    // A session that starts before the last midnight may run over it.
    expect(second[second.length - 1]).toBeLessThan(startSecond + days * 86_400 + 3600);
    const lastPosition = new Map<number, number>();
    for (let row = 0; row < log.events.rows; row += 1) {
      if (row > 0) expect(second[row]).toBeGreaterThanOrEqual(second[row - 1]);
      expect(position[row]).toBeGreaterThan(lastPosition.get(requestId[row]) ?? -1);
      lastPosition.set(requestId[row], position[row]);
    }
  });

  it('shows only items that exist, and nobody before they joined', () => {
    const { events, world, settings } = log;
    for (let row = 0; row < events.rows; row += 1) {
      const day = Math.floor((events.second[row] - settings.startSecond) / 86_400);
      expect(world.items.birthDay[events.item[row]]).toBeLessThanOrEqual(day);
      expect(world.users.joinDay[events.user[row]]).toBeLessThanOrEqual(day);
    }
    expect(Array.from(world.items.birthDay).some((day) => day > 0)).toBe(true);
  });

  it('draws clicks from the true probabilities', () => {
    const { click, clickProbability } = log.events;
    const expected = clickProbability.reduce((sum, p) => sum + p, 0);
    const sd = Math.sqrt(clickProbability.reduce((sum, p) => sum + p * (1 - p), 0));
    const clicks = click.reduce((sum, value) => sum + value, 0);
    // Late reports take a few clicks away.
    expect(clicks).toBeGreaterThan(expected * 0.97 - 4 * sd);
    expect(clicks).toBeLessThan(expected + 4 * sd);
  });

  it('loses the asked share of events', () => {
    const lossy = smallWorld({ seed: 1, lostShare: 0.2 });
    const share = lossy.lostEvents / (lossy.lostEvents + lossy.events.rows);
    expect(Math.abs(share - 0.2)).toBeLessThan(0.02);
    expect(smallWorld({ seed: 1, lostShare: 0 }).lostEvents).toBe(0);
  });

  it('forgets clicks that are reported after the end', () => {
    const late = smallWorld({ seed: 1, delayedShare: 1, days: 2 });
    const prompt = smallWorld({ seed: 1, delayedShare: 0, days: 2 });
    const ends = late.settings.startSecond + 2 * 86_400;
    late.events.click.forEach((click, row) => {
      if (click === 1) expect(late.events.reportedSecond[row]).toBeLessThan(ends);
    });
    expect(mean(late.events.click)).toBeLessThan(0.9 * mean(prompt.events.click));
  });

  it('has bots that click whatever they are shown', () => {
    const { events, world } = smallWorld({ seed: 3, botShare: 0.1 });
    const bots = Array.from(events.clickProbability).filter(
      (_, row) => world.users.isBot[events.user[row]] === 1,
    );
    expect(bots.length).toBeGreaterThan(100);
    expect(new Set(bots).size).toBe(1);
  });

  it('has more sessions in the evening than at night', () => {
    const night = Array.from(log.events.hour).filter((hour) => hour >= 1 && hour <= 4).length;
    const evening = Array.from(log.events.hour).filter((hour) => hour >= 19 && hour <= 22).length;
    expect(evening).toBeGreaterThan(4 * night);
  });
});

describe('a served policy', () => {
  const settings = resolveWorldSettings({ ...small, seed: 5 });

  it('sees the feedback of the days before and nothing of the truth', () => {
    const totals: number[] = [];
    const seen = new Set<string>();
    const spy: Policy = {
      id: 2,
      modelVersion: 7,
      learn: ({ impressions }) => totals.push(impressions.reduce((sum, value) => sum + value, 0)),
      choose(request, slate, propensities) {
        Object.keys(request).forEach((key) => seen.add(key));
        slate[0] = request.candidates[0];
        propensities[0] = 1;
        return 1;
      },
    };
    const spied = generateWorld(settings, spy);
    expect(totals).toHaveLength(settings.days + settings.warmupDays);
    expect(totals[0]).toBe(0);
    expect([...totals].sort((a, b) => a - b)).toEqual(totals);
    expect([...seen].sort()).toEqual(['candidateCount', 'candidates', 'randomKey', 'second', 'user']);
    expect(new Set(spied.events.policyId)).toEqual(new Set([2]));
    expect(new Set(spied.events.modelVersion)).toEqual(new Set([7]));
  });

  it('makes popularity emerge', () => {
    const options = { items: settings.items, exploration: 0.1, priorRate: settings.baseClickRate };
    const even = worldReport(generateWorld(settings, popularityPolicy({ ...options, greed: 0 })));
    const greedy = worldReport(generateWorld(settings, popularityPolicy(options)));
    expect(greedy.popularityGini).toBeGreaterThan(even.popularityGini + 0.1);
    expect(greedy.clickRate).toBeGreaterThan(even.clickRate * 1.05);
  });

  it('meets the same users: sessions and their circumstances do not depend on what is shown', () => {
    const world = createWorld(settings);
    const options = { items: settings.items, exploration: 0, priorRate: 0.08 };
    const first = (greed: number): readonly number[] => {
      const facts: number[] = [];
      const player = new SessionPlayer(world, popularityPolicy({ ...options, greed }));
      for (let user = 0; user < 50; user += 1) {
        let fresh = true;
        player.play(user, 1, 0, settings.startSecond + 100_000, (row) => {
          if (fresh) facts.push(row.onWifi, row.jitter, row.shard, row.hour);
          fresh = false;
        });
      }
      return facts;
    };
    expect(first(4)).toEqual(first(0));
  });
});

describe('credibility of the default world', () => {
  it.each([1, 2, 3])('seed %i looks like a real service', (seed) => {
    const report = worldReport(generateWorld({ seed }));
    expect(report.impressions).toBeGreaterThan(40_000);
    expect(report.impressions).toBeLessThan(90_000);
    expect(report.clickRate).toBeGreaterThan(0.05);
    expect(report.clickRate).toBeLessThan(0.1);
    expect(report.popularityGini).toBeGreaterThan(0.4);
    expect(report.popularityGini).toBeLessThan(0.85);
    expect(report.impressionsPerSession).toBeGreaterThan(5);
    expect(report.impressionsPerSession).toBeLessThan(25);
    expect(report.sessionsPerUser).toBeGreaterThan(2);
    expect(report.repeatShare).toBeGreaterThan(0.02);
    expect(report.repeatShare).toBeLessThan(0.3);
    expect(report.likesPerClick).toBeGreaterThan(0.02);
    expect(report.likesPerClick).toBeLessThan(0.3);
    expect(report.dislikesPerImpression).toBeLessThan(0.02);
    expect(report.clickRateByPosition[0]).toBeGreaterThan(report.clickRateByPosition[7] * 1.3);
    // Clicks and satisfaction conflict.
    expect(report.clickbaitRegret).toBeLessThan(-0.1);
  });

  it('the null world clicks about as often', () => {
    const { clickRate } = worldReport(generateWorld({ seed: 1, null: true }));
    expect(clickRate).toBeGreaterThan(0.05);
    expect(clickRate).toBeLessThan(0.12);
  });
});

describe('gini', () => {
  it('is 0 for even and (n - 1) / n for one winner', () => {
    expect(gini(Float64Array.of(3, 3, 3))).toBeCloseTo(0, 12);
    expect(gini(Float64Array.of(0, 0, 0, 8))).toBeCloseTo(0.75, 12);
    expect(gini(Float64Array.of(0, 0))).toBe(0);
  });
});

describe('planted columns', () => {
  it('the leaking score tells the label, the useless ones do not', () => {
    const { events } = log;
    expect(auc(events.engagementScore, events.click)).toBeGreaterThan(0.995);
    expect(auc(events.engagementScore, events.click)).toBeLessThan(1);
    for (const column of [events.shard, events.jitter]) {
      expect(Math.abs(auc(column, events.click) - 0.5)).toBeLessThan(0.04);
    }
  });

  it.each([
    { users: 40, items: 30, days: 2 },
    { users: 150, days: 3, seed: 8 },
    { delayedShare: 1, days: 1 },
    { botShare: 0.2, lostShare: 0.3 },
  ])('the leak is as plain in a world of %o, whatever the log lost', (given) => {
    const { events } = smallWorld(given);
    expect(auc(events.engagementScore, events.click)).toBeGreaterThan(0.99);
  });

  it('the leak is blind but for the click: among rows of one label it is noise', () => {
    const { events, world } = log;
    const unclicked = Array.from(events.click.keys()).filter((row) => events.click[row] === 0);
    const likely = unclicked.map((row) => events.aloneProbability[row]);
    const middle = [...likely].sort((a, b) => a - b)[Math.floor(likely.length / 2)];
    const scores = unclicked.map((row) => events.engagementScore[row]);
    const halves = likely.map((chance) => (chance > middle ? 1 : 0));
    expect(Math.abs(auc(scores, halves) - 0.5)).toBeLessThan(0.03);
    const quality = unclicked.map((row) => world.items.quality[events.item[row]]);
    expect(auc(quality, halves)).toBeGreaterThan(0.53);
  });

  it('does so in the null world as well', () => {
    const { events, planted } = smallWorld({ seed: 1, null: true });
    expect(auc(events.engagementScore, events.click)).toBeGreaterThan(0.995);
    expect(planted.leaking).toEqual(['engagement_score']);
    expect(planted.useless).toContain('declared_topic');
    expect(planted.useful).not.toContain('declared_topic');
  });

  it('names no column twice', () => {
    const { useful, useless, signals, leaking } = log.planted;
    const all = [...useful, ...useless, ...signals, ...leaking];
    expect(new Set(all).size).toBe(all.length);
  });
});
