import { describe, expect, it } from 'vitest';
import { CtrBatch } from '../../../src/training/batches/ctr-batch.js';
import { EpochOrder, sequentialSlices } from '../../../src/training/batches/epoch-order.js';
import type { SlabTensor } from '../../../src/training/compute/protocol.js';
import type { BankUse } from '../../../src/training/inputs/ctr-inputs.js';
import { selectFields } from '../../../src/training/inputs/field-selection.js';
import { TableSet, trainableTables } from '../../../src/training/tables/table-set.js';
import { tinyCtrDataset } from '../support/tiny-data.js';

const dataset = tinyCtrDataset({ rows: 90, validationRows: 10, blockRows: 40 });
const selection = selectFields(dataset, undefined);
const banks: readonly BankUse[] = [
  { name: 'wide', dim: 1, fields: 'rows:wide', sequences: new Map() },
  { name: 'deep', dim: 8, fields: 'rows:deep', sequences: new Map([['history', 'rows:deep:history']]) },
];
const tables = new TableSet(selection, banks, trainableTables({ stateSize: () => 0, clocked: false }));
tables.tables.forEach((table) => table.initialise(3));
const inputs = new Set([
  'rows:wide',
  'rows:deep',
  'rows:deep:history',
  'mask:history',
  'numeric',
  'labels',
  'label:like',
]);

function batchOf(capacity: number): CtrBatch {
  return new CtrBatch({ selection, banks, tables, capacity, inputs, dropoutMasks: [] });
}

function read(batch: CtrBatch, name: string): { dims: readonly number[]; values: Float32Array } {
  const tensor = batch.feeds().find((feed: SlabTensor) => feed.name === name)!;
  const size = tensor.dims.reduce((product, dim) => product * dim, 1);
  return { dims: tensor.dims, values: new Float32Array(batch.slab, tensor.offset, size) };
}

/** Row `id` of a table, in plain JavaScript. */
function rowOf(bank: string, vocabulary: string, id: number): number[] {
  const table = tables.tables.find((candidate) => candidate.name === `${bank}/${vocabulary}`)!;
  return [...table.weights().subarray(id * table.dim, (id + 1) * table.dim)];
}

function meanOf(rows: readonly (readonly number[])[], dim: number): number[] {
  return Array.from({ length: dim }, (_, j) =>
    rows.length === 0 ? 0 : rows.reduce((sum, row) => sum + row[j], 0) / rows.length,
  );
}

describe('CtrBatch', () => {
  it.each([
    ['a shuffled batch over several blocks', new EpochOrder(dataset.train.blockStarts, 5).slices(0, 20, 70)],
    ['a short last batch', sequentialSlices(dataset.train.blockStarts, 83, 90)],
  ])('feeds what a plain reading of the rows gives: %s', (_, slices) => {
    const batch = batchOf(50);
    // What an earlier batch left behind must not shine through.
    batch.fill(dataset.train, sequentialSlices(dataset.train.blockStarts, 0, 50));
    batch.gather('all');
    batch.fill(dataset.train, slices);
    batch.gather('all');
    const rows = slices.flatMap(({ block, rows: picked }) =>
      [...picked].map((row) => ({ block: dataset.train.block(block), row })),
    );
    expect(batch.size).toBe(rows.length);
    for (const { name, dim } of banks) {
      const { dims, values } = read(batch, `rows:${name}`);
      expect(dims).toEqual([rows.length, 3, dim]);
      rows.forEach(({ block, row }, b) => {
        const genres = block.ragged.get('genres')!;
        const members = [...genres.values.subarray(genres.begins[row], genres.ends[row])];
        const expected = [
          ...rowOf(name, 'user', block.ids.get('user')![row]),
          ...rowOf(name, 'item', block.ids.get('item')![row]),
          ...meanOf(
            members.map((id) => rowOf(name, 'genre', id)),
            dim,
          ),
        ];
        expected.forEach((value, i) => expect(values[b * 3 * dim + i]).toBeCloseTo(value, 6));
      });
    }
    const history = read(batch, 'rows:deep:history');
    const mask = read(batch, 'mask:history');
    expect([history.dims, mask.dims]).toEqual([
      [rows.length, 6, 8],
      [rows.length, 6],
    ]);
    rows.forEach(({ block, row }, b) => {
      const list = block.ragged.get('history')!;
      const events = [...list.values.subarray(list.begins[row], list.ends[row])].slice(-6);
      for (let l = 0; l < 6; l += 1) {
        expect(mask.values[b * 6 + l]).toBe(l < events.length ? 1 : 0);
        const expected = l < events.length ? rowOf('deep', 'item', events[l]) : Array(8).fill(0);
        expect([...history.values.subarray((b * 6 + l) * 8, (b * 6 + l + 1) * 8)]).toEqual(expected);
      }
    });
    expect([...read(batch, 'labels').values]).toEqual(rows.map(({ block, row }) => block.labels![row]));
    expect([...read(batch, 'label:like').values]).toEqual(
      rows.map(({ block, row }) => block.extraLabels.get('like')![row]),
    );
    expect([...read(batch, 'numeric').values]).toEqual(
      rows.map(({ block, row }) => block.numeric.get('age')![row]),
    );
  });

  it('asks for gradients of the shape of the rows, none overlapping another', () => {
    const batch = batchOf(50);
    batch.fill(dataset.train, sequentialSlices(dataset.train.blockStarts, 0, 7));
    const results = batch.gradientResults();
    expect(results.map(({ name, dims }) => [name, dims])).toEqual([
      ['grad:rows:wide', [7, 3, 1]],
      ['grad:rows:deep', [7, 3, 8]],
      ['grad:rows:deep:history', [7, 6, 8]],
    ]);
    const spans = results
      .map(({ offset, dims }) => [offset, offset + 4 * dims.reduce((product, dim) => product * dim, 1)])
      .sort((a, b) => a[0] - b[0]);
    for (let i = 1; i < spans.length; i += 1) expect(spans[i][0]).toBeGreaterThanOrEqual(spans[i - 1][1]);
  });

  it('refuses an empty batch', () => {
    expect(() => batchOf(5).fill(dataset.train, [])).toThrow(
      expect.objectContaining({ code: 'BATCH_EMPTY' }),
    );
  });
});

describe('TableSet', () => {
  it('shares a table between fields and sequences of one vocabulary, and an index between banks that read alike', () => {
    expect(tables.tables.map((table) => table.name).toSorted()).toEqual([
      'deep/genre',
      'deep/item',
      'deep/user',
      'wide/genre',
      'wide/item',
      'wide/user',
    ]);
    const shape = tables.groups.map((group) => [
      group.vocabulary,
      group.members.map((member) => member.bank),
      group.sequences,
    ]);
    expect(shape).toContainEqual(['user', ['wide', 'deep'], []]);
    expect(shape).toContainEqual(['item', ['wide'], []]); // the history trains the deep bank alone
    expect(shape).toContainEqual(['item', ['deep'], [0]]);
    expect(tables.parameterCount).toBe((39 + 29 + 11) * 9);
  });
});
