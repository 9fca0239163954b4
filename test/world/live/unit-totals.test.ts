import { describe, expect, it } from 'vitest';
import { LiveLog, PageRecord, UnitTotals } from '../../../src/world/index.js';

/** A page of two positions: the first clicked and liked and bought, the second hidden and lost. */
function page(
  changes: Partial<Pick<PageRecord, 'user' | 'day' | 'second' | 'arm' | 'dropped' | 'opensSession'>>,
): PageRecord {
  const made = Object.assign(
    new PageRecord(3),
    { user: 1, day: 0, second: 100, opensSession: true },
    changes,
  );
  made.filled = 3;
  made.reached = 2;
  made.item.set([5, 6, 7]);
  made.click.set([1, 0]);
  made.dwellMs.set([4000, 300]);
  made.liked.set([1, 0]);
  made.hidden.set([0, 1]);
  made.paid.set([9, 0]);
  made.satisfaction.set([0.5, 0]);
  made.lost.set([0, 1]);
  return made;
}

const all = { users: 3, fromDay: 0, toDay: 2 } as const;

describe('sums per user', () => {
  it('count by hand what happened', () => {
    const totals = new UnitTotals({ ...all, count: 'truth' });
    totals.record(page({}));
    totals.record(page({ second: 200, opensSession: false }));
    totals.record(page({ day: 1, second: 90_000 }));
    const sums = Object.fromEntries(Object.entries(totals.sums).map(([name, values]) => [name, values[1]]));
    expect(sums).toEqual({
      requests: 3,
      sessions: 2,
      activeDays: 2,
      impressions: 6,
      clicks: 3,
      satisfaction: 1.5,
      dwellSeconds: 12,
      likes: 3,
      hides: 3,
      purchases: 3,
      spend: 27,
    });
    expect(totals.sums.requests[0]).toBe(0);
    expect(Array.from(totals.firstSecond)).toEqual([-1, 100, -1]);
  });

  it('count what was reported only, where that is asked', () => {
    const totals = new UnitTotals({ ...all, count: 'reported' });
    totals.record(page({ dropped: true, second: 50 }));
    totals.record(page({}));
    expect(totals.sums.impressions[1]).toBe(1);
    expect(totals.sums.hides[1]).toBe(0);
    expect(totals.sums.requests[1]).toBe(1);
    expect(totals.firstSecond[1]).toBe(100);
  });

  it('leave out other days, and keep the arm that came first', () => {
    const totals = new UnitTotals({ ...all, fromDay: 1, count: 'truth' });
    for (const day of [-1, 0, 2]) totals.record(page({ day }));
    expect(totals.arm[1]).toBe(-1);
    totals.record(page({ day: 1, arm: 1 }));
    totals.record(page({ day: 1, arm: 0 }));
    expect(totals.arm[1]).toBe(1);
    expect(totals.sums.requests[1]).toBe(2);
    expect(totals.sums.activeDays[1]).toBe(1);
  });
});

describe('the log of a world', () => {
  it('keeps logged days, positions that were reached, and marks what nobody heard of', () => {
    const log = new LiveLog();
    log.record(page({ day: -1 }));
    log.record(page({ second: 300, user: 2 }));
    log.record(page({ second: 300, user: 1, dropped: true }));
    log.record(page({ second: 200, user: 2 }));
    expect([log.requests, log.impressions]).toEqual([3, 6]);
    expect(Array.from(log.impression.lost.subarray(0, 6))).toEqual([0, 1, 1, 1, 0, 1]);
    expect(Array.from(log.order())).toEqual([2, 1, 0]);
    expect(Array.from(log.impression.item.subarray(0, 6))).toEqual([5, 6, 5, 6, 5, 6]);
  });
});
