import { mkdirSync, mkdtempSync, renameSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DOUBLE, DuckDBDataChunk, FLOAT, INTEGER, VARCHAR, type DuckDBType } from '@duckdb/node-api';
import { AutoModelError, removeQuietly } from '../platform/index.js';
import { castExpression } from './column-types.js';
import { copyNumbers } from './column-stream.js';
import { openEngine } from './engine.js';
import { inspectFile, loadTable } from './load-table.js';
import { checkFile } from './project-files.js';
import { quoteName, quoteText } from './sql.js';

export interface TableColumn {
  readonly name: string;
  readonly values: Int32Array | Float32Array | Float64Array | readonly string[];
  /** whole numbers that may exceed 32 bits: written as BIGINT */
  readonly integer?: boolean;
}

const chunkRows = 2048;

function typeOf(values: TableColumn['values']): { type: DuckDBType; sql: string } {
  if (values instanceof Int32Array) return { type: INTEGER, sql: 'INTEGER' };
  if (values instanceof Float32Array) return { type: FLOAT, sql: 'FLOAT' };
  return values instanceof Float64Array ? { type: DOUBLE, sql: 'DOUBLE' } : { type: VARCHAR, sql: 'VARCHAR' };
}

/**
 * Writes columns of equal length as one Parquet file (.parquet) or CSV (.csv), rows in order. Written beside the target
 * and renamed, so that a reader never sees a half. @throws USAGE for other names or unequal lengths, DISK_FULL
 */
export async function writeTable(path: string, columns: readonly TableColumn[]): Promise<void> {
  const target = resolve(path);
  const format = /\.parquet$/i.test(target) ? 'parquet' : /\.csv$/i.test(target) ? 'csv' : undefined;
  const rows = columns[0]?.values.length ?? 0;
  if (
    format === undefined ||
    columns.length === 0 ||
    columns.some((column) => column.values.length !== rows)
  ) {
    throw new AutoModelError(
      'USAGE',
      `Cannot write ${path}: needs .parquet or .csv and columns of equal length`,
      {
        details: { path, lengths: columns.map((column) => column.values.length) },
      },
    );
  }
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(join(dirname(target), '.writing-'));
  const engine = await openEngine({ files: [], folders: [folder], workDir: join(folder, 'work') }).catch(
    (cause: unknown) => {
      removeQuietly(folder);
      throw cause;
    },
  );
  try {
    const types = columns.map((column) => typeOf(column.values));
    await engine.run(`CREATE TABLE out (${types.map((type, index) => `c${index} ${type.sql}`).join(', ')})`);
    const appender = await engine.connection.createAppender('out');
    for (let from = 0; from < rows; from += chunkRows) {
      const count = Math.min(chunkRows, rows - from);
      const chunk = DuckDBDataChunk.create(
        types.map((type) => type.type),
        count,
      );
      columns.forEach(({ values }, index) => {
        chunk.setColumnValues(
          index,
          Array.from({ length: count }, (_, i) => values[from + i]),
        );
      });
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
    const part = join(folder, basename(target));
    const select = columns
      .map(({ name, integer }, i) => `c${i}${integer === true ? '::BIGINT' : ''} AS ${quoteName(name)}`)
      .join(', ');
    const options = format === 'parquet' ? 'FORMAT parquet, COMPRESSION zstd' : 'FORMAT csv, HEADER';
    await engine.run(`COPY (SELECT ${select} FROM out) TO ${quoteText(part)} (${options})`);
    renameSync(part, target);
  } finally {
    engine.close();
    removeQuietly(folder);
  }
}

/**
 * Reads numeric columns of a Parquet, CSV or JSON-lines file in file order, as doubles; null and unreadable cells are NaN.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, UNKNOWN_COLUMN
 */
export async function readTable(
  path: string,
  columnNames: readonly string[],
): Promise<Map<string, Float64Array>> {
  const file = checkFile(resolve(path));
  const engine = await openEngine({ files: [file] });
  try {
    const table = await loadTable(engine, 'table', 'raw_0', [await inspectFile(engine, file)]);
    const cells = columnNames.map((name) => {
      const column = table.columns.find((c) => c.name === name);
      if (column === undefined) {
        throw new AutoModelError('UNKNOWN_COLUMN', `${path} has no column ${JSON.stringify(name)}`, {
          remedy: `It has: ${table.columns
            .slice(0, 30)
            .map((c) => c.name)
            .join(', ')}`,
          details: { file: path, column: name },
        });
      }
      return `coalesce(${castExpression(column.ident, column.sqlType, 'number')}, 'nan'::DOUBLE)`;
    });
    const out = columnNames.map(() => new Float64Array(table.rows));
    let at = 0;
    for await (const chunk of engine.stream(`SELECT ${cells.join(', ')} FROM ${table.relation}`)) {
      out.forEach((values, index) =>
        copyNumbers(chunk.getColumnVector(index), 0, chunk.rowCount, values, at),
      );
      at += chunk.rowCount;
    }
    return new Map(columnNames.map((name, index) => [name, out[index]]));
  } finally {
    engine.close();
  }
}
