import { AutoModelError } from '../../platform/index.js';
import type { ColumnFinding, ProjectConfig, RefusedColumn } from '../../schema/index.js';

/** "<table>.<column>" of automodel.json, split at the first dot: table names have none. */
function parts(key: string): { readonly table: string; readonly column: string } {
  const dot = key.indexOf('.');
  return { table: key.slice(0, dot), column: key.slice(dot + 1) };
}

export function columnFindings(config: ProjectConfig): ColumnFinding[] {
  return Object.entries(config.columns).map(([key, { role, confidence, reason }]) => ({
    ...parts(key),
    role,
    confidence,
    reason,
  }));
}

/** Columns that carry the label or the future, or were measured after the impression: never inputs, named in reports. */
export function refusedColumns(config: ProjectConfig): RefusedColumn[] {
  return Object.entries(config.columns).flatMap(([key, { role, reason }]) =>
    role === 'leak' || role === 'signal' ? [{ ...parts(key), role, reason }] : [],
  );
}

/** Names of the user and item columns of the event table. @throws CONFIG_INVALID when the project has none */
export function idColumns(config: ProjectConfig): { readonly user: string; readonly item: string } {
  const named = (role: 'user_id' | 'item_id'): string => {
    const found = Object.entries(config.columns).find(
      ([key, column]) => column.role === role && config.tables[parts(key).table]?.kind === 'events',
    );
    if (found !== undefined) return parts(found[0]).column;
    throw new AutoModelError('CONFIG_INVALID', `No column of the event table has the role ${role}`, {
      remedy: `Give a column the role ${role} in automodel.json.`,
      details: { role },
    });
  };
  return { user: named('user_id'), item: named('item_id') };
}
