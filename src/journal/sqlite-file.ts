import { closeSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { AutoModelError, removeQuietly } from '../platform/index.js';
import { corrupt, notWritable, translateSqliteError } from './journal-errors.js';
import { witnessPath } from './head-witness.js';
import type { JournalHead } from './journal.js';
import { defineTables } from './sqlite-schema.js';

const busyTimeoutMs = 5000;

/** The length of the header of every SQLite file; its bytes 18 and 19 say who may write and read it: 1, or 2 with a log. */
const headerBytes = 100;
const formatVersionsAt = [18, 19];

/**
 * What SQLite would let pass: it takes a file without a header for a new one, and would begin an empty journal in place
 * of the lost one; and it takes one whose writers' format is unknown for a file that may only be read.
 */
export function assertHasHeader(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined || !statSync(path).isFile()) return;
  if (size < headerBytes) throw corrupt(path, `it has ${size} bytes, less than any journal`, { page: 1 });
  const header = Buffer.alloc(headerBytes);
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, header, 0, headerBytes, 0);
  } finally {
    closeSync(descriptor);
  }
  const odd = formatVersionsAt.find((at) => header[at] !== 1 && header[at] !== 2);
  if (odd !== undefined) throw corrupt(path, `byte ${odd} of its header reads ${header[odd]}`, { page: 1 });
}

/**
 * A new journal where there is none. A log without its journal is the rest of one that was deleted or moved; SQLite would
 * write what it holds into the new file.
 * @throws JOURNAL_CORRUPT where such a log lies
 */
export function beginJournal(path: string): void {
  if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0)
    throw corrupt(path, 'the file is gone, and its write-ahead log is still there', {});
  removeQuietly(witnessPath(path));
  createJournalFile(path);
}

/** @throws JOURNAL_CORRUPT where events that were written are not in the journal any more */
export function assertReaches(path: string, head: JournalHead, written: number): void {
  if (head.seq >= written) return;
  const gone = head.seq + 1 === written ? `event ${written}` : `events ${head.seq + 1} to ${written}`;
  throw corrupt(
    path,
    `${gone} had been written and cannot be read: the write-ahead log was damaged or taken away, or the file is an older copy`,
    { seq: head.seq + 1, lostUntilSeq: written },
  );
}

/**
 * Made beside its place and moved there whole, so that a file without a header is always a damaged one. Without a log
 * yet: SQLite knows a log's index by the name that the file had when it was opened.
 */
function createJournalFile(path: string): void {
  const part = `${path}.new`;
  for (const suffix of ['', '-journal']) removeQuietly(part + suffix);
  const database = openDatabase(part, 'rwc');
  try {
    defineTables(database);
  } catch (cause) {
    throw translateSqliteError(cause, path);
  } finally {
    database.close();
  }
  renameSync(part, path);
}

/** libsql takes no read-only option; SQLite's own URI form does. */
export function openDatabase(path: string, mode: 'ro' | 'ro&immutable=1' | 'rwc'): Database.Database {
  try {
    return new Database(`${pathToFileURL(path).href}?mode=${mode}`, { timeout: busyTimeoutMs });
  } catch (cause) {
    if (mode === 'rwc') throw notWritable(path, cause);
    throw new AutoModelError('FILE_NOT_FOUND', `Cannot open the journal ${path}`, {
      remedy: 'Run train or evolve first; they make it.',
      details: { path },
      cause,
    });
  }
}
