import { numberLiteral, type Engine } from '../../data/index.js';
import type { MetricDefinition } from '../../schema/index.js';
import type { ExperimentArm } from '../analyse.js';
import { windowStarts, type WindowedMeasure } from '../novelty.js';
import { sourcesOf } from './metric-sources.js';
import { daysSql } from './table-columns.js';
import { cellMoments, type MeasureOptions } from './unit-moments.js';

export interface WindowOptions extends Pick<MeasureOptions, 'names' | 'calendar' | 'end'> {
  readonly arms: readonly ExperimentArm[];
}

/**
 * A success metric in windows of days since its units were exposed, of `units` and `measured`, over the units that have reached the last
 * window. Undefined where it is too early, where an arm has fewer than two such units, and for metrics that are no sums of all units.
 */
export async function measureWindows(
  engine: Engine,
  definition: MetricDefinition,
  { arms, names, calendar, end }: WindowOptions,
): Promise<WindowedMeasure | undefined> {
  const { role, kind, missing } = definition;
  const isSum = kind === 'mean' || kind === 'proportion' || kind === 'ratio';
  if (role !== 'success' || !isSum || missing === 'leave-out') return undefined;
  const aDay = Number(daysSql(1, calendar));
  const [[begin]] = await engine.rows('SELECT min(moment) FROM units');
  const fromDays = begin === null ? [] : windowStarts((end - Number(begin)) / aDay);
  if (fromDays.length === 0) return undefined;
  const sources = sourcesOf(definition, true).filter(({ window }) => window === 'after');
  const cells = fromDays.flatMap((from, w) => {
    const to = fromDays.at(w + 1);
    const inside = `since >= ${daysSql(from, calendar)}${to === undefined ? '' : ` AND since < ${daysSql(to, calendar)}`}`;
    return sources.map(({ name }, column) => {
      const sum = `coalesce(sum(value) FILTER (source = ${names.indexOf(name)} AND ${inside}), 0)`;
      return kind === 'proportion' && column === 0 ? `(${sum} > 0)::DOUBLE` : sum;
    });
  });
  const latest = end - fromDays[fromDays.length - 1] * aDay;
  const moments = await cellMoments(
    engine,
    cells.map((_, k) => `coalesce(w${k}, 0)`),
    `units AS u LEFT JOIN (SELECT id, ${cells.map((cell, k) => `${cell} AS w${k}`).join(', ')} FROM measured GROUP BY id) USING (id) ` +
      `WHERE u.moment <= ${numberLiteral(latest)}`,
    arms.length,
  );
  const whole = moments.filter((one) => one !== null);
  return whole.length < arms.length ? undefined : { fromDays, arms: whole };
}
