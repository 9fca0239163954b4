import type { EmbeddingTable } from './embedding-table.js';

/** What is equal for all rows of one step. */
export interface StepConstants {
  /** learning rate, with the correction of the first moment where there is one */
  readonly rate: number;
  /** factor of the second moment */
  readonly correction: number;
}

/** An optimiser of single rows. Its state lies behind the row's weights. */
export interface SparseOptimizer {
  /** floats of state per row of `dim` weights */
  stateSize(dim: number): number;
  /** @param step counts from 1 */
  constants(learningRate: number, step: number): StepConstants;
  /** Moves the row that begins at `row` against its summed gradient of this step, which begins at gradients[at]. */
  update(
    table: EmbeddingTable,
    row: number,
    gradients: Float32Array,
    at: number,
    constants: StepConstants,
  ): void;
  /**
   * Writes 1 / (sqrt(second moment) + epsilon) per weight into `out`: the scale that the optimiser gives to a gradient
   * while the row rests. `touched` is the last step that updated it.
   */
  scale(table: EmbeddingTable, row: number, touched: number, out: Float64Array): void;
}
