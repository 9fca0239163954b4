import type { ColumnType, TimeUnit } from '../schema/index.js';
import { columnType, isUntyped } from './column-types.js';
import type { Engine } from './engine.js';
import type { LoadedTable, RawColumn } from './load-table.js';
import { settleTimes } from './time-readings.js';
import { summariseText, type TextSummary } from './text-cells.js';

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
  /** share of present cells that are numbers; below 1 for text with a few bad cells among numbers */
  readonly numberShare: number;
  /** share of present text cells that read as a time; 1 for time types, 0 for numbers */
  readonly timeShare: number;
  /** unit the numbers would have as a time, by their range; undefined when they cannot be one */
  readonly timeUnit: TimeUnit | undefined;
  /** no cell says whether its day or its month comes first */
  readonly dayMonthOpen?: boolean;
}

/** What text cells might be, as the first rows say; only that is counted over all rows. */
interface TextKinds {
  readonly integer: boolean;
  readonly whole: boolean;
  readonly number: boolean;
  readonly time: boolean;
  readonly boolean: boolean;
}

const perText = 14;
const perNumber = 4;
/** Planning time grows with the square of the expressions of a statement, so statements are kept short. */
const columnsPerQuery = 16;
const columnsPerHead = 200;
/** Share of cells that makes a column of text one of numbers with errors in it. */
export const mostly = 0.95;
/** Rows looked at to decide which casts are worth trying on all rows. */
const headRows = 2000;

const integerSql = (c: string): string =>
  `count(TRY_CAST(${c} AS BIGINT)) FILTER (NOT regexp_matches(${c}, '^[+-]?0[0-9]|[.eE_xX ]'))::DOUBLE`;
const wholeSql = (c: string): string =>
  `count(*) FILTER (regexp_full_match(${c}, '[+-]?(0|[1-9][0-9]*)'))::DOUBLE`;
const numberSql = (c: string): string =>
  `count(TRY_CAST(${c} AS DOUBLE)) FILTER (NOT regexp_matches(${c}, '^[+-]?0[0-9]|[_xX ]'))::DOUBLE`;
const timeSql = (c: string): string =>
  `count(TRY_CAST(${c} AS TIMESTAMPTZ)) FILTER (regexp_matches(${c}, '^[0-9]{4}-'))::DOUBLE`;
const booleanSql = (c: string): string => `count(*) FILTER (lower(${c}) IN ('true', 'false'))::DOUBLE`;

/** Above this many rows distinct values are estimated: exact counting would hold all of them in memory. */
const exactRows = 2_000_000;

/** Up to this many rows a list per column is cheaper than a hash table per column, by far when columns are many. */
const listedRows = 20_000;

function distinctSql(c: string, rows: number): string {
  if (rows <= listedRows) return `coalesce(list_unique(list(${c})), 0)::DOUBLE`;
  return rows <= exactRows ? `count(DISTINCT ${c})::DOUBLE` : `approx_count_distinct(${c})::DOUBLE`;
}

function textSql(c: string, kinds: TextKinds, rows: number): string[] {
  const when = (kind: boolean, sql: string): string => (kind ? sql : 'NULL::DOUBLE');
  // What may be numbers needs no look at its words and separators.
  const prose = !kinds.number;
  return [
    `count(${c})::DOUBLE`,
    distinctSql(c, rows),
    when(prose, `avg(length(${c}))`),
    when(prose, `avg(length(${c}) - length(replace(${c}, ' ', '')) + 1)`),
    when(prose, `avg(contains(${c}, '|')::INTEGER)`),
    when(prose, `avg(contains(${c}, ';')::INTEGER)`),
    when(prose, `avg(contains(${c}, ',')::INTEGER)`),
    when(kinds.integer, integerSql(c)),
    when(kinds.whole, wholeSql(c)),
    when(kinds.number, numberSql(c)),
    when(kinds.time, timeSql(c)),
    when(kinds.boolean, booleanSql(c)),
    when(kinds.number, `min(TRY_CAST(${c} AS DOUBLE))`),
    when(kinds.number, `max(TRY_CAST(${c} AS DOUBLE))`),
  ];
}

/** The first rows of text columns; the whole column where the table has no more. */
async function headSummaries(
  engine: Engine,
  table: LoadedTable,
  columns: readonly RawColumn[],
): Promise<Map<string, TextSummary>> {
  const summaries = new Map<string, TextSummary>();
  for (let from = 0; from < columns.length; from += columnsPerHead) {
    const group = columns.slice(from, from + columnsPerHead);
    const rows = await engine.rows(
      `SELECT ${group.map((raw) => `${raw.ident}::VARCHAR`).join(', ')} FROM ${table.relation} LIMIT ${headRows}`,
    );
    group.forEach((raw, k) => {
      const cells = rows.map((row) => (row[k] === null ? null : String(row[k])));
      summaries.set(raw.ident, summariseText(cells));
    });
  }
  return summaries;
}

