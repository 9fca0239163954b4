import { join } from 'node:path';
import { splitNames, type SplitName } from '../schema/index.js';
import { cellBytes, columnOffsets, isLabel, type BlockColumn } from './block-layout.js';
import { OutputFile } from './block-files.js';
import { copyNumbers, Int32Builder } from './column-stream.js';
import type { EncodedColumn } from './encoded-columns.js';
import type { Workbench } from './workbench.js';

export interface OutputColumn extends BlockColumn, EncodedColumn {}

export interface BlockPlan {
  readonly dir: string;
  readonly columns: readonly OutputColumn[];
  readonly rows: Readonly<Record<SplitName, number>>;
  readonly blockRows: number;
  /** labels of the test split go to sealed/test.bin and nowhere else */
  readonly onGroup?: (done: number) => void;
}

/** Columns per query: each may bring a join, and joins are held in memory together. */
const columnsPerQuery = 24;
/** Rows gathered before they are written. */
const stagedRows = 65_536;

export const sealedParts = ['row-id', 'user', 'label', 'extra-label'] as const;

/** Path of a block below the folder of the dataset. */
export function blockPath(split: SplitName, block: number): string {
  return join(split, `${block}.bin`);
}

export const sealedPath = join('sealed', 'test.bin');

/** Columns that a block of the split holds: test blocks hold no labels. */
export function blockColumns<T extends BlockColumn>(columns: readonly T[], split: SplitName): T[] {
  return split === 'test' ? columns.filter((column) => !isLabel(column)) : [...columns];
}

export function sealedColumns<T extends BlockColumn>(columns: readonly T[]): T[] {
  return columns.filter((column) => (sealedParts as readonly string[]).includes(column.part));
}

/** Encodes `base` column group by column group and writes each split's blocks; rows are ordered by pos. */
export async function writeBlocks(bench: Workbench, plan: BlockPlan): Promise<void> {
  const files = new BlockFileSet(plan);
  try {
    for (let from = 0; from < plan.columns.length; from += columnsPerQuery) {
      const group = plan.columns.slice(from, from + columnsPerQuery);
      const joins = [...new Set(group.flatMap((column) => column.joins))];
      const select = group.map((column, index) => {
        const type = { f64: 'DOUBLE', i32: 'INTEGER', f32: 'FLOAT' }[column.type];
        return `(${column.sql})::${type} AS out${index}`;
      });
      const sql = `SELECT ${select.join(', ')} FROM base b ${joins.join(' ')} ORDER BY b.pos`;
      bench.statements.push(
        `-- encoded: ${group
          .map((c) => `${c.part}${c.field === undefined ? '' : ` ${JSON.stringify(c.field)}`}`)
          .join(', ')
          .replaceAll(/[\r\n]/g, ' ')}\n${sql};`,
      );
      const staged = group.map((column) => newColumn(column));
      let begin = 0;
      let filled = 0;
      for await (const chunk of bench.engine.stream(sql)) {
        for (let row = 0; row < chunk.rowCount;) {
          const count = Math.min(chunk.rowCount - row, stagedRows - filled);
          for (let c = 0; c < group.length; c += 1) {
            copyNumbers(chunk.getColumnVector(c), row, count, staged[c], filled);
          }
          row += count;
          filled += count;
          if (filled === stagedRows) {
            files.write(group, staged, begin, filled);
            begin += filled;
            filled = 0;
          }
        }
      }
      files.write(group, staged, begin, filled);
      plan.onGroup?.(Math.min(1, (from + columnsPerQuery) / plan.columns.length));
    }
  } finally {
    files.close();
  }
}

function newColumn(column: BlockColumn): Float64Array | Float32Array | Int32Array {
  if (column.type === 'f64') return new Float64Array(stagedRows);
  return column.type === 'i32' ? new Int32Array(stagedRows) : new Float32Array(stagedRows);
}

class BlockFileSet {
  private readonly files = new Map<string, OutputFile>();

  constructor(private readonly plan: BlockPlan) {}

  private file(path: string): OutputFile {
    let file = this.files.get(path);
    if (file === undefined) {
      file = new OutputFile(join(this.plan.dir, path));
      this.files.set(path, file);
    }
    return file;
  }

  /** Rows [begin, begin + count) by pos, cut where splits and blocks end. */
  write(
    group: readonly OutputColumn[],
    staged: readonly (Float64Array | Float32Array | Int32Array)[],
    begin: number,
    count: number,
  ): void {
    const { rows, blockRows, columns } = this.plan;
    let splitBegin = 0;
    for (const split of splitNames) {
      const low = Math.max(begin, splitBegin);
      const high = Math.min(begin + count, splitBegin + rows[split]);
      for (let at = low; at < high;) {
        const inSplit = at - splitBegin;
        const block = Math.floor(inSplit / blockRows);
        const blockBegin = block * blockRows;
        const part = Math.min(high - at, blockRows - (inSplit - blockBegin));
        const size = Math.min(blockRows, rows[split] - blockBegin);
        const views = staged.map((column) => column.subarray(at - begin, at - begin + part));
        this.put(
          blockPath(split, block),
          group,
          views,
          blockColumns(columns, split),
          size,
          inSplit - blockBegin,
        );
        if (split === 'test' && columns.some(isLabel))
          this.put(sealedPath, group, views, sealedColumns(columns), rows.test, inSplit);
        at += part;
      }
      splitBegin += rows[split];
    }
  }

  private put(
    path: string,
    group: readonly OutputColumn[],
    views: readonly ArrayBufferView[],
    layout: readonly OutputColumn[],
    rows: number,
    at: number,
  ): void {
    const offsets = columnOffsets(layout, rows);
    group.forEach((column, index) => {
      const slot = layout.indexOf(column);
      if (slot >= 0) this.file(path).write(views[index], offsets[slot] + at * cellBytes[column.type]);
    });
  }

  close(): void {
    for (const file of this.files.values()) file.close();
  }
}

/** Streams one integer column into a file of 32-bit integers; returns how many there were. */
export async function writeValues(bench: Workbench, path: string, sql: string): Promise<number> {
  bench.statements.push(`-- list elements in storage order\n${sql};`);
  const file = new OutputFile(path);
  let written = 0;
  try {
    const builder = new Int32Array(stagedRows);
    for await (const chunk of bench.engine.stream(sql)) {
      copyNumbers(chunk.getColumnVector(0), 0, chunk.rowCount, builder, 0);
      file.write(builder.subarray(0, chunk.rowCount), written * 4);
      written += chunk.rowCount;
    }
  } finally {
    file.close();
  }
  return written;
}

/** Reads integer columns of a result whole. */
export async function collectIntegers(
  bench: Workbench,
  sql: string,
  width: number,
): Promise<Int32Array<ArrayBuffer>[]> {
  const builders = Array.from({ length: width }, () => new Int32Builder());
  for await (const chunk of bench.engine.stream(sql)) {
    for (let c = 0; c < width; c += 1) {
      const vector = chunk.getColumnVector(c);
      for (let i = 0; i < chunk.rowCount; i += 1) builders[c].push(Number(vector.getItem(i)));
    }
  }
  return builders.map((builder) => builder.finish());
}
