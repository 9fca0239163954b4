import { AutoModelError } from '../../platform/index.js';
import type { MetricDefinition, Warning } from '../../schema/index.js';
import { numberLiteral, quoteText, type Engine } from '../../data/index.js';
import type { ExperimentArm } from '../analyse.js';
import type { ArmMeasure } from '../compare-metric.js';
import { requireFinite, type Moments } from '../moments.js';
import { quantileMeasures } from './quantile-measures.js';
import { sourcesOf, type Source } from './metric-sources.js';
import { daysSql } from './table-columns.js';

export interface MeasureOptions {
  readonly arms: readonly ExperimentArm[];
  /** names of the data, as `measured` numbers them */
  readonly names: readonly string[];
  readonly timed: boolean;
  readonly calendar: boolean;
  /** of the data, on the scale of their times */
  readonly end: number;
  readonly warn: (warning: Warning) => void;
}

/** How each metric is measured in `unit_values` and `measured`. */
export interface Measurable {
  readonly definition: MetricDefinition;
  /** columns of `unit_values`, in the order of `estimandOf` */
  readonly columns: readonly string[];
  /** of its rows in `measured` */
  readonly rows: string;
  /** of its units */
  readonly units: string;
}

export interface MetricPlan {
  readonly metrics: readonly Measurable[];
  readonly arms: readonly ExperimentArm[];
}

/** Makes `unit_values` (a row per unit, a column per sum of one metric in one window) and says how metrics follow from it. */
export async function planMetrics(
  engine: Engine,
  definitions: readonly MetricDefinition[],
  options: MeasureOptions,
): Promise<MetricPlan> {
  const { names, timed, calendar } = options;
  const wanted = definitions.map((definition) => sourcesOf(definition, timed));
  const keyOf = (source: Source): string => JSON.stringify(source);
  const keys = [...new Set(wanted.flat().map(keyOf))];
  const cells = keys.map((key, k) => {
    const source = JSON.parse(key) as Source;
    const condition = `source = ${names.indexOf(source.name)} AND ${windowSql(source, timed, calendar)}`;
    return source.window === 'days'
      ? `(count(*) FILTER (${condition}) > 0)::DOUBLE AS v${k}`
      : `sum(value) FILTER (${condition}) AS v${k}`;
  });
  await engine.run(`CREATE TABLE unit_values AS SELECT id, ${cells.join(', ')} FROM measured GROUP BY id`);
  const metrics: Measurable[] = [];
  for (const [index, definition] of definitions.entries()) {
    const [source] = wanted[index];
    const columns = wanted[index].map((one) => `v${keys.indexOf(keyOf(one))}`);
    metrics.push({
      definition,
      columns,
      rows: `source = ${names.indexOf(source.name)} AND ${windowSql(source, timed, calendar)}`,
      units: await unitsSql(engine, definition, columns, options),
    });
  }
  return { metrics, arms: options.arms };
}

/** The condition on units of one segment. */
export function inSegment(segment: string): string {
  return `segment = ${quoteText(segment)}`;
}

/**
 * Every metric in every arm, in their orders; null for an arm with fewer than two units of the metric.
 * @param within condition on units; all when left out
 */
export async function measureMetrics(
  engine: Engine,
  { metrics, arms }: MetricPlan,
  within = 'true',
): Promise<(ArmMeasure | null)[][]> {
  const measures: (ArmMeasure | null)[][] = [];
  for (const metric of metrics) {
    measures.push(
      metric.definition.kind === 'quantile'
        ? await quantileMeasures(engine, metric.definition, `${metric.rows} AND ${within}`, arms.length)
        : await unitMoments(engine, metric, within, arms),
    );
  }
  return measures;
}

/** Rows from the moment of exposure on; before it; in a window of days after it. */
function windowSql({ window, days }: Source, timed: boolean, calendar: boolean): string {
  if (!timed) return 'true';
  if (window === 'before') return 'since < 0';
  if (window === 'after' || days === undefined) return 'since >= 0';
  return `since >= ${daysSql(days[0], calendar)} AND since < ${daysSql(days[1], calendar)}`;
}

