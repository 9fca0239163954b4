import { AutoModelError } from '../platform/index.js';

export interface TableColumn {
  readonly name: string;
  readonly values: Int32Array | Float32Array | Float64Array | readonly string[];
}

/** Writes columns of equal length as one Parquet file (.parquet) or CSV (.csv). */
export async function writeTable(path: string, columns: readonly TableColumn[]): Promise<void> {
  throw new AutoModelError('INTERNAL', `writeTable(${path}, ${columns.length} columns) is being written`);
}

/** Reads numeric columns (as doubles; null as NaN) of a Parquet, CSV or JSON-lines file, in file order. */
export async function readTable(
  path: string,
  columnNames: readonly string[],
): Promise<Map<string, Float64Array>> {
  throw new AutoModelError('INTERNAL', `readTable(${path}, ${columnNames.join()}) is being written`);
}
