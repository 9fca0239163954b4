import { basename } from 'node:path';
import { AutoModelError, isAutoModelError } from '../platform/index.js';
import { badJsonLine } from './bad-json-line.js';
import { fileHead, sniffCsv, uniqueNames, type CsvDialect } from './csv-dialect.js';
import type { Engine } from './engine.js';
import { isCutGzip } from './gzip-check.js';
import { quoteText } from './sql.js';

export type TableFormat = 'parquet' | 'csv' | 'jsonl';

export interface RawColumn {
  readonly name: string;
  /** c0, c1, ...: names from files never enter SQL, columns are named by position */
  readonly ident: string;
  /** type in the table engine; VARCHAR for all of CSV */
  readonly sqlType: string;
}

export interface FileShape {
  readonly path: string;
  readonly format: TableFormat;
  readonly csv?: CsvDialect;
  /** of CSV: empty lines before the first record */
  readonly blankLines?: number;
  /** of JSON lines: each key and the type to read it as; undefined where the engine finds out by itself */
  readonly json?: readonly (readonly [string, string])[];
  readonly columns: readonly RawColumn[];
  /** names of the header that could not stay, with what they became */
  readonly renamed?: readonly (readonly [string, string])[];
}

export interface LoadedTable {
  readonly name: string;
  /** view or table in the engine with columns c0.. and file_index, rows in file order */
  readonly relation: string;
  readonly columns: readonly RawColumn[];
  readonly files: readonly string[];
  readonly rows: number;
}

export function formatOf(path: string): TableFormat {
  const name = basename(path).toLowerCase();
  if (/\.(parquet|pq)$/.test(name)) return 'parquet';
  if (/\.(jsonl|ndjson|json)(\.gz)?$/.test(name)) return 'jsonl';
  if (/\.(csv|tsv|txt|dat|data)(\.gz)?$/.test(name)) return 'csv';
  throw new AutoModelError('FILE_UNREADABLE', `${path}: the name says no format that is read here`, {
    remedy: 'Use .parquet, .csv, .tsv, .csv.gz, .jsonl or .jsonl.gz.',
    details: { file: path },
  });
}

function readJson(path: string, types?: FileShape['json']): string {
  const columns = types?.map(([key, type]) => `${quoteText(key)}: ${quoteText(type)}`).join(', ');
  return (
    `read_json(${quoteText(path)}, format = 'newline_delimited', maximum_object_size = 67108864, ` +
    `${columns === undefined ? 'sample_size = -1' : `columns = {${columns}}`})`
  );
}

/**
 * Types to read a JSON file as: what the engine takes for a double or for 128 bits is read as text, since it may be an id
 * with more digits than a double has. Undefined when nothing is, or when keys that differ in case alone have no name of
 * their own to be read by.
 */
function jsonTypes(described: readonly (readonly [string, string])[]): FileShape['json'] {
  const lossy = /^(DOUBLE|UBIGINT|U?HUGEINT)$/;
  const list = /^(UBIGINT|U?HUGEINT)\[\]$/;
  if (!described.some(([, type]) => lossy.test(type) || list.test(type))) return undefined;
  const names = new Set(described.map(([name]) => name.toLowerCase()));
  if (described.some(([name]) => /_\d+$/.test(name) && names.has(name.toLowerCase().replace(/_\d+$/, ''))))
    return undefined;
  return described.map(([name, type]) => [
    name,
    lossy.test(type) ? 'VARCHAR' : list.test(type) ? 'VARCHAR[]' : type,
  ]);
}

function scan(shape: FileShape): string {
  const path = quoteText(shape.path);
  const idents = shape.columns.map((column) => column.ident);
  switch (shape.format) {
    case 'parquet':
      return `read_parquet(${path}, hive_partitioning = false) AS t(${idents.join(', ')})`;
    case 'jsonl':
      return `${readJson(shape.path, shape.json)} AS t(${idents.join(', ')})`;
    case 'csv': {
      const { delimiter, quote, header } = shape.csv as CsvDialect;
      const columns = idents.map((ident) => `'${ident}': 'VARCHAR'`).join(', ');
      return (
        `read_csv(${path}, auto_detect = false, columns = {${columns}}, header = ${header}, delim = ${quoteText(delimiter)}, ` +
        `skip = ${shape.blankLines ?? 0}, quote = ${quoteText(quote)}, escape = ${quoteText(quote)}, nullstr = ['', '\\N', 'NULL', 'null'], ` +
        `max_line_size = 16777216, hive_partitioning = false) AS t`
      );
    }
  }
}

/** Adds the file to a fault that the engine raised while reading it, and the row where the engine knows it. */
async function readingFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isAutoModelError(cause) || (cause.code !== 'INTERNAL' && cause.code !== 'FILE_UNREADABLE'))
      throw cause;
    const told = cause.details['line'];
    if (await isCutGzip(path)) {
      throw new AutoModelError('FILE_UNREADABLE', `${path}: the gzip file is cut off`, {
        remedy: 'Copy or pack the file again.',
        details: { file: path },
      });
    }
    const line =
      told !== undefined && formatOf(path) === 'jsonl' ? ((await badJsonLine(path)) ?? told) : told;
    throw new AutoModelError(
      'FILE_UNREADABLE',
      `${path}${line === undefined ? '' : `, line ${String(line)}`}: ${cause.message}`,
      {
        remedy: cause.remedy ?? 'Mend or replace the file.',
        details: { ...(line === undefined ? {} : { line }), file: path },
      },
    );
  }
}

