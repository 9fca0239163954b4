import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDataset, openSealed } from '../../src/data/index.js';
import { UNKNOWN_ID, type NextItemDataset, type ProjectConfig } from '../../src/schema/index.js';
import { faultOf, infer, prepare, project, type Rows } from './fixtures.js';

interface Event {
  readonly user: number;
  readonly item: number;
  readonly time: number;
}

function config(split: string, change: Partial<ProjectConfig> = {}): ProjectConfig {
  const column = (role: 'user_id' | 'item_id' | 'timestamp' | 'rating') => ({
    role,
    type: 'integer' as const,
    confidence: 1,
    reason: 'test',
  });
  return {
    schemaVersion: 1,
    task: 'next-item',
    split,
    seed: 1,
    tables: {
      log: {
        kind: 'events',
        format: 'csv',
        files: [{ path: 'log.csv' }],
        csv: { delimiter: ',', quote: '"', header: true },
        join: [],
      },
    },
    columns: {
      'log.user': column('user_id'),
      'log.item': column('item_id'),
      'log.time': { ...column('timestamp'), unit: 'seconds' },
    },
    extraLabels: [],
    clock: 'time',
    duplicates: 'keep',
    minCount: 1,
    history: { enabled: true, maxLength: 50, of: 'clicked' },
    timeFeatures: { enabled: false, utcOffsetMinutes: 0 },
    ...change,
  };
}

async function encode(
  events: readonly Event[],
  settings: ProjectConfig,
): Promise<{ data: NextItemDataset; dir: string; warnings: string[] }> {
  const rows: Rows = events.map(({ user, item, time }) => ({ user, item, time: 1_500_000_000 + time }));
  const { dir } = project({ 'log.csv': rows });
  const made = await prepare(dir, settings);
  const data = openDataset(made.dir);
  if (data.task !== 'next-item') throw new Error('expected next-item');
  return { data, dir: made.dir, warnings: made.warnings.map((warning) => warning.code) };
}

/** item → id by the rule of the vocabulary: by training count, then by value. */
function vocabulary(train: readonly Event[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { item } of train) counts.set(item, (counts.get(item) ?? 0) + 1);
  const ordered = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return new Map(ordered.map(([item], index) => [item, index + 2]));
}

/** Events of each user in order, users in the order of their first row. */
function sequences(events: readonly Event[]): { user: number; events: Event[] }[] {
  const users = [...new Set(events.map((event) => event.user))];
  return users.map((user) => ({
    user,
    events: events
      .map((event, row) => ({ ...event, row }))
      .filter((event) => event.user === user)
      .sort((a, b) => a.time - b.time || a.row - b.row),
  }));
}

const logs = fc.array(
  fc.record({
    user: fc.integer({ min: 0, max: 5 }),
    item: fc.integer({ min: 0, max: 9 }),
    time: fc.integer({ min: 0, max: 30 }),
  }),
  { minLength: 20, maxLength: 60 },
);

describe('leave-one-out', () => {
  it('keeps test events out of all arrays, and orders the rest', async () => {
    await fc.assert(
      fc.asyncProperty(logs, async (drawn) => {
        const events: Event[] = [...drawn, ...[1, 2, 3].map((time) => ({ user: 6, item: time, time }))];
        const { data, dir } = await encode(events, config('leave-one-out'));
        const users = sequences(events);
        const isLong = (sequence: readonly Event[]): boolean => sequence.length >= 3;
        const ids = vocabulary(users.flatMap(({ events: own }) => (isLong(own) ? own.slice(0, -2) : own)));
        const idOf = (event: Event): number => ids.get(event.item) ?? UNKNOWN_ID;
        expect(data.userCount).toBe(users.length);
        expect(data.itemCount).toBe(ids.size + 2);
        const targets: number[] = [];
        const testTargets: number[] = [];
        users.forEach(({ events: own }, u) => {
          const [begin, end] = [data.offsets[u], data.offsets[u + 1]];
          expect([...data.events.subarray(begin, end)]).toEqual(
            (isLong(own) ? own.slice(0, -1) : own).map(idOf),
          );
          expect(data.trainEnds[u] - begin).toBe(isLong(own) ? own.length - 2 : own.length);
          if (!isLong(own)) return;
          targets.push(idOf(own[own.length - 2]));
          testTargets.push(idOf(own[own.length - 1]));
        });
        expect([...(data.validation.targets as Int32Array)]).toEqual(targets);
        expect([...data.validation.historyEnds]).toEqual(
          [...data.validation.users].map((u) => data.trainEnds[u]),
        );
        expect([...data.test.historyEnds]).toEqual([...data.test.users].map((u) => data.offsets[u + 1]));
        expect(data.test.targets).toBeUndefined();
        const sealed = openSealed(dir);
        expect([...(sealed.targets as Int32Array)]).toEqual(testTargets);
        expect([...sealed.users]).toEqual([...data.test.users]);
        sealed.rowIds.forEach((row, i) => expect(idOf(events[row])).toBe(testTargets[i]));
      }),
      { numRuns: 8 },
    );
  });

  it('warns of targets that training never saw and of ties in time', async () => {
    const events: Event[] = Array.from({ length: 30 }, (_, i) => ({
      user: i % 3,
      item: i < 24 ? i % 5 : i,
      time: Math.floor(i / 9),
    }));
    const { warnings, data } = await encode(events, config('leave-one-out'));
    expect(warnings).toEqual(expect.arrayContaining(['TARGETS_UNKNOWN', 'ORDER_TIES']));
    expect([...(data.validation.targets as Int32Array)]).toContain(UNKNOWN_ID);
  });
});

