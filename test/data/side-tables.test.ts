import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNKNOWN_ID } from '../../src/schema/index.js';
import { faultOf, type Rows } from './fixtures.js';
import {
  encodeCtr,
  encoded,
  eventColumns,
  eventRows,
  handmade,
  sameNaming,
  start,
  valuesOf,
  type HandTable,
} from './handmade.js';

const log = (rows: Rows): HandTable => ({ rows, columns: eventColumns });

/** A dated table of (user, level, since). */
const levels = (rows: Rows, more: Partial<HandTable> = {}): HandTable => ({
  rows,
  kind: 'dated',
  columns: { user: 'user_id', level: encoded('user_feature', { kind: 'categorical' }), since: 'timestamp' },
  join: [{ column: 'user', eventColumn: 'user' }],
  asOf: 'since',
  ...more,
});

interface Dated {
  readonly user: number;
  readonly level: string;
  readonly since: number;
}

/** What the event may know, as plainly as possible: the last row of the user before the event; of equal times the lowest. */
function known(rows: readonly Dated[], user: number, ts: number): string | undefined {
  let best: Dated | undefined;
  for (const row of rows) {
    if (row.user !== user || row.since >= ts) continue;
    if (best === undefined || row.since >= best.since) best = row;
  }
  return best?.level;
}

describe('dated tables', () => {
  const drawn = fc.array(
    fc.record({
      user: fc.integer({ min: 0, max: 6 }),
      // a step of 5 against events every 10 seconds: as many ties with events as not
      since: fc.integer({ min: -4, max: 24 }).map((n) => start + n * 5),
    }),
    { minLength: 4, maxLength: 25 },
  );

  it('give every event the last row strictly before it, and multiply none', async () => {
    await fc.assert(
      fc.asyncProperty(drawn, async (pairs) => {
        const events = eventRows(12);
        const rows: Dated[] = pairs.map((pair, i) => ({ ...pair, level: `L${i}` }));
        const { data } = await encodeCtr(
          handmade({ log: log(events), levels: levels(rows as unknown as Rows) }),
        );
        const ids = valuesOf(data, 'level');
        expect(ids.size).toBe(events.length);
        // Levels that no training event joins share the unknown id, so naming is judged where training knows the level.
        const trained = new Set(
          events.flatMap((event) =>
            event['part'] === 'train' ? [known(rows, Number(event['user']), Number(event['ts']))] : [],
          ),
        );
        const pairsSeen = events.flatMap((event, row) => {
          const level = known(rows, Number(event['user']), Number(event['ts']));
          return trained.has(level) ? [[level ?? 'none', ids.get(row)] as const] : [];
        });
        expect(sameNaming(pairsSeen)).toBe(true);
        events.forEach((event, row) => {
          const level = known(rows, Number(event['user']), Number(event['ts']));
          expect(ids.get(row) === UNKNOWN_ID).toBe(!trained.has(level));
        });
      }),
      { numRuns: 6 },
    );
  });

  it('do not change before rows that come later', async () => {
    const events = eventRows(20);
    const past: Rows = [0, 1, 2, 3, 4].flatMap((user) => [
      { user, level: `a${user}`, since: start - 5 },
      { user, level: `b${user}`, since: start + 75 },
    ]);
    const future: Rows = [0, 1, 2, 3, 4].flatMap((user) => [
      { user, level: 'poison', since: start + 195 },
      { user, level: 'poison', since: start + 190 },
      { user, level: 'poison', since: 4_000_000_000 },
    ]);
    const clean = await encodeCtr(handmade({ log: log(events), levels: levels(past) }));
    const after = await encodeCtr(handmade({ log: log(events), levels: levels([...future, ...past]) }));
    expect(valuesOf(after.data, 'level')).toEqual(valuesOf(clean.data, 'level'));
    expect(after.data.vocabularySizes).toEqual(clean.data.vocabularySizes);
    // the twin that must be seen: the same rows, dated before the last events
    const early = past.concat([0, 1, 2, 3, 4].map((user) => ({ user, level: 'seen', since: start + 100 })));
    const changed = await encodeCtr(handmade({ log: log(events), levels: levels(early) }));
    expect(valuesOf(changed.data, 'level')).not.toEqual(valuesOf(clean.data, 'level'));
  });

  it('compare times across units', async () => {
    const events = eventRows(20);
    const seconds: Rows = [0, 1, 2, 3, 4].flatMap((user) => [
      { user, level: `a${user}`, since: start + 15 },
      { user, level: `b${user}`, since: start + 60 },
    ]);
    const inMilliseconds = seconds.map((row) => ({ ...row, since: Number(row['since']) * 1000 }));
    const asText = seconds.map((row) => ({
      ...row,
      since: new Date(Number(row['since']) * 1000).toISOString(),
    }));
    const since = (unit: 'milliseconds' | 'timestamp', type: 'integer' | 'timestamp') => ({
      user: 'user_id' as const,
      level: encoded('user_feature', { kind: 'categorical' }),
      since: { role: 'timestamp' as const, unit, type },
    });
    const ids = await Promise.all(
      [
        levels(seconds),
        levels(inMilliseconds, { columns: since('milliseconds', 'integer') }),
        levels(asText, { columns: since('timestamp', 'timestamp') }),
      ].map(async (table) =>
        valuesOf((await encodeCtr(handmade({ log: log(events), levels: table }))).data, 'level'),
      ),
    );
    expect(ids[1]).toEqual(ids[0]);
    expect(ids[2]).toEqual(ids[0]);
    expect(new Set(ids[0].values()).size).toBeGreaterThan(5);
  });

  it('say how many events come too early for their rows, and say nothing when none does', async () => {
    const events = eventRows(20);
    const rows = (since: number): Rows =>
      [0, 1, 2, 3, 4].map((user) => ({ user, level: `a${user % 2}`, since }));
    const late = await encodeCtr(handmade({ log: log(events), levels: levels(rows(start + 50)) }));
    const early = await encodeCtr(handmade({ log: log(events), levels: levels(rows(start - 1)) }));
    expect(late.warnings).toContain('AS_OF_TOO_LATE');
    expect(early.warnings).not.toContain('AS_OF_TOO_LATE');
  });

  it('leave out rows without a date or a key', async () => {
    const events = eventRows(20);
    const rows: Rows = [0, 1, 2, 3, 4].map((user) => ({ user, level: `a${user}`, since: start - 1 }));
    const holes: Rows = [
      { user: null, level: 'nobody', since: start - 1 },
      { user: 1, level: 'undated', since: null },
    ];
    const clean = await encodeCtr(handmade({ log: log(events), levels: levels(rows) }));
    const holed = await encodeCtr(handmade({ log: log(events), levels: levels([...holes, ...rows]) }));
    expect(valuesOf(holed.data, 'level')).toEqual(valuesOf(clean.data, 'level'));
    expect(holed.data.vocabularySizes).toEqual(clean.data.vocabularySizes);
  });

  it('need a clock that is one, and a column to go by', async () => {
    const rows: Rows = [{ user: 0, level: 'a', since: start }];
    const events = eventRows(20);
    const noAsOf = handmade({ log: log(events), levels: levels(rows, { asOf: undefined }) });
    expect((await faultOf(encodeCtr(noAsOf))).code).toBe('CONFIG_INVALID');
    const order = handmade({ log: log(events), levels: levels(rows) });
    order.config.columns['log.ts'] = { ...order.config.columns['log.ts'], role: 'order', unit: 'order' };
    expect((await faultOf(encodeCtr(order))).code).toBe('CONFIG_INVALID');
  });
});

