import { halfValues, toHalf } from './half-floats.js';
import type { RowIndex } from './row-index.js';
import type { RowPass } from './row-updates.js';
import type { StoredTable } from './stored-table.js';

export type CompactStorage = 'float16' | 'int8';

/** Rows of one kind: `add` puts share x row into out[at ...]. */
interface CompactRows {
  readonly bytes: number;
  add(row: number, out: Float32Array, at: number, share: number): void;
}

/**
 * An embedding table that is only read, in a half or a quarter of the memory: half floats, or bytes with one step per row (symmetric,
 * largest entry 127). Decoded row by row when a batch reads it.
 */
export class CompactTable implements StoredTable {
  readonly name: string;
  readonly rows: number;
  readonly dim: number;
  private readonly stored: CompactRows;

  /** @param weights [rows * dim] */
  constructor(
    shape: { readonly name: string; readonly rows: number; readonly dim: number },
    storage: CompactStorage,
    weights: Float32Array,
  ) {
    this.name = shape.name;
    this.rows = shape.rows;
    this.dim = shape.dim;
    this.stored = storage === 'float16' ? halfRows(weights, shape.dim) : byteRows(weights, shape.dim);
  }

  get bytes(): number {
    return this.stored.bytes;
  }

  gather(index: RowIndex, out: Float32Array, pass: RowPass): void {
    if (pass !== 'all') throw new RangeError('A compact table is read as a whole: nothing trains it');
    const { dim, stored } = this;
    const { cells, locals, ids, shares, firstBagPosition, bagCells, bagBegins, bags, positions } = index;
    for (let position = 0; position < firstBagPosition; position += 1) {
      const at = cells[position] * dim;
      out.fill(0, at, at + dim);
      stored.add(ids[locals[position]], out, at, 1);
    }
    for (let bag = 0; bag < bags; bag += 1) {
      const at = bagCells[bag] * dim;
      const end = bag + 1 < bags ? bagBegins[bag + 1] : positions;
      out.fill(0, at, at + dim);
      for (let position = bagBegins[bag]; position < end; position += 1)
        stored.add(ids[locals[position]], out, at, shares[position]);
    }
  }

  weights(): Float32Array {
    const out = new Float32Array(this.rows * this.dim);
    for (let row = 0; row < this.rows; row += 1) this.stored.add(row, out, row * this.dim, 1);
    return out;
  }
}

function halfRows(weights: Float32Array, dim: number): CompactRows {
  const halves = Uint16Array.from(weights, toHalf);
  const values = halfValues();
  return {
    bytes: halves.byteLength,
    add(row, out, at, share) {
      const from = row * dim;
      for (let j = 0; j < dim; j += 1) out[at + j] += share * values[halves[from + j]];
    },
  };
}

function byteRows(weights: Float32Array, dim: number): CompactRows {
  const steps = new Float32Array(weights.length / dim);
  const bytes = new Int8Array(weights.length);
  for (let row = 0; row < steps.length; row += 1) {
    let most = 0;
    for (let j = row * dim; j < (row + 1) * dim; j += 1) most = Math.max(most, Math.abs(weights[j]));
    steps[row] = most / 127;
    // A row of zeros has no step, and zeros it stays.
    if (most === 0) continue;
    for (let j = row * dim; j < (row + 1) * dim; j += 1) bytes[j] = Math.round((weights[j] / most) * 127);
  }
  return {
    bytes: bytes.byteLength + steps.byteLength,
    add(row, out, at, share) {
      const from = row * dim;
      const step = share * steps[row];
      for (let j = 0; j < dim; j += 1) out[at + j] += step * bytes[from + j];
    },
  };
}
