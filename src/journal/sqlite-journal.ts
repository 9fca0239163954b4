import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'libsql';
import {
  AutoModelError,
  clock as systemClock,
  isAutoModelError,
  log,
  type Clock,
} from '../platform/index.js';
import { brokenness, genesis, openEvent, sealEvent, type StoredEvent } from './hash-chain.js';
import {
  conflict,
  corrupt,
  isStorageDamage,
  secondWriter,
  sqliteCode,
  translateSqliteError,
  unknownParent,
} from './journal-errors.js';
import { HeadWitness, witnessPath } from './head-witness.js';
import type { Journal, JournalEvent, JournalHead, ReadOptions } from './journal.js';
import { assertHasHeader, assertReaches, beginJournal, openDatabase } from './sqlite-file.js';
import { findDamagedPage, pageOfEvent } from './sqlite-pages.js';
import { decodeEvent, decodeText, lastStoredEvent, textColumns, type EventBytes } from './sqlite-rows.js';
import { prepareForWriting, assertFormat } from './sqlite-schema.js';
import { takeWriterLock, type WriterLock } from './writer-lock.js';

/** Rows per query of a walk. Whole batches, because libsql keeps a half-read statement (and its snapshot) open. */
const batchRows = 500;

type Row = StoredEvent & { readonly previousHash: string | null };

type RowBytes = EventBytes & { readonly previousHash: EventBytes['hash'] };

function decodeRow(row: RowBytes): Row {
  return { ...decodeEvent(row), previousHash: decodeText(row.previousHash) };
}

/** The journal in one SQLite file (write-ahead log, synchronous FULL: an appended event survives a power cut). */
export class SqliteJournal implements Journal {
  private closed = false;
  /** the last event that this writer knows of; a lock file deleted by hand would let a second writer in */
  private writtenSeq = 0;
  private inode = 0n;
  private witness: HeadWitness | undefined;

  private constructor(
    private readonly path: string,
    private readonly database: Database.Database,
    private readonly lock: WriterLock | undefined,
    private readonly clock: Clock,
  ) {}

  /**
   * For the one writer: makes the file when it is new, takes the project's lock, and verifies everything once, so that
   * nothing is ever built on a damaged past.
   * @throws AutoModelError PROJECT_LOCKED, JOURNAL_CORRUPT, DISK_FULL, PATH_NOT_WRITABLE, CONFIG_INVALID (file of a newer
   * version)
   */
  static async openForWriting(path: string, clock: Clock = systemClock): Promise<SqliteJournal> {
    mkdirSync(dirname(path), { recursive: true });
    const lock = takeWriterLock(`${path}-lock`);
    let database: Database.Database | undefined;
    try {
      assertHasHeader(path);
      if (existsSync(path)) await SqliteJournal.assertNothingLost(path);
      else beginJournal(path);
      const opened = (database = openDatabase(path, 'rwc'));
      const journal = new SqliteJournal(path, opened, lock, clock);
      journal.guard(() => prepareForWriting(opened, path));
      journal.writtenSeq = (await journal.verify()).seq;
      journal.inode = statSync(path, { bigint: true }).ino;
      journal.witness = HeadWitness.open(witnessPath(path));
      journal.witness.write(journal.writtenSeq);
      return journal;
    } catch (cause) {
      database?.close();
      lock.release();
      throw cause;
    }
  }

  /**
   * Asked before the file is opened for writing: a writer's first or last act is to empty the log, after which nothing of
   * what was in it could be salvaged.
   */
  private static async assertNothingLost(path: string): Promise<void> {
    const written = HeadWitness.read(witnessPath(path));
    if (written === undefined) return;
    const reader = await SqliteJournal.openForReading(path);
    try {
      assertReaches(path, await reader.head(), written);
    } finally {
      await reader.close();
    }
  }