/** Says plainly what is no JSON lines from its first character. */
function checkJsonLines(path: string): void {
  const start = fileHead(path).trimStart();
  if (start === '') {
    throw new AutoModelError('FILE_UNREADABLE', `${path} is empty`, {
      remedy: 'Write one object a line, or leave the file out.',
      details: { file: path },
    });
  }
  if (!start.startsWith('[')) return;
  throw new AutoModelError('FILE_UNREADABLE', `${path} is a JSON array, not JSON lines`, {
    remedy: "Write one object a line, for instance: jq -c '.[]' events.json > events.jsonl",
    details: { file: path },
  });
}

/** Looks at the columns of one file. */
export async function inspectFile(engine: Engine, path: string, csv?: CsvDialect): Promise<FileShape> {
  const format = formatOf(path);
  if (format === 'csv') {
    const { dialect, blankLines, columns, renamed } = sniffCsv(path, csv);
    const raw = columns.map((name, index) => ({ name, ident: `c${index}`, sqlType: 'VARCHAR' }));
    return { path, format, csv: dialect, blankLines, columns: raw, renamed };
  }
  if (format === 'jsonl') checkJsonLines(path);
  const reader =
    format === 'parquet' ? `read_parquet(${quoteText(path)}, hive_partitioning = false)` : readJson(path);
  const rows = await readingFile(path, () => engine.rows(`DESCRIBE SELECT * FROM ${reader}`));
  const described = rows.map((row): [string, string] => [String(row[0]), String(row[1])]);
  const json = format === 'jsonl' ? jsonTypes(described) : undefined;
  const types = json ?? described;
  const names = uniqueNames(described.map(([name]) => name));
  return {
    path,
    format,
    ...(json === undefined ? {} : { json }),
    columns: names.map((name, index) => ({ name, ident: `c${index}`, sqlType: types[index][1] })),
  };
}

/** Whether two files are shards of one table: the same columns, and for Parquet the same types. */
export function sameSchema(a: FileShape, b: FileShape): boolean {
  if (a.format !== b.format || a.columns.length !== b.columns.length) return false;
  const types = new Map(a.columns.map((column) => [column.name, column.sqlType]));
  return b.columns.every((column) => {
    const type = types.get(column.name);
    return type !== undefined && (a.format !== 'parquet' || type === column.sqlType);
  });
}

/**
 * Makes the shards one relation, rows in the order of the files. Parquet stays a view (columns are read when needed); CSV
 * and JSON lines are read once into the working database.
 */
export async function loadTable(
  engine: Engine,
  name: string,
  relation: string,
  shapes: readonly FileShape[],
): Promise<LoadedTable> {
  const first = shapes[0];
  const columns = first.columns.map((column) => {
    const types = new Set(shapes.map((shape) => shape.columns.find((c) => c.name === column.name)?.sqlType));
    return types.size === 1 ? column : { ...column, sqlType: 'VARCHAR' };
  });
  const parts = shapes.map((shape, fileIndex) => {
    const cells = columns.map((column) => {
      const own = shape.columns.find((c) => c.name === column.name);
      if (own === undefined) {
        throw new AutoModelError(
          'UNKNOWN_COLUMN',
          `${shape.path} has no column ${JSON.stringify(column.name)}`,
          {
            remedy: `Files of one table must have equal columns; ${first.path} has it.`,
            details: { file: shape.path, column: column.name },
          },
        );
      }
      const cell = own.sqlType === column.sqlType ? own.ident : `${own.ident}::VARCHAR`;
      return `${cell} AS ${column.ident}`;
    });
    return `SELECT ${[...cells, `${fileIndex}::INTEGER AS file_index`].join(', ')} FROM ${scan(shape)}`;
  });
  if (first.format === 'parquet') {
    await engine.run(`CREATE VIEW ${relation} AS ${parts.join(' UNION ALL ')}`);
  } else {
    for (const [index, part] of parts.entries()) {
      const verb = index === 0 ? `CREATE TABLE ${relation} AS` : `INSERT INTO ${relation}`;
      await readingFile(shapes[index].path, () => engine.run(`${verb} ${part}`));
    }
  }
  const [[rows]] = await readingFile(first.path, () =>
    engine.rows(`SELECT count(*)::DOUBLE FROM ${relation}`),
  );
  return { name, relation, columns, files: shapes.map((shape) => shape.path), rows: Number(rows) };
}

/** File and row (from 1, header not counted) of a row number of the relation (from 0). */
export async function locateRow(
  engine: Engine,
  table: LoadedTable,
  row: number,
): Promise<{ file: string; row: number }> {
  const counts = await engine.rows(
    `SELECT file_index, count(*)::DOUBLE FROM ${table.relation} GROUP BY file_index ORDER BY file_index`,
  );
  let before = 0;
  for (const [file, count] of counts) {
    if (row < before + Number(count)) return { file: table.files[Number(file)], row: row - before + 1 };
    before += Number(count);
  }
  return { file: table.files[table.files.length - 1], row: row + 1 };
}
