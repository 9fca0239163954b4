import { openEngine, quoteText } from '../../data/index.js';
import type { ExperimentRecord, MetricDefinition } from '../../schema/index.js';
import { measureOf } from './epoch-tables.js';
import { loadEvents } from './load-events.js';

export interface Baseline {
  readonly mean: number;
  readonly sd: number;
  readonly units: number;
}

const dayMs = 86_400_000;

/**
 * What a mean or a share was per active user in the last days of a log, as many as the experiment is to last: what a plan needs.
 * Null for other kinds, and where nobody was active.
 */
export async function readBaseline(
  record: ExperimentRecord,
  { name, of = name, kind }: MetricDefinition,
  path: string,
  signal: AbortSignal,
): Promise<Baseline | null> {
  if (kind !== 'mean' && kind !== 'proportion') return null;
  const hours = record.ramp.steps.reduce((sum, step) => sum + step.hours, 0);
  const windowMs = Math.max(dayMs, hours * 3_600_000);
  const { event, aggregate } = measureOf(record, of);
  const condition = `kind = ${quoteText(event)}`;
  const sum =
    aggregate === 'sum' ? `sum(value) FILTER (${condition})` : `count(*) FILTER (${condition})::DOUBLE`;
  const value =
    kind === 'proportion' || aggregate === 'any'
      ? `(coalesce(${sum}, 0) > 0)::DOUBLE`
      : `coalesce(${sum}, 0)`;
  const engine = await openEngine({ files: [path], threads: 1, signal });
  try {
    await loadEvents(engine, path);
    const [[mean, sd, units]] = await engine.rows(
      `SELECT avg(v), stddev_samp(v), count(*)::DOUBLE FROM (SELECT ${value} AS v FROM events ` +
        `WHERE ms > (SELECT max(ms) FROM events) - ${windowMs} GROUP BY unit)`,
    );
    if (mean === null || sd === null) return null;
    return { mean: Number(mean), sd: Number(sd), units: Number(units) };
  } finally {
    engine.close();
  }
}
