import { join } from 'node:path';
import type { CtrBlock, CtrDataset, CtrSource, EncodedField, Ragged, SplitName } from '../schema/index.js';
import { columnOffsets, columnView } from './block-layout.js';
import { readBytes } from './block-files.js';
import type { CtrRecord } from './dataset-record.js';
import { blockColumns, blockPath } from './write-blocks.js';

/** Values of lists that rows share are read once and kept; those of single rows come with their block. */
export class ListStore {
  private readonly shared = new Map<string, Int32Array>();

  constructor(
    private readonly dir: string,
    private readonly record: CtrRecord,
    /** files of lists that lie in another dataset's folder (new rows see the histories of the old) */
    private readonly elsewhere: ReadonlyMap<
      string,
      { readonly path: string; readonly values: number }
    > = new Map(),
  ) {}

  ragged(field: string, begins: Int32Array, ends: Int32Array): Ragged {
    const list = this.record.lists.find((l) => l.field === field);
    const file = this.elsewhere.get(field) ?? {
      path: join(this.dir, list?.file ?? ''),
      values: list?.values ?? 0,
    };
    if (list?.storage === 'shared') {
      let values = this.shared.get(field);
      if (values === undefined) {
        values = new Int32Array(readBytes(file.path, 0, file.values * 4));
        this.shared.set(field, values);
      }
      return { values, begins, ends };
    }
    // Lists of single rows lie in the order of rows, so a block's values are one stretch of the file.
    let low = Number.POSITIVE_INFINITY;
    let high = 0;
    for (let i = 0; i < begins.length; i += 1) {
      if (ends[i] <= begins[i]) continue;
      if (begins[i] < low) low = begins[i];
      if (ends[i] > high) high = ends[i];
    }
    if (high === 0) return { values: new Int32Array(0), begins, ends };
    for (let i = 0; i < begins.length; i += 1) {
      const filled = ends[i] > begins[i];
      begins[i] = filled ? begins[i] - low : 0;
      ends[i] = filled ? ends[i] - low : 0;
    }
    return { values: new Int32Array(readBytes(file.path, low * 4, (high - low) * 4)), begins, ends };
  }
}

/** One split of an encoded dataset; the block read last is kept. */
export function ctrSource(dir: string, record: CtrRecord, lists: ListStore, split: SplitName): CtrSource {
  const rows = record.rows[split];
  const blockCount = Math.ceil(rows / record.blockRows);
  const blockStarts = Array.from({ length: blockCount + 1 }, (_, i) => Math.min(i * record.blockRows, rows));
  const columns = blockColumns(record.columns, split);
  let held: { index: number; block: CtrBlock } | undefined;
  const read = (index: number): CtrBlock => {
    const count = blockStarts[index + 1] - blockStarts[index];
    const offsets = columnOffsets(columns, count);
    const bytes = readBytes(join(dir, blockPath(split, index)), 0, offsets[offsets.length - 1]);
    const find = (part: string, field?: string): Float64Array | Int32Array | Float32Array | undefined => {
      const slot = columns.findIndex((column) => column.part === part && column.field === field);
      return slot < 0 ? undefined : columnView(bytes, columns, count, slot);
    };
    const ids = new Map<string, Int32Array>();
    const numeric = new Map<string, Float32Array>();
    const ragged = new Map<string, Ragged>();
    const extraLabels = new Map<string, Float32Array>();
    columns.forEach((column, slot) => {
      const field = column.field ?? '';
      if (column.part === 'ids') ids.set(field, columnView(bytes, columns, count, slot) as Int32Array);
      if (column.part === 'numeric')
        numeric.set(field, columnView(bytes, columns, count, slot) as Float32Array);
      if (column.part === 'extra-label')
        extraLabels.set(field, columnView(bytes, columns, count, slot) as Float32Array);
      if (column.part === 'begins') {
        const begins = columnView(bytes, columns, count, slot) as Int32Array;
        ragged.set(field, lists.ragged(field, begins, find('ends', field) as Int32Array));
      }
    });
    return {
      rows: count,
      ids,
      ragged,
      numeric,
      labels: find('label') as Float32Array | undefined,
      extraLabels,
      users: find('user') as Int32Array,
      rowIds: find('row-id') as Float64Array,
    };
  };
  return {
    name: split,
    rows,
    blockCount,
    blockStarts,
    block(index) {
      if (!(index >= 0 && index < blockCount)) throw new RangeError(`block ${index} of ${blockCount}`);
      if (held?.index !== index) held = { index, block: read(index) };
      return held.block;
    },
  };
}

export function openCtr(dir: string, record: CtrRecord): CtrDataset {
  const lists = new ListStore(dir, record);
  return {
    task: record.task,
    contract: record.contract,
    fields: record.fields as readonly EncodedField[],
    vocabularySizes: new Map(record.vocabularies.map((vocabulary) => [vocabulary.name, vocabulary.size])),
    userCount: record.userCount,
    train: ctrSource(dir, record, lists, 'train'),
    validation: ctrSource(dir, record, lists, 'validation'),
    test: ctrSource(dir, record, lists, 'test'),
  };
}
