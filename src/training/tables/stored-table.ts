import type { RowIndex } from './row-index.js';
import type { RowPass } from './row-updates.js';

/** An embedding table that batches read, however its rows are kept. */
export interface StoredTable {
  /** "bank/vocabulary" */
  readonly name: string;
  /** ids of the vocabulary; row 0 is padding */
  readonly rows: number;
  readonly dim: number;
  /** bytes that the rows take */
  readonly bytes: number;
  /** Copies the rows that a batch reads into their cells; see `gatherRows`. */
  gather(index: RowIndex, out: Float32Array, pass: RowPass): void;
  /** Dense copy of the weights [rows * dim]. */
  weights(): Float32Array;
}
