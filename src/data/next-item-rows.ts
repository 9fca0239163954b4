import { join, resolve } from 'node:path';
import { AutoModelError } from '../platform/index.js';
import { UNKNOWN_ID } from '../schema/index.js';
import { copyNumbers } from './column-stream.js';
import { castExpression, columnType } from './column-types.js';
import { readRecord } from './dataset-record.js';
import { openEngine, type Engine } from './engine.js';
import { inspectFile, loadTable, type LoadedTable, type RawColumn } from './load-table.js';
import { itemVocabularyFile, usersFile } from './open-next-item.js';
import { checkFile } from './project-files.js';
import { quoteText } from './sql.js';

export interface NextItemRowsOptions {
  /** folder of the prepared next-item dataset whose vocabularies are used */
  readonly dir: string;
  /** Parquet, CSV or JSON lines */
  readonly file: string;
  /** column of raw item ids */
  readonly item: string;
  /** column of raw user ids; undefined: none is read */
  readonly user?: string;
  /** columns read as numbers */
  readonly numbers?: readonly string[];
  readonly signal?: AbortSignal;
}

/** Rows of a file in file order, ids as the dataset knows them. */
export interface NextItemRows {
  readonly rows: number;
  /** id in the item vocabulary [rows]; UNKNOWN_ID where the vocabulary lacks the item or the cell is empty */
  readonly items: Int32Array;
  /** dense index of the user [rows], -1 where the dataset lacks the user; empty when no user column was asked for */
  readonly users: Int32Array;
  /** column name → values [rows]; cells that are empty or no number are NaN */
  readonly numbers: ReadonlyMap<string, Float64Array>;
}

/**
 * Reads rows that name items (and users) by their raw ids and maps them through the vocabularies of a next-item dataset.
 * Ids are compared in the type of the log: text "7" of a CSV is the integer 7 of a Parquet log.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, UNKNOWN_COLUMN; USAGE for another task
 */
export async function readNextItemRows(options: NextItemRowsOptions): Promise<NextItemRows> {
  const dir = resolve(options.dir);
  const record = readRecord(dir);
  if (record.kind !== 'next-item') {
    throw new AutoModelError('USAGE', `Item ids belong to the task next-item, not ${record.contract.task}`);
  }
  const file = checkFile(resolve(options.file));
  const saved = { items: join(dir, itemVocabularyFile), users: join(dir, usersFile) };
  const engine = await openEngine({ files: [file, saved.items, saved.users], signal: options.signal });
  try {
    const table = await loadTable(engine, 'table', 'raw_0', [await inspectFile(engine, file)]);
    const key = async (name: string, vocabulary: string): Promise<string> => {
      const { ident, sqlType } = columnNamed(table, file, name);
      return castExpression(ident, sqlType, columnType(await valueType(engine, vocabulary)));
    };
    const names = options.numbers ?? [];
    const numbers = names.map((name) => columnNamed(table, file, name));
    const cells = [
      'row_number() OVER () AS n',
      `${await key(options.item, saved.items)} AS item`,
      `${options.user === undefined ? 'NULL' : await key(options.user, saved.users)} AS user_key`,
      ...numbers.map(
        ({ ident, sqlType }, i) =>
          `coalesce(${castExpression(ident, sqlType, 'number')}, 'nan'::DOUBLE) AS x${i}`,
      ),
    ];
    const joined =
      options.user === undefined
        ? { index: '-1', join: '' }
        : {
            index: 'coalesce(u.idx, -1)',
            join: `LEFT JOIN read_parquet(${quoteText(saved.users)}) u ON u.value = r.user_key`,
          };
    const items = new Int32Array(table.rows);
    const users = new Int32Array(options.user === undefined ? 0 : table.rows);
    const values = names.map(() => new Float64Array(table.rows));
    let at = 0;
    const sql =
      `SELECT coalesce(i.id, ${UNKNOWN_ID})::INTEGER, (${joined.index})::INTEGER${names.map((_, i) => `, r.x${i}`).join('')} ` +
      `FROM (SELECT ${cells.join(', ')} FROM ${table.relation}) r ` +
      `LEFT JOIN read_parquet(${quoteText(saved.items)}) i ON i.value = r.item ${joined.join} ORDER BY r.n`;
    for await (const chunk of engine.stream(sql)) {
      copyNumbers(chunk.getColumnVector(0), 0, chunk.rowCount, items, at);
      if (users.length > 0) copyNumbers(chunk.getColumnVector(1), 0, chunk.rowCount, users, at);
      values.forEach((target, i) => copyNumbers(chunk.getColumnVector(2 + i), 0, chunk.rowCount, target, at));
      at += chunk.rowCount;
    }
    return {
      rows: table.rows,
      items,
      users,
      numbers: new Map(names.map((name, i) => [name, values[i]])),
    };
  } finally {
    engine.close();
  }
}

function columnNamed(table: LoadedTable, file: string, name: string): RawColumn {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  const known = table.columns.slice(0, 30).map((candidate) => candidate.name);
  throw new AutoModelError('UNKNOWN_COLUMN', `${file} has no column ${JSON.stringify(name)}`, {
    remedy: `It has: ${known.join(', ')}`,
    details: { file, column: name },
  });
}

/** Type of the raw ids as the log had them. */
async function valueType(engine: Engine, vocabulary: string): Promise<string> {
  const [[, type]] = await engine.rows(`DESCRIBE SELECT value FROM read_parquet(${quoteText(vocabulary)})`);
  return String(type);
}
