import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BlockColumn } from '../../src/data/block-layout.js';
import { recordFileName, type CtrRecord, type NextItemRecord } from '../../src/data/dataset-record.js';
import type { DatasetContract, SplitName } from '../../src/schema/index.js';
import { newFolder } from './fixtures.js';

function write(dir: string, name: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(join(dir, name)), { recursive: true });
  writeFileSync(join(dir, name), bytes);
}

export const bytes = (values: ArrayBufferView): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

const contract = (task: DatasetContract['task'], rows: Record<SplitName, number>): DatasetContract => ({
  hash: 'by hand',
  task,
  split: 'time',
  regime: 'frozen',
  label: 'click',
  candidateSet: task === 'next-item' ? 'all-items' : 'impressions',
  duplicates: 'kept',
  rows,
  clusterBy: 'user',
});

const columns: BlockColumn[] = [
  { part: 'row-id', type: 'f64' },
  { part: 'user', type: 'i32' },
  { part: 'label', type: 'f32' },
  { part: 'extra-label', field: 'like', type: 'f32' },
  { part: 'ids', field: 'item', type: 'i32' },
  { part: 'numeric', field: 'price', type: 'f32' },
  { part: 'begins', field: 'tags', type: 'i32' },
  { part: 'ends', field: 'tags', type: 'i32' },
  { part: 'begins', field: 'history', type: 'i32' },
  { part: 'ends', field: 'history', type: 'i32' },
];

/** Rows 0..4 are training in blocks of 2, row 5 validation, rows 6..8 test. */
const rows = { train: 5, validation: 1, test: 3 };

/** What row n of the table holds; tags of row n are n % 3 values, laid end to end; histories share one array of 4. */
export const handRow = (n: number) => ({
  user: n % 2,
  label: n % 2 === 0 ? 1 : 0,
  like: n % 3 === 0 ? 1 : 0,
  item: 2 + (n % 4),
  price: n / 8,
  tags: Array.from({ length: n % 3 }, (_, k) => 10 * n + k),
  history: [100, 101, 102, 103].slice(n % 2, (n % 2) + 2),
});

/**
 * A ctr dataset written byte by byte after the description in block-layout: doubles first, then 4-byte columns, each as
 * long as the block has rows; test blocks without labels, those in sealed/test.bin.
 */
export function handCtr(): { dir: string; record: CtrRecord } {
  const dir = newFolder();
  const all = Array.from({ length: 9 }, (_, n) => handRow(n));
  const firstTag = all.map((_, n) => all.slice(0, n).reduce((sum, row) => sum + row.tags.length, 0));
  const cell = (column: BlockColumn, n: number): number => {
    const row = all[n];
    switch (column.part) {
      case 'row-id':
        return n;
      case 'user':
        return row.user;
      case 'label':
        return row.label;
      case 'extra-label':
        return row.like;
      case 'ids':
        return row.item;
      case 'numeric':
        return row.price;
      case 'begins':
        return column.field === 'tags' ? firstTag[n] : n % 2;
      case 'ends':
        return column.field === 'tags' ? firstTag[n] + row.tags.length : (n % 2) + 2;
    }
  };
  const block = (layout: readonly BlockColumn[], from: number, to: number): Uint8Array => {
    const parts = layout.map((column) => {
      const values = Array.from({ length: to - from }, (_, i) => cell(column, from + i));
      if (column.type === 'f64') return bytes(Float64Array.from(values));
      return bytes(column.type === 'i32' ? Int32Array.from(values) : Float32Array.from(values));
    });
    return Uint8Array.from(parts.flatMap((part) => [...part]));
  };
  const open = columns.filter(({ part }) => part !== 'label' && part !== 'extra-label');
  const sealed = columns.slice(0, 4);
  write(dir, 'train/0.bin', block(columns, 0, 2));
  write(dir, 'train/1.bin', block(columns, 2, 4));
  write(dir, 'train/2.bin', block(columns, 4, 5));
  write(dir, 'validation/0.bin', block(columns, 5, 6));
  write(dir, 'test/0.bin', block(open, 6, 8));
  write(dir, 'test/1.bin', block(open, 8, 9));
  write(dir, 'sealed/test.bin', block(sealed, 6, 9));
  const tags = all.flatMap((row) => row.tags);
  write(dir, 'lists/0.bin', bytes(Int32Array.from(tags)));
  write(dir, 'lists/1.bin', bytes(Int32Array.from([100, 101, 102, 103])));
  const record: CtrRecord = {
    schemaVersion: 1,
    kind: 'ctr',
    task: 'ctr',
    contract: contract('ctr', rows),
    warnings: [],
    duplicateRows: 0,
    userCount: 2,
    blockRows: 2,
    rows,
    fields: [
      { kind: 'categorical', name: 'item', side: 'item', vocabulary: 'item' },
      { kind: 'numeric', name: 'price', side: 'item' },
      { kind: 'multi', name: 'tags', side: 'item', vocabulary: 'tags' },
      { kind: 'sequence', name: 'history', vocabulary: 'item', maxLength: 2, targetField: 'item' },
    ],
    vocabularies: [
      { name: 'item', size: 6 },
      { name: 'tags', size: 100 },
    ],
    columns,
    lists: [
      { field: 'tags', storage: 'rows', file: 'lists/0.bin', values: tags.length },
      { field: 'history', storage: 'shared', file: 'lists/1.bin', values: 4 },
    ],
    plans: [],
    itemField: 'item',
  };
  write(dir, recordFileName, JSON.stringify(record));
  return { dir, record };
}

/** Users 0 and 1 with events [2 3 | 4] and [5 | 2 6]; one validation and one test case each. */
export function handNextItem(): { dir: string; record: NextItemRecord } {
  const dir = newFolder();
  const integers = (name: string, values: readonly number[]): void =>
    write(dir, name, bytes(Int32Array.from(values)));
  integers('events.bin', [2, 3, 4, 5, 2, 6]);
  integers('offsets.bin', [0, 3, 6]);
  integers('train-ends.bin', [2, 4]);
  integers('validation/users.bin', [0, 1]);
  integers('validation/ends.bin', [2, 4]);
  integers('validation/targets.bin', [4, 2]);
  integers('test/users.bin', [0, 1]);
  integers('test/ends.bin', [3, 6]);
  integers('sealed/targets.bin', [6, 1]);
  write(dir, 'validation/row-ids.bin', bytes(Float64Array.from([2, 4])));
  write(dir, 'sealed/row-ids.bin', bytes(Float64Array.from([6, 7])));
  const record: NextItemRecord = {
    schemaVersion: 1,
    kind: 'next-item',
    contract: contract('next-item', { train: 3, validation: 2, test: 2 }),
    warnings: [],
    duplicateRows: 0,
    userCount: 2,
    itemCount: 7,
    events: 6,
    cases: { validation: 2, test: 2 },
  };
  write(dir, recordFileName, JSON.stringify(record));
  return { dir, record };
}
