import { hashKeys, uniformAt } from '../../platform/index.js';
import { gatherRows } from './gather.js';
import type { RowIndex } from './row-index.js';
import type { RowPass } from './row-updates.js';
import type { StoredTable } from './stored-table.js';

/** Standard deviation of initial rows. */
const INITIAL_STD = 0.01;
const INITIAL_LIMIT = INITIAL_STD * Math.sqrt(3);

export interface TableShape {
  /** "bank/vocabulary" */
  readonly name: string;
  /** ids of the vocabulary; row 0 is padding */
  readonly rows: number;
  readonly dim: number;
  /** floats of optimiser state per row */
  readonly stateSize: number;
  /** whether rows remember when they were last touched and pulled (dense-equivalent L2) */
  readonly clocked: boolean;
}

/**
 * One embedding table in one typed array. A row holds its weights, then its optimiser state, then (when clocked) two
 * integers: side by side, because a random row costs a cache and page miss per array, not per byte.
 */
export class EmbeddingTable implements StoredTable {
  readonly name: string;
  readonly rows: number;
  readonly dim: number;
  /** floats per row; even, so that rows can be copied as doubles */
  readonly stride: number;
  /** offset of the clocks inside a row: last step that touched it, last step whose pull it has; 0 is never */
  readonly clockOffset: number;
  readonly clocked: boolean;
  readonly values: Float32Array;
  readonly integers: Int32Array;
  readonly doubles: Float64Array;

  constructor(shape: TableShape) {
    this.name = shape.name;
    this.rows = shape.rows;
    this.dim = shape.dim;
    this.clocked = shape.clocked;
    this.clockOffset = shape.dim + shape.stateSize;
    const used = this.clockOffset + (shape.clocked ? 2 : 0);
    this.stride = used + (used % 2);
    const buffer = new ArrayBuffer(shape.rows * this.stride * 4);
    this.values = new Float32Array(buffer);
    this.integers = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
  }

  /** Those of the optimiser's state included. */
  get bytes(): number {
    return this.values.byteLength;
  }

  gather(index: RowIndex, out: Float32Array, pass: RowPass): void {
    gatherRows(this, index, out, pass);
  }

  /** Uniform with standard deviation 0.01; a function of (seed, table, row) alone. Row 0 stays zero. */
  initialise(seed: number): void {
    const tableKey = hashKeys(seed, 'embedding', this.name);
    for (let row = 1; row < this.rows; row += 1) {
      const key = hashKeys(tableKey, row);
      const start = row * this.stride;
      for (let j = 0; j < this.dim; j += 1)
        this.values[start + j] = INITIAL_LIMIT * (2 * uniformAt(key, j) - 1);
    }
  }

  /** Dense copy of the weights [rows * dim]. */
  weights(): Float32Array {
    const weights = new Float32Array(this.rows * this.dim);
    for (let row = 0; row < this.rows; row += 1) {
      const from = row * this.stride;
      weights.set(this.values.subarray(from, from + this.dim), row * this.dim);
    }
    return weights;
  }

  /** Replaces the weights by a dense copy; optimiser state stays. */
  setWeights(weights: Float32Array): void {
    for (let row = 0; row < this.rows; row += 1) {
      this.values.set(weights.subarray(row * this.dim, (row + 1) * this.dim), row * this.stride);
    }
  }
}
