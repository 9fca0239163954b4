import { hostname } from 'node:os';
import Database from 'libsql';
import { AutoModelError, clock } from '../platform/index.js';
import { isStorageDamage, notWritable, sqliteCode, translateSqliteError } from './journal-errors.js';
import { decodeText } from './sqlite-rows.js';

/** Who holds a project. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** milliseconds since 1970 */
  readonly startedAt: number;
}

export interface WriterLock {
  release(): void;
}

/** Long enough for another process's short commit, short enough that a second engine is told at once. */
const patienceMs = 500;

/**
 * Takes the one writer's place of a project, or fails naming the holder.
 *
 * The lock is an open write transaction on a small database of its own: the operating system drops it with the process,
 * however that dies, so there is no stale lock to judge and no process id to mistake. The holder's row is committed
 * before that transaction begins, and a waiting process can read it. Never open the lock file by other means within
 * the holding process: POSIX locks of a process end when it closes any descriptor of the file.
 * @throws AutoModelError PROJECT_LOCKED with details {pid, host, startedAt}, PATH_NOT_WRITABLE
 */
export function takeWriterLock(path: string): WriterLock {
  let database: Database.Database;
  try {
    database = new Database(path, { timeout: patienceMs });
  } catch (cause) {
    throw notWritable(path, cause);
  }
  try {
    database.exec('PRAGMA synchronous = OFF');
    database.exec('BEGIN IMMEDIATE');
    database.exec('CREATE TABLE IF NOT EXISTS holder (pid INTEGER, host TEXT, started_at INTEGER)');
    database.exec('DELETE FROM holder');
    database.prepare('INSERT INTO holder VALUES (?, ?, ?)').run(process.pid, hostname(), clock.nowMs());
    database.exec('COMMIT');
    database.exec('BEGIN IMMEDIATE');
  } catch (cause) {
    const refusal =
      sqliteCode(cause) === 'SQLITE_BUSY' ? locked(database, path, cause) : damaged(cause, path);
    database.close();
    throw refusal;
  }
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      database.exec('ROLLBACK');
      database.close();
    },
  };
}

function locked(database: Database.Database, path: string, cause: unknown): AutoModelError {
  const holder = readHolder(database);
  const who =
    holder === undefined
      ? 'another process'
      : `process ${holder.pid} on ${holder.host}, started ${new Date(holder.startedAt).toISOString()}`;
  return new AutoModelError('PROJECT_LOCKED', `This project is in use by ${who}`, {
    remedy: 'Wait for that process or stop it; its lock goes with it.',
    retryable: true,
    details: { path, ...holder },
    cause,
  });
}

function damaged(cause: unknown, path: string): unknown {
  if (!isStorageDamage(cause)) return translateSqliteError(cause, path);
  return new AutoModelError('PROJECT_LOCKED', `The lock ${path} is not a lock file`, {
    remedy: `Delete ${path} when no engine is running on this project.`,
    details: { path },
    cause,
  });
}

function readHolder(database: Database.Database): LockHolder | undefined {
  try {
    const row = database
      .prepare('SELECT pid, CAST(host AS BLOB) AS host, started_at AS startedAt FROM holder')
      .get() as (Omit<LockHolder, 'host'> & { host: Uint8Array }) | undefined;
    if (row === undefined) return undefined;
    return { pid: row.pid, host: decodeText(row.host) ?? '', startedAt: row.startedAt };
  } catch {
    return undefined; // the holder is just writing its name: the refusal stands, only the name is missing
  }
}
