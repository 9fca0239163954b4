import { AutoModelError } from '../../platform/index.js';
import type { QualityCheck } from '../../schema/index.js';
import { quoteText, type Engine, type LoadedTable } from '../../data/index.js';
import { findColumn, needColumn, textSql, timeColumn, type TimeColumn } from './table-columns.js';
import { orderedArms, type Traffic } from './traffic.js';

/** Above this share of units in several variants, those that are left are no random sample any more. */
const mostCrossed = 0.01;
/** More values than this are no variants: the wrong column was named. */
const mostVariants = 50;
const exampleRows = 5;
const mostSegments = 20;

export interface ExposureColumns {
  readonly unit: string;
  readonly variant: string;
  readonly control: string;
  readonly weights: Readonly<Record<string, number>> | undefined;
  /** undefined: no times, or a column of the usual names */
  readonly exposedAt: string | undefined;
  /** column whose values part the units for read-outs */
  readonly segment: string | undefined;
  /** false: times of this file belong to its metric rows */
  readonly guessTime: boolean;
}

export interface Exposures extends Traffic {
  /** values of the segment column, the largest first; empty without one */
  readonly segments: readonly string[];
  /** null without times */
  readonly time: TimeColumn | null;
  readonly check: QualityCheck;
  readonly unitsInSeveralVariants: number;
  readonly examples: readonly string[];
  readonly rowsWithoutUnitOrVariant: number;
}

const usualTimes = ['exposed_at', 'at', 'timestamp'];

/**
 * Makes `everyone` (unit, first row, in several variants or not) and `units` (id, unit, arm, segment and moment of the first exposure) in the
 * engine. A unit in more than one variant saw both and is left out, counted and told by its first row.
 */
export async function readExposures(
  engine: Engine,
  table: LoadedTable,
  columns: ExposureColumns,
): Promise<Exposures> {
  const unit = textSql(needColumn(table, columns.unit, 'the unit'));
  const variant = textSql(needColumn(table, columns.variant, 'the variant'));
  const segment =
    columns.segment === undefined
      ? 'NULL::VARCHAR'
      : `coalesce(${textSql(needColumn(table, columns.segment, 'the segment'))}, '(none)')`;
  const usual = columns.guessTime
    ? usualTimes.find((name) => findColumn(table, name) !== undefined)
    : undefined;
  const named = columns.exposedAt ?? usual;
  const time =
    named === undefined
      ? null
      : await timeColumn(engine, table, needColumn(table, named, 'the time of exposure'));
  await engine.run(
    `CREATE TABLE everyone AS SELECT unit, min(variant) AS variant, min(variant) <> max(variant) AS crossed, min(moment) AS moment, min(n) AS n, arg_min(segment, n) AS segment ` +
      `FROM (SELECT row_number() OVER () AS n, ${unit} AS unit, ${variant} AS variant, ${time?.sql ?? 'NULL::DOUBLE'} AS moment, ${segment} AS segment FROM ${table.relation}) ` +
      `WHERE unit IS NOT NULL AND variant IS NOT NULL GROUP BY unit`,
  );
  const [[blank]] = await engine.rows(
    `SELECT count(*)::DOUBLE FROM ${table.relation} WHERE (${unit}) IS NULL OR (${variant}) IS NULL`,
  );
  const seen = await engine.rows(
    `SELECT ${variant} AS v, 1 FROM ${table.relation} WHERE (${unit}) IS NOT NULL AND (${variant}) IS NOT NULL GROUP BY 1 LIMIT ${mostVariants + 1}`,
  );
  const variants = seen.map(([name]) => String(name));
  if (variants.length > mostVariants) {
    throw new AutoModelError(
      'USAGE',
      `Column ${columns.variant} of ${table.files[0]} holds more than ${mostVariants} variants`,
      { remedy: 'Name the column that says which variant a unit saw.', details: { column: columns.variant } },
    );
  }
  const ordered = orderedArms(variants, columns, table.files[0]);
  const cases = ordered.map((name, arm) => `WHEN ${quoteText(name)} THEN ${arm}`).join(' ');
  await engine.run(
    `CREATE TABLE units AS SELECT row_number() OVER (ORDER BY n) - 1 AS id, unit, CASE variant ${cases} END AS arm, moment, segment FROM everyone WHERE NOT crossed`,
  );
  const counts = await engine.rows('SELECT arm, count(*)::DOUBLE FROM units GROUP BY arm');
  const unitsOf = new Map(counts.map(([arm, count]) => [Number(arm), Number(count)]));
  const [[crossed, all]] = await engine.rows(
    'SELECT count(*) FILTER (crossed)::DOUBLE, count(*)::DOUBLE FROM everyone',
  );
  const firstRows = await engine.rows(
    `SELECT n::DOUBLE FROM everyone WHERE crossed ORDER BY n LIMIT ${exampleRows}`,
  );
  const unitsInSeveralVariants = Number(crossed);
  return {
    arms: ordered.map((name, arm) => ({
      variant: name,
      units: unitsOf.get(arm) ?? 0,
      weight: columns.weights?.[name] ?? 1,
    })),
    segments: columns.segment === undefined ? [] : await segmentsOf(engine, table, columns.segment),
    time,
    check: crossedCheck(unitsInSeveralVariants, Number(all)),
    unitsInSeveralVariants,
    examples: firstRows.map(([row]) => `${table.name}, row ${Number(row)}`),
    rowsWithoutUnitOrVariant: Number(blank),
  };
}

async function segmentsOf(engine: Engine, table: LoadedTable, column: string): Promise<string[]> {
  const rows = await engine.rows(
    `SELECT segment FROM units GROUP BY segment ORDER BY count(*) DESC, segment LIMIT ${mostSegments + 1}`,
  );
  if (rows.length <= mostSegments) return rows.map(([value]) => String(value));
  throw new AutoModelError(
    'USAGE',
    `Column ${column} of ${table.files[0]} parts the units into more than ${mostSegments} segments`,
    {
      remedy: 'Name a column with fewer values; many small segments show nothing after correction.',
      details: { column },
    },
  );
}

function crossedCheck(crossed: number, all: number): QualityCheck {
  const share = all === 0 ? 0 : crossed / all;
  return {
    name: 'one-variant-per-unit',
    passed: share <= mostCrossed,
    p: null,
    message:
      crossed === 0
        ? 'every unit saw one variant'
        : `${crossed} of ${all} units were in more than one variant and are left out (${(100 * share).toFixed(2)} %, allowed ${100 * mostCrossed} %)`,
  };
}