  /**
   * For any number of readers, also while an engine writes.
   * @throws AutoModelError FILE_NOT_FOUND, JOURNAL_CORRUPT, CONFIG_INVALID (file of a newer version)
   */
  static async openForReading(path: string): Promise<SqliteJournal> {
    try {
      return SqliteJournal.openReader(path, 'ro');
    } catch (cause) {
      // Even readers of a write-ahead log write its index beside it. Where they may not, a log that holds nothing can be
      // left aside: no engine writes here either.
      const refused = isAutoModelError(cause) && cause.code === 'PATH_NOT_WRITABLE';
      if (!refused || (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) throw cause;
      return SqliteJournal.openReader(path, 'ro&immutable=1');
    }
  }

  private static openReader(path: string, mode: 'ro' | 'ro&immutable=1'): SqliteJournal {
    const database = openDatabase(path, mode);
    try {
      const journal = new SqliteJournal(path, database, undefined, systemClock);
      const format = journal.guard(() => assertFormat(database, path));
      if (format === 0) throw corrupt(path, 'it holds no event table', { page: 1 });
      return journal;
    } catch (cause) {
      database.close();
      throw cause;
    }
  }

  async append(
    kind: string,
    payload: unknown,
    parent: string | null = null,
    expectedSeq?: number,
  ): Promise<JournalEvent> {
    this.assertOpen();
    if (this.lock === undefined)
      throw new AutoModelError('INTERNAL', `Journal ${this.path} was opened for reading`);
    this.assertSameFile();
    return this.guard(() => {
      this.database.exec('BEGIN IMMEDIATE');
      try {
        const event = this.insert(kind, payload, parent, expectedSeq);
        this.database.exec('COMMIT');
        this.writtenSeq = event.seq;
        this.witness?.write(event.seq);
        return openEvent(event);
      } catch (cause) {
        if (this.database.inTransaction) this.database.exec('ROLLBACK');
        throw cause;
      }
    });
  }

  private insert(
    kind: string,
    payload: unknown,
    parent: string | null,
    expectedSeq: number | undefined,
  ): StoredEvent {
    const last = this.lastEvent();
    const head = last ?? genesis;
    if (head.seq !== this.writtenSeq) throw secondWriter(this.path, head.seq, this.writtenSeq);
    if (expectedSeq !== undefined && expectedSeq !== head.seq) throw conflict(expectedSeq, head.seq);
    if (
      parent !== null &&
      this.database.prepare('SELECT 1 FROM events WHERE id = ?').get(parent) === undefined
    ) {
      throw unknownParent(kind, parent);
    }
    const event = sealEvent({ at: this.clock.nowMs(), kind, payload, parent }, head, last?.at ?? 0);
    this.database
      .prepare('INSERT INTO events (seq, id, at, kind, payload, parent, hash) VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(event.seq, event.id, event.at, event.kind, event.payload, event.parent, event.hash);
    return event;
  }

  async *read(options: ReadOptions = {}): AsyncIterable<JournalEvent> {
    const end = (await this.head()).seq;
    for (const row of this.walk(Math.max(1, options.fromSeq ?? 1), end, options.kinds)) yield openEvent(row);
  }

  async head(): Promise<JournalHead> {
    this.assertOpen();
    const { seq, hash } = this.guard(() => this.lastEvent()) ?? genesis;
    return { seq, hash };
  }

  async verify(): Promise<JournalHead> {
    // Read first: an engine may go on writing meanwhile.
    const written = HeadWitness.read(witnessPath(this.path));
    const head = await this.head();
    let walked = genesis;
    for (const row of this.walk(1, head.seq)) walked = { seq: row.seq, hash: row.hash };
    this.assertNothingCutOff(head);
    if (written !== undefined) assertReaches(this.path, head, written);
    const page = this.guard(() => findDamagedPage(this.database));
    if (page !== undefined)
      throw corrupt(this.path, page.fault, { page: page.page, wholeUntilSeq: head.seq });
    return walked;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    try {
      if (this.lock !== undefined) this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (cause) {
      // A courtesy to whoever copies the file. On a full disk the log stays beside it, with every event in it.
      log.warn({ path: this.path, code: sqliteCode(cause) }, 'the write-ahead log stays beside the journal');
    } finally {
      this.database.close();
      this.witness?.close();
      this.lock?.release();
    }
  }

  /** Checked events from seq `from` to `end`; throws at the first that is missing, unreadable or changed. */
  private *walk(from: number, end: number, kinds?: readonly string[]): Generator<Row> {
    let next = from;
    while (next <= end) {
      this.assertOpen();
      const { rows, failure } = this.batch(next, end, kinds);
      if (failure === undefined && kinds === undefined && rows.length < Math.min(batchRows, end - next + 1))
        this.assertNoGap(rows, next);
      for (const row of rows) {
        this.assertWhole(row, kinds === undefined ? next : row.seq);
        next = row.seq + 1;
        yield row;
      }
      if (failure !== undefined) throw failure;
      if (rows.length < batchRows) return;
    }
  }

  /** The next rows; where one of them cannot be read, those before it and what is wrong with it. */
  private batch(
    from: number,
    end: number,
    kinds?: readonly string[],
  ): { readonly rows: readonly Row[]; readonly failure?: unknown } {
    const filter = kinds === undefined ? '' : `AND e.kind IN (${kinds.map(() => '?').join(',')})`;
    const columns = `SELECT ${textColumns('e')}, CAST(p.hash AS BLOB) AS previousHash
      FROM events e LEFT JOIN events p ON p.seq = e.seq - 1`;
    const select = this.database.prepare(
      `${columns} WHERE e.seq BETWEEN ? AND ? ${filter} ORDER BY e.seq LIMIT ${batchRows}`,
    );
    try {
      return { rows: (select.all(from, end, ...(kinds ?? [])) as RowBytes[]).map(decodeRow) };
    } catch (cause) {
      // One by one: a range is only known to be at its end when the row after it was read.
      const one = this.database.prepare(`${columns} WHERE e.seq = ? ${filter}`);
      const rows: Row[] = [];
      for (let seq = from; seq <= end; seq += 1) {
        try {
          const row = one.get(seq, ...(kinds ?? [])) as RowBytes | undefined;
          if (row !== undefined) rows.push(decodeRow(row));
        } catch {
          return { rows, failure: this.describe(cause, seq) };
        }
      }
      return { rows, failure: this.describe(cause) };
    }
  }

  private assertWhole(row: Row, expectedSeq: number): void {
    const previousHash = row.seq === 1 ? genesis.hash : row.previousHash;
    const fault =
      previousHash === null ? `event ${row.seq - 1} is missing` : brokenness(row, expectedSeq, previousHash);
    if (fault === undefined) return;
    const seq = previousHash === null ? row.seq - 1 : expectedSeq;
    throw corrupt(this.path, fault, { seq, page: pageOfEvent(this.database, row.seq) });
  }

  private assertNoGap(rows: readonly Row[], from: number): void {
    const gap = rows.findIndex((row, index) => row.seq !== from + index);
    const seq = from + (gap < 0 ? rows.length : gap);
    throw corrupt(this.path, `event ${seq} is missing`, { seq });
  }

  private assertNothingCutOff(head: JournalHead): void {
    const row = this.guard(() =>
      this.database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'").get(),
    ) as { seq: number } | undefined;
    if (row === undefined || row.seq <= head.seq) return;
    throw corrupt(this.path, `events ${head.seq + 1} to ${row.seq} were removed`, { seq: head.seq + 1 });
  }

  private lastEvent(): StoredEvent | undefined {
    return lastStoredEvent(this.database);
  }

  private guard<T>(action: () => T): T {
    try {
      return action();
    } catch (cause) {
      throw this.describe(cause);
    }
  }

  private describe(cause: unknown, seq?: number): unknown {
    if (!isStorageDamage(cause)) return translateSqliteError(cause, this.path);
    const { page, fault } = findDamagedPage(this.database) ?? {
      page: undefined,
      fault: (cause as Error).message,
    };
    return corrupt(this.path, fault, { seq, page }, cause);
  }

  /** An event written into a deleted file would be gone with the process. */
  private assertSameFile(): void {
    if (statSync(this.path, { bigint: true, throwIfNoEntry: false })?.ino === this.inode) return;
    throw corrupt(this.path, 'the file was deleted or replaced while a run was writing to it', {});
  }

  private assertOpen(): void {
    if (this.closed) throw new AutoModelError('INTERNAL', `Journal ${this.path} is closed`);
  }
}
