import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { AutoModelError, canonicalJson, isAutoModelError } from '../platform/index.js';
import { genesis } from './hash-chain.js';
import { translateSqliteError } from './journal-errors.js';
import type { JournalHead } from './journal.js';
import { SqliteJournal } from './sqlite-journal.js';
import { defineTables } from './sqlite-schema.js';

export interface Salvage {
  /** the last event that was kept */
  readonly head: JournalHead;
  /** what stopped it, undefined when the journal was whole */
  readonly damage: AutoModelError | undefined;
}

/**
 * Copies the events before the first broken one, unchanged with their ids and hashes, into a new journal at `to`; the
 * damaged file is only read. A run resumed on the copy repeats what came after.
 * @throws AutoModelError USAGE (`to` exists), FILE_NOT_FOUND, JOURNAL_CORRUPT (nothing can be read at all), DISK_FULL
 */
export async function salvageJournal(path: string, to: string): Promise<Salvage> {
  if (existsSync(to)) throw new AutoModelError('USAGE', `${to} exists already`, { details: { to } });
  const source = await SqliteJournal.openForReading(path);
  mkdirSync(dirname(to), { recursive: true });
  const target = new Database(to);
  let head = genesis;
  let damage: AutoModelError | undefined;
  try {
    defineTables(target);
    const insert = target.prepare(
      'INSERT INTO events (seq, id, at, kind, payload, parent, hash) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    target.exec('BEGIN IMMEDIATE');
    try {
      for await (const { seq, id, at, kind, payload, parent, hash } of source.read()) {
        insert.run(seq, id, at, kind, canonicalJson(payload), parent, hash);
        head = { seq, hash };
      }
    } catch (error) {
      if (!isAutoModelError(error) || error.code !== 'JOURNAL_CORRUPT') throw error;
      damage = error;
    }
    target.exec('COMMIT');
  } catch (cause) {
    throw translateSqliteError(cause, to);
  } finally {
    target.close();
    await source.close();
  }
  return { head, damage };
}
