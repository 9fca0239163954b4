import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EmbeddingOptimizerName } from '../../../src/training/index.js';
import { DensePull } from '../../../src/training/tables/dense-pull.js';
import { EmbeddingTable } from '../../../src/training/tables/embedding-table.js';
import { LearningRates } from '../../../src/training/tables/learning-rates.js';
import { RowUpdater } from '../../../src/training/tables/row-updates.js';
import { sparseOptimizers } from '../../../src/training/tables/sparse-optimizers.js';
import { rowIndexOf } from '../support/row-indexes.js';

const ROWS = 5;
const DIM = 2;
const names: readonly EmbeddingOptimizerName[] = ['adagrad', 'rowwise-adagrad', 'lazy-adam'];

/** A table whose rows 1 to 3 were touched once at step 1 with gradients of size one; row 4 never was. */
function touchedTable(name: EmbeddingOptimizerName, l2: number) {
  const optimizer = sparseOptimizers[name];
  const table = new EmbeddingTable({
    name: 't',
    rows: ROWS,
    dim: DIM,
    stateSize: optimizer.stateSize(DIM),
    clocked: true,
  });
  table.initialise(3);
  const learningRates = new LearningRates();
  learningRates.record(1, 0.1);
  const updater = new RowUpdater({ optimizer, l2, l2Mode: 'dense-equivalent', learningRates });
  const gradients = Float32Array.of(1, -1, 1, 1, -1, 1);
  updater.update(table, rowIndexOf(ROWS, [1, 2, 3]), gradients, 'all', 0.1, 1);
  return { table, learningRates, pull: updater.pull!, updater };
}

/** Second moments are all one (Adam's after correction), so that a resting row keeps 1 - rate * l2 per step. */
function shareLeft(rates: readonly number[], l2: number): number {
  return rates.reduce((left, rate) => left * Math.max(0, 1 - rate * l2), 1);
}

const rateRuns = fc.array(fc.constantFrom(0.1, 0.03, 0.01), { minLength: 1, maxLength: 15 });
const strengths = fc.constantFrom(1e-3, 0.1, 1, 5);

