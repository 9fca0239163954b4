import type { ColumnType, TimeUnit } from '../schema/index.js';
import { columnType } from './column-types.js';
import type { Engine } from './engine.js';
import type { LoadedTable, RawColumn } from './load-table.js';

/** What one look at all rows of a column says. Numbers only: no cell leaves the engine but the extremes of numbers. */
export interface ColumnStats {
  readonly raw: RawColumn;
  readonly rows: number;
  readonly present: number;
  /** exact up to two million rows, approximate (HyperLogLog, some 10 % off) beyond */
  readonly distinct: number;
  readonly type: ColumnType;
  /** extremes of numbers, NaN otherwise */
  readonly min: number;
  readonly max: number;
  /** of text: mean length, mean number of words, share of cells that hold | ; , */
  readonly meanLength: number;
  readonly meanWords: number;
  readonly separators: Readonly<Record<'|' | ';' | ',', number>>;
  /** share of present text cells that read as a time; 1 for time types, 0 for numbers */
  readonly timeShare: number;
  /** unit the numbers would have as a time, by their range; undefined when they cannot be one */
  readonly timeUnit: TimeUnit | undefined;
}

/** What text cells might be, as the first rows say; only that is counted over all rows. */
interface TextKinds {
  readonly integer: boolean;
  readonly number: boolean;
  readonly time: boolean;
  readonly boolean: boolean;
}

const perText = 13;
const perNumber = 4;
/** Distinct counts of one statement are held in memory together. */
const columnsPerQuery = 32;
/** Rows looked at to decide which casts are worth trying on all rows. */
const headRows = 2000;

const integerSql = (c: string): string =>
  `count(TRY_CAST(${c} AS BIGINT)) FILTER (NOT regexp_matches(${c}, '^[+-]?0[0-9]|[.eE_xX ]'))::DOUBLE`;
const numberSql = (c: string): string =>
  `count(TRY_CAST(${c} AS DOUBLE)) FILTER (NOT regexp_matches(${c}, '^[+-]?0[0-9]|[_xX ]'))::DOUBLE`;
const timeSql = (c: string): string =>
  `count(TRY_CAST(${c} AS TIMESTAMPTZ)) FILTER (regexp_matches(${c}, '^[0-9]{4}-'))::DOUBLE`;
const booleanSql = (c: string): string => `count(*) FILTER (lower(${c}) IN ('true', 'false'))::DOUBLE`;

/** Above this many rows distinct values are estimated: exact counting would hold all of them in memory. */
const exactRows = 2_000_000;

function distinctSql(c: string, rows: number): string {
  return rows <= exactRows ? `count(DISTINCT ${c})::DOUBLE` : `approx_count_distinct(${c})::DOUBLE`;
}

function textSql(c: string, kinds: TextKinds, rows: number): string[] {
  const when = (kind: boolean, sql: string): string => (kind ? sql : '0::DOUBLE');
  return [
    `count(${c})::DOUBLE`,
    distinctSql(c, rows),
    `avg(length(${c}))`,
    `avg(length(${c}) - length(replace(${c}, ' ', '')) + 1)`,
    `avg(contains(${c}, '|')::INTEGER)`,
    `avg(contains(${c}, ';')::INTEGER)`,
    `avg(contains(${c}, ',')::INTEGER)`,
    when(kinds.integer, integerSql(c)),
    when(kinds.number, numberSql(c)),
    when(kinds.time, timeSql(c)),
    when(kinds.boolean, booleanSql(c)),
    kinds.number ? `min(TRY_CAST(${c} AS DOUBLE))` : 'NULL::DOUBLE',
    kinds.number ? `max(TRY_CAST(${c} AS DOUBLE))` : 'NULL::DOUBLE',
  ];
}

/** Which kinds the present cells of the first rows allow. */
async function textKinds(
  engine: Engine,
  table: LoadedTable,
  columns: readonly RawColumn[],
): Promise<TextKinds[]> {
  if (columns.length === 0) return [];
  const select = columns.flatMap(({ ident, sqlType }) => {
    const c = `${ident}::VARCHAR`;
    // Only untyped text (CSV, JSON) may turn out to be numbers; text in Parquet was meant as text, or is a time.
    const untyped = sqlType === 'VARCHAR';
    return [
      `count(${c})::DOUBLE`,
      untyped ? integerSql(c) : '-1::DOUBLE',
      untyped ? numberSql(c) : '-1::DOUBLE',
      timeSql(c),
      untyped ? booleanSql(c) : '-1::DOUBLE',
    ];
  });
  const idents = columns.map((column) => column.ident).join(', ');
  const [row] = await engine.rows(
    `SELECT ${select.join(', ')} FROM (SELECT ${idents} FROM ${table.relation} LIMIT ${headRows})`,
  );
  return columns.map((_, index) => {
    const [present, integer, number, time, boolean] = row.slice(index * 5, index * 5 + 5).map(Number);
    return {
      integer: integer === present,
      number: number === present,
      time: time >= 0.5 * present,
      boolean: boolean === present,
    };
  });
}

