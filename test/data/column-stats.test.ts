import { describe, expect, it } from 'vitest';
import { columnStats, numericUnit, type ColumnStats } from '../../src/data/column-stats.js';
import { castExpression, columnType, microseconds } from '../../src/data/column-types.js';
import { constancy, isUniqueKey, labelRelations } from '../../src/data/column-relations.js';
import { openEngine, type Engine } from '../../src/data/index.js';
import { inspectFile, loadTable, type LoadedTable } from '../../src/data/load-table.js';
import { summariseText } from '../../src/data/text-cells.js';
import { uniformAt } from '../../src/platform/index.js';
import { csvText, project, type Rows } from './fixtures.js';

async function loaded<T>(rows: Rows, work: (engine: Engine, table: LoadedTable) => Promise<T>): Promise<T> {
  const { paths } = project({ 'x.csv': csvText(rows) });
  const engine = await openEngine({ files: paths });
  try {
    return await work(engine, await loadTable(engine, 'x', 'raw_0', [await inspectFile(engine, paths[0])]));
  } finally {
    engine.close();
  }
}

const kinds = (i: number): Record<string, string | number | null> => ({
  id: i,
  zip: String(i % 10_000).padStart(5, '0'),
  score: (i % 100) / 8,
  flag: i % 2 === 0 ? 'true' : 'False',
  when: new Date(Date.UTC(2024, 0, 1 + (i % 28), i % 24)).toISOString(),
  mostly: i === 7 ? 'never' : '2024-05-06 07:08:09',
  tags: i % 3 === 0 ? null : `a${i % 4}|b${i % 5}`,
  prose: `some words and number ${i % 50}`,
  mixed: i % 2 === 0 ? i : 'x',
  huge: '12345678901234567890123',
});

describe('columnStats', () => {
  // a short table is judged in memory, a long one in the engine: both must see the same
  it.each([60, 4000])('knows what text cells of %i rows are', async (n) => {
    const rows = Array.from({ length: n }, (_, i) => kinds(i));
    const stats = await loaded(rows, columnStats);
    const of = (name: string): ColumnStats => stats.find((s) => s.raw.name === name) as ColumnStats;
    expect(Object.fromEntries(stats.map((s) => [s.raw.name, s.type]))).toEqual({
      id: 'integer',
      zip: 'string',
      score: 'number',
      flag: 'boolean',
      when: 'timestamp',
      mostly: 'string',
      tags: 'string',
      prose: 'string',
      mixed: 'string',
      huge: 'string',
    });
    expect(of('mostly').timeShare).toBeCloseTo(1 - 1 / n, 10);
    expect(of('id')).toMatchObject({ present: n, distinct: n, min: 0, max: n - 1 });
    expect(of('tags').present).toBe(n - Math.ceil(n / 3));
    expect(of('tags').separators['|']).toBe(1);
    expect(of('tags').distinct).toBe(20);
    expect(of('prose').meanWords).toBe(5);
    expect(of('score').max).toBe(Math.min(99, n - 1) / 8);
  });
});

describe('summariseText', () => {
  it('takes codes of digits for text, and times only when they can be', () => {
    const summary = summariseText(['007', '7', '-1.5e3', '2024-13-01', '2024-12-01', 'TRUE', null, '']);
    expect(summary).toMatchObject({
      present: 7,
      integers: 1,
      numbers: 2,
      times: 1,
      booleans: 1,
      min: -1500,
      max: 7,
    });
  });

  it('stands nothing at all', () => {
    expect(summariseText([null])).toMatchObject({ present: 0, distinct: 0, min: Number.NaN, meanLength: 0 });
  });
});

