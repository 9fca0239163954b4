import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { profile, readTable, writeTable } from '../../src/data/index.js';
import { faultOf, impressions, infer, newFolder } from './fixtures.js';

describe('profile', () => {
  it('counts rows, users, items, duplicates and missing cells, and keeps sealed labels and user ids to itself', async () => {
    const log = impressions(100, (row, i) => void (row['place'] = i % 4 === 0 ? null : row['place']));
    const users = Array.from({ length: 11 }, (_, i) => ({ user_id: `u${i}`, age: 20 + i }));
    const found = await infer(
      { 'log.csv': [...log, log[2]], 'users.csv': users },
      { task: 'ctr', split: 'time' },
    );
    const described = await profile({ projectDir: found.dir, config: found.config });
    expect(described).toMatchObject({ users: 11, items: 13, duplicateRows: 1 });
    expect(described.tables.map((table) => [table.name, table.kind, table.rows, table.joinKeys])).toEqual([
      ['log', 'events', 101, []],
      ['users', 'entity', 11, ['user_id']],
    ]);
    const column = (name: string) => described.columns.find((c) => `${c.table}.${c.column}` === name);
    expect(column('log.place')?.missing).toBeCloseTo(25 / 101, 10);
    expect(column('log.price')).toMatchObject({ min: '0', max: '100', distinct: 100 });
    expect(column('users.user_id')).toMatchObject({ distinct: 11, top: [], min: null });
    expect(column('log.user_id')?.top).toEqual([]);
    expect(column('log.label')?.top).toEqual([]);
    expect(column('log.place')?.top.length).toBeGreaterThan(1);
    const { train, validation, test } = described.splitRows;
    expect(train + validation + test).toBe(101);
    expect(described.labelMean.test).toBeNull();
    const trained = [...log, log[2]].filter((row) => Number(row['timestamp']) < 1_600_000_000 + 60 * 79);
    const mean = trained.reduce((sum, row) => sum + Number(row['label']), 0) / trained.length;
    expect(described.labelMean.train).toBeCloseTo(mean, 1);
    expect(JSON.stringify(described)).not.toMatch(/"u\d+"/);
  });
});

describe('writeTable and readTable', () => {
  const rows = 5000;
  const ids = Float64Array.from({ length: rows }, (_, i) => i * 3);
  const scores = Float32Array.from({ length: rows }, (_, i) => Math.fround(Math.sin(i)));

  it.each(['scores.parquet', 'scores.csv'])('carry numbers through %s', async (name) => {
    const path = join(newFolder(), 'deep', name);
    await writeTable(path, [
      { name: 'row', values: ids },
      { name: 'score', values: scores },
      { name: 'note, "odd"', values: Array.from({ length: rows }, (_, i) => `n,${i}`) },
    ]);
    const back = await readTable(path, ['score', 'row']);
    expect([...(back.get('row') as Float64Array)]).toEqual([...ids]);
    const read = back.get('score') as Float64Array;
    for (let i = 0; i < rows; i += 1) expect(Math.fround(read[i])).toBe(scores[i]);
    expect(readdirSync(join(path, '..'))).toEqual([name]);
  });

  it('read missing and unreadable cells as NaN', async () => {
    const path = join(newFolder(), 'x.csv');
    writeFileSync(path, 'row,score\n0,0.5\n1,\n2,high\n3,-1e-3\n');
    expect([...((await readTable(path, ['score'])).get('score') as Float64Array)]).toEqual([
      0.5,
      Number.NaN,
      Number.NaN,
      -0.001,
    ]);
  });

  it('write NaN and infinities as they are', async () => {
    const path = join(newFolder(), 'x.parquet');
    const values = Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY, -0.5);
    await writeTable(path, [{ name: 'x', values }]);
    const back = (await readTable(path, ['x'])).get('x') as Float64Array;
    expect([...back]).toEqual([...values]);
  });

  it('write no rows at all', async () => {
    const path = join(newFolder(), 'x.parquet');
    await writeTable(path, [{ name: 'x', values: new Float64Array(0) }]);
    expect((await readTable(path, ['x'])).get('x')?.length).toBe(0);
  });

  it('refuse other formats, unequal lengths, missing files and columns, and leave nothing behind', async () => {
    const folder = newFolder();
    const one = { name: 'x', values: Int32Array.of(1) };
    expect((await faultOf(writeTable(join(folder, 'x.txt'), [one]))).code).toBe('USAGE');
    expect(
      (await faultOf(writeTable(join(folder, 'x.csv'), [one, { name: 'y', values: Int32Array.of(1, 2) }])))
        .code,
    ).toBe('USAGE');
    expect((await faultOf(readTable(join(folder, 'x.csv'), ['x']))).code).toBe('FILE_NOT_FOUND');
    await writeTable(join(folder, 'x.csv'), [one]);
    expect(readFileSync(join(folder, 'x.csv'), 'utf8')).toBe('x\n1\n');
    const fault = await faultOf(readTable(join(folder, 'x.csv'), ['score']));
    expect(fault).toMatchObject({ code: 'UNKNOWN_COLUMN', details: { column: 'score' } });
    expect(readdirSync(folder)).toEqual(['x.csv']);
  });
});
