import { describe, expect, it } from 'vitest';
import { ServedEvent } from '../../../src/schema/index.js';
import type { LiveSettings, Recorder } from '../../../src/world/index.js';
import { live } from './live-worlds.js';

interface Heard {
  readonly events: readonly ServedEvent[];
  /** events of each call */
  readonly calls: readonly (readonly ServedEvent[])[];
  readonly reports: number;
}

async function listen(
  given: Partial<LiveSettings>,
  more: object = {},
): Promise<Heard & Awaited<ReturnType<typeof live>>> {
  const calls: ServedEvent[][] = [];
  let reports = 0;
  const counter: Recorder = {
    record(page) {
      if (page.dropped) return;
      for (let position = 0; position < page.reached; position += 1)
        if (page.lost[position] === 0) reports += 1;
    },
  };
  const lived = await live(given, {
    sink: {
      append: async (events) => {
        calls.push([...events]);
        return { stored: events.length, repeated: 0 };
      },
    },
    recorders: [counter],
    ...more,
  });
  return { ...lived, calls, events: calls.flat(), reports };
}

const given = { users: 150, days: 3, purchaseRate: 0.2 };
const base = await listen(given);

describe('what a world reports', () => {
  it('are events of the schema, each with an id of its own', () => {
    for (const event of base.events.slice(0, 400)) expect(ServedEvent.parse(event)).toEqual(event);
    expect(new Set(base.events.map(({ id }) => id)).size).toBe(base.events.length);
    const kinds = new Set(base.events.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['click', 'hide', 'impression', 'like', 'purchase']);
  });

  it('is every impression that was not lost, and the clicks on them that were due in time', () => {
    const { log, world, events } = base;
    const impressions = events.filter(({ kind }) => kind === 'impression');
    // the last ones may be seen after the last tick
    expect(impressions.length).toBeGreaterThan(0.98 * base.reports);
    expect(impressions.length).toBeLessThanOrEqual(base.reports);
    const shown = new Set(
      impressions.map(({ requestId, position, item }) => `${requestId}-${position}-${item}`),
    );
    for (const { kind, requestId, position, item } of events)
      if (kind !== 'impression') expect(shown.has(`${requestId}-${position}-${item}`)).toBe(true);
    const end = world.settings.startSecond + 3 * 86_400;
    let clicks = 0;
    for (let row = 0; row < log.requests; row += 1)
      for (let at = log.request.first[row]; at < log.request.first[row] + log.request.reached[row]; at += 1)
        if (log.impression.lost[at] === 0 && log.impression.reportedSecond[at] < end)
          clicks += log.impression.click[at];
    const logged = events.filter(
      ({ kind, atMs }) => kind === 'click' && atMs >= world.settings.startSecond * 1000,
    );
    // a page of the last day of warm-up may be looked at after midnight
    expect(Math.abs(logged.length - clicks)).toBeLessThanOrEqual(3);
    expect(clicks).toBeGreaterThan(30);
  });

  it('arrives when it is due: a call holds nothing from after its tick, and clicks come after their impressions', () => {
    const arrived = new Map<string, number>();
    base.calls.forEach((call, n) => call.forEach(({ id }) => arrived.set(id, n)));
    let later = 0;
    for (const { id, kind, requestId, position } of base.events) {
      if (kind !== 'click') continue;
      const shown = arrived.get(`${requestId}-${position}-impression`) ?? Infinity;
      const known = arrived.get(id) ?? -1;
      expect(known).toBeGreaterThanOrEqual(shown);
      if (known > shown) later += 1;
    }
    expect(later).toBeGreaterThan(10);
  });

  it('comes late by hours for the share that is delayed', async () => {
    const prompt = await listen({ ...given, delayedShare: 0 });
    const late = await listen({ ...given, delayedShare: 1 });
    const clicksOf = ({ events }: Heard): number => events.filter(({ kind }) => kind === 'click').length;
    expect(clicksOf(late)).toBeLessThan(0.97 * clicksOf(prompt));
  });

  it('is nothing of an arm that drops it all, and everything of the other', async () => {
    const { events, world } = await listen(
      { ...given, warmupDays: 0 },
      {
        arms: ['kept', 'dropped'].map((name) => ({
          name,
          dropShare: name === 'kept' ? 0 : 1,
          recommender: {
            recommend: async (requests: readonly { user: string; candidates?: readonly string[] }[]) =>
              requests.map(({ user, candidates = [] }) => ({
                requestId: 'any',
                user,
                version: name,
                variants: {},
                items: candidates
                  .slice(0, 5)
                  .map((item, position) => ({ item, position, score: 0, propensity: 1 })),
              })),
          },
        })),
        assign: (user: string) => (Number(user) % 2 === 0 ? 'kept' : 'dropped'),
      },
    );
    expect(events.length).toBeGreaterThan(200);
    expect(events.every(({ user }) => Number(user) % 2 === 0)).toBe(true);
    expect(world.settings.users).toBe(150);
  });

  it('does not depend on the batch size', async () => {
    expect((await listen(given, { batchSize: 1 })).calls).toEqual(base.calls);
  });
});
