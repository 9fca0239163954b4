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
