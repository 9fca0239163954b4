import { join } from 'node:path';
import type { DatasetContract } from '../schema/index.js';
import { readBytes } from './block-files.js';
import { columnOffsets, columnView } from './block-layout.js';
import { readRecord } from './dataset-record.js';
import { nextItemFiles } from './open-next-item.js';
import { sealedColumns, sealedPath } from './write-blocks.js';

/** The sealed side of the test split, row for row in the order of the test source (or of the test cases). */
export interface SealedLabels {
  readonly contract: DatasetContract;
  readonly rows: number;
  /** ctr and rating: main label [rows]; undefined for next-item */
  readonly labels: Float32Array | undefined;
  readonly extraLabels: ReadonlyMap<string, Float32Array>;
  /** next-item: item id per case [rows] (UNKNOWN_ID where training never saw the item); undefined otherwise */
  readonly targets: Int32Array | undefined;
  /** dense user index, as in the source */
  readonly users: Int32Array;
  /** row number in the event table, as predictions files name it */
  readonly rowIds: Float64Array;
}

/** Opens the sealed test labels. For the scorer process alone: every call is an opening that the journal must record. */
export function openSealed(dir: string): SealedLabels {
  const record = readRecord(dir);
  if (record.kind === 'next-item') {
    const rows = record.cases.test;
    const integers = (name: string): Int32Array => new Int32Array(readBytes(join(dir, name), 0, rows * 4));
    return {
      contract: record.contract,
      rows,
      labels: undefined,
      extraLabels: new Map(),
      targets: integers(nextItemFiles.sealedTargets),
      users: integers(nextItemFiles.cases('test', 'users')),
      rowIds: new Float64Array(readBytes(join(dir, nextItemFiles.sealedRows), 0, rows * 8)),
    };
  }
  const rows = record.rows.test;
  const columns = sealedColumns(record.columns);
  const offsets = columnOffsets(columns, rows);
  const bytes = readBytes(join(dir, sealedPath), 0, offsets[offsets.length - 1]);
  const view = (part: string): Float64Array | Int32Array | Float32Array =>
    columnView(
      bytes,
      columns,
      rows,
      columns.findIndex((column) => column.part === part),
    );
  const extraLabels = new Map<string, Float32Array>();
  columns.forEach((column, slot) => {
    if (column.part === 'extra-label') {
      extraLabels.set(column.field ?? '', columnView(bytes, columns, rows, slot) as Float32Array);
    }
  });
  return {
    contract: record.contract,
    rows,
    labels: view('label') as Float32Array,
    extraLabels,
    targets: undefined,
    users: view('user') as Int32Array,
    rowIds: view('row-id') as Float64Array,
  };
}
