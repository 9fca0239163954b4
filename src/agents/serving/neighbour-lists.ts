import { createHash, type Hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { log, writeFileAtomic } from '../../platform/index.js';
import type { NeighbourLists } from '../../pipeline/index.js';
import type { ServingState, Slices } from '../../serving/index.js';
import { countNeighbours } from './count-neighbours.js';

/** Neighbours of all items by all that the state knows of users. */
export function neighbourLists({ histories, catalogue }: ServingState): NeighbourLists {
  const rows = [...histories.entries()];
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach(([, items], u) => (offsets[u + 1] = offsets[u] + items.length));
  const items = new Int32Array(offsets[rows.length]);
  rows.forEach(([, own], u) => items.set(own, offsets[u]));
  return countNeighbours({ items, offsets, itemCount: catalogue.size });
}

/**
 * Neighbours as they were counted before, so that a restart recommends what was recommended until then; counted now where there are
 * none for this catalogue.
 * @param basis what else they depend on
 */
export function keptNeighbourLists(path: string, state: ServingState, basis: string): NeighbourLists {
  const kept = readLists(path, state, basis);
  if (kept !== undefined) return kept;
  const lists = neighbourLists(state);
  writeLists(path, lists, nameOf(state, lists.starts.length - 1, basis));
  return lists;
}

/** Ids that are hashed between two looks at the clock. */
const HASHED_AT_ONCE = 500;

/** Lists are about dense indices: the same items must have them still. */
function nameOf({ catalogue }: ServingState, items: number, basis: string): string {
  const hash = begun(basis);
  for (let at = 0; at < items; at += HASHED_AT_ONCE)
    addIds(
      hash,
      Array.from({ length: Math.min(HASHED_AT_ONCE, items - at) }, (_, n) => catalogue.idOf(at + n)),
    );
  return hash.digest('hex');
}

/** The same of ids that are at hand, in slices. */
export async function nameInSlices(ids: readonly string[], basis: string, slices: Slices): Promise<string> {
  const hash = begun(basis);
  for (let at = 0; at < ids.length; at += HASHED_AT_ONCE) {
    addIds(hash, ids.slice(at, at + HASHED_AT_ONCE));
    if (slices.isDue) await slices.rest();
  }
  return hash.digest('hex');
}

const begun = (basis: string): Hash => createHash('sha256').update(JSON.stringify(basis));
const addIds = (hash: Hash, ids: readonly string[]): void => void hash.update(JSON.stringify(ids));

/** @param name of the items that they are about: see `nameInSlices` */
export function writeLists(path: string, { starts, items, scores }: NeighbourLists, name: string): void {
  const head = Buffer.from(JSON.stringify({ name, items: starts.length - 1, entries: items.length }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  writeFileAtomic(path, [
    length,
    head,
    ...[starts, items, scores].map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)),
  ]);
}

function readLists(path: string, state: ServingState, basis: string): NeighbourLists | undefined {
  try {
    const bytes = readFileSync(path);
    const first = 4 + bytes.readUInt32LE(0);
    const head = JSON.parse(bytes.toString('utf8', 4, first)) as {
      name: string;
      items: number;
      entries: number;
    };
    const numbers = bytes.buffer.slice(
      bytes.byteOffset + first,
      bytes.byteOffset + bytes.length,
    ) as ArrayBuffer;
    const size = 4 * (head.items + 1 + 2 * head.entries);
    if (head.items > state.catalogue.size || numbers.byteLength !== size) return undefined;
    if (head.name !== nameOf(state, head.items, basis)) return undefined;
    return {
      starts: new Int32Array(numbers, 0, head.items + 1),
      items: new Int32Array(numbers, 4 * (head.items + 1), head.entries),
      scores: new Float32Array(numbers, 4 * (head.items + 1 + head.entries), head.entries),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ path, reason: (error as Error).message }, 'neighbours are counted again');
    return undefined;
  }
}
