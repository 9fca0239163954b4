import { describe, expect, it } from 'vitest';
import { faultOf, type Rows } from './fixtures.js';
import {
  encodeCtr,
  encoded,
  eventColumns,
  eventRows,
  handmade,
  inputsOfRows,
  start,
  valuesOf,
  type HandTable,
} from './handmade.js';

const history = { enabled: true, maxLength: 6, of: 'clicked' as const };

/** A project with every kind of input there is. */
function everything(events: Rows, levels: Rows, users: Rows): Parameters<typeof handmade>[0] {
  const join = [{ column: 'user', eventColumn: 'user' }];
  return {
    log: {
      rows: events,
      columns: {
        ...eventColumns,
        place: encoded('context', { kind: 'categorical' }),
        price: { role: 'context', type: 'number', encoding: { kind: 'bucket', buckets: 4 } },
        weight: { role: 'context', type: 'number', encoding: { kind: 'standardise' } },
        count: { role: 'context', type: 'integer', encoding: { kind: 'log' } },
        tags: encoded('item_feature', { kind: 'multi', separator: '|', maxValues: 4 }),
      },
    },
    levels: {
      rows: levels,
      kind: 'dated',
      columns: {
        user: 'user_id',
        level: encoded('user_feature', { kind: 'categorical' }),
        since: 'timestamp',
      },
      join,
      asOf: 'since',
    },
    users: {
      rows: users,
      columns: {
        user: 'user_id',
        age: { role: 'user_feature', type: 'integer', encoding: { kind: 'bucket', buckets: 4 } },
      },
      join,
    },
  };
}

const events = eventRows(60, (i) => ({
  place: `p${(i * i) % 5}`,
  price: (i * 37) % 101,
  weight: (i * 13) % 29,
  count: (i * i * i) % 1009,
  tags: `t${i % 3}|t${i % 4}`,
}));
const levels: Rows = [0, 1, 2, 3, 4].flatMap((user) =>
  [-5, 105, 255, 405].map((at, k) => ({ user, level: `L${user % 2}${k}`, since: start + at })),
);
const users: Rows = [0, 1, 2, 3, 4].map((user) => ({ user, age: 20 + user * 7 }));

/** Rows of users and items that are known and unknown, later than anything, with absurd values everywhere. */
const absurd = (part: string, at: number): Rows =>
  Array.from({ length: 30 }, (_, i) => ({
    user: i % 5,
    item: i % 2 === 0 ? i % 7 : 999,
    ts: at + i,
    label: 1,
    part,
    place: 'absurd',
    price: 1e9,
    weight: -1e9,
    count: 1_000_000_000,
    tags: 'absurd|absurd|absurd',
  }));

