import type { RefusedColumn } from '../schema/index.js';
import { formatTable } from './table.js';
import type { Style } from './text.js';

/** Columns that no model will see, by name; nothing when there are none. */
export function refusedLines(refused: readonly RefusedColumn[], style: Style): string[] {
  if (refused.length === 0) return [];
  return [
    '',
    style.strong('Refused as inputs'),
    ...formatTable(
      [{ title: 'column' }, { title: 'as' }, { title: 'because' }],
      refused.map(({ table, column, role, reason }) => [`${table}.${column}`, role, reason]),
      style,
    ),
  ];
}
