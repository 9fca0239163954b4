import { readFileSync } from 'node:fs';
import { coOccurrence, keepLargest, trainCounts } from '../../models/index.js';
import { log, sha256, writeFileAtomic } from '../../platform/index.js';
import type { NeighbourLists } from '../../pipeline/index.js';
import { FIRST_VALUE_ID } from '../../schema/index.js';
import type { ServingState } from '../../serving/index.js';

/** Events on each side of an event that count as beside it. */
const WINDOW = 10;
/** Neighbours of an item that are kept. */
const KEPT = 50;
/** Pseudo-count under the root: two items that one user had by chance are no neighbours yet. */
const SHRINKAGE = 5;

/**
 * The nearest items of every item by what the same users did: pairs of events d places apart count d^-1/2, divided by the roots of
 * how often each occurs (item-based collaborative filtering, Deshpande and Karypis 2004).
 */
export function neighbourLists({ histories, catalogue }: ServingState): NeighbourLists {
  const rows = [...histories.entries()];
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach(([, items], u) => (offsets[u + 1] = offsets[u] + items.length));
  const events = new Int32Array(offsets[rows.length]);
  rows.forEach(([, items], u) => {
    // Ids below are not values to whoever counts.
    for (let i = 0; i < items.length; i += 1) events[offsets[u] + i] = items[i] + FIRST_VALUE_ID;
  });
  const itemCount = catalogue.size + FIRST_VALUE_ID;
  const byUser = { events, offsets, trainEnds: offsets.subarray(1), itemCount, userCount: rows.length };
  const near = Float64Array.from({ length: WINDOW + 1 }, (_, d) => (d === 0 ? 0 : d ** -0.5));
  const matrix = coOccurrence(byUser, { after: near, before: near, user: () => 1 });
  const counts = trainCounts(byUser);
  for (let item = 0; item < itemCount; item += 1) {
    for (let e = matrix.begins[item]; e < matrix.begins[item + 1]; e += 1)
      matrix.values[e] /= Math.sqrt((counts[item] + SHRINKAGE) * (counts[matrix.columns[e]] + SHRINKAGE));
  }
  const kept = keepLargest(matrix, KEPT);
  return {
    starts: Int32Array.from(kept.begins.subarray(FIRST_VALUE_ID)),
    items: kept.columns.map((id) => id - FIRST_VALUE_ID),
    scores: kept.values,
  };
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

/** Lists are about dense indices: the same items must have them still. */
function nameOf({ catalogue }: ServingState, items: number, basis: string): string {
  const ids = Array.from({ length: items }, (_, item) => catalogue.idOf(item));
  return sha256(JSON.stringify([basis, ids]));
}

function writeLists(path: string, { starts, items, scores }: NeighbourLists, name: string): void {
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
