import type { ColumnRole } from '../schema/index.js';
import { saysKey, saysPolicy, saysPropensity } from './column-names.js';
import type { ColumnStats } from './column-stats.js';
import { castExpression } from './column-types.js';
import type { Engine } from './engine.js';
import type { TableDraft } from './infer-tables.js';

interface RoleGuess {
  role: ColumnRole;
  confidence: number;
  reason: string;
}

/** Of the values of a request or session at most a handful of rows; an entity that returns has more. */
const maxRowsPerValue = 50;
/** Fewer values than this tell nothing about whether they return. */
const minValues = 100;
/** A few requests straddle the boundary; more rows than this share with a value known before are values that return. */
const maxReturning = 0.05;
/** More policies or arms than this did not show one log. */
const maxPolicies = 100;

/**
 * Columns that describe the logging, not the impression: ids of requests, sessions, traces, and what the policy that ran
 * then knew of itself (its name, its propensity). Neither is there, or the same, when the next policy ranks: role meta.
 */
export async function markLogging(
  engine: Engine,
  draft: TableDraft,
  guesses: Map<string, RoleGuess>,
): Promise<void> {
  const meta = (stats: ColumnStats, confidence: number, reason: string): void => {
    guesses.set(stats.raw.name, { role: 'meta', confidence, reason });
  };
  const open = draft.stats.filter((stats) => !guesses.has(stats.raw.name));
  for (const stats of open) {
    const { name } = stats.raw;
    if (saysPropensity(name) && isChance(stats)) {
      meta(stats, 0.8, 'the chance with which the logging policy showed it: another policy changes it');
    } else if (saysPolicy(name) && stats.distinct <= maxPolicies) {
      meta(stats, 0.75, 'which policy or arm showed it: another policy changes it');
    } else if (passes(stats)) {
      const returning = await returningShare(engine, draft, stats, guesses);
      if (returning > maxReturning) continue;
      const rows = (stats.present / stats.distinct).toFixed(1);
      const share = (100 * returning).toFixed(1);
      meta(stats, 0.75, `an id of ${rows} rows each; ${share} % of the latest rows hold a value seen before`);
    }
  }
}

/** Numbers within 0..1, or their logarithms. */
function isChance(stats: ColumnStats): boolean {
  if (stats.type !== 'integer' && stats.type !== 'number') return false;
  return (stats.min >= 0 && stats.max <= 1) || stats.max <= 0;
}

/** Whether a column may be the id of something that holds a few rows and never comes back. */
function passes(stats: ColumnStats): boolean {
  const named = stats.type === 'string' || (stats.type === 'integer' && saysKey(stats.raw.name));
  return named && stats.distinct >= minValues && stats.present <= maxRowsPerValue * stats.distinct;
}

/** Share of the latest fifth of the rows whose value occurs in the rows before; 1 when the log is of one moment. */
async function returningShare(
  engine: Engine,
  draft: TableDraft,
  stats: ColumnStats,
  guesses: ReadonlyMap<string, RoleGuess>,
): Promise<number> {
  const x = stats.raw.ident;
  const [[share]] = await engine.rows(
    `WITH dated AS MATERIALIZED (SELECT ${x} AS x, ${whenSql(draft, guesses)} AS t FROM ${draft.loaded.relation} WHERE ${x} IS NOT NULL), ` +
      `cut AS (SELECT quantile_disc(t, 0.8) AS t FROM dated), ` +
      `known AS (SELECT DISTINCT x FROM dated WHERE t <= (SELECT t FROM cut)) ` +
      `SELECT avg((k.x IS NOT NULL)::INTEGER)::DOUBLE FROM dated d LEFT JOIN known k ON k.x = d.x WHERE d.t > (SELECT t FROM cut)`,
  );
  return share === null ? 1 : Number(share);
}

/** Time of a row as a number: the finest time column, else the place in the file. */
function whenSql(draft: TableDraft, guesses: ReadonlyMap<string, RoleGuess>): string {
  const times = draft.stats
    .filter((stats) => guesses.get(stats.raw.name)?.role === 'timestamp')
    .sort((a, b) => b.distinct - a.distinct);
  if (times.length === 0) return 'row_number() OVER ()';
  const { raw, type, timeUnit } = times[0];
  return timeUnit === 'timestamp' || timeUnit === 'date'
    ? `epoch_us(${castExpression(raw.ident, raw.sqlType, type === 'date' ? 'date' : 'timestamp')}::TIMESTAMP)`
    : castExpression(raw.ident, raw.sqlType, 'number');
}
