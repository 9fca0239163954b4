import { copyFileSync, existsSync, renameSync } from 'node:fs';
import { AutoModelError, isAutoModelError, removeQuietly } from '../platform/index.js';
import { HeadWitness, witnessPath } from './head-witness.js';
import type { JournalHead } from './journal.js';
import { salvageJournal, type KeepLater } from './salvage-journal.js';
import { SqliteJournal } from './sqlite-journal.js';
import { takeWriterLock } from './writer-lock.js';

export interface Mended {
  /** events 1 to this one are as they were */
  readonly whole: number;
  /** facts from after the damage that `keep` made of whole events; they follow as new events */
  readonly later: number;
  /** what was wrong; undefined when nothing was, and nothing was done */
  readonly damage: AutoModelError | undefined;
  /** where the damaged file lies now */
  readonly damagedPath: string | undefined;
}

/**
 * Puts a journal of the whole events before the first broken one in the place of a damaged journal, and keeps the damaged
 * file, with the log beside it, under another name. A whole journal is left as it is.
 * @param keep see salvageJournal
 * @throws AutoModelError PROJECT_LOCKED (an engine runs), FILE_NOT_FOUND, JOURNAL_CORRUPT (no event can be read), DISK_FULL
 */
export async function mendJournal(path: string, keep?: KeepLater): Promise<Mended> {
  if (!existsSync(path)) {
    throw new AutoModelError('FILE_NOT_FOUND', `There is no journal ${path}`, {
      remedy: 'Run train or evolve first; they make it.',
      details: { path },
    });
  }
  const lock = takeWriterLock(`${path}-lock`);
  try {
    const found = await verified(path);
    if (!isAutoModelError(found))
      return { whole: found.seq, later: 0, damage: undefined, damagedPath: undefined };
    const salvaged = `${path}.salvaged`;
    for (const suffix of ['', '-journal']) removeQuietly(salvaged + suffix);
    const { head, whole, later, damage = found } = await salvageJournal(path, salvaged, keep);
    const damagedPath = freeName(`${path}.damaged`);
    putInPlace(path, salvaged, damagedPath);
    const witness = HeadWitness.open(witnessPath(path));
    witness.write(head.seq);
    witness.close();
    return { whole, later, damage, damagedPath };
  } finally {
    lock.release();
  }
}

/**
 * Wherever this is cut short, everything that was there lies under one of the two names, and there is a journal in the
 * place: without one the next engine would begin an empty one. The log goes before the journal is replaced, since SQLite
 * would write what it holds into the new file; should it end there, the witness tells that the tail is missing.
 */
function putInPlace(path: string, salvaged: string, damagedPath: string): void {
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${damagedPath}-wal`);
  copyFileSync(path, damagedPath);
  for (const suffix of ['-wal', '-shm']) removeQuietly(path + suffix);
  renameSync(salvaged, path);
}

/** The head of a whole journal, or what is wrong with it. */
async function verified(path: string): Promise<JournalHead | AutoModelError> {
  try {
    const journal = await SqliteJournal.openForReading(path);
    try {
      return await journal.verify();
    } finally {
      await journal.close();
    }
  } catch (error) {
    if (isAutoModelError(error) && error.code === 'JOURNAL_CORRUPT') return error;
    throw error;
  }
}

function freeName(path: string): string {
  let name = path;
  for (let copy = 2; existsSync(name); copy += 1) name = `${path}-${copy}`;
  return name;
}
