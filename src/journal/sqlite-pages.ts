import type Database from 'libsql';
import { decodeText } from './sqlite-rows.js';

export interface DamagedPage {
  readonly page: number | undefined;
  readonly fault: string;
}

/** The first fault that SQLite's own check reports, with its page number where it names one; undefined when sound. */
export function findDamagedPage(database: Database.Database): DamagedPage | undefined {
  let fault: string;
  try {
    // As bytes, since what it quotes of a damaged file need not be UTF-8 (see sqlite-rows).
    const rows = database
      .prepare('SELECT CAST(integrity_check AS BLOB) AS said FROM pragma_integrity_check(1)')
      .all() as { said: Uint8Array | null }[];
    fault = rows.map(({ said }) => decodeText(said) ?? '').join('; ');
  } catch (cause) {
    const message = (cause as Error).message;
    return { page: message.includes('not a database') ? 1 : undefined, fault: message };
  }
  if (fault === 'ok') return undefined;
  const page = /page (\d+)/i.exec(fault)?.[1];
  const line = fault.replaceAll('\n', ' ').replace('*** in database main ***', '').trim();
  return { page: page === undefined ? undefined : Number(page), fault: line };
}

/**
 * The page that holds an event: rows lie in the order of seq, so it is the leaf where the running count of cells
 * passes its rank. Undefined where the file is too broken to count.
 */
export function pageOfEvent(database: Database.Database, seq: number): number | undefined {
  try {
    const rank = database.prepare('SELECT count(*) AS n FROM events WHERE seq <= ?').get(seq) as {
      n: number;
    };
    const leaves = database
      .prepare("SELECT pageno, ncell FROM dbstat WHERE name = 'events' AND pagetype = 'leaf' ORDER BY path")
      .all() as { pageno: number; ncell: number }[];
    let cells = 0;
    return leaves.find((leaf) => (cells += leaf.ncell) >= rank.n)?.pageno;
  } catch {
    return undefined; // a place for the message only: the corruption itself is reported either way
  }
}
