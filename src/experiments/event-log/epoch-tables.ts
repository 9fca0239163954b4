import { numberLiteral, quoteText, type Engine, type LoadedTable } from '../../data/index.js';
import { AutoModelError } from '../../platform/index.js';
import type { EventMeasure, ExperimentRecord, ExperimentState } from '../../schema/index.js';
import { checkDefinitions, namesOf } from '../reading/metric-sources.js';

/** The measure behind a name of the data: a name that was not described counts the events of that kind. */
export function measureOf({ measures }: ExperimentRecord, name: string): EventMeasure {
  return Object.hasOwn(measures, name) ? measures[name] : { event: name, aggregate: 'count' };
}

/**
 * Checks what a record says of its metrics before anything is read by them.
 * @throws USAGE for definitions that contradict themselves, EXPERIMENT_INVALID for a metric that its measure cannot be: retention
 * counts days with any event already, and quantiles are of single events
 */
export function checkMetrics(record: ExperimentRecord): void {
  checkDefinitions(record.metrics, 'long');
  for (const { name, kind, of = name } of record.metrics) {
    if (measureOf(record, of).aggregate !== 'any' || (kind !== 'retention' && kind !== 'quantile')) continue;
    throw new AutoModelError('EXPERIMENT_INVALID', `Metric ${JSON.stringify(name)} is a ${kind} of "any"`, {
      remedy: 'Give its measure the aggregate "count" or "sum".',
      details: { metric: name },
    });
  }
}

/**
 * Makes `exposed` (unit, variant, epoch, ms, request, more) and `unit_segments` (unit, segment) of the exposure events of one
 * experiment. An exposure says its epoch itself, which holds also where a server heard of a new allocation late or its clock is off;
 * where it says none that there is, its time does. Units whose variant was set by hand are left out: they are not random.
 */
export async function exposureTable(
  engine: Engine,
  { record, epochs, overrides }: ExperimentState,
): Promise<void> {
  const said = `TRY_CAST(json_extract_string(more, '$.epoch') AS INTEGER)`;
  const byTime = epochs
    .map(({ fromMs }, epoch) => `WHEN ms >= ${fromMs} THEN ${epoch}`)
    .reverse()
    .join(' ');
  const forced = [...new Set([...Object.keys(record.overrides), ...Object.keys(overrides)])];
  const free = forced.length === 0 ? 'true' : `unit NOT IN (${forced.map(quoteText).join(', ')})`;
  await engine.run(
    `CREATE TABLE exposed AS SELECT unit, json_extract_string(more, '$.variant') AS variant, ` +
      `CASE WHEN ${said} BETWEEN 0 AND ${epochs.length - 1} THEN ${said} ${byTime} END AS epoch, ms, request, more FROM events ` +
      `WHERE kind = 'exposure' AND json_extract_string(more, '$.experiment') = ${quoteText(record.id)} AND ${free} ` +
      `AND coalesce(json_extract_string(more, '$.forced'), 'false') <> 'true'`,
  );
  await segmentTable(engine, record.segment);
}

/** What the client said of itself when a unit was exposed first: in the exposure, or in the answer that was one. */
async function segmentTable(engine: Engine, segment: string | undefined): Promise<void> {
  if (segment === undefined) {
    await engine.run(
      'CREATE TABLE unit_segments AS SELECT DISTINCT unit, NULL::VARCHAR AS segment FROM exposed',
    );
    return;
  }
  const member = quoteText(`$.context.${JSON.stringify(segment)}`);
  await engine.run(
    `CREATE TABLE unit_segments AS SELECT x.unit, coalesce(arg_min(coalesce(json_extract_string(x.more, ${member}), s.said), x.ms), '(none)') AS segment ` +
      `FROM exposed AS x LEFT JOIN (SELECT request, any_value(json_extract_string(more, ${member})) AS said FROM events ` +
      `WHERE kind = 'served' AND request IS NOT NULL GROUP BY request) AS s ON s.request = x.request GROUP BY x.unit`,
  );
}

/**
 * Makes the exposures and values of one epoch in the form of `readExposures` and `readMeasurements`.
 *
 * A unit enters an epoch with its first exposure in it; one that was exposed before and not moved enters with the first answer that it
 * got (`served`), since a server need not repeat exposures. A value counts from then to the end of the epoch. The past of a unit
 * ends with its very first exposure: what it did in earlier epochs is no past that the treatment left alone.
 */
