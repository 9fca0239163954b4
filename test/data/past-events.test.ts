import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventColumn, readEntityRows, readPastEvents } from '../../src/data/index.js';
import { ProjectConfig } from '../../src/schema/index.js';

const projectDir = mkdtempSync(join(tmpdir(), 'past-events-'));
afterAll(() => rmSync(projectDir, { recursive: true, force: true }));

const csv = (name: string, lines: readonly string[]): void =>
  writeFileSync(join(projectDir, name), `${lines.join('\n')}\n`);
const table = (kind: string, file: string, join_: object[] = []) => ({
  kind,
  format: 'csv',
  files: [{ path: file }],
  csv: { delimiter: ',', quote: '"', header: true },
  join: join_,
});
const column = (role: string, type: string, more: object = {}) => ({
  role,
  type,
  confidence: 1,
  reason: 'said',
  ...more,
});

/** Six users, of whom the last is only in the test split; item 9 is in no table. */
beforeAll(() => {
  csv('events.csv', [
    'user,item,at,clicked,mood,price',
    ...Array.from({ length: 20 }, (_, e) =>
      [e < 18 ? `u${e % 5}` : 'late', (e * 3) % 10, 1_700_000_000 + 120 * e, e % 2, 'calm', e / 2].join(','),
    ),
  ]);
  csv('items.csv', [
    'id,genre,tags,born',
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => `${i},g${i % 3},a|b,2020-01-0${i + 1} 00:00:00`),
    '77,new,,',
  ]);
  csv('users.csv', ['name,age', 'u0,30', 'u1,', 'stranger,50']);
  csv('ages.csv', ['name,age_seen,at', 'u0,1,1600000000', 'u0,3,1600000020', 'u0,2,1600000010']);
  csv('moods.csv', ['mood,colour', 'calm,blue']);
});

const config = (change: object = {}): ProjectConfig =>
  ProjectConfig.parse({
    schemaVersion: 1,
    task: 'ctr',
    split: 'time',
    tables: {
      events: table('events', 'events.csv'),
      items: table('entity', 'items.csv', [{ column: 'id', eventColumn: 'item' }]),
      users: table('entity', 'users.csv', [{ column: 'name', eventColumn: 'user' }]),
      ages: { ...table('dated', 'ages.csv', [{ column: 'name', eventColumn: 'user' }]), asOf: 'at' },
      moods: table('entity', 'moods.csv', [{ column: 'mood', eventColumn: 'mood' }]),
    },
    columns: {
      'events.user': column('user_id', 'string'),
      'events.item': column('item_id', 'integer'),
      'events.at': column('timestamp', 'integer', { unit: 'seconds' }),
      'events.clicked': column('label', 'integer'),
      'events.mood': column('context', 'string'),
      'events.price': column('item_feature', 'number'),
      'items.id': column('item_id', 'integer'),
      'items.genre': column('item_feature', 'string'),
      'items.tags': column('item_feature', 'string', { encoding: { kind: 'multi', separator: '|' } }),
      'items.born': column('timestamp', 'timestamp', { unit: 'timestamp' }),
      'users.name': column('user_id', 'string'),
      'users.age': column('user_feature', 'integer'),
      'ages.name': column('user_id', 'string'),
      'ages.age_seen': column('user_feature', 'integer'),
      'ages.at': column('timestamp', 'integer', { unit: 'seconds' }),
      'moods.mood': column('context', 'string'),
      'moods.colour': column('context', 'string'),
    },
    label: { column: 'clicked' },
    clock: 'at',
    ...change,
  });

describe('readPastEvents', () => {
  it('gives training and validation events in order of time, and none of the test split', async () => {
    const past = await readPastEvents({ projectDir, config: config() });
    const events = [...past.userOf].map((user, e) => [
      past.users[user],
      past.items[past.itemOf[e]],
      past.isPositive[e],
    ]);
    // 80 % and 90 % of 20 rows.
    expect(events).toEqual(Array.from({ length: 18 }, (_, e) => [`u${e % 5}`, String((e * 3) % 10), e % 2]));
    expect(past.users).not.toContain('late');
    expect(past.atMs[2]).toBe((1_700_000_000 + 240) * 1000);
    expect([...past.atMs]).toEqual([...past.atMs].sort((a, b) => a - b));
  });

  it('takes every event for behaviour where histories hold what was shown, and has no times without a clock', async () => {
    const shown = await readPastEvents({
      projectDir,
      config: config({ history: { enabled: true, maxLength: 5, of: 'exposed' } }),
    });
    expect(new Set(shown.isPositive)).toEqual(new Set([1]));
    const { clock, ...rest } = config({ split: 'random' });
    expect(clock).toBe('at');
    const unordered = await readPastEvents({ projectDir, config: rest });
    expect(unordered.atMs.every((at) => Number.isNaN(at))).toBe(true);
    expect(unordered.userOf.length).toBeLessThan(20);
  });

  it('has nothing to give without items', async () => {
    const columns = { ...config().columns, 'events.item': column('meta', 'integer') };
    const past = await readPastEvents({
      projectDir,
      config: config({ columns, tables: { events: table('events', 'events.csv') } }),
    });
    expect([past.users.length, past.userOf.length]).toEqual([0, 0]);
  });
});

describe('readEntityRows', () => {
  it('joins what tables and events say of every item and user', async () => {
    const { items, users, itemTables, userTables, warnings } = await readEntityRows({
      projectDir,
      config: config(),
    });
    expect([itemTables, userTables]).toEqual([['items'], ['users', 'ages']]);
    expect(items.map(({ id }) => id).sort()).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '77',
      '8',
      '9',
    ]);
    const of = (rows: typeof items, id: string) => rows.find((row) => row.id === id);
    expect(of(items, '1')).toEqual({
      id: '1',
      // price as the latest event has it
      record: { event: { price: 8.5 }, joined: { items: { genre: 'g1', tags: 'a|b' } } },
      createdMs: Date.UTC(2020, 0, 2),
    });
    expect(of(items, '77')).toEqual({
      id: '77',
      record: { event: {}, joined: { items: { genre: 'new', tags: null } } },
      createdMs: undefined,
    });
    expect(of(items, '9')).toEqual({
      id: '9',
      record: { event: { price: 6.5 }, joined: {} },
      createdMs: (1_700_000_000 + 60 * 3 * 2) * 1000,
    });
    expect(of(users, 'u0')?.record.joined).toEqual({ users: { age: 30 }, ages: { age_seen: 3 } });
    expect(of(users, 'u1')?.record.joined).toEqual({ users: { age: null } });
    expect(of(users, 'stranger')?.record.joined).toEqual({ users: { age: 50 } });
    expect(warnings.map(({ code, message }) => [code, /moods joins by mood/.test(message)])).toEqual([
      ['TABLE_NOT_SERVED', true],
    ]);
  });
});

describe('eventColumn', () => {
  it('finds a role in the event table alone', () => {
    expect(eventColumn(config(), 'item_id')).toEqual({ name: 'item', type: 'integer' });
    expect(eventColumn(config(), 'user_feature')).toBeUndefined();
  });
});