/** The condition on units that a metric is measured on. */
async function unitsSql(
  engine: Engine,
  definition: MetricDefinition,
  columns: readonly string[],
  { timed, calendar, end, warn }: MeasureOptions,
): Promise<string> {
  const { name, kind, missing, days } = definition;
  const filters = ['true'];
  if (missing === 'leave-out')
    filters.push(...columns.slice(0, kind === 'ratio' ? 2 : 1).map((c) => `${c} IS NOT NULL`));
  if (kind === 'retention' && days !== undefined) {
    if (!timed)
      throw new AutoModelError(
        'USAGE',
        `Retention ${JSON.stringify(name)} needs times of exposures and of values`,
        {
          remedy: 'Name them: --exposed-at <column> of the exposures, --at-column <column> of the metrics.',
          details: { metric: name },
        },
      );
    // A unit whose window is not over has not failed to come back.
    const whole = `u.moment + ${daysSql(days[1], calendar)} <= ${numberLiteral(end)}`;
    const [[open]] = await engine.rows(
      `SELECT count(*)::DOUBLE FROM units AS u WHERE NOT coalesce(${whole}, false)`,
    );
    if (Number(open) > 0)
      warn({
        code: 'WINDOW_OPEN',
        message: `${name}: ${Number(open)} units are left out, since the data end before their day ${days[1]}.`,
      });
    filters.push(whole);
  }
  return filters.join(' AND ');
}

/** SQL of a unit's columns. */
function cellsOf(kind: MetricDefinition['kind'], columns: readonly string[]): string[] {
  return columns.map((column, index) =>
    kind === 'proportion' && index === 0 ? `(coalesce(${column}, 0) > 0)::DOUBLE` : `coalesce(${column}, 0)`,
  );
}

/** SQL of what a unit adds to its arm's estimate: gradient · (columns − means), by arm; zero for a unit that the metric leaves out. */
export function deviationSql(
  { definition, columns, units }: Measurable,
  arms: readonly { readonly gradient: readonly number[]; readonly means: readonly number[] }[],
): string {
  const cells = cellsOf(definition.kind, columns);
  const sums = arms.map(({ gradient, means }, arm) => {
    const parts = cells.map(
      (cell, c) => `${numberLiteral(gradient[c])} * (${cell} - ${numberLiteral(means[c])})`,
    );
    return `WHEN ${arm} THEN ${parts.join(' + ')}`;
  });
  return `CASE WHEN ${units} THEN CASE u.arm ${sums.join(' ')} END ELSE 0 END`;
}

async function unitMoments(
  engine: Engine,
  { definition: { name, kind }, columns, units }: Measurable,
  within: string,
  arms: readonly ExperimentArm[],
): Promise<(ArmMeasure | null)[]> {
  const found = await cellMoments(
    engine,
    cellsOf(kind, columns),
    `units AS u LEFT JOIN unit_values USING (id) WHERE ${units} AND ${within}`,
    arms.length,
  );
  return found.map((moments, arm) =>
    moments === null
      ? null
      : { kind: 'moments', moments: requireFinite(moments, `${name} of ${arms[arm].variant}`) },
  );
}

/**
 * Moments of SQL cells by arm; null for an arm with fewer than two rows.
 * @param from rows with `u.arm`, one per unit
 */
export async function cellMoments(
  engine: Engine,
  cells: readonly string[],
  from: string,
  arms: number,
): Promise<(Moments | null)[]> {
  const covariances = cells.flatMap((a) => cells.map((b) => `covar_samp(${a}, ${b})`));
  const rows = await engine.rows(
    `SELECT u.arm, count(*)::DOUBLE, ${[...cells.map((cell) => `avg(${cell})`), ...covariances].join(', ')} ` +
      `FROM ${from} GROUP BY u.arm`,
  );
  const byArm = new Map(rows.map(([arm, ...values]) => [Number(arm), values.map(Number)]));
  return Array.from({ length: arms }, (_, arm) => {
    const [n = 0, ...values] = byArm.get(arm) ?? [];
    if (n < 2) return null;
    const width = cells.length;
    return {
      n,
      means: values.slice(0, width),
      covariance: cells.map((_, i) => values.slice(width * (i + 1), width * (i + 2))),
    };
  });
}
