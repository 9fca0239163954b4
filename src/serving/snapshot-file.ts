import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { AutoModelError } from '../platform/index.js';
import type { LogPosition } from './event-log.js';
import type { IdWindowState } from './id-window.js';
import type { StateContent } from './serving-state.js';
import type { Slices } from './slices.js';

/** State and log at one moment: a restart reads it, and of the log only what came after. */
export interface Snapshot {
  /** what the state was made of beside the log: of other tables or settings it is no use */
  readonly basis: string;
  readonly position: LogPosition;
  readonly ids: IdWindowState;
  readonly exposures: IdWindowState;
  readonly content: StateContent;
}

const magic = 'AMSNAP01';
const Row = z.record(z.string(), z.unknown());
const Head = z.object({
  basis: z.string(),
  position: z.object({ segment: z.number(), offset: z.number(), events: z.number() }),
  originMs: z.number().optional(),
  items: z.array(z.string()),
  removed: z.array(z.number()),
  reported: z.array(z.tuple([z.number(), Row])),
  users: z.array(z.tuple([z.string(), Row])),
  histories: z.array(z.string()),
  seen: z.array(z.string()),
  /** bytes of the sections after the head, in their order */
  sections: z.array(z.number()),
});
type Head = z.infer<typeof Head>;

/** Bytes that are hashed, and entries of lists that are written as JSON, between two looks at the clock. */
const HASHED_AT_ONCE = 1 << 16;
const LISTED_AT_ONCE = 200;

/**
 * The snapshot as it lies on disk, made in slices: magic, length of the head, head (JSON), sections of numbers (little-endian),
 * SHA-256. What is given must not change meanwhile.
 */
export async function snapshotBytes(snapshot: Snapshot, slices: Slices): Promise<Buffer[]> {
  const { basis, position, ids, exposures, content } = snapshot;
  const { catalogue, counts, histories, seen, users } = content;
  const sections = [
    catalogue.createdMs,
    counts.weights,
    ...(await listsOf(histories, slices)),
    ...(await listsOf(seen, slices)),
    ids.older,
    ids.newer,
    exposures.older,
    exposures.newer,
  ].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  const head = await headBytes(
    { basis, position, originMs: counts.originMs, sections: sections.map(({ length }) => length) },
    {
      items: [catalogue.ids, (id) => id],
      removed: [catalogue.removed, (item) => item],
      reported: [catalogue.reported, (entry) => entry],
      users: [users, (entry) => entry],
      histories: [histories, ([user]) => user],
      seen: [seen, ([user]) => user],
    },
    slices,
  );
  const start = Buffer.alloc(magic.length + 4);
  start.write(magic, 'latin1');
  start.writeUInt32LE(
    head.reduce((sum, { length }) => sum + length, 0),
    magic.length,
  );
  const parts = [start, ...head, ...sections];
  const hash = createHash('sha256');
  for (const part of parts)
    for (let at = 0; at < part.length; at += HASHED_AT_ONCE) {
      hash.update(part.subarray(at, at + HASHED_AT_ONCE));
      if (slices.isDue) await slices.rest();
    }
  return [...parts, hash.digest()];
}

/** A list of the head, and what of each entry is written. */
type Listed<T> = readonly [readonly T[], (entry: T) => unknown];
interface Lists {
  readonly items: Listed<string>;
  readonly removed: Listed<number>;
  readonly reported: Listed<StateContent['catalogue']['reported'][number]>;
  readonly users: Listed<StateContent['users'][number]>;
  readonly histories: Listed<StateContent['histories'][number]>;
  readonly seen: Listed<StateContent['seen'][number]>;
}

