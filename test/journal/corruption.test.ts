import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { describe, expect, it } from 'vitest';
import { openJournal, readAll } from '../../src/journal/index.js';
import { useTemporaryFolders } from './temporary-folder.js';

const folder = useTemporaryFolders();

async function journalOf(count: number): Promise<string> {
  const path = join(folder(), 'journal.sqlite');
  const journal = await openJournal({ path });
  for (let i = 1; i <= count; i += 1)
    await journal.append('trial-finished', { i, text: `marker-${i}-`.repeat(30) });
  await journal.close();
  return path;
}

/** Overwrites bytes of a file in place. */
function scribble(path: string, offset: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
}

/** Flips one letter in every copy of a text (SQLite leaves stale copies behind when it splits a page); the last one's offset. */
function flip(path: string, text: string): number {
  const content = readFileSync(path);
  let last = -1;
  for (let at = content.indexOf(text); at >= 0; at = content.indexOf(text, at + 1)) {
    scribble(path, at, Buffer.from('M'));
    last = at;
  }
  return last;
}

/** Changes the stored rows behind the journal's back, as an attacker with SQL would. */
function tamper(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(
    'DROP TRIGGER events_never_change; DROP TRIGGER events_never_go; DROP TRIGGER events_only_follow;',
  );
  database.exec(sql);
  database.close();
}

describe('a damaged journal', () => {
  it('is sound before it is damaged (control)', async () => {
    const path = await journalOf(100);
    const journal = await openJournal({ path, mode: 'read' });
    expect((await journal.verify()).seq).toBe(100);
    await journal.close();
  });

  it('names event and page when one letter of a payload flips on disk', async () => {
    const path = await journalOf(100);
    const offset = flip(path, 'marker-57-');
    const page = Math.floor(offset / 4096) + 1;
    const damage = { code: 'JOURNAL_CORRUPT', details: { path, seq: 57, page } };
    await expect(openJournal({ path })).rejects.toMatchObject(damage);
    const reader = await openJournal({ path, mode: 'read' });
    await expect(reader.verify()).rejects.toMatchObject(damage);
    await expect(readAll(reader)).rejects.toMatchObject(damage);
    await expect(readAll(reader, { fromSeq: 50, kinds: ['trial-finished'] })).rejects.toMatchObject(damage);
    expect((await readAll(reader, { fromSeq: 58 })).length).toBe(43);
    await reader.close();
  });

  it('says in the remedy which events are whole', async () => {
    const path = await journalOf(20);
    flip(path, 'marker-7-');
    await expect(openJournal({ path })).rejects.toMatchObject({
      remedy: expect.stringContaining('1 to 6 are whole'),
    });
  });

  it('names the page that SQLite itself cannot read', async () => {
    const path = await journalOf(100);
    const page = Math.floor(readFileSync(path).indexOf('marker-57-') / 4096) + 1;
    scribble(path, (page - 1) * 4096, Buffer.alloc(4096, 0xa5));
    const failure = await openJournal({ path }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'JOURNAL_CORRUPT', details: { page } });
    const { seq } = (failure as { details: { seq: number } }).details;
    expect(seq).toBeGreaterThan(45);
    expect(seq).toBeLessThanOrEqual(57);
  });

  it('frees the project after refusing a damaged journal', async () => {
    const path = await journalOf(10);
    const good = `${path}.good`;
    copyFileSync(path, good);
    flip(path, 'marker-3-');
    await expect(openJournal({ path })).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
    copyFileSync(good, path);
    const journal = await openJournal({ path });
    expect((await journal.head()).seq).toBe(10);
    await journal.close();
  });

  it('names page 1 of a file that is no database, and does not touch it', async () => {
    const path = join(folder(), 'journal.sqlite');
    const garbage = 'this is not a journal'.repeat(500);
    writeFileSync(path, garbage);
    await expect(openJournal({ path })).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT',
      details: { page: 1 },
    });
    await expect(openJournal({ path, mode: 'read' })).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
    expect(readFileSync(path, 'utf8')).toBe(garbage);
  });

  it('finds a changed row, a removed row, a cut tail and a rewritten hash', async () => {
    const cases = [
      { sql: `UPDATE events SET payload = '{"i":5}' WHERE seq = 5`, seq: 5 },
      { sql: `UPDATE events SET at = at + 1 WHERE seq = 6`, seq: 6 },
      { sql: `UPDATE events SET kind = 'trial-failed' WHERE seq = 4`, seq: 4 },
      { sql: `UPDATE events SET hash = printf('%064d', 0) WHERE seq = 8`, seq: 8 },
      { sql: 'DELETE FROM events WHERE seq = 9', seq: 9 },
      { sql: 'DELETE FROM events WHERE seq = 1', seq: 1 },
      { sql: 'DELETE FROM events WHERE seq > 17', seq: 18 },
      { sql: `UPDATE events SET parent = (SELECT id FROM events WHERE seq = 1) WHERE seq = 3`, seq: 3 },
    ];
    for (const { sql, seq } of cases) {
      const path = await journalOf(20);
      tamper(path, sql);
      const reader = await openJournal({ path, mode: 'read' });
      await expect(reader.verify(), sql).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', details: { seq } });
      await reader.close();
    }
  });

  it('finds a missing index entry, where the events themselves are whole', async () => {
    const path = await journalOf(200);
    const database = new Database(path);
    const index = database
      .prepare("SELECT pageno FROM dbstat WHERE name LIKE 'sqlite_autoindex%' AND pagetype = 'leaf' LIMIT 1")
      .get() as { pageno: number };
    database.close();
    scribble(path, (index.pageno - 1) * 4096 + 4000, Buffer.alloc(90, 0x41));
    const reader = await openJournal({ path, mode: 'read' });
    await expect(reader.verify()).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT',
      details: { wholeUntilSeq: 200 },
    });
    expect((await readAll(reader)).length).toBe(200);
    await reader.close();
  });
});

describe('a torn write-ahead log', () => {
  /** Copies a live journal with its log, as a crash would leave it, with the log cut to `walBytes`. */
  async function crashedCopy(cut: (walBytes: number) => number): Promise<{ path: string; written: number }> {
    const live = join(folder(), 'journal.sqlite');
    const journal = await openJournal({ path: live });
    for (let i = 1; i <= 20; i += 1) await journal.append('trial-finished', { i });
    const path = join(folder(), 'journal.sqlite');
    copyFileSync(live, path);
    copyFileSync(`${live}-wal`, `${path}-wal`);
    truncateSync(`${path}-wal`, cut(statSync(`${live}-wal`).size));
    await journal.close();
    return { path, written: 20 };
  }

  it('recovers every finished event from an uncut log', async () => {
    const { path, written } = await crashedCopy((bytes) => bytes);
    const journal = await openJournal({ path });
    expect((await journal.head()).seq).toBe(written);
    await journal.close();
  });

  it('drops the half-written transaction only, and goes on from there', async () => {
    const { path, written } = await crashedCopy((bytes) => bytes - 1000);
    const journal = await openJournal({ path });
    expect((await journal.head()).seq).toBe(written - 1);
    expect((await journal.append('trial-finished', { again: true })).seq).toBe(written);
    await journal.verify();
    await journal.close();
  });

  it('is a whole prefix wherever the log is cut', async () => {
    for (const share of [0.9, 0.6, 0.35, 0.1]) {
      const { path } = await crashedCopy((bytes) => Math.floor(bytes * share));
      const journal = await openJournal({ path });
      const events = await readAll(journal);
      expect(events.map((e) => e.payload)).toEqual(events.map((_, index) => ({ i: index + 1 })));
      await journal.close();
    }
  });
});
