import type { L2Mode } from '../recipe/recipe.js';
import { DensePull } from './dense-pull.js';
import type { EmbeddingTable } from './embedding-table.js';
import type { LearningRates } from './learning-rates.js';
import type { RowIndex } from './row-index.js';
import type { SparseOptimizer } from './sparse-optimizer.js';
import { sumGradients } from './sum-gradients.js';

/** Which rows of a batch a pass handles: all, those that the neighbouring batch does not touch, or the others. */
export type RowPass = 'all' | 'private' | 'shared';

export interface RowUpdateOptions {
  readonly optimizer: SparseOptimizer;
  readonly l2: number;
  readonly l2Mode: L2Mode;
  readonly learningRates: LearningRates;
}

/** Applies the gradient of one batch to the rows that it read: duplicates summed, L2 added, one optimiser step per row. */
export class RowUpdater {
  private sums = new Float32Array(0);
  readonly pull: DensePull | undefined;

  constructor(private readonly options: RowUpdateOptions) {
    const dense = options.l2 > 0 && options.l2Mode === 'dense-equivalent';
    this.pull = dense ? new DensePull(options.optimizer, options.l2, options.learningRates) : undefined;
  }

  /**
   * @param gradients gradient of the mean loss at every cell [cells * dim]
   * @param step counts from 1
   */
  update(
    table: EmbeddingTable,
    index: RowIndex,
    gradients: Float32Array,
    pass: RowPass,
    learningRate: number,
    step: number,
  ): void {
    const { dim, stride, values, integers } = table;
    const { ids, shared, uniques } = index;
    const { optimizer, l2 } = this.options;
    if (this.sums.length < uniques * dim) this.sums = new Float32Array(uniques * dim);
    const { sums, pull } = this;
    sumGradients(index, dim, gradients, sums, pass);
    const touchedL2 = pull === undefined ? l2 : 0;
    const constants = optimizer.constants(learningRate, step);
    const wanted = pass === 'shared' ? 1 : 0;
    for (let local = 0; local < uniques; local += 1) {
      if (pass !== 'all' && shared[local] !== wanted) continue;
      const row = ids[local] * stride;
      const at = local * dim;
      if (touchedL2 > 0) for (let j = 0; j < dim; j += 1) sums[at + j] += touchedL2 * values[row + j];
      pull?.pullRow(table, row, step);
      optimizer.update(table, row, sums, at, constants);
      if (table.clocked) integers[row + table.clockOffset] = step;
    }
  }
}
