import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { AutoModelError } from '../platform/index.js';
import type { LogPosition } from './event-log.js';
import type { IdWindowState } from './id-window.js';
import type { StateContent } from './serving-state.js';

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

/** The snapshot as it lies on disk: magic, length of the head, head (JSON), sections of numbers (little-endian), SHA-256. */
export function snapshotBytes({ basis, position, ids, exposures, content }: Snapshot): Buffer[] {
  const { catalogue, counts, histories, seen, users } = content;
  const sections = [
    catalogue.createdMs,
    counts.weights,
    ...listsOf(histories),
    ...listsOf(seen),
    ids.older,
    ids.newer,
    exposures.older,
    exposures.newer,
  ].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  const head: Head = {
    basis,
    position,
    originMs: counts.originMs,
    items: [...catalogue.ids],
    removed: [...catalogue.removed],
    reported: catalogue.reported.map(([item, row]) => [item, row]),
    users: users.map(([user, row]) => [user, row]),
    histories: histories.map(([user]) => user),
    seen: seen.map(([user]) => user),
    sections: sections.map(({ length }) => length),
  };
  const text = Buffer.from(JSON.stringify(head));
  const start = Buffer.alloc(magic.length + 4);
  start.write(magic, 'latin1');
  start.writeUInt32LE(text.length, magic.length);
  const parts = [start, text, ...sections];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return [...parts, hash.digest()];
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
function listsOf(rows: StateContent['histories']): readonly [Int32Array, Int32Array] {
  const lengths = Int32Array.from(rows, ([, items]) => items.length);
  const values = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const [, items] of rows) {
    values.set(items, at);
    at += items.length;
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
