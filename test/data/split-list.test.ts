import { describe, expect, it } from 'vitest';
import { splitCell } from '../../src/data/split-list.js';
import { openEngine } from '../../src/data/engine.js';
import type { ColumnConfig } from '../../src/schema/index.js';
import { faultOf, infer, prepare, type Rows } from './fixtures.js';
import { encodeCtr, encoded, eventColumns, eventRows, handmade, valuesOf } from './handmade.js';

describe('splitCell', () => {
  it('cuts text, with blanks and empty values left out, and reads whole numbers', async () => {
    const engine = await openEngine({ files: [] });
    const list = async (cell: string, separator: string, of?: 'integer'): Promise<unknown> => {
      const [[value]] = await engine.rows(
        `SELECT to_json(${splitCell(`'${cell.replaceAll("'", "''")}'`, separator, of)})::VARCHAR`,
      );
      return JSON.parse(String(value));
    };
    expect(await list('a| b ||c|', '|')).toEqual(['a', 'b', 'c']);
    expect(await list("a'b'c", "'")).toEqual(['a', 'b', 'c']);
    expect(await list('7 8 x', ' ', 'integer')).toEqual([7, 8, null]);
    expect(await list('', '|')).toEqual([]);
    engine.close();
  });
});

describe('a sequence in text', () => {
  const rows: Rows = eventRows(40, (i) => ({
    seen: i % 4 === 0 ? null : [0, 1, 2, 3].map((k) => (k + i) % 7).join('|'),
  }));
  const seen = (more: Partial<ColumnConfig> = {}) => ({
    ...(encoded('sequence', {
      kind: 'sequence',
      ofItems: true,
      separator: '|',
      maxLength: 3,
    }) as ColumnConfig),
    ...more,
  });
  const made = (column: ReturnType<typeof seen>) =>
    handmade({ log: { rows, columns: { ...eventColumns, seen: column } } });

  it('shares the ids of items and keeps the newest', async () => {
    const { data } = await encodeCtr(made(seen()));
    const [items, lists] = [valuesOf(data, 'item'), valuesOf(data, 'seen')];
    const idOf = (n: number): unknown => items.get(rows.findIndex((row) => row['item'] === n));
    for (const row of [0, 1, 2, 17, 39]) {
      const expected = row % 4 === 0 ? [] : [1, 2, 3].map((k) => idOf((k + row) % 7));
      expect(lists.get(row)).toEqual(expected);
    }
    expect(data.fields.find(({ name }) => name === 'seen')).toMatchObject({ targetField: 'item' });
  });

  it('is refused without its separator', async () => {
    const { dir, config } = made(seen({ encoding: { kind: 'sequence', ofItems: true, maxLength: 3 } }));
    expect(await faultOf(prepare(dir, config))).toMatchObject({
      code: 'CONFIG_INVALID',
      details: { column: 'seen' },
    });
  });
});

describe('text columns at init', () => {
  const log: Rows = Array.from({ length: 240 }, (_, i) => ({
    user_id: `u${(i * 7) % 12}`,
    item_id: `i${(i * i * 13 + i * 5 + (i >> 3)) % 60}`,
    timestamp: 1_600_000_000 + 60 * i,
    label: (i * i) % 3 === 0 ? 1 : 0,
  }));
  const before = (i: number): string[] =>
    log
      .slice(0, i)
      .flatMap((row) => (row['user_id'] === log[i]['user_id'] ? [String(row['item_id'])] : []))
      .slice(-8);
  const after = (i: number): string[] =>
    log
      .slice(i + 1)
      .flatMap((row) => (row['user_id'] === log[i]['user_id'] ? [String(row['item_id'])] : []))
      .slice(0, 5);

  it('are histories, bags or keys by what they hold, and a history of the future is a leak', async () => {
    const { config, questions, warnings } = await infer(
      {
        'log.csv': log.map((row, i) => ({
          ...row,
          past: before(i).join('|') || null,
          spaced: before(i).join(' ') || null,
          next: after(i).join('|') || null,
          tags: [i % 5, 5 + ((i >> 2) % 7), 12 + ((i >> 5) % 9), 21 + (i % 11)].map((k) => `t${k}`).join(';'),
          token: `k${i * 7919}|${i * 31}`,
        })),
      },
      { task: 'ctr', split: 'time' },
    );
    const role = (name: string): string => config.columns[`log.${name}`].role;
    expect(config.columns['log.past']).toMatchObject({
      role: 'sequence',
      type: 'string',
      encoding: { kind: 'sequence', ofItems: true, separator: '|' },
    });
    expect(config.columns['log.spaced'].encoding).toMatchObject({ separator: ' ' });
    expect(questions.map(({ id }) => id)).toContain('role:log.past');
    expect(role('next')).toBe('leak');
    expect(warnings.map(({ code }) => code)).toContain('HISTORY_FROM_FUTURE');
    expect(config.columns['log.tags']).toMatchObject({
      role: 'context',
      encoding: { kind: 'multi', separator: ';' },
    });
    expect(role('token')).toBe('meta');
  });

  it('of items are tags, not items, when few numbers of many items occur in them', async () => {
    const numbered: Rows = log.map((row, i) => ({ ...row, item_id: 1 + ((i * 7919) % 211) }));
    const table = (tags: (i: number) => string): Rows =>
      Array.from({ length: 211 }, (_, i) => ({ item_id: i + 1, tags: tags(i) }));
    const role = async (tags: (i: number) => string): Promise<string> => {
      const files = { 'log.csv': numbered, 'items.csv': table(tags) };
      return (await infer(files, { task: 'ctr', split: 'time' })).config.columns['items.tags'].role;
    };
    expect(await role((i) => `${1 + (i % 5)},${6 + (i % 3)}`)).toBe('item_feature');
    expect(await role((i) => `${1 + ((i * 17) % 211)},${1 + ((i * 31) % 211)}`)).toBe('leak');
  });
});
