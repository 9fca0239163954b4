import type { ColumnStats } from './column-stats.js';
import { isWhole } from './column-types.js';
import type { Engine } from './engine.js';
import type { TableDraft } from './infer-tables.js';

/** An id is never a double: one with decimals that are all zero is an integer, any other is text. */
export async function idType(
  engine: Engine,
  draft: TableDraft,
  { raw }: ColumnStats,
): Promise<'integer' | 'string'> {
  const [[odd]] = await engine.rows(
    `SELECT count(*) FILTER (${raw.ident} IS NOT NULL AND NOT ${isWhole(raw.ident, raw.sqlType)})::DOUBLE FROM ${draft.loaded.relation}`,
  );
  return Number(odd) === 0 ? 'integer' : 'string';
}
