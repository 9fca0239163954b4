import type { SparseOptimizer } from './sparse-optimizer.js';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/**
 * Lazy Adam: Adam (Kingma and Ba 2015, algorithm 1) on the rows of the batch alone; moments of other rows rest, and the
 * bias correction counts all steps, as in TensorFlow's LazyAdam.
 */
export const lazyAdam: SparseOptimizer = {
  stateSize: (dim) => 2 * dim,
  constants: (learningRate, step) => ({
    rate: learningRate / (1 - BETA1 ** step),
    correction: 1 / (1 - BETA2 ** step),
  }),
  update(table, row, gradients, at, { rate, correction }) {
    const { values, dim } = table;
    const first = row + dim;
    const second = first + dim;
    for (let j = 0; j < dim; j += 1) {
      const g = gradients[at + j];
      const mean = BETA1 * values[first + j] + (1 - BETA1) * g;
      const square = BETA2 * values[second + j] + (1 - BETA2) * g * g;
      values[first + j] = mean;
      values[second + j] = square;
      values[row + j] -= (rate * mean) / (Math.sqrt(square * correction) + EPSILON);
    }
  },
  scale(table, row, touched, out) {
    const second = row + 2 * table.dim;
    const correction = 1 / (1 - BETA2 ** touched);
    for (let j = 0; j < table.dim; j += 1)
      out[j] = 1 / (Math.sqrt(table.values[second + j] * correction) + EPSILON);
  },
};