/** An entity table of (user, city). */
const cities = (rows: Rows, more: Partial<HandTable> = {}): HandTable => ({
  rows,
  columns: { user: 'user_id', city: encoded('user_feature', { kind: 'categorical' }) },
  join: [{ column: 'user', eventColumn: 'user' }],
  ...more,
});

describe('entity tables', () => {
  const everyone: Rows = [0, 1, 2, 3, 4].map((user) => ({ user, city: `c${user % 3}` }));

  it('bring each event its row, whatever their order and whoever else they hold', async () => {
    const events = eventRows(20);
    const crowd: Rows = [
      ...Array.from({ length: 40 }, (_, n) => ({ user: 100 + n, city: `far${n}` })),
      ...everyone.toReversed(),
    ];
    const few = await encodeCtr(handmade({ log: log(events), users: cities(everyone) }));
    const many = await encodeCtr(handmade({ log: log(events), users: cities(crowd) }));
    expect(valuesOf(many.data, 'city')).toEqual(valuesOf(few.data, 'city'));
    // cities that no training event joins are in no vocabulary
    expect(many.data.vocabularySizes.get('city')).toBe(few.data.vocabularySizes.get('city'));
    const pairs = events.map(
      (event, row) => [`c${Number(event['user']) % 3}`, valuesOf(few.data, 'city').get(row)] as const,
    );
    expect(sameNaming(pairs)).toBe(true);
  });

  it.each([
    ['text against numbers', (user: number) => `${user}`, 'string'],
    ['decimals against whole numbers', (user: number) => `${user}.0`, 'number'],
  ] as const)('find their events by keys of unlike types: %s', async (_, write, type) => {
    const events = eventRows(20);
    const plain = await encodeCtr(handmade({ log: log(events), users: cities(everyone) }));
    const rows = everyone.map((row) => ({ ...row, user: write(Number(row['user'])) }));
    const other = await encodeCtr(
      handmade({
        log: log(events),
        users: cities(rows, {
          columns: {
            user: { role: 'user_id', type },
            city: encoded('user_feature', { kind: 'categorical' }),
          },
        }),
      }),
    );
    expect(valuesOf(other.data, 'city')).toEqual(valuesOf(plain.data, 'city'));
  });

  it('may lack the key in any number of rows, but not repeat one', async () => {
    const events = eventRows(20);
    const nobody = Array.from({ length: 3 }, () => ({ user: null, city: 'nowhere' }));
    const { data } = await encodeCtr(handmade({ log: log(events), users: cities([...everyone, ...nobody]) }));
    expect(valuesOf(data, 'city').size).toBe(20);
    const twice = handmade({ log: log(events), users: cities([...everyone, { user: 2, city: 'c9' }]) });
    expect(await faultOf(encodeCtr(twice))).toMatchObject({
      code: 'JOIN_MULTIPLIES_ROWS',
      details: { table: 'users', column: 'user', row: 6 },
    });
  });

  it('may be joined by two columns that are only unique together', async () => {
    const events = eventRows(20);
    const rows: Rows = [0, 1, 2, 3, 4].flatMap((user) =>
      [0, 1, 2, 3, 4, 5, 6].map((item) => ({ user, item, affinity: `${(user * item) % 4}` })),
    );
    const pair: HandTable = {
      rows,
      columns: {
        user: 'user_id',
        item: 'item_id',
        affinity: encoded('context', { kind: 'categorical' }),
      },
      join: [
        { column: 'user', eventColumn: 'user' },
        { column: 'item', eventColumn: 'item' },
      ],
    };
    const { data } = await encodeCtr(handmade({ log: log(events), pairs: pair }));
    const ids = valuesOf(data, 'affinity');
    const pairs = events.map(
      (event, row) => [(Number(event['user']) * Number(event['item'])) % 4, ids.get(row)] as const,
    );
    expect(sameNaming(pairs.filter(([, id]) => id !== UNKNOWN_ID))).toBe(true);
    expect(pairs.filter(([, id]) => id === UNKNOWN_ID).length).toBeLessThan(3);
    const half = handmade({ log: log(events), pairs: { ...pair, join: pair.join?.slice(0, 1) } });
    expect((await faultOf(encodeCtr(half))).code).toBe('JOIN_MULTIPLIES_ROWS');
  });

  it('are refused without a key, or with one that is not there', async () => {
    const events = eventRows(20);
    const none = handmade({ log: log(events), users: cities(everyone, { join: [] }) });
    expect(await faultOf(encodeCtr(none))).toMatchObject({
      code: 'CONFIG_INVALID',
      details: { table: 'users' },
    });
    const wrong = handmade({
      log: log(events),
      users: cities(everyone, { join: [{ column: 'uid', eventColumn: 'user' }] }),
    });
    expect(await faultOf(encodeCtr(wrong))).toMatchObject({
      code: 'UNKNOWN_COLUMN',
      details: { table: 'users', column: 'uid' },
    });
    const foreign = handmade({
      log: log(events),
      users: cities(everyone, { join: [{ column: 'user', eventColumn: 'uid' }] }),
    });
    expect(await faultOf(encodeCtr(foreign))).toMatchObject({
      code: 'UNKNOWN_COLUMN',
      details: { column: 'uid' },
    });
  });

  it('that are said to be unused leave no trace', async () => {
    const events = eventRows(20);
    const without = await encodeCtr(handmade({ log: log(events) }));
    const unused = await encodeCtr(
      handmade({ log: log(events), users: cities(everyone, { kind: 'unused' }) }),
    );
    expect(unused.data.fields).toEqual(without.data.fields);
  });

  it('add up with dated ones, and still no event is lost or doubled', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 0, max: 8 }), { minLength: 1 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: -50, max: 200 })), {
          minLength: 1,
          maxLength: 30,
        }),
        async (users, dated) => {
          const events = eventRows(20);
          const { data } = await encodeCtr(
            handmade({
              log: log(events),
              users: cities(users.map((user) => ({ user, city: `c${user % 2}` }))),
              levels: levels(dated.map(([user, at], i) => ({ user, level: `L${i % 4}`, since: start + at }))),
            }),
          );
          const rows = [...valuesOf(data, 'city').keys()].sort((a, b) => a - b);
          expect(rows).toEqual(Array.from({ length: 20 }, (_, i) => i));
          expect(data.contract.rows).toEqual({ train: 14, validation: 3, test: 3 });
        },
      ),
      { numRuns: 3 },
    );
  });
});
