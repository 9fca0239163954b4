import { basename } from 'node:path';
import { AutoModelError } from '../../platform/index.js';
import {
  castExpression,
  columnType,
  inspectFile,
  keyText,
  loadTable,
  type Engine,
  type LoadedTable,
  type RawColumn,
} from '../../data/index.js';

/** Values whose squares leave the range of doubles when they are summed are no measurements. */
const largest = '1e100';
const dayUs = 86_400_000_000;
/** Numbers that are days written as yyyymmdd. */
const firstDay = 19_800_101;
const lastDay = 21_001_231;
/** Ranges in which a number is a time between 1980 and 2100, and what makes microseconds of it. */
const epochs = [
  [315e6, 4.2e9, 1_000_000],
  [315e9, 4.2e12, 1000],
  [315e12, 4.2e15, 1],
  [315e15, 4.2e18, 0.001],
] as const;

/** One file of the experiment in the table engine. */
export async function openTable(engine: Engine, path: string, relation: string): Promise<LoadedTable> {
  return loadTable(engine, basename(path), relation, [await inspectFile(engine, path)]);
}

export function findColumn(table: LoadedTable, name: string): RawColumn | undefined {
  return table.columns.find((column) => column.name === name);
}

/** @throws UNKNOWN_COLUMN with the columns that there are */
export function needColumn(table: LoadedTable, name: string, what: string): RawColumn {
  const column = findColumn(table, name);
  if (column !== undefined) return column;
  throw new AutoModelError(
    'UNKNOWN_COLUMN',
    `${table.files[0]} has no column ${JSON.stringify(name)} (${what})`,
    {
      remedy: `It has: ${table.columns
        .slice(0, 30)
        .map((each) => each.name)
        .join(', ')}.`,
      details: { file: table.files[0], column: name },
    },
  );
}

/** SQL of a key or name as text, equal for equal keys of unlike types. */
export function textSql({ ident, sqlType }: RawColumn): string {
  const type = columnType(sqlType);
  return type === 'number' ? keyText(castExpression(ident, sqlType, type), type) : `${ident}::VARCHAR`;
}

/** SQL of a cell as a double; what is no finite number of a usable size becomes null and is found by {@link badNumberSql}. */
export function numberSql({ ident, sqlType }: RawColumn): string {
  const number =
    columnType(sqlType) === 'string'
      ? `CASE lower(${ident}::VARCHAR) WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE TRY_CAST(${ident} AS DOUBLE) END`
      : `TRY_CAST(${ident} AS DOUBLE)`;
  return `CASE WHEN abs(${number}) <= ${largest} THEN ${number} END`;
}

export function badNumberSql(column: RawColumn): string {
  return `(${column.ident} IS NOT NULL AND (${numberSql(column)}) IS NULL)`;
}

/** The first row (from 1, header not counted) of the file for which a condition holds; undefined: none. */
export async function firstRowWhere(
  engine: Engine,
  table: LoadedTable,
  condition: string,
): Promise<number | undefined> {
  const [[row]] = await engine.rows(
    `SELECT min(n)::DOUBLE FROM (SELECT row_number() OVER () AS n, ${condition} AS bad FROM ${table.relation}) WHERE bad`,
  );
  return row === null ? undefined : Number(row);
}

/** @throws EXPERIMENT_INVALID for a cell that is no finite number, with its row */
export async function requireNumbers(
  engine: Engine,
  table: LoadedTable,
  column: RawColumn,
  where = 'true',
): Promise<void> {
  const row = await firstRowWhere(engine, table, `${badNumberSql(column)} AND ${where}`);
  if (row === undefined) return;
  throw new AutoModelError(
    'EXPERIMENT_INVALID',
    `${table.files[0]}, row ${row}: column ${column.name} is no finite number`,
    {
      remedy: 'Mend the cell; leave it empty where there is no value.',
      details: { file: table.files[0], row, column: column.name },
    },
  );
}

/** A column of times as SQL of microseconds; `calendar` false: numbers that only order (days, steps). */
export interface TimeColumn {
  readonly column: RawColumn;
  readonly sql: string;
  readonly calendar: boolean;
}

/**
 * Reads a time column: timestamps, dates, ISO text, seconds to nanoseconds since 1970 by the range of the values, else numbers
 * that order. @throws TIME_UNPARSABLE with the row of an empty or unreadable cell
 */
export async function timeColumn(engine: Engine, table: LoadedTable, column: RawColumn): Promise<TimeColumn> {
  const { ident, sqlType } = column;
  const type = columnType(sqlType);
  const number = `TRY_CAST(${ident} AS DOUBLE)`;
  let time: TimeColumn;
  if (type === 'timestamp' || type === 'date') {
    const cast = castExpression(ident, sqlType, 'timestamp');
    time = { column, sql: `epoch_us(${cast})::DOUBLE`, calendar: true };
  } else {
    const [[low, high, numbers, present]] = await engine.rows(
      `SELECT min(${number}), max(${number}), count(${number})::DOUBLE, count(${ident})::DOUBLE FROM ${table.relation}`,
    );
    const scale = epochs.find(([from, to]) => Number(low) >= from && Number(high) <= to)?.[2];
    const days = Number(low) >= firstDay && Number(high) <= lastDay;
    time =
      Number(numbers) === Number(present) || type !== 'string'
        ? days
          ? yyyymmdd(column)
          : { column, sql: `(${number} * ${scale ?? 1})`, calendar: scale !== undefined }
        : {
            column,
            sql: `epoch_us(${castExpression(ident, 'VARCHAR', 'timestamp')})::DOUBLE`,
            calendar: true,
          };
  }
  const row = await firstRowWhere(engine, table, `(${time.sql}) IS NULL OR isnan(${time.sql})`);
  if (row === undefined) return time;
  throw new AutoModelError(
    'TIME_UNPARSABLE',
    `${table.files[0]}, row ${row}: column ${column.name} is no time that is read here`,
    {
      remedy: 'Give a time in every row: a timestamp, 2026-04-15 10:00:00, or a number since 1970.',
      details: { file: table.files[0], row, column: column.name },
    },
  );
}

function yyyymmdd(column: RawColumn): TimeColumn {
  const digits = `TRY_CAST(${column.ident} AS BIGINT)::VARCHAR`;
  return { column, sql: `epoch_us(try_strptime(${digits}, '%Y%m%d'))::DOUBLE`, calendar: true };
}

/** Days as SQL in the unit of {@link TimeColumn}: without a calendar, one step is one day. */
export function daysSql(days: number, calendar: boolean): string {
  return String(calendar ? days * dayUs : days);
}