function plainSql(c: string, type: ColumnType, rows: number): string[] {
  const number = type === 'integer' || type === 'number' || type === 'boolean';
  const cell = type === 'boolean' ? `${c}::INTEGER` : c;
  const finite = type === 'number' ? ` FILTER (isfinite(${cell}::DOUBLE))` : '';
  return [
    `count(${c})::DOUBLE`,
    type === 'other' || type.startsWith('list-') ? '0::DOUBLE' : distinctSql(c, rows),
    number ? `min(${cell})${finite}::DOUBLE` : 'NULL::DOUBLE',
    number ? `max(${cell})${finite}::DOUBLE` : 'NULL::DOUBLE',
  ];
}

/** Looks at every column of a table, a few hundred expressions per statement. */
export async function columnStats(engine: Engine, table: LoadedTable): Promise<ColumnStats[]> {
  const stats: ColumnStats[] = [];
  for (let from = 0; from < table.columns.length; from += columnsPerQuery) {
    const group = table.columns.slice(from, from + columnsPerQuery);
    const texts = group.filter(isText);
    const kinds = await textKinds(engine, table, texts);
    const select = group.flatMap((raw) =>
      isText(raw)
        ? textSql(`${raw.ident}::VARCHAR`, kinds[texts.indexOf(raw)], table.rows)
        : plainSql(raw.ident, columnType(raw.sqlType), table.rows),
    );
    const [row] = await engine.rows(`SELECT ${select.join(', ')} FROM ${table.relation}`);
    let at = 0;
    for (const raw of group) {
      const width = isText(raw) ? perText : perNumber;
      const cells = row.slice(at, at + width).map((cell) => (cell === null ? Number.NaN : Number(cell)));
      stats.push(isText(raw) ? textStats(raw, table.rows, cells) : plainStats(raw, table.rows, cells));
      at += width;
    }
  }
  return stats;
}

const isText = (raw: RawColumn): boolean => columnType(raw.sqlType) === 'string';

function textStats(raw: RawColumn, rows: number, cells: readonly number[]): ColumnStats {
  const [
    present,
    distinct,
    meanLength,
    meanWords,
    bar,
    semicolon,
    comma,
    integers,
    numbers,
    times,
    booleans,
    min,
    max,
  ] = cells;
  let type: ColumnType = 'string';
  if (present > 0) {
    if (integers === present) type = 'integer';
    else if (numbers === present) type = 'number';
    else if (booleans === present) type = 'boolean';
    else if (times === present) type = 'timestamp';
  }
  const isNumber = type === 'integer' || type === 'number';
  return {
    raw,
    rows,
    present,
    distinct: Math.min(distinct, present),
    type,
    min: isNumber ? min : Number.NaN,
    max: isNumber ? max : Number.NaN,
    meanLength: meanLength || 0,
    meanWords: meanWords || 0,
    separators: { '|': bar || 0, ';': semicolon || 0, ',': comma || 0 },
    timeShare: present > 0 ? times / present : 0,
    timeUnit: isNumber ? numericUnit(min, max, type) : times > 0 ? 'timestamp' : undefined,
  };
}

function plainStats(raw: RawColumn, rows: number, cells: readonly number[]): ColumnStats {
  const type = columnType(raw.sqlType);
  const [present, distinct, min, max] = cells;
  const isTime = type === 'timestamp' || type === 'date';
  return {
    raw,
    rows,
    present,
    distinct: Math.min(distinct, present),
    type,
    min,
    max,
    meanLength: 0,
    meanWords: 0,
    separators: { '|': 0, ';': 0, ',': 0 },
    timeShare: isTime ? 1 : 0,
    timeUnit: isTime ? (type === 'date' ? 'date' : 'timestamp') : numericUnit(min, max, type),
  };
}

/** Unit of numbers whose whole range lies between 1980 and 2100 in it. */
export function numericUnit(min: number, max: number, type: ColumnType): TimeUnit | undefined {
  if (type !== 'integer' && type !== 'number') return undefined;
  const within = (scale: number): boolean => min >= 3.15e8 * scale && max <= 4.2e9 * scale;
  if (within(1)) return 'seconds';
  if (within(1e3)) return 'milliseconds';
  if (within(1e6)) return 'microseconds';
  const isDay = (n: number): boolean =>
    Number.isInteger(n) &&
    n >= 19_800_101 &&
    n <= 21_001_231 &&
    n % 100 >= 1 &&
    n % 100 <= 31 &&
    Math.floor(n / 100) % 100 >= 1 &&
    Math.floor(n / 100) % 100 <= 12;
  return isDay(min) && isDay(max) ? 'yyyymmdd' : undefined;
}