/** The head as JSON: its lists have an entry for every item and every user. */
async function headBytes(single: Omit<Head, keyof Lists>, lists: Lists, slices: Slices): Promise<Buffer[]> {
  const pieces = [Buffer.from(JSON.stringify(single).slice(0, -1))];
  for (const [name, [entries, written]] of Object.entries(lists) as [string, Listed<unknown>][]) {
    pieces.push(Buffer.from(`,${JSON.stringify(name)}:[`));
    for (let at = 0; at < entries.length; at += LISTED_AT_ONCE) {
      const text = JSON.stringify(entries.slice(at, at + LISTED_AT_ONCE).map(written)).slice(1, -1);
      pieces.push(Buffer.from(at === 0 ? text : `,${text}`));
      if (slices.isDue) await slices.rest();
    }
    pieces.push(Buffer.from(']'));
  }
  pieces.push(Buffer.from('}'));
  return pieces;
}

/** @throws ARTEFACT_CORRUPT, FILE_UNREADABLE, naming the file; undefined when there is none */
export function readSnapshot(path: string): Snapshot | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AutoModelError('FILE_UNREADABLE', `Cannot read ${path}`, { details: { path }, cause });
  }
  const damaged = (why: string, cause?: unknown): AutoModelError =>
    new AutoModelError('ARTEFACT_CORRUPT', `The snapshot ${path} ${why}`, {
      remedy: 'Delete it: the state is made again from the event log.',
      details: { path },
      cause,
    });
  const end = bytes.length - 32;
  if (end < magic.length + 4 || bytes.toString('latin1', 0, magic.length) !== magic)
    throw damaged('is none, or of another version');
  if (!createHash('sha256').update(bytes.subarray(0, end)).digest().equals(bytes.subarray(end)))
    throw damaged('does not fit its checksum');
  const first = magic.length + 4 + bytes.readUInt32LE(magic.length);
  let head: Head;
  try {
    head = Head.parse(JSON.parse(bytes.toString('utf8', magic.length + 4, first)));
  } catch (cause) {
    throw damaged('is not what it should be', cause);
  }
  let at = first;
  const section = head.sections.map((length) => bytes.subarray(at, (at += length)));
  const integers = (n: number): Int32Array => new Int32Array(copied(section[n]));
  const prints = (n: number): Uint32Array => new Uint32Array(copied(section[n]));
  return {
    basis: head.basis,
    position: head.position,
    ids: { older: prints(6), newer: prints(7) },
    exposures: { older: prints(8), newer: prints(9) },
    content: {
      catalogue: {
        ids: head.items,
        createdMs: new Float64Array(copied(section[0])),
        removed: head.removed,
        reported: head.reported,
      },
      counts: { originMs: head.originMs, weights: new Float64Array(copied(section[1])) },
      histories: rowsOf(head.histories, integers(2), integers(3)),
      seen: rowsOf(head.seen, integers(4), integers(5)),
      users: head.users,
    },
  };
}

/** Writes beside the target, syncs, renames; the event loop goes on meanwhile. */
export async function writeSnapshot(path: string, parts: readonly Buffer[]): Promise<void> {
  const beside = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  try {
    const file = await open(beside, 'w');
    try {
      for (const part of parts) {
        for (let at = 0; at < part.length;) at += (await file.write(part, at, part.length - at)).bytesWritten;
      }
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true });
    throw cause;
  }
}

/** Lists of numbers as their lengths and all numbers one after the other. */
async function listsOf(
  rows: StateContent['histories'],
  slices: Slices,
): Promise<readonly [Int32Array, Int32Array]> {
  const lengths = new Int32Array(rows.length);
  let all = 0;
  for (const [n, [, items]] of rows.entries()) {
    lengths[n] = items.length;
    all += items.length;
    if (slices.isDue) await slices.rest();
  }
  const values = new Int32Array(all);
  let at = 0;
  for (const [, items] of rows) {
    values.set(items, at);
    at += items.length;
    if (slices.isDue) await slices.rest();
  }
  return [lengths, values];
}

function rowsOf(
  users: readonly string[],
  lengths: Int32Array,
  values: Int32Array,
): StateContent['histories'] {
  let at = 0;
  return users.map((user, u) => [user, values.subarray(at, (at += lengths[u]))]);
}

const copied = (bytes: Buffer): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
