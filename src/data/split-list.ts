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
    if (await holdsItems(engine, draft, stats, events, item, separator)) return separator;
  }
  return undefined;
}