describe('absurd rows from the future', () => {
  const options = { history, timeFeatures: { enabled: true, utcOffsetMinutes: 0 } };

  it.each([
    ['of the test split', 'test'],
    ['of the validation split', 'valid'],
  ])('%s change no input of any row before them', async (_, part) => {
    const clean = await encodeCtr(handmade(everything(events, levels, users), options));
    const futureLevels: Rows = [0, 1, 2, 3, 4].map((user) => ({
      user,
      level: 'absurd',
      since: 4_000_000_000,
    }));
    const flooded = await encodeCtr(
      handmade(
        everything(
          [...events, ...absurd(part, 4_100_000_000)],
          [...levels, ...futureLevels],
          [...users, { user: 77, age: 1_000_000 }],
        ),
        options,
      ),
    );
    const [before, after] = [inputsOfRows(clean.data), inputsOfRows(flooded.data)];
    expect(Object.keys(before.get(0) ?? {}).sort()).toEqual(
      ['age count history hour item level place price tags user weekday weight'].flatMap((names) =>
        names.split(' '),
      ),
    );
    for (let row = 0; row < events.length; row += 1)
      expect([row, after.get(row)]).toEqual([row, before.get(row)]);
    expect(flooded.data.vocabularySizes).toEqual(clean.data.vocabularySizes);
  });

  it('do change them when they lie in the past of training: the probe can see', async () => {
    const clean = await encodeCtr(handmade(everything(events, levels, users), options));
    const past = absurd('train', start - 1000);
    const flooded = await encodeCtr(handmade(everything([...events, ...past], levels, users), options));
    const [before, after] = [inputsOfRows(clean.data), inputsOfRows(flooded.data)];
    const moved = new Set<string>();
    for (const [row, seen] of before) {
      for (const [name, value] of Object.entries(seen)) {
        if (JSON.stringify(after.get(row)?.[name]) !== JSON.stringify(value)) moved.add(name);
      }
    }
    for (const name of ['place', 'price', 'weight', 'count', 'tags', 'history'])
      expect(moved).toContain(name);
  });

  it('of training itself reach no row before them through a history', async () => {
    const early = events.slice(0, 40);
    const options_ = { history: { ...history, maxLength: 50, of: 'exposed' as const } };
    const log = (rows: Rows): HandTable => ({ rows, columns: eventColumns });
    const clean = await encodeCtr(handmade({ log: log(events) }, options_));
    const moved = events.map((event, row) =>
      row < 40 && row >= 35
        ? { ...event, ts: Number(event['ts']) + 3, item: (Number(event['item']) + 1) % 7 }
        : event,
    );
    const changed = await encodeCtr(handmade({ log: log(moved) }, options_));
    // histories name items by id, and ids go by frequency: compare lengths, which tell how much was seen
    const lengths = (data: typeof clean.data): number[] => {
      const lists = valuesOf(data, 'history');
      return early.map((_, row) => (lists.get(row) as readonly number[]).length);
    };
    expect(lengths(changed.data).slice(0, 35)).toEqual(lengths(clean.data).slice(0, 35));
  });
});

describe('what a history holds', () => {
  const log = (rows: Rows): HandTable => ({ rows, columns: eventColumns });
  const one = (cells: readonly (readonly [at: number, item: number, label: number, part: string])[]): Rows =>
    cells.map(([at, item, label, part]) => ({ user: 0, item, ts: start + at, label, part }));

  it('never an event of the same moment, in whatever order the file has them', async () => {
    const same = [
      [0, 1, 1, 'train'],
      [5, 2, 1, 'train'],
      [5, 3, 1, 'train'],
      [5, 4, 0, 'train'],
      [6, 5, 0, 'train'],
      [9, 1, 0, 'valid'],
      [9, 1, 1, 'test'],
    ] as const;
    for (const rows of [one(same), one(same.toReversed())]) {
      const { data } = await encodeCtr(handmade({ log: log(rows) }, { history }));
      const lists = valuesOf(data, 'history');
      const items = valuesOf(data, 'item');
      rows.forEach((row, index) => {
        const seen = (lists.get(index) as readonly number[]).map(
          (id) => rows[[...items].find(([, value]) => value === id)?.[0] ?? -1]['item'],
        );
        const expected = row['ts'] === start ? [] : row['ts'] === start + 5 ? [1] : [1, 2, 3];
        expect(seen.toSorted()).toEqual(expected);
      });
    }
  });

  it('for validation what training held, for test also what validation held', async () => {
    const rows = one([
      [0, 1, 1, 'train'],
      [1, 2, 1, 'train'],
      [2, 1, 0, 'train'],
      [10, 1, 1, 'valid'],
      [11, 2, 1, 'valid'],
      [20, 1, 1, 'test'],
      [21, 2, 0, 'test'],
    ]);
    const { data } = await encodeCtr(handmade({ log: log(rows) }, { history }));
    const lengths = [...valuesOf(data, 'history')]
      .sort(([a], [b]) => a - b)
      .map(([, list]) => (list as readonly number[]).length);
    expect(lengths).toEqual([0, 1, 2, 2, 2, 4, 4]);
  });

  it('the newest events, oldest of them first, and no more than the limit', async () => {
    const rows = [
      ...Array.from({ length: 12 }, (_, i) => ({ user: 0, item: i, ts: start + i, label: 1, part: 'train' })),
      { user: 0, item: 3, ts: start + 100, label: 0, part: 'valid' },
      { user: 0, item: 4, ts: start + 200, label: 0, part: 'test' },
    ];
    const { data } = await encodeCtr(handmade({ log: log(rows) }, { history: { ...history, maxLength: 4 } }));
    const items = valuesOf(data, 'item');
    expect(valuesOf(data, 'history').get(12)).toEqual([8, 9, 10, 11].map((row) => items.get(row)));
    expect(valuesOf(data, 'history').get(2)).toEqual([0, 1].map((row) => items.get(row)));
  });

  it('nothing for rows without a user, and nothing of rows without an item', async () => {
    const rows = eventRows(20, (i) => ({
      user: i % 4 === 1 ? null : 0,
      item: i % 5 === 2 ? null : i % 3,
      label: 1,
    }));
    const { data } = await encodeCtr(
      handmade({ log: log(rows) }, { history: { ...history, maxLength: 50 } }),
    );
    const lists = valuesOf(data, 'history');
    const trainRows = rows.filter((row) => row['part'] === 'train');
    rows.forEach((row, index) => {
      const expected =
        row['user'] === null
          ? 0
          : rows
              .slice(0, index)
              .filter(
                (other) =>
                  other['user'] === 0 &&
                  other['item'] !== null &&
                  (other['part'] === 'train' || (row['part'] === 'test' && other['part'] === 'valid')),
              ).length;
      expect([index, (lists.get(index) as readonly number[]).length]).toEqual([index, expected]);
    });
    expect(trainRows.length).toBe(14);
  });
});