export async function epochTables(
  engine: Engine,
  { record, epochs }: ExperimentState,
  epoch: number,
): Promise<{ readonly exposures: LoadedTable; readonly metrics: LoadedTable; readonly values: number }> {
  const { fromMs, toMs } = epochs[epoch];
  const upTo = toMs === null ? 'true' : `ms < ${toMs}`;
  await engine.run(
    `CREATE OR REPLACE TABLE epoch_exposures AS SELECT t.unit AS c0, t.variant AS c1, make_timestamp((t.ms * 1000)::BIGINT) AS c2, g.segment AS c3, t.request FROM (` +
      `SELECT unit, variant, ms, request FROM exposed WHERE epoch = ${epoch} UNION ALL ` +
      `SELECT e.unit, arg_max(x.variant, x.ms) AS variant, e.ms, e.request FROM (` +
      `SELECT unit, min(ms) AS ms, arg_min(request, ms) AS request FROM events WHERE kind = 'served' AND ms >= ${fromMs} AND ${upTo} GROUP BY unit) AS e ` +
      `JOIN exposed AS x ON x.unit = e.unit AND x.epoch < ${epoch} ` +
      `WHERE e.unit NOT IN (SELECT unit FROM exposed WHERE epoch = ${epoch}) GROUP BY e.unit, e.ms, e.request) AS t JOIN unit_segments AS g USING (unit)`,
  );
  const names = namesOf(record.metrics);
  const parts = names.map((name) => measureRows(name, measureOf(record, name)));
  await engine.run(
    `CREATE OR REPLACE TABLE epoch_metrics AS ` +
      `WITH beginnings AS (SELECT unit, min(ms) AS ms FROM exposed GROUP BY unit), ` +
      `entries AS (SELECT c0 AS unit, epoch_us(min(c2)) / 1000.0 AS ms FROM epoch_exposures GROUP BY c0), ` +
      `surfaces AS (SELECT request, any_value(json_extract_string(more, '$.surface')) AS surface FROM events ` +
      `WHERE kind IN ('served', 'exposure') AND request IS NOT NULL GROUP BY request) ` +
      `SELECT unit AS c0, metric AS c1, value AS c2, make_timestamp((ms * 1000)::BIGINT) AS c3 FROM (` +
      `${parts.join(' UNION ALL ')})`,
  );
  const [[values]] = await engine.rows('SELECT count(*)::DOUBLE FROM epoch_metrics');
  const table = (name: string, columns: readonly (readonly [string, string])[]): LoadedTable => ({
    name: `the event log (${record.id})`,
    relation: name,
    columns: columns.map(([column, sqlType], index) => ({ name: column, ident: `c${index}`, sqlType })),
    files: [`the event log (${record.id})`],
    rows: 0,
  });
  return {
    exposures: table('epoch_exposures', [
      ['unit', 'VARCHAR'],
      ['variant', 'VARCHAR'],
      ['at', 'TIMESTAMP'],
      ['segment', 'VARCHAR'],
    ]),
    metrics: table('epoch_metrics', [
      ['unit', 'VARCHAR'],
      ['metric', 'VARCHAR'],
      ['value', 'DOUBLE'],
      ['at', 'TIMESTAMP'],
    ]),
    values: Number(values),
  };

  /** Rows of one measure: before the unit's first exposure ever, and in this epoch from its exposure on. */
  function measureRows(name: string, { event, aggregate, surface }: EventMeasure): string {
    const value = aggregate === 'sum' ? 'v.value' : '1.0';
    const there = surface === undefined ? '' : 'LEFT JOIN surfaces AS s ON s.request = v.request ';
    const onSurface =
      surface === undefined
        ? ''
        : ` AND coalesce(json_extract_string(v.more, '$.surface'), s.surface) = ${quoteText(surface)}`;
    const once =
      aggregate === 'any'
        ? ` QUALIFY row_number() OVER (PARTITION BY v.unit, v.ms >= n.ms ORDER BY v.ms) = 1`
        : '';
    const end = toMs === null ? '' : ` AND v.ms < ${numberLiteral(toMs)}`;
    return (
      `SELECT v.unit AS unit, ${quoteText(name)} AS metric, ${value} AS value, v.ms AS ms FROM events AS v ` +
      `JOIN beginnings AS f ON f.unit = v.unit JOIN entries AS n ON n.unit = v.unit ${there}` +
      `WHERE v.kind = ${quoteText(event)} AND (v.ms < f.ms OR (v.ms >= n.ms${end}))${onSurface}${once}`
    );
  }
}
