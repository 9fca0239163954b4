import type { EmbeddingOptimizerName, L2Mode } from '../../../src/training/index.js';

/** Optimisers over a whole table, written from the papers' formulas in double precision: the oracle of the sparse ones. */
export class DenseReference {
  readonly weights: number[];
  private readonly first: number[];
  private readonly second: number[];
  private readonly touched: number[];

  constructor(
    private readonly name: EmbeddingOptimizerName,
    private readonly mode: L2Mode,
    private readonly l2: number,
    weights: Float32Array,
    private readonly rows: number,
    private readonly dim: number,
  ) {
    this.weights = [...weights];
    this.first = this.weights.map(() => 0);
    this.second = this.weights.map(() => 0);
    this.touched = Array.from({ length: rows }, () => 0);
  }

  step(ids: readonly number[], gradients: Float32Array, rate: number, step: number): void {
    const { rows, dim, weights, l2, mode } = this;
    const sums = weights.map(() => 0);
    ids.forEach((id, p) => {
      for (let j = 0; j < dim; j += 1) sums[id * dim + j] += gradients[p * dim + j];
    });
    for (let row = 0; row < rows; row += 1) {
      const inBatch = ids.includes(row);
      const places = Array.from({ length: dim }, (_, j) => row * dim + j);
      if (mode === 'touched' && inBatch) for (const i of places) sums[i] += l2 * weights[i];
      if (mode === 'dense-equivalent' && this.touched[row] > 0) {
        for (const i of places) weights[i] *= Math.max(0, 1 - rate * l2 * this.scale(i, row));
      }
      if (inBatch) {
        this.move(places, sums, rate, step);
        this.touched[row] = step;
      }
    }
  }

  private scale(i: number, row: number): number {
    if (this.name === 'lazy-adam')
      return 1 / (Math.sqrt(this.second[i] / (1 - 0.999 ** this.touched[row])) + 1e-8);
    return 1 / (Math.sqrt(this.second[i]) + 1e-10);
  }

  private move(places: readonly number[], g: readonly number[], rate: number, step: number): void {
    const { first, second, weights } = this;
    if (this.name === 'rowwise-adagrad') {
      const square = places.reduce((sum, i) => sum + g[i] ** 2, 0) / places.length;
      for (const i of places) second[i] += square;
    }
    for (const i of places) {
      if (this.name === 'lazy-adam') {
        first[i] = 0.9 * first[i] + 0.1 * g[i];
        second[i] = 0.999 * second[i] + 0.001 * g[i] ** 2;
        weights[i] -=
          (rate * (first[i] / (1 - 0.9 ** step))) / (Math.sqrt(second[i] / (1 - 0.999 ** step)) + 1e-8);
      } else {
        if (this.name === 'adagrad') second[i] += g[i] ** 2;
        weights[i] -= (rate * g[i]) / (Math.sqrt(second[i]) + 1e-10);
      }
    }
  }
}
