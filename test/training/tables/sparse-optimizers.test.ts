import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EmbeddingOptimizerName, L2Mode } from '../../../src/training/index.js';
import { EmbeddingTable } from '../../../src/training/tables/embedding-table.js';
import { LearningRates } from '../../../src/training/tables/learning-rates.js';
import { RowUpdater } from '../../../src/training/tables/row-updates.js';
import { sparseOptimizers } from '../../../src/training/tables/sparse-optimizers.js';
import { rowIndexOf } from '../support/row-indexes.js';
import { DenseReference } from './dense-reference.js';

const ROWS = 6;
const names: readonly EmbeddingOptimizerName[] = ['adagrad', 'rowwise-adagrad', 'lazy-adam'];

interface Trial {
  readonly dim: number;
  readonly batches: readonly (readonly number[])[];
  readonly rates: readonly number[];
  readonly l2: number;
  readonly seed: number;
}

const trials = fc.record({
  dim: fc.constantFrom(1, 3, 8),
  batches: fc.array(fc.array(fc.integer({ min: 1, max: ROWS - 1 }), { minLength: 1, maxLength: 7 }), {
    minLength: 1,
    maxLength: 12,
  }),
  rates: fc.array(fc.constantFrom(0.001, 0.01, 0.05), { minLength: 12, maxLength: 12 }),
  l2: fc.constantFrom(0, 1e-4, 1e-2),
  seed: fc.integer({ min: 0, max: 1000 }),
});

/** Gradient at position p of step t: any fixed function will do. */
function gradientAt(seed: number, step: number, position: number, j: number): number {
  return Math.fround(Math.sin(seed + 1.7 * step + 3.1 * position + 0.9 * j));
}

function runBoth(
  name: EmbeddingOptimizerName,
  l2Mode: L2Mode,
  trial: Trial,
): { lazy: Float32Array; dense: number[] } {
  const { dim, batches, rates, l2, seed } = trial;
  const optimizer = sparseOptimizers[name];
  const clocked = l2 > 0 && l2Mode === 'dense-equivalent';
  const table = new EmbeddingTable({
    name: 't',
    rows: ROWS,
    dim,
    stateSize: optimizer.stateSize(dim),
    clocked,
  });
  table.initialise(seed);
  const learningRates = new LearningRates();
  const updater = new RowUpdater({ optimizer, l2, l2Mode, learningRates });
  const dense = new DenseReference(name, l2Mode, l2, table.weights(), ROWS, dim);
  batches.forEach((ids, b) => {
    const step = b + 1;
    const gradients = new Float32Array(ids.length * dim);
    ids.forEach((_, p) => {
      for (let j = 0; j < dim; j += 1) gradients[p * dim + j] = gradientAt(seed, step, p, j);
    });
    learningRates.record(step, rates[b]);
    const index = rowIndexOf(ROWS, ids);
    updater.pull?.pullBatch(table, index, step - 1, undefined);
    updater.update(table, index, gradients, 'all', rates[b], step);
    dense.step(ids, gradients, rates[b], step);
  });
  for (let row = 1; row < ROWS; row += 1) updater.pull?.pullRow(table, row * table.stride, batches.length);
  return { lazy: table.weights(), dense: dense.weights };
}

function closeTo(lazy: Float32Array, dense: readonly number[]): void {
  lazy.forEach((value, i) =>
    expect(Math.abs(value - dense[i])).toBeLessThan(2e-5 * Math.max(1, Math.abs(dense[i]))),
  );
}

describe.each(names)('%s', (name) => {
  it.each(['touched', 'dense-equivalent'] as const)('equals a dense optimiser with L2 mode %s', (mode) => {
    fc.assert(
      fc.property(trials, (trial) => {
        const { lazy, dense } = runBoth(name, mode, trial);
        closeTo(lazy, dense);
      }),
      { numRuns: 60 },
    );
  });

  it('never moves row 0 and rows that no batch names', () => {
    const { lazy } = runBoth(name, 'touched', {
      dim: 3,
      batches: [[1, 2], [2]],
      rates: Array(12).fill(0.1),
      l2: 0.1,
      seed: 5,
    });
    const fresh = new EmbeddingTable({ name: 't', rows: ROWS, dim: 3, stateSize: 0, clocked: false });
    fresh.initialise(5);
    expect([...lazy.subarray(0, 3)]).toEqual([0, 0, 0]);
    expect(lazy.subarray(9)).toEqual(fresh.weights().subarray(9));
    expect(lazy.subarray(3, 9)).not.toEqual(fresh.weights().subarray(3, 9));
  });

  it('the modes of L2 differ once a row rests, and agree while it does not', () => {
    const rates = Array(12).fill(0.05);
    const resting = { dim: 2, batches: [[1], [2], [2], [2], [2]], rates, l2: 0.01, seed: 2 };
    expect(runBoth(name, 'touched', resting).lazy).not.toEqual(
      runBoth(name, 'dense-equivalent', resting).lazy,
    );
    const without = { ...resting, l2: 0 };
    expect(runBoth(name, 'touched', without).lazy).toEqual(runBoth(name, 'dense-equivalent', without).lazy);
  });
});

describe('duplicate ids', () => {
  it('are summed before one update, not applied one after the other', () => {
    const optimizer = sparseOptimizers.adagrad;
    const table = new EmbeddingTable({ name: 't', rows: 3, dim: 1, stateSize: 1, clocked: false });
    const updater = new RowUpdater({
      optimizer,
      l2: 0,
      l2Mode: 'touched',
      learningRates: new LearningRates(),
    });
    updater.update(table, rowIndexOf(3, [1, 2, 1]), Float32Array.of(3, 1, 4), 'all', 0.1, 1);
    expect(table.values[table.stride + 1]).toBeCloseTo(49, 5); // (3 + 4)^2, not 3^2 + 4^2 = 25
    expect(table.values[table.stride]).toBeCloseTo(-0.1, 5);
  });
});
