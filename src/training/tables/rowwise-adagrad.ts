import type { SparseOptimizer } from './sparse-optimizer.js';

const EPSILON = 1e-10;

/**
 * Row-wise Adagrad (Gupta et al. 2014, as in DLRM and FBGEMM): one sum of mean squared gradients per row,
 * s += mean(g^2); w -= lr * g / (sqrt(s) + eps). One float of state per row.
 */
export const rowwiseAdagrad: SparseOptimizer = {
  stateSize: () => 1,
  constants: (learningRate) => ({ rate: learningRate, correction: 1 }),
  update(table, row, gradients, at, { rate }) {
    const { values, dim } = table;
    let square = 0;
    for (let j = 0; j < dim; j += 1) square += gradients[at + j] * gradients[at + j];
    const sum = values[row + dim] + square / dim;
    values[row + dim] = sum;
    const scale = rate / (Math.sqrt(sum) + EPSILON);
    for (let j = 0; j < dim; j += 1) values[row + j] -= scale * gradients[at + j];
  },
  scale(table, row, _touched, out) {
    out.fill(1 / (Math.sqrt(table.values[row + table.dim]) + EPSILON), 0, table.dim);
  },
};
