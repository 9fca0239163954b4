import type Database from 'libsql';
import { AutoModelError } from '../platform/index.js';

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

export function prepareForWriting(database: Database.Database, path: string): void {
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  if (assertFormat(database, path) === 0) database.exec(`BEGIN IMMEDIATE; ${definition} COMMIT;`);
}

/** The format version of the file; 0 when it is new and empty. */
export function assertFormat(database: Database.Database, path: string): number {
  const row = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (row.user_version > formatVersion) {
    throw new AutoModelError(
      'CONFIG_INVALID',
      `${path} has format ${row.user_version}, newer than this version knows`,
      {
        remedy: 'Use the newer version of automodel for this project.',
        details: { path, format: row.user_version },
      },
    );
  }
  return row.user_version;
}
