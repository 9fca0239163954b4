import { describe, expect, it } from 'vitest';
import { blankEventRow, EventLog, type EventRow } from '../../src/world/event-columns.js';
import { worldReport, type WorldLog } from '../../src/world/index.js';
import { gini } from '../../src/world/world-report.js';
import { smallWorld } from './tiny-world.js';

const base = smallWorld({ users: 5, items: 4, days: 1, warmupDays: 0 });

/** A log of exactly these rows, over the people and items of a tiny world. */
function logOf(rows: readonly Partial<EventRow>[]): WorldLog {
  const log = new EventLog();
  for (const row of rows) log.push({ ...blankEventRow(), ...row });
  return { ...base, events: log.inTimeOrder() };
}

describe('worldReport', () => {
  it('counts by hand', () => {
    const report = worldReport(
      logOf([
        { user: 0, item: 0, sessionId: 1, position: 0, click: 1, liked: 1, second: 1 },
        { user: 0, item: 1, sessionId: 1, position: 1, click: 0, second: 2 },
        { user: 0, item: 0, sessionId: 2, position: 0, click: 1, second: 3 },
        { user: 3, item: 0, sessionId: 3, position: 0, click: 0, disliked: 1, second: 4 },
        { user: 3, item: 2, sessionId: 3, position: 1, click: 1, second: 5 },
      ]),
    );
    expect(report).toMatchObject({
      impressions: 5,
      usersSeen: 2,
      itemsShown: 3,
      clickRate: 3 / 5,
      likesPerClick: 1 / 3,
      dislikesPerImpression: 1 / 5,
      impressionsPerSession: 5 / 3,
      sessionsPerUser: 3 / 2,
      // user 0 has seen item 0 before; user 3 has not
      repeatShare: 1 / 5,
    });
    expect(report.clickRateByPosition.slice(0, 3)).toEqual([2 / 3, 1 / 2, 0]);
    // impressions 0, 1, 1, 3 over four items, weighted -3, -1, 1, 3
    expect(report.popularityGini).toBeCloseTo((-1 * 1 + 1 * 1 + 3 * 3) / (4 * 5), 12);
  });

  it('of an empty log is zeros, not NaN', () => {
    const report = worldReport(logOf([]));
    for (const value of Object.values(report).flat()) expect(value).toBe(0);
  });

  it('contrasts clicks on more clickbait with clicks on less', () => {
    const order = [0, 1, 2, 3].sort((a, b) => base.world.items.clickbait[a] - base.world.items.clickbait[b]);
    const rows = order.map((item, rank) => ({
      item,
      click: 1,
      second: rank,
      satisfaction: rank < 2 ? 0.5 : -0.25,
    }));
    const levels = new Set(order.map((item) => base.world.items.clickbait[item])).size;
    expect(levels).toBeGreaterThan(1);
    const { clickbaitRegret } = worldReport(logOf(rows));
    expect(clickbaitRegret).toBeLessThan(0);
    const unclicked = rows.map((row) => ({ ...row, click: 0 }));
    expect(worldReport(logOf(unclicked)).clickbaitRegret).toBe(0);
  });
});

describe('gini', () => {
  it.each([
    [[1, 1, 1, 1], 0],
    [[0, 0, 0, 1], 3 / 4],
    [[1, 3], 1 / 4],
    [[1, 2, 3, 4, 5], 4 / 15],
    [[0, 0], 0],
    [[7], 0],
    [[], 0],
  ])('of %j is %d', (values, expected) => {
    expect(gini(Float64Array.from(values))).toBeCloseTo(expected, 12);
  });

  it('does not heed order and scale', () => {
    const values = [5, 0, 2, 9, 2];
    const one = gini(Float64Array.from(values));
    expect(gini(Float64Array.from(values.toReversed()))).toBeCloseTo(one, 12);
    expect(gini(Float64Array.from(values, (value) => 1000 * value))).toBeCloseTo(one, 12);
  });
});

describe('EventLog', () => {
  it('orders by time, keeps the order within a second, and grows without losing a row', () => {
    const log = new EventLog();
    const count = 5000;
    for (let n = 0; n < count; n += 1)
      log.push({ ...blankEventRow(), second: 1_700_000_000 + ((n * 7919) % 97), user: n, jitter: n / count });
    const { second, user, jitter, rows } = log.inTimeOrder();
    expect(rows).toBe(count);
    expect(new Set(user).size).toBe(count);
    for (let row = 1; row < rows; row += 1) {
      const tied = second[row] === second[row - 1];
      expect(tied ? user[row] > user[row - 1] : second[row] > second[row - 1]).toBe(true);
      expect(jitter[row]).toBe(Math.fround(user[row] / count));
    }
  });

  it('keeps what it was given, although the row object is reused', () => {
    const log = new EventLog();
    const row = blankEventRow();
    for (const click of [1, 0, 1]) {
      row.click = click;
      row.second += 1;
      log.push(row);
    }
    expect([...log.inTimeOrder().click]).toEqual([1, 0, 1]);
    expect(new EventLog().inTimeOrder().rows).toBe(0);
  });
});
