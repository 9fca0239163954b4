import type { NextItemDataset } from '../../schema/index.js';
import { FIRST_VALUE_ID } from '../../schema/index.js';

/** Sparse square matrix over item ids, by rows: row i holds columns[begins[i] .. begins[i + 1]), ascending. */
export interface ItemMatrix {
  readonly begins: Float64Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/** Events by user, oldest first: what pairs are counted over. */
export type EventsByUser = Pick<
  NextItemDataset,
  'events' | 'offsets' | 'trainEnds' | 'itemCount' | 'userCount'
>;

/** How much one pair of events of a user counts. */
export interface PairWeights {
  /** weight of "j came d events after i" at [d]; [0] is unused; as long as the window plus one */
  readonly after: Float64Array;
  /** weight of "j came d events before i" at [d]; empty when only the forward direction counts */
  readonly before: Float64Array;
  /** weight of a user's pairs as a function of the length of the training history */
  readonly user: (length: number) => number;
}

/**
 * Sums pair weights over the training events: M[i, j] = Σ_users Σ_pairs weight. Events below FIRST_VALUE_ID and pairs of
 * an item with itself are left out. Cost: events x window x 2 additions into one dense row that stays in cache.
 */
export function coOccurrence(dataset: EventsByUser, weights: PairWeights): ItemMatrix {
  const { events, itemCount } = dataset;
  const occurrences = occurrencesByItem(dataset);
  const row = new Float32Array(itemCount);
  const touched = new Int32Array(itemCount);
  const begins = new Float64Array(itemCount + 1);
  const out = new GrowingPairs(occurrences.positions.length * 4);
  for (let item = FIRST_VALUE_ID; item < itemCount; item += 1) {
    let count = 0;
    for (let o = occurrences.begins[item]; o < occurrences.begins[item + 1]; o += 1) {
      const position = occurrences.positions[o];
      const user = occurrences.users[o];
      const begin = dataset.offsets[user];
      const end = dataset.trainEnds[user];
      const userWeight = weights.user(end - begin);
      for (const direction of [1, -1]) {
        const byDistance = direction === 1 ? weights.after : weights.before;
        const room = direction === 1 ? end - 1 - position : position - begin;
        const reach = Math.min(byDistance.length - 1, room);
        for (let d = 1; d <= reach; d += 1) {
          const other = events[position + direction * d];
          if (other < FIRST_VALUE_ID || other === item) continue;
          const weight = byDistance[d] * userWeight;
          if (weight === 0) continue;
          if (row[other] === 0) touched[count++] = other;
          row[other] += weight;
        }
      }
    }
    const columns = touched.subarray(0, count).sort();
    for (const column of columns) {
      out.push(column, row[column]);
      row[column] = 0;
    }
    begins[item + 1] = out.length;
  }
  return { begins, columns: out.columns.slice(0, out.length), values: out.values.slice(0, out.length) };
}

/** Training events per item id [itemCount]; the n-th newest event of a user counts perEvent^(n-1). */
export function trainCounts(dataset: EventsByUser, perEvent = 1): Float64Array {
  const counts = new Float64Array(dataset.itemCount);
  for (let user = 0; user < dataset.userCount; user += 1) {
    let weight = 1;
    for (let at = dataset.trainEnds[user] - 1; at >= dataset.offsets[user]; at -= 1) {
      counts[dataset.events[at]] += weight;
      weight *= perEvent;
    }
  }
  return counts;
}

/** Keeps the `limit` largest values of each row (ties to the smaller column); smaller tables score faster. */
export function keepLargest(matrix: ItemMatrix, limit: number): ItemMatrix {
  const rows = matrix.begins.length - 1;
  const begins = new Float64Array(rows + 1);
  for (let i = 0; i < rows; i += 1) {
    begins[i + 1] = begins[i] + Math.min(limit, matrix.begins[i + 1] - matrix.begins[i]);
  }
  if (begins[rows] === matrix.columns.length) return matrix;
  const columns = new Int32Array(begins[rows]);
  const values = new Float32Array(begins[rows]);
  for (let i = 0; i < rows; i += 1) {
    const from = matrix.begins[i];
    const size = matrix.begins[i + 1] - from;
    const order = Int32Array.from({ length: size }, (_, n) => from + n);
    if (size > limit) order.sort((a, b) => matrix.values[b] - matrix.values[a] || a - b);
    const kept = order.subarray(0, Math.min(limit, size)).sort();
    for (let n = 0; n < kept.length; n += 1) {
      columns[begins[i] + n] = matrix.columns[kept[n]];
      values[begins[i] + n] = matrix.values[kept[n]];
    }
  }
  return { begins, columns, values };
}

interface Occurrences {
  readonly begins: Int32Array;
  readonly positions: Int32Array;
  readonly users: Int32Array;
}

/** Where each item occurs in the training events: a counting sort by item, in order of position. */
function occurrencesByItem(dataset: EventsByUser): Occurrences {
  const counts = trainCounts(dataset);
  const begins = new Int32Array(dataset.itemCount + 1);
  for (let item = 0; item < dataset.itemCount; item += 1) begins[item + 1] = begins[item] + counts[item];
  const total = begins[dataset.itemCount];
  const positions = new Int32Array(total);
  const users = new Int32Array(total);
  const next = begins.slice(0, dataset.itemCount);
  for (let user = 0; user < dataset.userCount; user += 1) {
    for (let at = dataset.offsets[user]; at < dataset.trainEnds[user]; at += 1) {
      const slot = next[dataset.events[at]]++;
      positions[slot] = at;
      users[slot] = user;
    }
  }
  return { begins, positions, users };
}

/** Column and value lists whose final length is not known before. */
class GrowingPairs {
  columns: Int32Array;
  values: Float32Array;
  length = 0;

  constructor(capacity: number) {
    this.columns = new Int32Array(Math.max(16, capacity));
    this.values = new Float32Array(Math.max(16, capacity));
  }

  push(column: number, value: number): void {
    if (this.length === this.columns.length) {
      const columns = new Int32Array(this.length * 2);
      columns.set(this.columns);
      const values = new Float32Array(this.length * 2);
      values.set(this.values);
      this.columns = columns;
      this.values = values;
    }
    this.columns[this.length] = column;
    this.values[this.length] = value;
    this.length += 1;
  }
}
