import type { Clock } from '../platform/index.js';
import type { Journal } from './journal.js';
import { SqliteJournal } from './sqlite-journal.js';

export interface JournalOptions {
  /** the journal file, see projectPaths(...).journal */
  readonly path: string;
  /** `write` (default) makes the file when new and keeps every other writer out until closed */
  readonly mode?: 'read' | 'write';
  readonly clock?: Clock;
}

/**
 * Opens a project's journal.
 * @throws AutoModelError PROJECT_LOCKED (another engine), FILE_NOT_FOUND (reading), JOURNAL_CORRUPT, DISK_FULL,
 * PATH_NOT_WRITABLE
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  if (options.mode === 'read') return SqliteJournal.openForReading(options.path);
  return SqliteJournal.openForWriting(options.path, options.clock);
}
