import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EmbeddingOptimizerName, L2Mode } from '../../../src/training/index.js';
import { EmbeddingTable } from '../../../src/training/tables/embedding-table.js';
import { LearningRates } from '../../../src/training/tables/learning-rates.js';
import { RowUpdater } from '../../../src/training/tables/row-updates.js';
import { sparseOptimizers } from '../../../src/training/tables/sparse-optimizers.js';
import { rowIndexOf } from '../support/row-indexes.js';
import { DenseReference } from './dense-reference.js';

const ROWS = 8;
const names: readonly EmbeddingOptimizerName[] = ['adagrad', 'rowwise-adagrad', 'lazy-adam'];
const modes: readonly L2Mode[] = ['touched', 'dense-equivalent'];

interface Batch {
  readonly ids: readonly number[];
  readonly bags: readonly (readonly number[])[];
}

interface Trial {
  readonly dim: number;
  readonly l2: number;
  readonly batches: readonly Batch[];
  readonly seed: number;
}

const id = fc.integer({ min: 1, max: ROWS - 1 });
const trials: fc.Arbitrary<Trial> = fc.record({
  dim: fc.constantFrom(1, 3, 8),
  l2: fc.constantFrom(0, 1e-3, 0.02),
  batches: fc.array(
    fc.record({
      ids: fc.array(id, { maxLength: 6 }),
      bags: fc.array(fc.array(id, { minLength: 1, maxLength: 4 }), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 9 },
  ),
  seed: fc.nat(999),
});

function gradientsOf({ ids, bags }: Batch, dim: number, seed: number): Float32Array {
  return Float32Array.from({ length: (ids.length + bags.length) * dim }, (_, i) => Math.sin(seed + 2.3 * i));
}

function tableFor(name: EmbeddingOptimizerName, mode: L2Mode, { dim, l2, seed }: Trial): EmbeddingTable {
  const table = new EmbeddingTable({
    name: 't',
    rows: ROWS,
    dim,
    stateSize: sparseOptimizers[name].stateSize(dim),
    clocked: l2 > 0 && mode === 'dense-equivalent',
  });
  table.initialise(seed);
  return table;
}

/** Trains as the engine does; `passes` chooses how a batch is handed over, given the batch after it. */
function trained(
  name: EmbeddingOptimizerName,
  mode: L2Mode,
  trial: Trial,
  passes: 'whole' | 'split',
): EmbeddingTable {
  const { batches, dim, l2, seed } = trial;
  const table = tableFor(name, mode, trial);
  const learningRates = new LearningRates();
  const updater = new RowUpdater({ optimizer: sparseOptimizers[name], l2, l2Mode: mode, learningRates });
  batches.forEach((batch, b) => {
    const step = b + 1;
    learningRates.record(step, 0.05);
    const index = rowIndexOf(ROWS, batch.ids, batch.bags);
    updater.pull?.pullBatch(table, index, step - 1, undefined);
    const gradients = gradientsOf(batch, dim, seed + step);
    const update = (pass: 'all' | 'private' | 'shared'): void =>
      updater.update(table, index, gradients, pass, 0.05, step);
    const next = batches.at(step);
    if (passes === 'whole' || next === undefined) update('all');
    else {
      index.markShared(rowIndexOf(ROWS, next.ids, next.bags));
      update('shared');
      update('private');
    }
  });
  updater.pull?.pullAll(table, batches.length);
  return table;
}

/** Bags spelt out: each member gets its share of the bag's gradient. */
function spelledOut({ ids, bags }: Batch, gradients: Float32Array, dim: number) {
  const positions = [
    ...ids.map((row, cell) => ({ row, cell, share: 1 })),
    ...bags.flatMap((members, b) =>
      members.map((row) => ({ row, cell: ids.length + b, share: 1 / members.length })),
    ),
  ];
  return {
    ids: positions.map(({ row }) => row),
    gradients: Float32Array.from(
      positions.flatMap(({ cell, share }) =>
        Array.from({ length: dim }, (_, j) => share * gradients[cell * dim + j]),
      ),
    ),
  };
}

describe.each(names)('RowUpdater with %s', (name) => {
  it.each(modes)('equals a dense optimiser on single values and bags, L2 mode %s', (mode) => {
    fc.assert(
      fc.property(trials, (trial) => {
        const { batches, dim, l2, seed } = trial;
        const dense = new DenseReference(name, mode, l2, tableFor(name, mode, trial).weights(), ROWS, dim);
        batches.forEach((batch, b) => {
          const plain = spelledOut(batch, gradientsOf(batch, dim, seed + b + 1), dim);
          dense.step(plain.ids, plain.gradients, 0.05, b + 1);
        });
        trained(name, mode, trial, 'whole')
          .weights()
          .forEach((value, i) => expect(Math.abs(value - dense.weights[i])).toBeLessThan(5e-5));
      }),
      { numRuns: 50 },
    );
  });

  it.each(modes)('has the same bits in two passes as in one, state included, L2 mode %s', (mode) => {
    fc.assert(
      fc.property(trials, (trial) => {
        const [whole, split] = [trained(name, mode, trial, 'whole'), trained(name, mode, trial, 'split')];
        expect(split.integers).toEqual(whole.integers);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a pass', () => {
  it('touches only rows of its kind', () => {
    const trial: Trial = { dim: 2, l2: 0, batches: [], seed: 1 };
    const learningRates = new LearningRates();
    const updater = new RowUpdater({
      optimizer: sparseOptimizers.adagrad,
      l2: 0,
      l2Mode: 'touched',
      learningRates,
    });
    const index = rowIndexOf(ROWS, [1, 2, 3, 2]);
    index.markShared(rowIndexOf(ROWS, [2, 5]));
    const moved = (pass: 'private' | 'shared'): number[] => {
      const table = tableFor('adagrad', 'touched', trial);
      const before = table.weights();
      updater.update(table, index, new Float32Array(8).fill(1), pass, 0.1, 1);
      const after = table.weights();
      return Array.from({ length: ROWS }, (_, row) => row).filter(
        (row) => after[2 * row] !== before[2 * row],
      );
    };
    expect(moved('shared')).toEqual([2]);
    expect(moved('private')).toEqual([1, 3]);
  });
});

describe('by hand', () => {
  const shape = { name: 't', rows: 3, dim: 2, clocked: false };

  /** Weights and state of row 1 after gradients (3, -4), then (3, -4) again, from zero, at rate 0.1. */
  function afterTwo(name: EmbeddingOptimizerName): number[] {
    const optimizer = sparseOptimizers[name];
    const table = new EmbeddingTable({ ...shape, stateSize: optimizer.stateSize(2) });
    const updater = new RowUpdater({
      optimizer,
      l2: 0,
      l2Mode: 'touched',
      learningRates: new LearningRates(),
    });
    for (const step of [1, 2])
      updater.update(table, rowIndexOf(3, [1]), Float32Array.of(3, -4), 'all', 0.1, step);
    return [...table.values.subarray(table.stride, table.stride + 2 + optimizer.stateSize(2))];
  }

  function expectClose(actual: readonly number[], expected: readonly number[]): void {
    expect(actual.length).toBe(expected.length);
    expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 5));
  }

  it('Adagrad: 0.1 g / |g|, then 0.1 g / (|g| sqrt 2)', () => {
    const way = 0.1 + 0.1 / Math.SQRT2;
    expectClose(afterTwo('adagrad'), [-way, way, 18, 32]);
  });

  it('row-wise Adagrad: both weights share the mean square 12.5, then 25', () => {
    const factor = 0.1 / Math.sqrt(12.5) + 0.1 / 5;
    expectClose(afterTwo('rowwise-adagrad'), [-3 * factor, 4 * factor, 25]);
  });

  it('lazy Adam: a constant gradient makes steps of the rate', () => {
    expectClose(afterTwo('lazy-adam'), [-0.2, 0.2, 3 * 0.19, -4 * 0.19, 9 * 0.001999, 16 * 0.001999]);
  });
});
