import type Database from 'libsql';
import { AutoModelError } from '../platform/index.js';
import { corrupt } from './journal-errors.js';

const formatVersion = 1;

/**
 * The triggers refuse every way of changing what was written: update, delete, replace by seq or id, and a gap. The
 * sequence table that AUTOINCREMENT keeps remembers the highest seq ever given, which betrays a tail that was cut off.
 */
const definition = `
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  parent TEXT,
  hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER events_never_change BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER events_never_go BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER events_only_follow BEFORE INSERT ON events
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM events) OR EXISTS (SELECT 1 FROM events WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
PRAGMA user_version = ${formatVersion};
`;

/** Makes the tables of an empty file, on disk when it returns. */
export function defineTables(database: Database.Database): void {
  database.exec('PRAGMA synchronous = FULL');
  database.exec(`BEGIN IMMEDIATE; ${definition} COMMIT;`);
}

export function prepareForWriting(database: Database.Database, path: string): void {
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  if (assertFormat(database, path) === 0) defineTables(database);
}

/**
 * The format version of the file; 0 when it is new and empty. A number that does not fit the tables beside it is damage,
 * since a version that changes the number changes the tables.
 */
export function assertFormat(database: Database.Database, path: string): number {
  const { user_version: format } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (format === formatVersion) return format;
  const { tables } = database
    .prepare("SELECT group_concat(CAST(name AS BLOB)) AS tables FROM sqlite_master WHERE type = 'table'")
    .get() as { tables: string | null };
  if (format === 0 && tables === null) return format;
  if (format < formatVersion || tables === 'events,sqlite_sequence')
    throw corrupt(path, `its format number reads ${format}`, { page: 1 });
  throw new AutoModelError('CONFIG_INVALID', `${path} has format ${format}, newer than this version knows`, {
    remedy: 'Use the newer version of automodel for this project.',
    details: { path, format },
  });
}
