import { describe, expect, it } from 'vitest';
import { dropout, Graph, type DropoutMask } from '../../../src/graph/index.js';
import { CtrBatch } from '../../../src/training/batches/ctr-batch.js';
import { sequentialSlices } from '../../../src/training/batches/epoch-order.js';
import { selectFields } from '../../../src/training/inputs/field-selection.js';
import { TableSet, trainableTables } from '../../../src/training/tables/table-set.js';
import { tinyCtrDataset } from '../support/tiny-data.js';

const dataset = tinyCtrDataset({ rows: 60, validationRows: 1, blockRows: 60 });
const selection = selectFields(dataset, ['user']);
const banks = [{ name: 'a', dim: 8, fields: 'rows:a', sequences: new Map<string, string>() }];
const tables = new TableSet(selection, banks, trainableTables({ stateSize: () => 0, clocked: false }));
const inputs = new Set(['rows:a']);

/** Two layers that drop out, of the same width and rate: only their place in the graph tells them apart. */
function twins(seedOfGraph: number): readonly DropoutMask[] {
  const graph = new Graph({ mode: 'train', seed: seedOfGraph });
  const hidden = graph.input('hidden', ['B', 16]);
  dropout(dropout(hidden, 0.5), 0.5);
  return graph.dropoutMasks;
}

function masksOf(
  rows: number,
  seed: number,
  step: number,
  dropoutMasks = twins(0),
  worn = false,
): number[][] {
  const batch = new CtrBatch({ selection, banks, tables, capacity: 60, inputs, dropoutMasks });
  if (worn) {
    batch.fill(dataset.train, sequentialSlices([0, 60], 0, 60));
    batch.fillDropout(seed + 5, step + 5);
  }
  batch.fill(dataset.train, sequentialSlices([0, 60], 0, rows));
  batch.fillDropout(seed, step);
  const feeds = batch.feeds();
  return dropoutMasks.map((mask) => {
    const tensor = feeds.find((feed) => feed.name === mask.name)!;
    expect(tensor.dims).toEqual([rows, 16]);
    return [...new Float32Array(batch.slab, tensor.offset, rows * 16)];
  });
}

describe('dropout masks of a click batch', () => {
  it('are a function of seed, step and node', () => {
    const base = masksOf(40, 7, 3);
    expect(masksOf(40, 7, 3)).toEqual(base);
    expect(base[0]).not.toEqual(base[1]);
    for (const other of [masksOf(40, 8, 3), masksOf(40, 7, 4)]) {
      expect(other[0]).not.toEqual(base[0]);
      expect(other[1]).not.toEqual(base[1]);
    }
  });

  it('do not depend on what the batch held before, nor on how often they were drawn', () => {
    expect(masksOf(40, 7, 3, twins(0), true)).toEqual(masksOf(40, 7, 3));
  });

  it('begin alike in short batches', () => {
    const [long, short] = [masksOf(40, 7, 3), masksOf(9, 7, 3)];
    short.forEach((mask, m) => expect(mask).toEqual(long[m].slice(0, 9 * 16)));
  });

  it('keep about as many as the rate says, scaled so that the mean stays', () => {
    const values = masksOf(60, 7, 3).flat();
    expect(new Set(values)).toEqual(new Set([0, 2]));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean - 1)).toBeLessThan(4 / Math.sqrt(values.length));
  });

  it('of neighbouring steps and nodes have nothing to do with each other', () => {
    const steps = [1, 2, 3, 4, 5, 6].flatMap((step) => masksOf(60, 7, step));
    steps.forEach((a, i) =>
      steps.slice(i + 1).forEach((b) => {
        const agree = a.filter((value, at) => value === b[at]).length / a.length;
        expect(Math.abs(agree - 0.5)).toBeLessThan(2.5 / Math.sqrt(a.length));
      }),
    );
  });
});