describe('times', () => {
  it.each([
    ['seconds', 874_724_710, 893_286_638],
    ['milliseconds', 1_650_812_741_436, 1_651_990_000_000],
    ['microseconds', 1.65e15, 1.66e15],
    ['yyyymmdd', 20_220_425, 20_220_508],
    [undefined, 0, 1_650_812_741],
    [undefined, 20_221_325, 20_221_399],
    [undefined, 1, 5],
  ])('of unit %s lie in their range', (unit, min, max) => {
    expect(numericUnit(min, max, 'integer')).toBe(unit);
  });

  it('become microseconds, offsets counted in', async () => {
    const engine = await openEngine({ files: [] });
    const at = async (
      cell: string,
      sqlType: string,
      ...[type, unit]: Parameters<typeof microseconds> extends [string, ...infer R] ? R : never
    ): Promise<unknown> =>
      Number(
        (
          await engine.rows(`SELECT ${microseconds(castExpression(cell, sqlType, type), type, unit)}::DOUBLE`)
        )[0][0],
      );
    try {
      const midnight = Date.UTC(2024, 0, 1) * 1000;
      expect(await at(`'2024-01-01'`, 'VARCHAR', 'timestamp', 'timestamp')).toBe(midnight);
      expect(await at(`'2024-01-01T08:00:00+08:00'`, 'VARCHAR', 'timestamp', 'timestamp')).toBe(midnight);
      expect(await at(`'2024-01-01T00:00:00.5Z'`, 'VARCHAR', 'timestamp', 'timestamp')).toBe(
        midnight + 500_000,
      );
      expect(await at("DATE '2024-01-01'", 'DATE', 'date', 'date')).toBe(midnight);
      expect(await at('20240101', 'INTEGER', 'integer', 'yyyymmdd')).toBe(midnight);
      expect(await at(String(midnight / 1e6), 'BIGINT', 'integer', 'seconds')).toBe(midnight);
      expect(await at(`${midnight / 1e6 + 0.25}`, 'DOUBLE', 'number', 'seconds')).toBe(midnight + 250_000);
      expect(await at('-7', 'INTEGER', 'integer', 'order')).toBe(-7);
      const [[broken]] = await engine.rows(
        `SELECT ${microseconds(castExpression(`'soon'`, 'VARCHAR', 'timestamp'), 'timestamp', 'timestamp')}`,
      );
      expect(broken).toBeNull();
    } finally {
      engine.close();
    }
  });

  it('have types', () => {
    expect(
      [
        'TINYINT',
        'DECIMAL(18,3)',
        'TIMESTAMP WITH TIME ZONE',
        'INTEGER[]',
        'VARCHAR[]',
        'STRUCT(a INTEGER)',
        'UBIGINT',
        'BLOB',
      ].map(columnType),
    ).toEqual(['integer', 'number', 'timestamp', 'list-integer', 'list-string', 'other', 'string', 'other']);
  });
});

describe('relations', () => {
  const noise = (i: number): number => uniformAt(1, i);
  const rows: Rows = Array.from({ length: 2000 }, (_, i) => ({
    user: i % 40,
    y: noise(i) < 0.3 ? 1 : 0,
    noise: Math.floor(noise(i * 7 + 3) * 1000),
    same: noise(i) < 0.3 ? 'yes' : 'no',
    gone: noise(i) < 0.3 ? 5 : null,
    perUser: (i % 40) * 2,
    everyOwn: `v${i}`,
  }));

  it('find copies of the label, by value and by absence, and nothing in noise or in values of one row', async () => {
    await loaded(rows, async (engine, table) => {
      const ident = (name: string): string => table.columns.find((c) => c.name === name)?.ident ?? '';
      const found = await labelRelations(engine, table, `${ident('y')}::INTEGER`, [
        { name: 'noise', cell: `${ident('noise')}::DOUBLE`, numeric: true },
        { name: 'y', cell: `${ident('y')}::DOUBLE`, numeric: true },
        ...['same', 'gone', 'everyOwn'].map((name) => ({ name, cell: ident(name), numeric: false })),
      ]);
      const auc = (name: string): number => found.get(name)?.auc ?? Number.NaN;
      expect(auc('y')).toBe(1);
      expect(auc('same')).toBe(1);
      expect(auc('gone')).toBe(1);
      expect(auc('noise')).toBeLessThan(0.56);
      expect(auc('everyOwn')).toBe(0.5);
      expect(found.get('y')).toMatchObject({ labelAtOne: 1 });
    });
  });

  it('know what is fixed per key, and what is a key', async () => {
    await loaded(rows, async (engine, table) => {
      const ident = (name: string): string => table.columns.find((c) => c.name === name)?.ident ?? '';
      const shares = await constancy(engine, table, ident('user'), [ident('perUser'), ident('noise')]);
      expect(shares.get(ident('perUser'))).toBe(1);
      expect(shares.get(ident('noise'))).toBe(0);
      expect(await isUniqueKey(engine, table, [ident('everyOwn')])).toBe(true);
      expect(await isUniqueKey(engine, table, [ident('user')])).toBe(false);
    });
  });
});
