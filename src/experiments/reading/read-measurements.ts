import { AutoModelError } from '../../platform/index.js';
import { quoteText, type Engine, type LoadedTable, type RawColumn } from '../../data/index.js';
import {
  findColumn,
  needColumn,
  numberSql,
  requireNumbers,
  textSql,
  timeColumn,
  badNumberSql,
  firstRowWhere,
  type TimeColumn,
} from './table-columns.js';

export interface MeasurementColumns {
  readonly unit: string;
  readonly metric: string;
  readonly value: string;
  /** undefined: times of this file are of exposures */
  readonly at: string | undefined;
  /** columns that are no metrics of a wide table */
  readonly others: readonly string[];
  /** a metric without any row is one that nobody has touched yet, and no misspelt one; default false */
  readonly maybeEmpty?: boolean;
}

export interface Measurements {
  /** null without times in both files */
  readonly timed: boolean;
  readonly calendar: boolean;
  /** time of the last row, of any metric; NaN without times */
  readonly end: number;
  readonly rowsOfUnexposedUnits: number;
}

/** More metrics than this are not taken unasked. */
const mostUnasked = 50;

/** long: a row per unit, metric and value. wide: a column per metric. */
export function formOf(
  table: LoadedTable,
  columns: Pick<MeasurementColumns, 'metric' | 'value'>,
): 'long' | 'wide' {
  return findColumn(table, columns.metric) !== undefined && findColumn(table, columns.value) !== undefined
    ? 'long'
    : 'wide';
}

/** Names of all metrics of the data, for when none was named: of a wide table, the columns of numbers. */
export async function metricsThere(
  engine: Engine,
  table: LoadedTable,
  columns: MeasurementColumns,
): Promise<string[]> {
  const tooMany = (): AutoModelError =>
    new AutoModelError(
      'USAGE',
      `${table.files[0]} holds more than ${mostUnasked} metrics and none was named`,
      {
        remedy: 'Name the ones that decide: --success <metric>, --guardrail <metric>,margin=0.02.',
        details: { file: table.files[0] },
      },
    );
  if (formOf(table, columns) === 'long') {
    const metric = textSql(needColumn(table, columns.metric, 'the metric'));
    const rows = await engine.rows(
      `SELECT ${metric} AS m FROM ${table.relation} WHERE (${metric}) IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT ${mostUnasked + 1}`,
    );
    if (rows.length > mostUnasked) throw tooMany();
    return rows.map(([name]) => String(name));
  }
  const candidates = table.columns.filter(({ name }) => !columns.others.includes(name));
  if (candidates.length > 20 * mostUnasked) throw tooMany();
  const numeric: string[] = [];
  for (const column of candidates) {
    const [[bad, good]] = await engine.rows(
      `SELECT count(*) FILTER (${badNumberSql(column)})::DOUBLE, count(${numberSql(column)})::DOUBLE FROM ${table.relation}`,
    );
    if (Number(bad) === 0 && Number(good) > 0) numeric.push(column.name);
  }
  if (numeric.length > mostUnasked) throw tooMany();
  return numeric;
}

/**
 * Makes `measured` in the engine: id of the unit, index of the metric in `names`, value, and time since exposure (null without
 * times), one row per value of an exposed unit. @throws UNKNOWN_COLUMN, EXPERIMENT_INVALID for a metric without any row and
 * for a value that is no finite number, TIME_UNPARSABLE
 */
export async function readMeasurements(
  engine: Engine,
  table: LoadedTable,
  columns: MeasurementColumns,
  names: readonly string[],
  exposureTime: TimeColumn | null,
): Promise<Measurements> {
  const unit = textSql(needColumn(table, columns.unit, 'the unit'));
  const long = formOf(table, columns) === 'long';
  const at = columns.at === undefined ? undefined : findColumn(table, columns.at);
  const time = at === undefined || exposureTime === null ? null : await timeColumn(engine, table, at);
  if (time !== null && exposureTime !== null && time.calendar !== exposureTime.calendar) {
    throw new AutoModelError(
      'EXPERIMENT_INVALID',
      `The times of exposure (${exposureTime.column.name}) and of values (${time.column.name}) are not on one scale`,
      {
        remedy: 'Write both as timestamps, or both as numbers of the same unit.',
        details: { exposures: exposureTime.column.name, metrics: time.column.name },
      },
    );
  }
  const clock = time?.sql ?? 'NULL::DOUBLE';
  const parts = long
    ? [await longRows(engine, table, columns, names, unit, clock)]
    : await wideRows(engine, table, names, unit, clock);
  await engine.run(
    `CREATE TABLE measured AS SELECT u.id, m.source, m.value, m.moment - u.moment AS since ` +
      `FROM (${parts.join(' UNION ALL ')}) AS m JOIN units AS u ON u.unit = m.unit WHERE m.value IS NOT NULL`,
  );
  const [[unexposed]] = await engine.rows(
    `SELECT count(*)::DOUBLE FROM ${table.relation} AS t WHERE NOT EXISTS (SELECT 1 FROM everyone AS e WHERE e.unit = (${unit}))`,
  );
  const [[end]] = await engine.rows(`SELECT max(${clock}) FROM ${table.relation}`);
  return {
    timed: time !== null,
    calendar: time?.calendar ?? false,
    end: end === null ? Number.NaN : Number(end),
    rowsOfUnexposedUnits: Number(unexposed),
  };
}

async function longRows(
  engine: Engine,
  table: LoadedTable,
  columns: MeasurementColumns,
  names: readonly string[],
  unit: string,
  clock: string,
): Promise<string> {
  const metric = textSql(needColumn(table, columns.metric, 'the metric'));
  const value = needColumn(table, columns.value, 'the value');
  const list = names.map((name) => quoteText(name)).join(', ');
  await requireNumbers(engine, table, value, `(${metric}) IN (${list})`);
  for (const name of columns.maybeEmpty === true ? [] : names) {
    if ((await firstRowWhere(engine, table, `(${metric}) = ${quoteText(name)}`)) !== undefined) continue;
    const there = await engine.rows(
      `SELECT ${metric} AS m FROM ${table.relation} WHERE (${metric}) IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT 20`,
    );
    throw unknownMetric(
      table,
      name,
      there.map(([each]) => String(each)),
    );
  }
  const cases = names.map((name, source) => `WHEN ${quoteText(name)} THEN ${source}`).join(' ');
  return (
    `SELECT ${unit} AS unit, CASE ${metric} ${cases} END AS source, ${numberSql(value)} AS value, ${clock} AS moment ` +
    `FROM ${table.relation} WHERE (${metric}) IN (${list})`
  );
}

async function wideRows(
  engine: Engine,
  table: LoadedTable,
  names: readonly string[],
  unit: string,
  clock: string,
): Promise<string[]> {
  const parts: string[] = [];
  for (const [source, name] of names.entries()) {
    const column: RawColumn | undefined = findColumn(table, name);
    if (column === undefined)
      throw unknownMetric(
        table,
        name,
        table.columns.slice(0, 20).map((each) => each.name),
      );
    await requireNumbers(engine, table, column);
    parts.push(
      `SELECT ${unit} AS unit, ${source} AS source, ${numberSql(column)} AS value, ${clock} AS moment FROM ${table.relation}`,
    );
  }
  return parts;
}

function unknownMetric(table: LoadedTable, name: string, there: readonly string[]): AutoModelError {
  return new AutoModelError('UNKNOWN_COLUMN', `${table.files[0]} has no metric ${JSON.stringify(name)}`, {
    remedy: `It has: ${there.join(', ')}.`,
    details: { file: table.files[0], metric: name },
  });
}