describe('a split by time', () => {
  it('makes a case of every later event, with the history frozen where its period begins', async () => {
    const events: Event[] = Array.from({ length: 100 }, (_, i) => ({
      user: i % 4,
      item: (i * 7) % 9,
      time: i,
    }));
    const { data, dir } = await encode(events, config('time@1500000080,1500000090'));
    expect([data.validation.count, data.test.count, data.events.length]).toEqual([10, 10, 90]);
    for (const [u, end] of [...data.validation.users].map((user, i) => [
      user,
      data.validation.historyEnds[i],
    ])) {
      expect(end).toBe(data.trainEnds[u]);
      expect(data.trainEnds[u] - data.offsets[u]).toBe(20);
    }
    [...data.test.users].forEach((u, i) => expect(data.test.historyEnds[i]).toBe(data.offsets[u + 1]));
    expect(openSealed(dir).targets?.length).toBe(10);
  });

  it('leaves users without a history unscored and says how many', async () => {
    const events: Event[] = [
      ...Array.from({ length: 90 }, (_, i) => ({ user: i % 4, item: i % 9, time: i })),
      ...Array.from({ length: 10 }, (_, i) => ({ user: 9, item: i % 9, time: 92 + i })),
    ];
    const { data, warnings } = await encode(events, config('time@1500000080,1500000091'));
    expect(warnings).toContain('COLD_CASES');
    expect(data.test.count).toBe(0);
    expect(data.validation.count).toBe(10);
  });
});

describe('what a next-item log needs', () => {
  const events: Event[] = Array.from({ length: 60 }, (_, i) => ({ user: i % 4, item: i % 9, time: i }));

  it('refuses splits in which the past comes after the future', async () => {
    expect((await faultOf(encode(events, config('random')))).code).toBe('HISTORY_FROM_FUTURE');
  });

  it('refuses a log without users or items', async () => {
    const settings = config('time');
    const { 'log.user': _user, ...columns } = settings.columns;
    expect((await faultOf(encode(events, { ...settings, columns }))).code).toBe('CONFIG_INVALID');
  });

  it('leaves out rows without ids', async () => {
    const rows: Rows = events.map(({ user, item, time }, i) => ({
      user: i === 5 ? null : user,
      item,
      time: 1_500_000_000 + time,
    }));
    const { dir } = project({ 'log.csv': rows });
    const made = await prepare(dir, config('leave-one-out'));
    expect(made.warnings.map((warning) => warning.code)).toContain('ROWS_EXCLUDED');
    expect(made.contract.rows.train + made.contract.rows.validation + made.contract.rows.test).toBe(59);
  });

  it('takes ratings as implicit, or only those that a rule calls positive', async () => {
    const rows: Rows = events.map(({ user, item, time }, i) => ({
      user_id: user,
      item_id: item,
      rating: 1 + (i % 5),
      timestamp: 1_500_000_000 + time,
    }));
    const all = await infer({ 'log.csv': rows }, { task: 'next-item', split: 'leave-one-out' });
    const good = await infer(
      { 'log.csv': rows },
      { task: 'next-item', split: 'leave-one-out', positive: 'rating>=4' },
    );
    const total = async (found: typeof all): Promise<number> => {
      const { contract } = await prepare(found.dir, found.config);
      return contract.rows.train + contract.rows.validation + contract.rows.test;
    };
    expect([await total(all), await total(good)]).toEqual([60, 24]);
  });
});
