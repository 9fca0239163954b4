import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDataset, openSealed } from '../../src/data/index.js';
import type { CtrDataset, ProjectConfig } from '../../src/schema/index.js';
import { faultOf, impressions, infer, listAt, prepare, project, snapshot, type Rows } from './fixtures.js';

interface Event {
  readonly user: number;
  readonly item: number;
  readonly time: number;
  readonly label: number;
  readonly part: 'train' | 'valid' | 'test';
}

const config: ProjectConfig = {
  schemaVersion: 1,
  task: 'ctr',
  split: 'column:part',
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
  columns: Object.fromEntries(
    (
      [
        ['user_id', 'user_id', 'integer'],
        ['item_id', 'item_id', 'integer'],
        ['ts', 'timestamp', 'integer'],
        ['label', 'label', 'integer'],
        ['part', 'split', 'string'],
      ] as const
    ).map(([name, role, type]) => [
      `log.${name}`,
      {
        role,
        type,
        confidence: 1,
        reason: 'test',
        ...(role === 'timestamp' ? { unit: 'seconds' as const } : {}),
      },
    ]),
  ),
  label: { column: 'label' },
  extraLabels: [],
  clock: 'ts',
  duplicates: 'keep',
  minCount: 1,
  history: { enabled: true, maxLength: 4, of: 'clicked' },
  timeFeatures: { enabled: false, utcOffsetMinutes: 0 },
};

async function encode(
  events: readonly Event[],
  change: Partial<ProjectConfig> = {},
): Promise<{ data: CtrDataset; dir: string }> {
  const rows: Rows = events.map(({ user, item, time, label, part }) => ({
    user_id: user,
    item_id: item,
    ts: 1_500_000_000 + time,
    label,
    part,
  }));
  const { dir } = project({ 'log.csv': rows });
  const made = await prepare(dir, { ...config, ...change });
  const data = openDataset(made.dir);
  if (data.task === 'next-item') throw new Error('expected ctr');
  return { data, dir: made.dir };
}

const sources = (data: CtrDataset) => [data.train, data.validation, data.test] as const;

/** item → id, as the candidates of all splits show it. */
function idsOfItems(data: CtrDataset, events: readonly Event[]): Map<number, number> {
  const ids = new Map<number, number>();
  for (const source of sources(data)) {
    const block = source.block(0);
    block.rowIds.forEach((row, i) => ids.set(events[row].item, block.ids.get('item_id')?.[i] ?? -1));
  }
  return ids;
}

/** What a row may know, written down as plainly as possible. */
function expectedHistory(
  events: readonly Event[],
  row: number,
  clicksOnly: boolean,
  maxLength: number,
): number[] {
  const own = events[row];
  const visible = own.part === 'test' ? ['train', 'valid'] : ['train'];
  return events
    .map((event, index) => ({ ...event, index }))
    .filter((event) => event.user === own.user && event.time < own.time && visible.includes(event.part))
    .filter((event) => !clicksOnly || event.label === 1)
    .sort((a, b) => a.time - b.time || a.index - b.index)
    .slice(-maxLength)
    .map((event) => event.item);
}

const logs = fc
  .array(
    fc.record({
      user: fc.integer({ min: 0, max: 3 }),
      item: fc.integer({ min: 0, max: 5 }),
      time: fc.integer({ min: 0, max: 15 }),
      label: fc.integer({ min: 0, max: 1 }),
      part: fc.constantFrom('train', 'valid', 'test'),
    }),
    { minLength: 5, maxLength: 40 },
  )
  .map((events): Event[] => [
    ...(events as Event[]),
    { user: 0, item: 0, time: 3, label: 1, part: 'train' },
    { user: 0, item: 1, time: 8, label: 0, part: 'valid' },
    { user: 0, item: 2, time: 9, label: 1, part: 'test' },
    { user: 1, item: 3, time: 9, label: 0, part: 'test' },
    { user: 2, item: 3, time: 9, label: 0, part: 'test' },
  ]);

