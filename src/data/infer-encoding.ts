import type { ColumnRole, Encoding } from '../schema/index.js';
import { saysCategory } from './column-names.js';
import type { ColumnStats } from './column-stats.js';
import type { Engine } from './engine.js';
import type { TableDraft } from './infer-tables.js';

const inputs = new Set(['user_id', 'item_id', 'context', 'user_feature', 'item_feature', 'sequence']);

/**
 * Quantile buckets for a number in a log of so many events: the power of two nearest 0.45 rows^(1/3), within 8 and 64.
 * Coarse cuts err by 1 / buckets squared, few rows a bucket by buckets / rows; their sum is least at a multiple of
 * rows^(1/3) (Tukey's regressogram). The factor was measured: docs/decisions/0032.
 */
export function bucketCount(eventRows: number): number {
  const wanted = 2 ** Math.round(Math.log2(0.45 * Math.cbrt(Math.max(1, eventRows))));
  return Math.min(64, Math.max(8, wanted));
}

/** Of a wide column a value needs this many training rows to be told from chance. */
const wideCount = 5;
/** A log of fewer events has no values to spare; fewer rows than this a value on average make a column wide. */
const minEvents = 10_000;
const wideRows = 100;

/**
 * Categories of a column that is no id. In a wide one most values occur a few times: they are most of the weights and say
 * next to nothing, so they share one. Users and items keep the least count of the project: they come back, and histories
 * are made of them. Measured in docs/decisions/0032.
 */
function categories(stats: ColumnStats, eventRows: number): Encoding {
  const wide = eventRows >= minEvents && stats.distinct * wideRows > eventRows;
  return wide ? { kind: 'categorical', minCount: wideCount } : { kind: 'categorical' };
}

/** How a column that may be an input is encoded; undefined for the others. */
export async function guessEncoding(
  engine: Engine,
  draft: TableDraft,
  stats: ColumnStats,
  guess: { readonly role: ColumnRole; readonly separator?: string },
  isKey: boolean,
  listOfItems: boolean,
  eventRows: number,
): Promise<{ encoding: Encoding; note?: string } | undefined> {
  if (!inputs.has(guess.role) || isKey) return undefined;
  if (guess.role === 'user_id' || guess.role === 'item_id') return { encoding: { kind: 'categorical' } };
  if (stats.type.startsWith('list-')) {
    return guess.role === 'sequence'
      ? { encoding: { kind: 'sequence', ofItems: listOfItems, maxLength: 50 } }
      : { encoding: { kind: 'multi', maxValues: 32 } };
  }
  if (guess.role === 'sequence' && guess.separator !== undefined) {
    return { encoding: { kind: 'sequence', ofItems: true, separator: guess.separator, maxLength: 50 } };
  }
  if (stats.distinct <= 1 && stats.present === stats.rows)
    return { encoding: { kind: 'skip' }, note: 'skipped: it never changes' };
  if (stats.present === 0) return { encoding: { kind: 'skip' }, note: 'skipped: it is empty' };
  if (stats.timeUnit === 'yyyymmdd' || stats.type === 'date' || stats.type === 'timestamp') {
    return { encoding: { kind: 'skip' }, note: 'skipped: values of later days never occur in training' };
  }
  if (stats.type === 'string') {
    const separator = await findSeparator(engine, draft, stats);
    return separator === undefined
      ? { encoding: categories(stats, eventRows) }
      : {
          encoding: { kind: 'multi', separator, maxValues: 32 },
          note: `several values, separated by ${JSON.stringify(separator)}`,
        };
  }
  if (stats.type === 'boolean' || stats.distinct <= 50 || saysCategory(stats.raw.name))
    return { encoding: categories(stats, eventRows) };
  return { encoding: { kind: 'bucket', buckets: bucketCount(eventRows) } };
}

/** A separator is one when cutting at it leaves far fewer distinct values than there were, each short. */
export async function findSeparator(
  engine: Engine,
  draft: TableDraft,
  stats: ColumnStats,
): Promise<string | undefined> {
  for (const separator of ['|', ';', ','] as const) {
    if (stats.separators[separator] < 0.02) continue;
    const sample = `SELECT DISTINCT ${stats.raw.ident}::VARCHAR AS x FROM ${draft.loaded.relation} WHERE ${stats.raw.ident} IS NOT NULL ORDER BY x LIMIT 20000`;
    const [[tokens, whole, length]] = await engine.rows(
      `WITH sample AS MATERIALIZED (${sample}) SELECT count(DISTINCT trim(value))::DOUBLE, ` +
        `(SELECT count(*) FROM sample)::DOUBLE, avg(length(value))::DOUBLE FROM ` +
        `(SELECT unnest(string_split(x, '${separator}')) AS value FROM sample)`,
    );
    if (Number(tokens) <= 0.7 * Number(whole) && Number(length) <= 24) return separator;
  }
  return undefined;
}
