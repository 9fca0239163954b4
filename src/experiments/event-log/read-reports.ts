import { quoteText, type Engine } from '../../data/index.js';
import type { ExperimentRecord, QualityCheck } from '../../schema/index.js';
import { reportCheck } from '../report-check.js';
import { measureOf } from './epoch-tables.js';

/** A report that comes later is of something else; answers younger than this are not settled. */
const patienceMs = 3_600_000;

/**
 * Whether the first answers that units got in an epoch (`epoch_exposures`) brought a report, arm by arm: one of the same request, or one
 * between the answer and the unit's next, within an hour. Null without a measure that every answer brings, or without any event of it.
 */
export async function readReports(
  engine: Engine,
  record: ExperimentRecord,
  arms: readonly { readonly variant: string; readonly weight: number }[],
): Promise<QualityCheck | null> {
  if (record.reported === null) return null;
  const { event } = measureOf(record, record.reported);
  const rows = await engine.rows(
    `WITH entries AS (SELECT c0 AS unit, min(c1) AS variant, epoch_us(min(c2)) / 1000.0 AS ms, arg_min(request, c2) AS request ` +
      `FROM epoch_exposures GROUP BY c0 HAVING min(c1) = max(c1)), ` +
      `answers AS (SELECT n.unit, n.variant, n.ms, n.request, least(n.ms + ${patienceMs}, coalesce(min(s.ms), n.ms + ${patienceMs})) AS upto ` +
      `FROM entries AS n LEFT JOIN events AS s ON s.unit = n.unit AND s.kind = 'served' AND s.ms > n.ms ` +
      `WHERE n.ms + ${patienceMs} <= (SELECT max(ms) FROM events) GROUP BY n.unit, n.variant, n.ms, n.request), ` +
      `told AS (SELECT a.unit, a.variant, coalesce(bool_or(v.request = a.request OR (v.ms >= a.ms AND v.ms < a.upto)), false) AS reported ` +
      `FROM answers AS a LEFT JOIN (SELECT unit, ms, request FROM events WHERE kind = ${quoteText(event)}) AS v ON v.unit = a.unit GROUP BY a.unit, a.variant) ` +
      `SELECT variant, count(*)::DOUBLE, count(*) FILTER (NOT reported)::DOUBLE FROM told GROUP BY variant`,
  );
  const seen = new Map(
    rows.map(([variant, units, lost]) => [String(variant), [Number(units), Number(lost)]]),
  );
  return reportCheck(
    arms.map(({ variant, weight }) => {
      const [units, unreported] = seen.get(variant) ?? [0, 0];
      return { variant, weight, units, unreported };
    }),
  );
}
