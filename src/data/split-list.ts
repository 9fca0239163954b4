import type { ColumnType } from '../schema/index.js';
import { holdsItems } from './column-relations.js';
import type { ColumnStats } from './column-stats.js';
import type { Engine } from './engine.js';
import type { TableDraft } from './infer-tables.js';
import { splitSql } from './sql.js';

/** SQL of the list of values in a text cell; of whole numbers where `of` is integer, unreadable ones null. */
export function splitCell(cell: string, separator: string, of: ColumnType = 'string'): string {
  return splitSql(cell, separator, of === 'integer' ? 'BIGINT' : 'VARCHAR');
}

/** Items that lists of items name at least, as a share of what they could: numbers of tags may be numbers of items too. */
const leastVaried = 0.1;

/** Whether the values of the first cells are as manifold as items are; a handful of tags among many items is not. */
async function variesLikeItems(
  engine: Engine,
  draft: TableDraft,
  stats: ColumnStats,
  item: ColumnStats,
  separator: string,
): Promise<boolean> {
  const { ident } = stats.raw;
  const [[distinct, count]] = await engine.rows(
    `SELECT count(DISTINCT value)::DOUBLE, count(*)::DOUBLE FROM (SELECT unnest(${splitCell(ident, separator)}) AS value ` +
      `FROM (SELECT ${ident} FROM ${draft.loaded.relation} WHERE ${ident} IS NOT NULL LIMIT 2000))`,
  );
  return Number(distinct) >= leastVaried * Math.min(item.distinct, Number(count));
}

const separators = ['|', ';', ',', ' '] as const;

/** What separates the items of a text column, where most of its values are items of the event table; else undefined. */
export async function itemSeparator(
  engine: Engine,
  draft: TableDraft,
  stats: ColumnStats,
  events: TableDraft,
  item: ColumnStats | undefined,
): Promise<string | undefined> {
  if (item === undefined || item === stats || stats.type !== 'string') return undefined;
  for (const separator of separators) {
    const share = separator === ' ' ? stats.meanWords - 1 : stats.separators[separator];
    if (share < 0.1) continue;
    if (!(await holdsItems(engine, draft, stats, events, item, separator))) continue;
    if (await variesLikeItems(engine, draft, stats, item, separator)) return separator;
  }
  return undefined;
}
