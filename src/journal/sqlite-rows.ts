import type Database from 'libsql';
import type { StoredEvent } from './hash-chain.js';

/**
 * Texts are asked for as bytes: libsql ends the whole process on a text that is not UTF-8, and one flipped bit makes a
 * text that. Decoded here, a damaged text is one that does not fit its hash, which is how damage is found and named.
 */
export function textColumns(alias: string): string {
  const texts = ['id', 'kind', 'payload', 'parent', 'hash'].map(
    (name) => `CAST(${alias}.${name} AS BLOB) AS ${name}`,
  );
  return [`${alias}.seq`, `CAST(${alias}.at AS INTEGER) AS at`, ...texts].join(', ');
}

type Bytes = Uint8Array | ArrayBuffer | null;

/** A row of `textColumns`. */
export interface EventBytes {
  readonly seq: number;
  readonly at: number;
  readonly id: Bytes;
  readonly kind: Bytes;
  readonly payload: Bytes;
  readonly parent: Bytes;
  readonly hash: Bytes;
}

const decoder = new TextDecoder();

/** A text column; null stays null, and what is no UTF-8 gets replacement characters. */
export function decodeText(bytes: Bytes): string | null {
  return bytes === null ? null : decoder.decode(bytes);
}

export function decodeEvent(row: EventBytes): StoredEvent {
  const { seq, at } = row;
  // A member that must not be null and is one: damage, which no hash fits.
  const text = (bytes: Bytes) => decodeText(bytes) ?? '';
  return {
    seq,
    at,
    id: text(row.id),
    kind: text(row.kind),
    payload: text(row.payload),
    parent: decodeText(row.parent),
    hash: text(row.hash),
  };
}

/** The event with the highest seq; undefined in an empty journal. */
export function lastStoredEvent(database: Database.Database): StoredEvent | undefined {
  const row = database
    .prepare(`SELECT ${textColumns('e')} FROM events e ORDER BY e.seq DESC LIMIT 1`)
    .get() as EventBytes | undefined;
  return row === undefined ? undefined : decodeEvent(row);
}
