import type { SparseOptimizer } from './sparse-optimizer.js';

const EPSILON = 1e-10;

/** Adagrad per weight (Duchi et al. 2011, fig. 1 with diagonal matrices): s += g^2; w -= lr * g / (sqrt(s) + eps). */
export const adagrad: SparseOptimizer = {
  stateSize: (dim) => dim,
  constants: (learningRate) => ({ rate: learningRate, correction: 1 }),
  update(table, row, gradients, at, { rate }) {
    const { values, dim } = table;
    const state = row + dim;
    for (let j = 0; j < dim; j += 1) {
      const g = gradients[at + j];
      const sum = values[state + j] + g * g;
      values[state + j] = sum;
      values[row + j] -= (rate * g) / (Math.sqrt(sum) + EPSILON);
    }
  },
  scale(table, row, _touched, out) {
    const state = row + table.dim;
    for (let j = 0; j < table.dim; j += 1) out[j] = 1 / (Math.sqrt(table.values[state + j]) + EPSILON);
  },
};
