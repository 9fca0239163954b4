import type { EmbeddingTable } from './embedding-table.js';
import type { LearningRates } from './learning-rates.js';
import type { RowIndex } from './row-index.js';
import type { SparseOptimizer } from './sparse-optimizer.js';

/**
 * L2 in mode `dense-equivalent`: what an L2 term over the whole table would have done to rows that a batch does not touch,
 * caught up only when a row is read again.
 *
 * At every step t, each row that was ever touched is first pulled towards zero at the scale that its optimiser gives to a
 * gradient while the row rests, then the data gradient is applied to the rows of the batch:
 *
 *     w <- w * max(0, 1 - lr_t * lambda / (sqrt(s) + eps))      s: second moment of the row after its last touch
 *
 * s does not change between touches, so k missed steps at one learning rate are one power k of the bracket: the lazy form
 * equals the dense one. The pull does not enter s; that differs from adding lambda * w to a dense gradient by terms of
 * order lambda^2. Rows that were never touched keep their initial values.
 */
export class DensePull {
  private scales = new Float64Array(0);

  constructor(
    private readonly optimizer: SparseOptimizer,
    private readonly l2: number,
    private readonly learningRates: LearningRates,
  ) {}

  /** Brings the row that begins at `row` to the state after the pull of step `through`. */
  pullRow(table: EmbeddingTable, row: number, through: number): void {
    const { integers, values, dim } = table;
    const clock = row + table.clockOffset;
    const touched = integers[clock];
    const pulled = Math.max(integers[clock + 1], touched);
    if (touched === 0 || pulled >= through) return;
    if (this.scales.length < dim) this.scales = new Float64Array(dim);
    this.optimizer.scale(table, row, touched, this.scales);
    for (let j = 0; j < dim; j += 1) {
      values[row + j] *= this.learningRates.remaining(pulled, through, this.l2 * this.scales[j]);
    }
    integers[clock + 1] = through;
  }

  /** The rows of a batch that `shared` marks with `wanted`, or all of them. */
  pullBatch(table: EmbeddingTable, index: RowIndex, through: number, wanted: 0 | 1 | undefined): void {
    for (let local = 0; local < index.uniques; local += 1) {
      if (wanted === undefined || index.shared[local] === wanted) {
        this.pullRow(table, index.ids[local] * table.stride, through);
      }
    }
  }

  /** Every row: before weights are copied, exported or scored. */
  pullAll(table: EmbeddingTable, through: number): void {
    for (let id = 1; id < table.rows; id += 1) this.pullRow(table, id * table.stride, through);
  }
}