describe('lists that the log carries', () => {
  const rows = (list: (i: number) => readonly number[]): Rows =>
    eventRows(40, (i) => ({ seen: list(i) as unknown as string }));
  const table = (list: (i: number) => readonly number[]): HandTable => ({
    rows: rows(list),
    format: 'jsonl',
    columns: {
      ...eventColumns,
      seen: {
        role: 'sequence',
        type: 'list-integer',
        encoding: { kind: 'sequence', ofItems: true, maxLength: 3 },
      },
    },
  });
  const item = (i: number): number => (i * 3) % 7;

  it('are refused when they end with the item of the event, or hold it where it was clicked', async () => {
    const fault = await faultOf(encodeCtr(handmade({ log: table((i) => [1, 2, item(i)]) })));
    expect(fault).toMatchObject({ code: 'HISTORY_FROM_FUTURE', details: { column: 'seen' } });
    const clicked = await faultOf(
      encodeCtr(handmade({ log: table((i) => ((i * i + i) % 3 === 0 ? [item(i), 6] : [6])) })),
    );
    expect(clicked.code).toBe('HISTORY_FROM_FUTURE');
  });

  it('share the ids of items, keep the newest, and may be empty or missing', async () => {
    const { data } = await encodeCtr(
      handmade({ log: table((i) => (i % 4 === 0 ? [] : [0, 1, 2, 3].map((k) => (k + i) % 7))) }),
    );
    const [items, lists] = [valuesOf(data, 'item'), valuesOf(data, 'seen')];
    const idOf = (n: number): number | undefined =>
      items.get(Array.from({ length: 40 }, (_, i) => i).find((i) => item(i) === n) ?? -1) as number;
    for (let row = 0; row < 40; row += 1) {
      const expected = row % 4 === 0 ? [] : [1, 2, 3].map((k) => idOf((k + row) % 7));
      expect(lists.get(row)).toEqual(expected);
    }
    expect(data.fields.find(({ name }) => name === 'seen')).toMatchObject({ targetField: 'item' });
  });
});