/** Which casts are worth trying on all rows. */
function kindsOf(raw: RawColumn, head: TextSummary): TextKinds {
  const untyped = isUntyped(raw.sqlType);
  return {
    integer: untyped && head.integers === head.present,
    whole: untyped && head.wholes === head.present,
    // A few bad cells are found and named later; the column is still what most of its cells are.
    number: untyped && head.numbers >= mostly * head.present,
    time: head.times >= 0.5 * head.present,
    boolean: untyped && head.booleans === head.present,
  };
}

function headCells(raw: RawColumn, head: TextSummary): number[] {
  const { separators, ...rest } = head;
  const untyped = isUntyped(raw.sqlType);
  const number = untyped && rest.numbers >= mostly * rest.present;
  return [
    rest.present,
    rest.distinct,
    rest.meanLength,
    rest.meanWords,
    separators['|'],
    separators[';'],
    separators[','],
    untyped ? rest.integers : -1,
    untyped ? rest.wholes : -1,
    untyped ? rest.numbers : -1,
    rest.times,
    untyped ? rest.booleans : -1,
    number ? rest.min : Number.NaN,
    number ? rest.max : Number.NaN,
  ];
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

/** Looks at every column of a table. */
export async function columnStats(engine: Engine, table: LoadedTable): Promise<ColumnStats[]> {
  const heads = await headSummaries(engine, table, table.columns.filter(isText));
  const stats = new Map<RawColumn, ColumnStats>();
  const open: RawColumn[] = [];
  for (const raw of table.columns) {
    const head = heads.get(raw.ident);
    if (head !== undefined && table.rows <= headRows)
      stats.set(raw, textStats(raw, table.rows, headCells(raw, head)));
    else open.push(raw);
  }
  for (let from = 0; from < open.length; from += columnsPerQuery) {
    const group = open.slice(from, from + columnsPerQuery);
    const select = group.flatMap((raw) => {
      const head = heads.get(raw.ident);
      return head === undefined
        ? plainSql(raw.ident, columnType(raw.sqlType), table.rows)
        : textSql(`${raw.ident}::VARCHAR`, kindsOf(raw, head), table.rows);
    });
    const [row] = await engine.rows(`SELECT ${select.join(', ')} FROM ${table.relation}`);
    let at = 0;
    for (const raw of group) {
      const width = isText(raw) ? perText : perNumber;
      const cells = row.slice(at, at + width).map((cell) => (cell === null ? Number.NaN : Number(cell)));
      stats.set(raw, isText(raw) ? textStats(raw, table.rows, cells) : plainStats(raw, table.rows, cells));
      at += width;
    }
  }
  return settleTimes(
    engine,
    table,
    table.columns.map((raw) => stats.get(raw) as ColumnStats),
  );
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
    wholes,
    numbers,
    times,
    booleans,
    min,
    max,
  ] = cells;
  let type: ColumnType = 'string';
  if (present > 0) {
    if (integers === present) type = 'integer';
    // Digits that fit no 64 bits are a name: a double would make neighbours one.
    else if (wholes === present) type = 'string';
    else if (numbers === present) type = 'number';
    else if (booleans === present) type = 'boolean';
    else if (times === present) type = 'timestamp';
  }
  const isNumber = type === 'integer' || type === 'number';
  const numberShare = present > 0 ? Math.max(0, numbers || 0) / present : 0;
  const nearlyNumber = present > 0 && numberShare >= mostly;
  return {
    raw,
    rows,
    present,
    distinct: Math.min(distinct, present),
    type,
    min: nearlyNumber ? min : Number.NaN,
    max: nearlyNumber ? max : Number.NaN,
    meanLength: meanLength || 0,
    meanWords: meanWords || 0,
    separators: { '|': bar || 0, ';': semicolon || 0, ',': comma || 0 },
    timeShare: present > 0 ? (times || 0) / present : 0,
    numberShare,
    timeUnit: nearlyNumber
      ? numericUnit(min, max, isNumber ? type : 'number')
      : times > 0
        ? 'timestamp'
        : undefined,
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
    numberShare: type === 'integer' || type === 'number' || type === 'boolean' ? 1 : 0,
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
  if (within(1e9)) return 'nanoseconds';
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
