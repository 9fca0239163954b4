import type { TimeUnit } from '../schema/index.js';
import { AutoModelError } from '../platform/index.js';
import { saysTime } from './column-names.js';
import type { ColumnStats } from './column-stats.js';
import { castExpression, dayFirst, microseconds, monthFirst } from './column-types.js';
import type { Engine } from './engine.js';
import { locateRow, type LoadedTable } from './load-table.js';

/** Of so many cells the unit is taken; the rest are bad cells, reported by row when the clock is read. */
const trusted = 0.98;

interface Reading {
  readonly unit: TimeUnit;
  /** SQL of the condition that a cell reads as a time of this unit between 1980 and 2100 */
  readonly reads: string;
  readonly says: string;
}

/** The range in which a number is taken for a time, in microseconds. */
export const earliestUs = 315_000_000_000_000;
export const latestUs = 4_200_000_000_000_000;

function readingsOf({ raw, type }: ColumnStats): Reading[] {
  const scales: [TimeUnit, number, string][] = [
    ['seconds', 1e6, 'seconds since 1970'],
    ['milliseconds', 1e3, 'milliseconds since 1970'],
    ['microseconds', 1, 'microseconds since 1970'],
    ['nanoseconds', 1e-3, 'nanoseconds since 1970'],
  ];
  const number = `TRY_CAST(${raw.ident} AS DOUBLE)`;
  const numeric = scales.map(([unit, scale, says]) => ({
    unit,
    reads: `${number} BETWEEN ${earliestUs / scale} AND ${latestUs / scale}`,
    says,
  }));
  if (type !== 'string') return numeric;
  const text = `${raw.ident}::VARCHAR`;
  const cell = castExpression(text, 'VARCHAR', 'timestamp');
  return [
    ...numeric,
    { unit: 'timestamp', reads: `${cell} IS NOT NULL`, says: 'year-month-day with or without a time' },
    ...([monthFirst, dayFirst] as const).map((unit) => ({
      unit,
      reads: `${microseconds(text, 'string', unit)} IS NOT NULL`,
      says: unit,
    })),
  ];
}

async function countReadings(
  engine: Engine,
  table: LoadedTable,
  stats: ColumnStats,
): Promise<[Reading, number][]> {
  const readings = readingsOf(stats);
  const counts = readings.map(({ reads }) => `count(*) FILTER (${reads})::DOUBLE`);
  const [row] = await engine.rows(`SELECT ${counts.join(', ')} FROM ${table.relation}`);
  return readings
    .map((reading, index): [Reading, number] => [reading, Number(row[index])])
    .sort((a, b) => b[1] - a[1]);
}

const open = (stats: ColumnStats): boolean =>
  saysTime(stats.raw.name) &&
  stats.present > 0 &&
  stats.timeUnit === undefined &&
  (stats.type === 'string' || stats.type === 'integer' || stats.type === 'number');

/**
 * Gives columns that are named like a time and whose whole range is none the unit of nearly all their cells: one row of
 * zero does not make seconds something else. Days before months and months before days are told apart by a day above 12.
 */
export async function settleTimes(
  engine: Engine,
  table: LoadedTable,
  columns: readonly ColumnStats[],
): Promise<ColumnStats[]> {
  const settled: ColumnStats[] = [];
  for (const stats of columns) {
    if (!open(stats)) {
      settled.push(stats);
      continue;
    }
    const [[best, count], [second, next]] = await countReadings(engine, table, stats);
    const timeUnit = count >= trusted * stats.present ? best.unit : undefined;
    const eitherWay =
      timeUnit !== undefined && count === next && [best, second].every(({ unit }) => isNumeral(unit));
    settled.push({ ...stats, timeUnit, ...(eitherWay ? { dayMonthOpen: true } : {}) });
  }
  return settled;
}

const isNumeral = (unit: TimeUnit): boolean => unit === monthFirst || unit === dayFirst;

/**
 * Why no column of the events can be the clock, if one is named like a time: the row where it stops being one, or what its
 * cells would have to be.
 */
export async function noClock(
  engine: Engine,
  table: LoadedTable,
  columns: readonly ColumnStats[],
): Promise<AutoModelError> {
  const named = columns.filter(open);
  for (const stats of named) {
    const [[best, count]] = await countReadings(engine, table, stats);
    if (count < stats.present / 2) continue;
    const bad = stats.present - count;
    const [[row]] = await engine.rows(
      `SELECT min(n)::DOUBLE FROM (SELECT row_number() OVER () - 1 AS n, ${stats.raw.ident} IS NOT NULL AND NOT coalesce(${best.reads}, false) AS bad ` +
        `FROM ${table.relation}) WHERE bad`,
    );
    const place = await locateRow(engine, table, Number(row));
    const column = stats.raw.name;
    return new AutoModelError(
      'TIME_UNPARSABLE',
      `${place.file}, row ${place.row}: column ${column} looks like ${best.says}, but ${bad} of its ${stats.present} cells are not`,
      {
        remedy: 'Mend the cells, or name another clock: automodel init ... --clock <column>.',
        details: { ...place, column, count: bad },
      },
    );
  }
  const names = named.map(({ raw }) => raw.name);
  const why =
    names.length === 0
      ? 'no column has the name and the values of a time'
      : `${names.join(', ')}: named like a time, but the cells are no time that is read here`;
  return new AutoModelError('CONFIG_INVALID', `Split time needs a time column and none is known; ${why}`, {
    remedy:
      'Name one: automodel init ... --clock <column>. Read are numbers since 1970 (s, ms, us, ns), yyyymmdd, 2022-04-15 10:00:00 ' +
      'and 04/15/2022 10:00; or choose another split, as --split random.',
    details: { file: table.files[0], columns: names },
  });
}