describe('histories', () => {
  it.each([true, false])(
    'are what happened strictly before, frozen at the start of the split (clicks only: %s)',
    async (clicksOnly) => {
      await fc.assert(
        fc.asyncProperty(logs, async (events) => {
          const history = {
            enabled: true,
            maxLength: 4,
            of: clicksOnly ? ('clicked' as const) : ('exposed' as const),
          };
          // repeated rows across splits are an error of their own, so labels of unlike parts are kept apart by a column
          const { data } = await encode(
            events.map((event, i) => ({ ...event, time: event.time * 100 + (i % 3 === 0 ? 0 : i) })),
            { history },
          );
          const timed = events.map((event, i) => ({
            ...event,
            time: event.time * 100 + (i % 3 === 0 ? 0 : i),
          }));
          const ids = idsOfItems(data, timed);
          for (const source of sources(data)) {
            const block = source.block(0);
            block.rowIds.forEach((row, i) => {
              const wanted = expectedHistory(timed, row, clicksOnly, 4).map((item) => ids.get(item));
              expect(listAt(block.ragged.get('history'), i)).toEqual(wanted);
            });
          }
        }),
        { numRuns: 6 },
      );
    },
  );

  it('change nothing before absurd rows from the future', async () => {
    const log = impressions(200);
    const poison = (row: Record<string, string | number | null>): Record<string, string | number | null> => ({
      ...row,
      timestamp: 4_000_000_000,
      price: 1e9,
      place: 'poison',
      item_id: 'poison',
      label: 1,
    });
    const split = 'time@2020-09-13 14:26:00,2020-09-13 15:00:00';
    const encodeLog = async (rows: Rows): Promise<CtrDataset> => {
      const found = await infer({ 'log.csv': rows }, { task: 'ctr', split });
      const data = openDataset((await prepare(found.dir, found.config)).dir);
      if (data.task === 'next-item') throw new Error('expected ctr');
      return data;
    };
    const clean = await encodeLog(log);
    const poisoned = await encodeLog([...log, ...log.slice(0, 40).map(poison)]);
    expect(poisoned.test.rows).toBe(clean.test.rows + 40);
    expect(poisoned.vocabularySizes).toEqual(clean.vocabularySizes);
    for (const [before, after] of [
      [clean.train, poisoned.train],
      [clean.validation, poisoned.validation],
      [clean.test, poisoned.test],
    ] as const) {
      const [a, b] = [before.block(0), after.block(0)];
      for (let i = 0; i < a.rows; i += 1) {
        expect(b.rowIds[i]).toBe(a.rowIds[i]);
        for (const [name, ids] of a.ids) expect(b.ids.get(name)?.[i]).toBe(ids[i]);
        for (const [name, list] of a.ragged) expect(listAt(b.ragged.get(name), i)).toEqual(listAt(list, i));
      }
    }
  });

  it('are not there without a user or a time', async () => {
    const events: Event[] = Array.from({ length: 30 }, (_, i) => ({
      user: i % 3,
      item: i % 4,
      time: i,
      label: i % 2,
      part: i < 20 ? 'train' : i < 25 ? 'valid' : 'test',
    }));
    const { data } = await encode(events, { clock: undefined });
    expect(data.fields.some((field) => field.kind === 'sequence')).toBe(false);
    const { data: timed } = await encode(events);
    expect(timed.fields.find((field) => field.kind === 'sequence')).toMatchObject({
      name: 'history',
      targetField: 'item_id',
    });
  });

  it('never hold labels of the test split: flipping them all changes sealed bytes alone', async () => {
    const events: Event[] = Array.from({ length: 60 }, (_, i) => ({
      user: i % 3,
      item: i % 7,
      time: i,
      label: (i * i) % 3 === 0 ? 1 : 0,
      part: i < 40 ? 'train' : i < 50 ? 'valid' : 'test',
    }));
    const flipped = events.map((event) =>
      event.part === 'test' ? { ...event, label: 1 - event.label } : event,
    );
    const [one, other] = [await encode(events), await encode(flipped)];
    const [a, b] = [snapshot(one.dir), snapshot(other.dir)];
    // the record names the contract, whose hash covers the bytes of the input file
    const differing = [...a.keys()].filter((name) => name !== 'encoded.json' && a.get(name) !== b.get(name));
    expect(differing).toEqual(['sealed/test.bin']);
    expect(one.data.test.block(0).labels).toBeUndefined();
    const [sealed, sealedFlipped] = [openSealed(one.dir), openSealed(other.dir)];
    sealed.labels?.forEach((label, i) => expect(sealedFlipped.labels?.[i]).toBe(1 - label));
  });

  it('that the log itself carries must end before the event', async () => {
    const log = impressions(200);
    const clicks = (row: number): string[] =>
      log
        .slice(0, row)
        .filter((event) => event['user_id'] === log[row]['user_id'] && event['label'] === 1)
        .map((event) => String(event['item_id']));
    const withLists = (own: boolean): string =>
      log
        .map((event, i) => {
          const list = [...clicks(i), ...(own && event['label'] === 1 ? [String(event['item_id'])] : [])];
          return JSON.stringify({ ...event, clicked_before: [...list, 'i12', 'i11'] });
        })
        .join('\n');
    const honest = await infer({ 'log.jsonl': withLists(false) }, { task: 'ctr', split: 'time' });
    expect(honest.config.columns['log.clicked_before']).toMatchObject({
      role: 'sequence',
      encoding: { ofItems: true },
    });
    expect(honest.questions.map((question) => question.id)).toContain('role:log.clicked_before');
    const data = openDataset((await prepare(honest.dir, honest.config)).dir);
    expect(data.task !== 'next-item' && data.fields.map((field) => field.name)).toContain('clicked_before');
    const leaking = await infer({ 'log.jsonl': withLists(true) }, { task: 'ctr', split: 'time' });
    expect(leaking.config.columns['log.clicked_before'].role).toBe('leak');
    const forced = {
      ...leaking.config.columns,
      'log.clicked_before': honest.config.columns['log.clicked_before'],
    };
    const fault = await faultOf(prepare(leaking.dir, { ...leaking.config, columns: forced }));
    expect(fault).toMatchObject({ code: 'HISTORY_FROM_FUTURE', details: { column: 'clicked_before' } });
  });
});
