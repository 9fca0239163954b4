import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { AutoModelError, canonicalJson, isAutoModelError, removeQuietly } from '../platform/index.js';
import { genesis, sealEvent, type StoredEvent } from './hash-chain.js';
import { witnessPath } from './head-witness.js';
import { translateSqliteError } from './journal-errors.js';
import type { JournalEvent, JournalHead } from './journal.js';
import { SqliteJournal } from './sqlite-journal.js';
import { defineTables } from './sqlite-schema.js';

export interface Salvage {
  /** the last event of the copy */
  readonly head: JournalHead;
  /** how many events before the damage were copied: events 1 to this one */
  readonly whole: number;
  /** how many facts from after the damage were added behind them */
  readonly later: number;
  /** what stopped it, undefined when the journal was whole */
  readonly damage: AutoModelError | undefined;
}

/** What of an event after the damage is worth keeping though its place in the chain is lost; undefined: nothing. */
export type KeepLater = (event: JournalEvent) => Pick<JournalEvent, 'kind' | 'payload'> | undefined;

/**
 * Copies the events before the first broken one, unchanged with their ids and hashes, into a new journal at `to`; the
 * damaged file is only read. A run resumed on the copy repeats what came after. Events after the damage that are whole in
 * themselves (they fit their hash and that of the event before) are offered to `keep`, and what it makes of them is added
 * as new events.
 * @throws AutoModelError USAGE (`to` exists), FILE_NOT_FOUND, JOURNAL_CORRUPT (nothing can be read at all), DISK_FULL
 */
export async function salvageJournal(path: string, to: string, keep?: KeepLater): Promise<Salvage> {
  if (existsSync(to)) throw new AutoModelError('USAGE', `${to} exists already`, { details: { to } });
  const source = await SqliteJournal.openForReading(path);
  mkdirSync(dirname(to), { recursive: true });
  // That of another journal that once had this name.
  removeQuietly(witnessPath(to));
  const target = new Database(to);
  let head = genesis;
  let lastAt = 0;
  let whole = 0;
  let later = 0;
  let damage: AutoModelError | undefined;
  try {
    defineTables(target);
    const insert = target.prepare(
      'INSERT INTO events (seq, id, at, kind, payload, parent, hash) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    const put = ({ seq, id, at, kind, payload, parent, hash }: StoredEvent) => {
      insert.run(seq, id, at, kind, payload, parent, hash);
      head = { seq, hash };
      lastAt = at;
    };
    target.exec('BEGIN IMMEDIATE');
    try {
      for await (const event of source.read()) {
        put({ ...event, payload: canonicalJson(event.payload) });
        whole = event.seq;
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
      damage = error;
    }
    if (damage !== undefined && keep !== undefined) {
      for await (const event of wholeAfter(source, whole + 1)) {
        const fact = keep(event);
        if (fact === undefined) continue;
        put(sealEvent({ at: event.at, ...fact, parent: null }, head, lastAt));
        later += 1;
      }
    }
    target.exec('COMMIT');
  } catch (cause) {
    throw translateSqliteError(cause, to);
  } finally {
    target.close();
    await source.close();
  }
  return { head, whole, later, damage };
}

/** Events from a place on that are whole in themselves; the broken ones between them are left out. */
async function* wholeAfter(source: SqliteJournal, from: number): AsyncIterable<JournalEvent> {
  let next = from;
  for (;;) {
    try {
      for await (const event of source.read({ fromSeq: next })) {
        next = event.seq + 1;
        yield event;
      }
      return;
    } catch (error) {
      if (!isDamage(error)) throw error;
      const { seq } = error.details as { seq?: number };
      if (seq === undefined) return; // not even the number of events can be read
      next = Math.max(next, seq) + 1;
    }
  }
}

function isDamage(error: unknown): error is AutoModelError {
  return isAutoModelError(error) && error.code === 'JOURNAL_CORRUPT';
}