describe.each(names)('the pull of dense-equivalent L2 with %s', (name) => {
  it('leaves of a resting row what so many dense steps would leave', () => {
    fc.assert(
      fc.property(rateRuns, strengths, (rates, l2) => {
        const { table, learningRates, pull } = touchedTable(name, l2);
        rates.forEach((rate, i) => learningRates.record(i + 2, rate));
        const before = table.weights();
        pull.pullAll(table, 1 + rates.length);
        const left = shareLeft(rates, l2);
        table.weights().forEach((weight, i) => {
          const rested = i >= DIM && i < 4 * DIM;
          expect(weight).toBeCloseTo(rested ? left * before[i] : before[i], 6);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('is the same in one go as in any stops between', () => {
    fc.assert(
      fc.property(rateRuns, strengths, fc.array(fc.integer({ min: 1, max: 16 })), (rates, l2, stops) => {
        const [once, often] = [touchedTable(name, l2), touchedTable(name, l2)];
        for (const { learningRates } of [once, often])
          rates.forEach((rate, i) => learningRates.record(i + 2, rate));
        const last = 1 + rates.length;
        once.pull.pullAll(once.table, last);
        for (const stop of stops.filter((step) => step <= last).toSorted((a, b) => a - b))
          often.pull.pullBatch(often.table, rowIndexOf(ROWS, [1, 3, 1]), stop, undefined);
        often.pull.pullAll(often.table, last);
        often.pull.pullAll(often.table, last);
        once.table.weights().forEach((weight, i) => expect(often.table.weights()[i]).toBeCloseTo(weight, 6));
      }),
      { numRuns: 60 },
    );
  });

  it('changes weights alone: no state, no row that was never touched', () => {
    const { table, learningRates, pull } = touchedTable(name, 0.5);
    learningRates.record(2, 0.1);
    const state = () =>
      Array.from({ length: ROWS }, (_, row) => [
        ...table.values.subarray(row * table.stride + DIM, row * table.stride + table.clockOffset),
      ]);
    const [before, weights] = [state(), table.weights()];
    pull.pullAll(table, 9);
    expect(state()).toEqual(before);
    expect(table.weights().subarray(4 * DIM)).toEqual(weights.subarray(4 * DIM));
    expect(table.weights().subarray(DIM, 2 * DIM)).not.toEqual(weights.subarray(DIM, 2 * DIM));
  });

  it('stops at zero instead of crossing it', () => {
    const { table, learningRates, pull } = touchedTable(name, 50); // 0.1 * 50 > 1
    learningRates.record(2, 0.1);
    pull.pullAll(table, 2);
    expect(
      table
        .weights()
        .subarray(DIM, 4 * DIM)
        .every((weight) => weight === 0),
    ).toBe(true);
    expect(
      table
        .weights()
        .subarray(4 * DIM)
        .every((weight) => weight === 0),
    ).toBe(false);
  });
});

describe('a batch', () => {
  it('is pulled only in the rows that are wanted', () => {
    const { table, learningRates, pull } = touchedTable('adagrad', 0.5);
    learningRates.record(2, 0.1);
    const index = rowIndexOf(ROWS, [1, 2, 4]);
    index.markShared(rowIndexOf(ROWS, [2]));
    const pulledRows = (wanted: 0 | 1 | undefined): number[] => {
      const before = table.weights();
      pull.pullBatch(table, index, 5, wanted);
      const after = table.weights();
      return [1, 2, 3, 4].filter((row) => after[row * DIM] !== before[row * DIM]);
    };
    expect(pulledRows(1)).toEqual([2]);
    expect(pulledRows(0)).toEqual([1]); // row 4 was never touched, row 3 is not in the batch
    expect(pulledRows(undefined)).toEqual([]);
  });

  it('finds its rows pulled by an update of the same step, and not twice', () => {
    const { table, learningRates, updater } = touchedTable('adagrad', 0.5);
    learningRates.record(2, 0.1);
    const before = table.weights()[DIM];
    updater.update(table, rowIndexOf(ROWS, [1]), Float32Array.of(0, 0), 'all', 0.1, 3);
    // Steps 2 and 3 pull once each; the gradient of zero moves nothing.
    expect(table.weights()[DIM]).toBeCloseTo(before * 0.95 ** 2, 7);
    updater.pull!.pullRow(table, table.stride, 3);
    expect(table.weights()[DIM]).toBeCloseTo(before * 0.95 ** 2, 7);
    updater.pull!.pullRow(table, table.stride, 4);
    expect(table.weights()[DIM]).toBeCloseTo(before * 0.95 ** 3, 7);
  });
});

describe('beside L2 in the gradient of plain gradient descent', () => {
  it('is the textbook weight decay: w <- w (1 - rate l2) - rate g', () => {
    // An optimiser whose second moment is always one is gradient descent.
    const descent = {
      stateSize: () => 0,
      constants: (rate: number) => ({ rate, correction: 1 }),
      update(
        table: EmbeddingTable,
        row: number,
        gradients: Float32Array,
        at: number,
        { rate }: { rate: number },
      ): void {
        for (let j = 0; j < table.dim; j += 1) table.values[row + j] -= rate * gradients[at + j];
      },
      scale: (table: EmbeddingTable, _row: number, _touched: number, out: Float64Array) =>
        void out.fill(1, 0, table.dim),
    };
    const learningRates = new LearningRates();
    const table = new EmbeddingTable({ name: 't', rows: 3, dim: 1, stateSize: 0, clocked: true });
    table.setWeights(Float32Array.of(0, 0.5, 0.5));
    const updater = new RowUpdater({
      optimizer: descent,
      l2: 0.3,
      l2Mode: 'dense-equivalent',
      learningRates,
    });
    expect(updater.pull).toBeInstanceOf(DensePull);
    const plain = [0, 0.5, 0.5];
    const touched = [false, false, false];
    [[1], [1, 2], [2], [2], [1, 1], [2]].forEach((ids, b) => {
      const rate = b < 3 ? 0.2 : 0.05;
      learningRates.record(b + 1, rate);
      const gradients = Float32Array.from(ids, (_, p) => Math.cos(b + p));
      updater.update(table, rowIndexOf(3, ids), gradients, 'all', rate, b + 1);
      for (const row of [1, 2]) if (touched[row]) plain[row] *= 1 - rate * 0.3;
      ids.forEach((row, p) => {
        plain[row] -= rate * gradients[p];
        touched[row] = true;
      });
    });
    updater.pull!.pullAll(table, 6);
    table.weights().forEach((weight, row) => expect(weight).toBeCloseTo(plain[row], 6));
  });
});
