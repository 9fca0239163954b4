import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../../src/data/index.js';
import { formatOf, inspectFile, loadTable, locateRow, sameSchema } from '../../src/data/load-table.js';
import { recordFile, resolveFile } from '../../src/data/project-files.js';
import { draftTables, tableName } from '../../src/data/infer-tables.js';
import { faultOf, newFolder, project } from './fixtures.js';

async function withEngine<T>(files: readonly string[], work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await openEngine({ files, threads: 1 });
  try {
    return await work(engine);
  } finally {
    engine.close();
  }
}

async function readAll(files: Record<string, string | Uint8Array>): Promise<unknown[][]> {
  const { paths } = project(files);
  return withEngine(paths, async (engine) => {
    const shapes = [];
    for (const path of paths) shapes.push(await inspectFile(engine, path));
    const table = await loadTable(engine, 't', 'raw_0', shapes);
    return engine.rows(
      `SELECT ${table.columns.map((c) => `${c.ident}::VARCHAR`).join(', ')}, file_index FROM raw_0`,
    );
  });
}

describe('reading files', () => {
  const csv = 'u,i\na,1\nb,2\n';
  const jsonl = '{"u":"a","i":1}\n{"u":"b","i":2}\n';
  const rows = [
    ['a', '1', 0],
    ['b', '2', 0],
  ];

  it.each<[string, string | Uint8Array]>([
    ['x.csv', csv],
    ['x.csv.gz', gzipSync(csv)],
    ['x.tsv', csv.replaceAll(',', '\t')],
    ['x.jsonl', jsonl],
    ['x.jsonl.gz', gzipSync(jsonl)],
  ])('%s', async (name, content) => {
    expect(await readAll({ [name]: content })).toEqual(rows);
  });

  it('joins shards by column name, rows in the order of the files', async () => {
    expect(await readAll({ 'b.csv': csv, 'a.csv': 'i,u\n3,c\n' })).toEqual([...rows, ['c', '3', 1]]);
  });

  it('reads empty and \\N cells as missing, quoted line breaks as text', async () => {
    expect(await readAll({ 'x.csv': 'u,i\n"a\nb",\n\\N,NULL\n' })).toEqual([
      ['a\nb', null, 0],
      [null, null, 0],
    ]);
  });

  it.each<[string, string, string | Uint8Array, number | undefined]>([
    ['a row too short', 'x.csv', 'u,i,t\n1,2,3\n1,2\n', 3],
    [
      'bytes that are no text',
      'x.csv',
      new Uint8Array([117, 44, 105, 10, 0xe9, 0x28, 44, 50, 10]),
      undefined,
    ],
    ['half a record', 'x.jsonl', '{"a":1}\n{"a":\n{"a":3}\n', undefined],
    ['no Parquet', 'x.parquet', 'hello, this is not parquet at all', undefined],
    ['cut-off gzip', 'x.csv.gz', gzipSync(csv.repeat(1000)).subarray(0, 40), undefined],
  ])('names file and line of %s', async (_, name, content, line) => {
    const fault = await faultOf(readAll({ [name]: content }));
    expect(fault.code).toBe('FILE_UNREADABLE');
    expect(fault.message).toContain(name);
    if (line !== undefined) expect(fault.details['line']).toBe(line);
  });

  it('knows formats by name and refuses others', () => {
    expect(formatOf('/a/b.PARQUET')).toBe('parquet');
    expect(() => formatOf('/a/b.xlsx')).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }));
  });

  it('finds the file and row of a row number', async () => {
    const { paths } = project({ 'a.csv': 'u\na\nb\n', 'b.csv': 'u\nc\n' });
    await withEngine(paths, async (engine) => {
      const shapes = [await inspectFile(engine, paths[0]), await inspectFile(engine, paths[1])];
      const table = await loadTable(engine, 't', 'raw_0', shapes);
      expect(await locateRow(engine, table, 1)).toEqual({ file: paths[0], row: 2 });
      expect(await locateRow(engine, table, 2)).toEqual({ file: paths[1], row: 1 });
    });
  });
});

describe('tables of several files', () => {
  it('takes equal schemas for shards and others for tables', async () => {
    const { paths } = project({
      'part-0.csv': 'user_id,item_id\na,b\n',
      'part-1.csv': 'item_id,user_id\nb,a\n',
      'users.csv': 'user_id,age\na,3\n',
    });
    await withEngine(paths, async (engine) => {
      const drafts = await draftTables(engine, paths, false);
      expect(drafts.map((draft) => [draft.name, draft.loaded.rows])).toEqual([
        ['part', 2],
        ['users', 1],
      ]);
    });
  });

  it('does not mix formats', () => {
    const columns = [{ name: 'a', ident: 'c0', sqlType: 'VARCHAR' }];
    expect(sameSchema({ path: 'a', format: 'csv', columns }, { path: 'b', format: 'csv', columns })).toBe(
      true,
    );
    expect(sameSchema({ path: 'a', format: 'csv', columns }, { path: 'b', format: 'jsonl', columns })).toBe(
      false,
    );
  });

  it.each([
    [['/x/__proto__.csv'], 'proto'],
    [['/x/constructor.csv'], 'events'],
    [['/x/"; drop table.csv'], 'drop_table'],
    [['/x/日本.csv'], 'events'],
    [['/x/day-1.csv.gz', '/x/day-2.csv.gz'], 'day'],
  ])('names the table of %j %s', (paths, name) => {
    expect(tableName(paths, new Set())).toBe(name);
    expect(tableName(paths, new Set([name]))).toBe(`${name}_2`);
  });
});

describe('paths', () => {
  it('writes inner files as relative and outer files as external', () => {
    const { dir, paths } = project({ 'data/x.csv': 'a\n1\n' });
    expect(recordFile(dir, paths[0])).toEqual({ path: 'data/x.csv' });
    const outer = project({ 'y.csv': 'a\n1\n' });
    expect(recordFile(dir, outer.paths[0])).toEqual({ path: outer.paths[0], external: true });
    expect(resolveFile(dir, { path: 'data/x.csv' })).toBe(paths[0]);
    expect(resolveFile(dir, { path: outer.paths[0], external: true })).toBe(outer.paths[0]);
  });

  it('refuses what a hand-edited automodel.json may not name', () => {
    const outer = project({ 'secret.csv': 'a\n1\n' });
    const { dir } = project({ 'inner.csv': 'a\n1\n' });
    symlinkSync(outer.paths[0], join(dir, 'link.csv'));
    mkdirSync(join(dir, 'sub'));
    const refused = (path: string): void => {
      expect(() => resolveFile(dir, { path })).toThrow(
        expect.objectContaining({ code: 'PATH_OUTSIDE_PROJECT' }),
      );
    };
    refused('../secret.csv');
    refused(outer.paths[0]);
    refused('sub/../../secret.csv');
    refused('/etc/passwd');
    refused('link.csv');
    expect(resolveFile(dir, { path: 'sub/../inner.csv' })).toBe(join(dir, 'inner.csv'));
  });

  it('refuses patterns and missing files', () => {
    const dir = newFolder();
    writeFileSync(join(dir, 'a*.csv'), 'a\n1\n');
    expect(() => recordFile(dir, 'a*.csv')).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(() => recordFile(dir, 'none.csv')).toThrow(expect.objectContaining({ code: 'FILE_NOT_FOUND' }));
  });
});
