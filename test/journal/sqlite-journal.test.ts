import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { describe, expect, it } from 'vitest';
import { openJournal, readAll } from '../../src/journal/index.js';
import { translateSqliteError } from '../../src/journal/journal-errors.js';
import { describeJournal } from './journal-conformance.js';
import { useTemporaryFolders } from './temporary-folder.js';

const folder = useTemporaryFolders();

describeJournal('SqliteJournal', (clock) =>
  openJournal({ path: join(folder(), 'state', 'journal.sqlite'), clock }),
);

describe('SqliteJournal', () => {
  it('is there again after closing and reopening, and goes on', async () => {
    const path = join(folder(), 'journal.sqlite');
    const first = await openJournal({ path });
    const event = await first.append('run-started', { seed: 7 });
    await first.close();
    const second = await openJournal({ path });
    expect(await readAll(second)).toEqual([event]);
    expect((await second.append('run-resumed', {}, event.id)).seq).toBe(2);
    await second.close();
  });

  it('leaves no write-ahead log to lose after a clean close', async () => {
    const path = join(folder(), 'journal.sqlite');
    const journal = await openJournal({ path });
    await journal.append('a', 'x'.repeat(10_000));
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    await journal.close();
    expect(readdirSync(join(path, '..'))).toContain('journal.sqlite');
    expect(statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
  });

  it('is read by others while it is being written, and readers cannot write', async () => {
    const path = join(folder(), 'journal.sqlite');
    const writer = await openJournal({ path });
    await writer.append('a', 1);
    const reader = await openJournal({ path, mode: 'read' });
    expect((await reader.head()).seq).toBe(1);
    await writer.append('a', 2);
    expect((await readAll(reader)).map((e) => e.payload)).toEqual([1, 2]);
    await expect(reader.append('a', 3)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await reader.verify()).toEqual(await writer.head());
    await reader.close();
    await writer.append('a', 3);
    await writer.close();
  });

  it('does not make a journal when asked to read a missing one', async () => {
    const path = join(folder(), 'journal.sqlite');
    await expect(openJournal({ path, mode: 'read' })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('takes a path with characters that mean something in a file URI', async () => {
    const path = join(folder(), 'a ?b#c%41 é', 'journal.sqlite');
    const journal = await openJournal({ path });
    await journal.append('a', 1);
    await journal.close();
    expect(statSync(path).isFile()).toBe(true);
  });

  it('refuses update, delete and replace at the level of SQL', async () => {
    const path = join(folder(), 'journal.sqlite');
    const journal = await openJournal({ path });
    const event = await journal.append('a', 1);
    await journal.close();
    const database = new Database(path);
    const row = `'${event.id}', 1, 'a', '2', NULL, 'h'`;
    for (const sql of [
      `UPDATE events SET payload = '2'`,
      'DELETE FROM events',
      `INSERT OR REPLACE INTO events VALUES (1, ${row})`,
      `INSERT OR REPLACE INTO events VALUES (2, ${row})`,
      `INSERT INTO events VALUES (7, 'other', 1, 'a', '2', NULL, 'h')`,
    ]) {
      expect(() => database.exec(sql), sql).toThrow('append-only');
    }
    expect(database.prepare('SELECT count(*) AS n FROM events').get()).toMatchObject({ n: 1 });
    database.close();
    const again = await openJournal({ path });
    expect(await readAll(again)).toEqual([event]);
    await again.close();
  });

  it('refuses a file of a newer format instead of guessing', async () => {
    const path = join(folder(), 'journal.sqlite');
    await (await openJournal({ path })).close();
    const database = new Database(path);
    database.exec('CREATE TABLE of_later (x); PRAGMA user_version = 99');
    database.close();
    await expect(openJournal({ path })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: { format: 99 },
    });
    await expect(openJournal({ path, mode: 'read' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('names a path where no journal can be made', async () => {
    const root = folder();
    const path = join(root, 'journal.sqlite');
    mkdirSync(path);
    await expect(openJournal({ path })).rejects.toMatchObject({
      code: 'PATH_NOT_WRITABLE',
      details: { path },
    });
    writeFileSync(join(root, 'lock-me-lock'), 'not a database, long enough to be read as one'.repeat(50));
    const refused = openJournal({ path: join(root, 'lock-me') });
    await expect(refused).rejects.toMatchObject({ code: 'PROJECT_LOCKED' });
  });

  it('calls a full disk DISK_FULL, loses nothing finished, and goes on when there is room', async () => {
    const path = join(folder(), 'journal.sqlite');
    const journal = await openJournal({ path });
    await journal.append('a', 1);
    const { database } = journal as unknown as { database: Database.Database };
    database.exec('PRAGMA max_page_count = 12');
    const appendMuch = async () => {
      for (let i = 0; i < 100; i += 1) await journal.append('a', 'x'.repeat(4000));
    };
    await expect(appendMuch()).rejects.toMatchObject({ code: 'DISK_FULL', details: { path } });
    const kept = (await journal.head()).seq;
    expect(kept).toBeGreaterThan(1);
    await journal.verify();
    database.exec('PRAGMA max_page_count = 1000');
    expect((await journal.append('a', 'room again')).seq).toBe(kept + 1);
    await journal.verify();
    await journal.close();
  });

  it('is closed on a full disk without a word of its own, and nothing that was written is lost', async () => {
    const path = join(folder(), 'journal.sqlite');
    const journal = await openJournal({ path });
    for (let i = 1; i <= 20; i += 1) await journal.append('a', i);
    const { database } = journal as unknown as { database: Database.Database };
    const exec = database.exec.bind(database);
    database.exec = (sql: string) => {
      if (sql.includes('wal_checkpoint'))
        throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
      return exec(sql);
    };
    await expect(journal.close()).resolves.toBeUndefined();
    const again = await openJournal({ path });
    expect((await again.verify()).seq).toBe(20);
    await again.close();
  });

  it('calls a refused write an environment fault and anything unknown an internal one', () => {
    const failure = (code: string) => Object.assign(new Error('boom'), { code });
    expect(translateSqliteError(failure('SQLITE_IOERR_WRITE'), 'p')).toMatchObject({ code: 'DISK_FULL' });
    expect(translateSqliteError(failure('SQLITE_BUSY'), 'p')).toMatchObject({ code: 'PROJECT_LOCKED' });
    for (const code of ['SQLITE_READONLY', 'SQLITE_CANTOPEN', 'SQLITE_PERM', 'UNKNOWN_SQLITE_ERROR_1544'])
      expect(translateSqliteError(failure(code), 'p')).toMatchObject({
        code: 'PATH_NOT_WRITABLE',
        remedy: expect.stringContaining('--project'),
      });
    expect(translateSqliteError(failure('UNKNOWN_SQLITE_ERROR_9999'), 'p')).toMatchObject({
      code: 'INTERNAL',
    });
    expect(translateSqliteError(failure('SQLITE_MISUSE'), 'p')).toMatchObject({ code: 'INTERNAL' });
    expect(translateSqliteError(new Error('boom'), 'p')).toMatchObject({ code: 'INTERNAL' });
  });
});
